"""κ and its square root."""

from __future__ import annotations

from dashboard.lessons.lecture.facts import geometric
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core.studies.requirements import Requirements

Points = tuple[Requirements | None, ...]


def _steps(point: Requirements, method: str) -> float:
    (found,) = (item for item in point.methods if item.method == method)
    measured = found.adjoint.measured
    return float("nan" if measured is None else measured)


def facts(points: Points) -> Facts:
    """Steps at the smallest and at the largest κ."""
    known = [point for point in points if point is not None]
    first, last = known[0], known[-1]
    kappas = [point.scenario.condition_number for point in (first, last)]
    fixed = [_steps(point, "aid-fp") for point in (first, last)]
    conjugate = [_steps(point, "aid-cg") for point in (first, last)]
    return {
        "answer": conjugate[1],
        "first": conjugate[0],
        "fixed": fixed[1],
        "fixed_first": fixed[0],
        "kappa": kappas[1],
        "kappa_first": kappas[0],
        "worse": kappas[1] / kappas[0],
        "slower": fixed[1] / fixed[0],
        "slower_cg": conjugate[1] / conjugate[0],
        "root": (kappas[1] / kappas[0]) ** 0.5,
    }


LESSON = Lesson(
    key="kappa",
    title="κ and √κ",
    need="You need: logarithmic axes, where a power of [[κ]] is a straight line and the power is "
    "its slope.",
    text="Two places for eigenvalues were easy. Now they are spread in the way that is worst for "
    "[[conjugate gradient]]. The picture shows how many steps [[k]] on the [[adjoint system]] at "
    "w(λ) it takes until the [[relative error]] stays at or below half of ε = 10⁻⁴ (the other half "
    "is left for wₜ), for problems from easy (κ = 1.86) to hard (κ = 199). [[fixed-point "
    "iteration|Fixed-point iteration]] (AID-FP) takes 8 steps on the easy one and 937 steps on the "
    "hard one; conjugate gradient (AID-CG) takes 6 steps on the easy one.",
    page="complexity",
    link="d=200&qmin=0.3&qmax=0.99&points=6&seeds=1&methods=aid-fp.aid-cg&predicted=hidden",
    heading="Adjoint steps k at w(λ) until the relative error stays at or below ε/2, over κ.",
    controls=("largest", "target"),
    limits={"largest": 0.995},
    facts=facts,
    prediction=Number(
        question="How many steps does conjugate gradient take at κ = 199?",
        stops=tuple(dict.fromkeys(round(stop) for stop in geometric(2, 2000, 10))),
        first=1000,
        label="Steps of conjugate gradient at κ = 199",
        unit="steps",
        axis="y",
        near=1.6,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess > 3 * float(facts["answer"]),
                "The steps of conjugate gradient grow only like the square root of κ: "
                "a hundred times κ costs ten times the steps.",
            ),
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "Two groups of eigenvalues took two steps. Spread over a whole "
                "interval, they take steps in proportion to √κ.",
            ),
        ),
    ),
    reveal="{answer:.0f} steps. κ is {worse:.0f} times larger, fixed-point steps are {slower:.0f} "
    "times as many, those of conjugate gradient {slower_cg:.0f} times, about √{worse:.0f} ≈ "
    "{root:.0f}. In general, for large κ, that is slope 1, and at most slope ½, on these axes. The "
    "exponents in the picture are fitted to its points from κ = 10 on.",
    look="take a smaller ε. Do the slopes change?",
    takeaway="For a given accuracy, fixed-point steps grow in proportion to κ, steps of "
    "conjugate gradient at most in proportion to √κ.",
    teacher="Hold a ruler to the screen: slope 1 and slope 1/2. A smaller ε moves both lines up "
    "and turns neither.",
)
