"""Fixed point against conjugate gradient."""

from __future__ import annotations

from dashboard.lessons.lecture.facts import geometric
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core.studies.dissection import Dissection
from hypergrad_core.studies.step_search import first_to_stay

SOLVED = 1e-3


def _steps(found: Dissection, method: str) -> float:
    norms = found.run_of(method).residual_norms
    steps = first_to_stay(norms / norms[0], SOLVED)
    return float("nan" if steps is None else steps)


def facts(found: Dissection) -> Facts:
    """How many steps each solver takes."""
    return {
        "answer": _steps(found, "aid-cg"),
        "fixed_point": _steps(found, "aid-fp"),
        "d": float(found.state_size),
        "kappa": found.scenario.condition_number,
    }


LESSON = Lesson(
    key="polynomials",
    title="Polynomials on a spectrum",
    need="You need: [[spectrum|eigenvalues]]. A symmetric matrix multiplies each of its "
    "eigenvectors by a plain number, its eigenvalue.",
    text="The [[adjoint system]] is M v = ∇₁E with [[M]] = I − ∂₁Φ, here symmetric. What M v still "
    "lacks, ∇₁E − M v, is the [[residual]]. Along an eigenvector of M with eigenvalue z, [[k]] "
    "steps of [[fixed-point iteration]] (FP) multiply it by {{{{(1 − z)ᵏ}}}}, those of [[conjugate "
    "gradient]] (CG) by p(z), a polynomial of degree k with p(0) = 1: the one that brings v "
    "nearest to the solution. Here there are 12 eigenvalues, but in two places only: {{{{1 − q}}}} "
    "and {{{{1 + q}}}}.",
    page="why",
    link="spectrum=clusters&T=80&show=spectrum&at=2&methods=aid-fp.aid-cg",
    part="spectrum",
    alone=True,
    step="k",
    heading="The polynomial p(z) of each solver after k steps: small at the eigenvalues is good.",
    without=("Chebyshev", "Ritz values of CG"),
    controls=("spectrum", "contraction"),
    facts=facts,
    prediction=Number(
        question="Fixed-point iteration needs 66 steps until the residual is 1000 times smaller. "
        "How many does conjugate gradient need?",
        stops=tuple(dict.fromkeys(round(stop) for stop in geometric(1, 100, 12))),
        first=33,
        label="Steps of conjugate gradient",
        unit="steps",
        near=1.0,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess >= float(facts["d"]),
                "A polynomial of degree 12 can be zero at all {d:.0f} eigenvalues, so "
                "more than {d:.0f} steps are never needed. Here fewer will do.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "What counts is how many different places there are: each costs one "
                "zero of the polynomial.",
            ),
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "A straight line with p(0) = 1 can be zero at one place only, and there are two.",
            ),
        ),
    ),
    reveal="{answer:.0f} steps: a polynomial of degree 2 with p(0) = 1 can be zero at both places. "
    "But {{{{(1 − z)ᵏ}}}} has the size qᵏ at both, so fixed-point iteration takes "
    "{fixed_point:.0f} steps. In general conjugate gradient needs at most as many steps as there "
    "are different eigenvalues, whatever κ is.",
    look="step through k to see both polynomials.",
    takeaway="Conjugate gradient finds the best polynomial by itself: one zero for each place "
    "where eigenvalues are.",
    teacher="Let the room draw a parabola through (0, 1) with two given zeros. Then choose the "
    "evenly spread eigenvalues: now many zeros are needed, which is the next lesson.",
)
