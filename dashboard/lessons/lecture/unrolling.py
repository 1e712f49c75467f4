"""Differentiating through the loop."""

from __future__ import annotations

from dashboard.lessons.lecture.facts import products, relative, stored
from dashboard.lessons.lecture.lesson import Choice, Facts, Lesson, Misconception
from hypergrad_core import Experiment

SAME, DOUBLE, SQUARE = "same", "double", "square"


def facts(run: Experiment) -> Facts:
    """Memory of both ways, half way and at the end."""
    half = len(run.steps) // 2
    return {
        "steps": float(run.steps[-1]),
        "half": float(run.steps[half]),
        "error": float(relative(run, "itd")[-1]),
        "itd": stored(run, "itd"),
        "itd_half": stored(run, "itd", half),
        "growth": stored(run, "itd") / stored(run, "itd", half),
        "forward": stored(run, "itd-forward"),
        "itd_products": products(run, "itd"),
        "forward_products": products(run, "itd-forward"),
    }


def answer(facts: Facts) -> str:
    """By how much the memory of ITD has grown."""
    growth = float(facts["growth"])
    return SAME if growth < 1.5 else DOUBLE if growth < 3 else SQUARE


LESSON = Lesson(
    key="unrolling",
    title="Differentiating through the loop",
    need="The chain rule, and backpropagation: to go back through a computation, one must still "
    "know what went in at each step.",
    text="Training is a loop of [[t]] steps. Its result [[wₜ]] is a function of λ, so we can "
    "differentiate it. The Jacobian J of wₜ with respect to λ follows w from step to step, by the "
    "rule below: [[∂₁Φ]] carries the old J along, [[∂₂Φ]] adds what λ does in this step. As wₜ "
    "tends to [[w(λ)]], J tends to the Jacobian that the [[hypergradient]] needs. This is "
    "[[ITD]]. Reverse mode, which is backpropagation, does it with a few [[product|products]] "
    "per step, but goes back through all iterates: it takes as many backward steps [[k]] as "
    "forward steps t. [[Forward ITD]] carries J itself along.",
    formula=r"J_{t+1}=\partial_1\Phi(w_t)\,J_t+\partial_2\Phi(w_t)",
    page="explore",
    link="problem=quadratic&d=20&m=5&methods=itd.itd-forward&x=floats&bound=none&T=120&eps=1e-4",
    controls=("horizon", "hyper_size"),
    limits={"horizon": 500, "hyper_size": 100},
    facts=facts,
    prediction=Choice(
        question="Train twice as long. What happens to the memory that ITD in reverse mode needs?",
        options={
            SAME: "It stays the same: only the last iterate counts.",
            DOUBLE: "It doubles.",
            SQUARE: "It becomes four times as much.",
        },
        answer=answer,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess == SAME,
                "Backwards, ∂₁Φ is needed at every iterate, the last one first. So all of them "
                "must be kept until then.",
            ),
            Misconception(
                lambda guess, facts: guess == SQUARE,
                "One iterate per step is kept, not one for each pair of steps.",
            ),
        ),
    ),
    reveal="At t = {half:count} ITD holds {itd_half:count} numbers, at t = {steps:count} "
    "{itd:count}. Forward ITD holds {forward:count} at any t, but takes {forward_products:count} "
    "products instead of {itd_products:count}, because it carries a column for each "
    "hyperparameter. Both give the same numbers: at the end each error is {error:scientific} of "
    "the hypergradient.",
    look="change T, then the number m of hyperparameters: which of the two methods pays for which?",
    takeaway="ITD differentiates through the loop. Backwards it must keep every iterate: memory "
    "grows with t. Forwards it pays for every hyperparameter.",
    teacher="The horizontal axis is memory. Forward ITD is a vertical line: its error falls while "
    "its memory stays. Ask who has ever run out of memory in training, and why.",
)
