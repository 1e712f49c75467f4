"""Two levels and a fixed point."""

from __future__ import annotations

import numpy as np

from dashboard.lessons.lecture.facts import geometric
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core.studies.dissection import Dissection
from hypergrad_core.studies.step_search import first_to_stay

SHARE = 0.01


def facts(found: Dissection) -> Facts:
    """How the distance to w(λ) falls."""
    left = np.linalg.norm(found.gaps, axis=1)
    steps = first_to_stay(left / left[0], SHARE)
    return {
        "answer": float("nan" if steps is None else steps),
        "after_ten": float(left[10] / left[0]),
        "q": found.scenario.contraction,
        "kappa": found.scenario.condition_number,
    }


LESSON = Lesson(
    key="fixed-point",
    title="Two levels and a fixed point",
    need="You need: gradient descent, seen as one step [[Φ]] that is repeated. It comes to rest at "
    "the fixed point {{[[w(λ)]] = Φ(w(λ), λ)}}.",
    text="There are two levels. The outer one chooses [[λ]]. The inner one trains: from [[w₀]] on, "
    "each step leaves at most the share [[q]] of the distance from [[wₜ]] to [[w(λ)]], here 0.9. q "
    "is the [[contraction constant]]; [[κ]] = (1 + q)/(1 − q), here 19, says the same: the larger "
    "κ, the slower the training. Grey rings are lines of equal training loss, the axes "
    "eigenvectors of [[∂₁Φ]], the derivative of a step by w.",
    page="why",
    link="d=2&T=80&show=plane&methods=itd&at=44",
    part="plane",
    alone=True,
    step="t",
    heading="The way to w(λ), and lines of equal training loss.",
    controls=("contraction",),
    facts=facts,
    prediction=Number(
        question="Each step takes away a tenth of the distance. After how many steps is a "
        "hundredth of the first distance left?",
        stops=tuple(dict.fromkeys(round(stop) for stop in geometric(1, 400, 12))),
        first=5,
        label="Steps",
        unit="steps",
        axis="path",
        misconceptions=(
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]) / 2,
                "Each step takes a tenth of what is left, not of the first distance: "
                "after 10 steps {after_ten:percent} is still there.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "A fixed factor per step is quicker than it seems: each further digit costs the "
                "same number of steps.",
            ),
        ),
    ),
    reveal="{answer:.0f} steps, because 0.9 multiplied by itself {answer:.0f} times is about "
    "1/100. In general twice as many digits take twice as many steps, and for large κ the number "
    "of steps grows in proportion to κ.",
    look="drag q towards 1, then play.",
    takeaway="Training is a fixed-point iteration: each step leaves at most q of the distance.",
    teacher="Ask for a show of hands first: 10, 20, 50 or 100 steps? Most say 10 or 20. Then "
    "ask for a ten-thousandth: the answer is twice as many, not a hundred times.",
)
