"""When the assumptions fail."""

from __future__ import annotations

from dashboard.lessons.lecture.facts import relative
from dashboard.lessons.lecture.lesson import Choice, Facts, Lesson, Misconception
from hypergrad_core import Experiment

FALLS, RESTS, GROWS = "falls", "rests", "grows"


def facts(run: Experiment) -> Facts:
    """The error of AID-FP half way and at the end, its largest till then, and AID-GMRES' least."""
    errors = relative(run, "aid-fp")
    half = len(errors) // 2
    return {
        "half": float(errors[half]),
        "last": float(errors[-1]),
        "top_half": float(errors[: half + 1].max()),
        "top": float(errors.max()),
        "at_half": float(run.steps[half]),
        "at_last": float(run.steps[-1]),
        "gmres": float(relative(run, "aid-gmres").min()),
        "q": run.scenario.contraction,
    }


def answer(facts: Facts) -> str:
    """What the error does late in the run."""
    change = float(facts["last"]) / float(facts["half"])
    return GROWS if change > 2 else FALLS if change < 0.5 else RESTS


LESSON = Lesson(
    key="failures",
    title="When the assumptions fail",
    need="You need: nothing new. A theorem holds under its assumptions; outside them it is silent.",
    text="So far [[Φ]] was a [[contraction]], q < 1, and often [[∂₁Φ]] was symmetric. Here is an "
    "equilibrium network on handwritten digits: [[w]] is what its layer should come to when it is "
    "repeated, [[λ]] are its weights. ∂₁Φ is not symmetric, so [[conjugate gradient]] does not "
    "apply; and [[q]] = 1.3: a step may move two points further apart. [[AID-FP]] repeats v ← "
    "∂₁Φᵀv + ∇₁E. [[AID-GMRES]] solves the same system by [[GMRES]], which needs neither symmetry "
    "nor q < 1.",
    page="explore",
    link="problem=equilibrium&data=digits&q=1.3&T=60&methods=itd.aid-fp.aid-cg.aid-gmres"
    "&bound=none&eps=1e-1",
    heading="The relative error over t = k.",
    controls=("contraction", "precision"),
    facts=facts,
    prediction=Choice(
        question="What does the error of AID-FP do as t = k grows to 60?",
        options={
            FALLS: "It falls, only more slowly than before.",
            RESTS: "It comes to rest at some level.",
            GROWS: "It grows and grows.",
        },
        answer=answer,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess == FALLS,
                "Slower is what q close to 1 does. Above 1 a product may enlarge v, "
                "and the next one enlarges it again.",
            ),
            Misconception(
                lambda guess, facts: guess == RESTS,
                "That is what the others do here. A linear iteration has no such "
                "level: each step multiplies what is there.",
            ),
        ),
    ),
    reveal="The highest peak of AID-FP is {top_half:scientific} up to t = {at_half:.0f}, and "
    "{top:scientific} up to {at_last:.0f}. In general repeated products grow if the matrix has an "
    "eigenvalue of size above 1. That is possible only where q > 1, and ∂₁Φ has one here. "
    "AID-GMRES solves the system, but its error stays above {gmres:.2g}, and so does that of ITD, "
    "for wₜ does not come to [[w(λ)]]. No bound is drawn: no theorem speaks of this.",
    look="bring q below 1 and watch all of them recover.",
    takeaway="Below q = 1 theory guards you. Above it, measure: not all methods fail alike.",
    teacher="Three assumptions, three cures: not symmetric, take GMRES or the normal equations; "
    "q at least 1, make the layer a contraction; few digits, know your floor.",
)
