"""What a bound promises, and what it does not."""

from __future__ import annotations

import numpy as np

from dashboard.lessons.lecture.facts import geometric, relative
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core import Experiment

AT = 100


def facts(run: Experiment) -> Facts:
    """The bounds at a step, and the level of rounding."""
    curve = run.curve("itd")
    place = int(np.argmin(abs(run.steps - AT)))
    error = float(curve.errors[place])
    errors = relative(run, "itd")
    return {
        "answer": float(curve.paper.values[place]) / error,
        "sharp": float(curve.sharp.values[place]) / error,
        "at": float(run.steps[place]),
        "least": float(errors.min()),
        "floor": curve.floor / run.constants.hypergradient_norm,
        "bound_end": float(curve.paper.values[-1]) / run.constants.hypergradient_norm,
        "last": float(run.steps[-1]),
    }


LESSON = Lesson(
    key="bounds",
    title="What a bound promises",
    need="A theorem gives a [[bound]]: a number that the [[error]] is proved not to exceed. It "
    "does not say how far below it the error is.",
    text="The [[paper’s bound]] is computed before anything is run, from a few constants: [[q]], "
    "how fast the Jacobians change, how far the start is. So it must hold for every problem with "
    "these constants, also for the worst of them. The [[sharp bound]] may also use what was "
    "measured along this very run. Some bounds are [[tight]]: there are problems on which the "
    "error is equal to them. On others they are loose. Here [[ITD]] runs on the tumour data, for "
    "400 steps. Arithmetic with 16 digits has a floor of its own, which no theorem on exact "
    "numbers knows.",
    page="explore",
    link="problem=logistic&data=breast_cancer&methods=itd&bound=both&T=400&eps=1e-6&at=100",
    controls=("bound", "precision"),
    facts=facts,
    prediction=Number(
        question="At t = 100: how many times the measured error is the paper’s bound?",
        stops=geometric(1, 1e9, 2),
        first=10.0,
        label="Paper’s bound divided by the error",
        unit="times",
        near=5,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "Proved does not mean close. The bound adds up worst cases that do not occur "
                "together here, and takes q for every step, while near w(λ) the map contracts "
                "faster.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "It is loose, but not that loose: the constants come from this very problem.",
            ),
        ),
    ),
    reveal="It is {answer:ratio} the error at t = {at:.0f}; the sharp bound is {sharp:ratio}. The "
    "bound is true at each step, and falls as it promises: useful for how the steps grow with "
    "[[κ]], hopeless for when to stop. Late in the run the error stays near {least:scientific}: "
    "that is rounding, and no bound here knows of it.",
    look="show one bound at a time. In single precision, where does the error stop?",
    takeaway="A bound is a promise for the worst case: trust its slope, not its height, and trust "
    "neither below the floor of rounding.",
    teacher="Three words to separate: tight, upper, loose. On the quadratic problem in Explore the "
    "sharp bound equals the error; let the room find that.",
)
