"""A plateau when k is fixed, and where to spend a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.lessons.lecture.lesson import Facts, Goal, Lesson, Misconception, Number, Score
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.plane import Plane

BUDGET = 60
TARGET = 1e-6


def _fewest(errors: FloatArray, plane: Plane) -> int | None:
    """The fewest products at which a map is at or below the target."""
    reached = plane.products[errors <= TARGET * plane.hypergradient_norm]
    return int(reached.min()) if len(reached) else None


def facts(planes: Sequence[Any]) -> Facts:
    """The best split of the budget, and what halves give."""
    plane: Plane = planes[0]
    best = plane.frontier.within(BUDGET)
    unit = plane.hypergradient_norm
    half = BUDGET // 2
    last = int(plane.steps[-1])
    few = 2
    fewest = _fewest(plane.errors, plane)
    return {
        "answer": float(best.inner_steps),
        "k": float(best.adjoint_steps),
        "spent": float(best.products),
        "error": best.error / unit,
        "half": float(half),
        "gain": float(plane.errors[half, half - 1]) / best.error,
        "few": float(few),
        "plateau": float(plane.errors[last, few]) / unit,
        "fewest": float("nan" if fewest is None else fewest),
    }


def score(planes: Sequence[Any], view: Any) -> Score:
    """The cell under the cursor against the best on the map."""
    plane: Plane = planes[0]
    t, k = (min(step, int(plane.steps[-1])) for step in (view.row, view.column))
    return Score(
        error=float(plane.errors[t, k]) / plane.hypergradient_norm,
        spent=int(plane.products[t, k]),
        best=_fewest(plane.errors, plane),
        bound=_fewest(np.asarray(plane.paper), plane),
    )


LESSON = Lesson(
    key="budget",
    title="Where to spend a budget",
    need="You need: lesson 5. The error has a part that falls with [[t]] and a part that "
    "falls with [[k]].",
    text="Each of the [[t]] steps on [[w]] costs one [[product]], each of the [[k]] steps of "
    "[[conjugate gradient]] on [[v]] one, and one more is for ∂₂Φ. The map shows the [[relative "
    "error]] for every pair: t upwards, k to the right. Along white dashes the cost is the same; "
    "they turn flat where v is found. With 60 products in all, one can take many t and few k, or "
    "the other way round.",
    page="budget",
    alone=True,
    width=22,
    link="problem=logistic&data=breast_cancer&q=0.8&left=aid-cg&right=none&T=80&budget=60&row=30"
    "&column=8",
    controls=("budget", "contraction"),
    facts=facts,
    prediction=Number(
        question="60 products. How many steps t on w are best? The rest goes to v.",
        stops=tuple(range(5, 60)),
        first=30,
        label="Steps t on w",
        unit="steps on w",
        axis="y",
        ratio=False,
        near=4,
        misconceptions=(
            Misconception(
                lambda guess, facts: abs(guess - 30) <= 4,
                "Half and half looks fair, but steps on v are quicker: those of "
                "conjugate gradient grow like √κ, those of training like κ. At t = {half:.0f} the "
                "error is {gain:.0f} times larger than it need be.",
            ),
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "The linear system is the easy part. It is wₜ that is slow, and a "
                "system at a bad wₜ is not worth solving well.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "Without enough steps on v the error rests on the plateau of k: at k = {few:.0f} "
                "it is {plateau:scientific}, whatever t is.",
            ),
        ),
    ),
    reveal="Best is t = {answer:.0f}, k = {k:.0f}: error {error:scientific}. With k fixed at "
    "{few:.0f}, the error rests on a [[plateau]] at {plateau:scientific}, however long one trains. "
    "In general, spend so that the error left by t and that left by k are about equal: equal "
    "errors, not equal numbers of steps.",
    look="press a cell of the map, or walk with the arrow keys.",
    goal=Goal("Reach an error of 10⁻⁶ with the fewest products.", TARGET, score),
    takeaway="A fixed k ends on a plateau. Spend on t and on k so that neither part of the error "
    "is the larger one.",
    teacher="The goal makes a good contest in pairs: the score is the number of products. Then ask "
    "why the bound would have asked for more.",
)
