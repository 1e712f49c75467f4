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
    need="Gradient descent repeats one step [[Φ]]. It comes to rest where a step changes nothing: "
    "at the fixed point [[w(λ)]].",
    text="There are two levels. The outer level chooses [[λ]]; the inner level trains, [[w₀]], w₁, "
    "w₂ and so on, each [[wₜ]] one step of Φ after the one before. Each step multiplies the "
    "distance to w(λ) by at most the [[contraction constant]] [[q]], here 0.9. The number "
    "[[κ]] = (1 + q)/(1 − q) says the same on another scale: here it is 19. A large κ means a long "
    "and narrow valley, and slow training. We never reach w(λ); we stop at some wₜ.",
    page="why",
    link="d=2&T=80&show=plane&methods=itd&at=10",
    part="plane",
    alone=True,
    controls=("contraction", "spectrum"),
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
                "A tenth of what is left is less with each step. After 10 steps "
                "{after_ten:percent} of the first distance is still there, not nothing.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "A fixed factor per step is quicker than it seems: each further digit costs the "
                "same number of steps.",
            ),
        ),
    ),
    reveal="It takes {answer:.0f} steps, because 0.9 multiplied by itself {answer:.0f} times is "
    "about 1/100. Twice as many digits need twice as many steps. After 10 steps "
    "{after_ten:percent} is left. The number of steps grows like κ.",
    look="drag q towards 1, then play. Choose eigenvalues near +q only, and the valley is round: "
    "the path no longer jumps from side to side, and is no quicker.",
    takeaway="Training is a fixed-point iteration: each step leaves at most q of the distance, and "
    "the number of steps grows like κ.",
    teacher="Ask for a show of hands first: 10, 20, 50 or 100 steps? Most say 10 or 20. Then "
    "ask for a ten-thousandth: the answer is twice as many, not a hundred times.",
)
