"""What a bound promises, and what it does not."""

from __future__ import annotations

import numpy as np

from dashboard.lessons.lecture.facts import geometric, relative
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core import Experiment

AT = 60


def facts(run: Experiment) -> Facts:
    """The bounds at a step, and where the error rests."""
    curve = run.curve("itd")
    place = int(np.argmin(abs(run.steps - AT)))
    error = float(curve.errors[place])
    errors = relative(run, "itd")
    return {
        "answer": float(curve.paper.values[place]) / error,
        "sharp": float(curve.sharp.values[place]) / error,
        "at": float(run.steps[place]),
        "least": float(errors.min()),
        "base": float(errors[place]),
    }


LESSON = Lesson(
    key="bounds",
    title="What a bound promises",
    need="You need: nothing new. A theorem gives a [[bound]]: a number that the [[error]] is "
    "proved not to exceed.",
    text="The [[paper’s bound]] (Grazzi, Franceschi, Pontil and Salzo, 2020) is computed before "
    "anything is run, from a few constants: [[q]], how fast the Jacobians change, how far the "
    "start is. So it holds for every problem with these constants, also for the worst of them. The "
    "[[sharp bound]] may also use what was measured along this run. Here [[ITD]] runs on the "
    "tumour data.",
    page="explore",
    link="problem=logistic&data=breast_cancer&q=0.8&methods=itd&bound=both&T=200&eps=1e-9&at=60",
    heading="The relative error of ITD, and two bounds of it.",
    controls=("bound", "precision"),
    facts=facts,
    prediction=Number(
        question="The paper’s bound at t = 60: how many times larger than the error is it?",
        stops=geometric(1, 1e9, 2),
        first=10.0,
        label="Paper’s bound divided by the error",
        unit="times",
        axis="above",
        near=5,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "Proved does not mean close: the bound adds up worst cases that do not "
                "occur together here.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "It is loose, but not that loose: the constants come from this very problem.",
            ),
        ),
    ),
    reveal="It is {answer:times} the error; the sharp bound is {sharp:times}. Neither is wrong: "
    "the error is not larger. In general a bound tells how fast the error falls and how that "
    "depends on [[κ]], not how large it is. At the end the error rests at {least:scientific}: that "
    "is rounding, and theorems speak of exact numbers. Pale parts of a bound promise nothing: they "
    "lie below the line “rounding”, a cautious estimate of that level.",
    look="choose single precision. Where does the error stop?",
    takeaway="A bound is a promise for the worst case: trust how fast it falls, not its height, "
    "and nothing below the level of rounding.",
    teacher="Three words to separate: tight, upper, loose. On the quadratic problem in Explore the "
    "sharp bound equals the error; let the room find that.",
)
