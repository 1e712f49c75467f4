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
    need="You need: the chain rule, and how backpropagation goes back through a computation.",
    text="[[wₜ]] comes out of a loop of [[t]] steps, so it can be differentiated. Its Jacobian J "
    "by [[λ]] follows the first rule: [[∂₁Φ]], the derivative of a step by w, carries the old J "
    "along; [[∂₂Φ]], that by λ, adds what λ does in this step. The second is the chain rule, with "
    "the slopes [[∇₁E]] and [[∇₂E]] of [[E]]. Going backwards, as backpropagation does, is "
    "[[ITD]], iterative differentiation: [[k]] = t steps back. [[Forward ITD]] carries J itself "
    "along.",
    formula=r"\begin{gathered}J_{t+1}=\partial_1\Phi(w_t)\,J_t+\partial_2\Phi(w_t)\\"
    r"\nabla f(\lambda)≈\nabla_2E+J_t^\top\nabla_1E\end{gathered}",
    page="explore",
    link="problem=quadratic&d=20&m=5&methods=itd.itd-forward&x=floats&bound=none&T=120&eps=1e-4",
    heading="Error and memory while t grows to T.",
    controls=("horizon", "hyper_size"),
    limits={"horizon": 500, "hyper_size": 100},
    facts=facts,
    prediction=Choice(
        question="Train twice as long. What happens to the memory that ITD needs?",
        options={
            SAME: "It stays the same: only the last iterate counts.",
            DOUBLE: "It about doubles.",
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
    reveal="In general ITD keeps all iterates, for going back needs them: {itd_half:count} numbers "
    "at t = {half:count}, {itd:count} at t = {steps:count}. Forward ITD holds {forward:count} at "
    "any t, but a column for each hyperparameter: up to t = {steps:count} it has taken "
    "{forward_products:count} [[product|products]] of a derivative with a vector, ITD "
    "{itd_products:count}.",
    look="change T, then the number m of hyperparameters: which method pays for which?",
    takeaway="ITD differentiates through the loop. Backwards, its memory grows with the number "
    "of steps; forwards, its cost grows with the number of hyperparameters.",
    teacher="The horizontal axis is memory. Forward ITD is a vertical line: its error falls while "
    "its memory stays. Ask who has ever run out of memory in training, and why.",
)
