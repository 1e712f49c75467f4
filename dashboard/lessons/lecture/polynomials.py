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
    need="A symmetric matrix has real [[spectrum|eigenvalues]], and acts on each of its "
    "eigenvectors by a plain number.",
    text="After k steps, a solver of the [[adjoint system]] has multiplied the part of the "
    "[[residual]] along each eigenvector by p(z), where z is the eigenvalue of [[M]] = I − ∂₁Φ and "
    "p is a polynomial of degree [[k]] with p(0) = 1. [[fixed-point iteration|Fixed-point "
    "iteration]] always takes (1 − z)ᵏ. [[Conjugate gradient]] takes the best polynomial that "
    "there is. So the question is only: can a polynomial of low degree be small on all "
    "eigenvalues? Here there are 12 of them, but they sit in two places only, at 1 − q and at "
    "1 + q.",
    page="why",
    link="spectrum=clusters&T=80&show=spectrum&at=1&methods=aid-fp.aid-cg",
    part="spectrum",
    alone=True,
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
                "At most d = {d:.0f} steps are needed in any case: a polynomial of degree 12 can "
                "be zero at all 12 eigenvalues. Here even fewer will do.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "What counts is how many different places there are, not how many eigenvalues, "
                "and not κ: each place costs one zero of the polynomial.",
            ),
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "A straight line with p(0) = 1 can be zero at one place only, and there are two.",
            ),
        ),
    ),
    reveal="{answer:.0f} steps: a polynomial of degree 2 with p(0) = 1 can be zero at both places. "
    "The polynomial of the fixed-point iteration still has the size qᵏ there, so it takes "
    "{fixed_point:.0f} steps. Step through k to see both polynomials.",
    look="spread the eigenvalues, or bring q close to 1, and count again.",
    takeaway="Conjugate gradient finds the best polynomial by itself. It is quick where "
    "eigenvalues form few groups.",
    teacher="Let the room draw a parabola through (0, 1) with two given zeros. Then choose the "
    "evenly spread eigenvalues: now about √κ zeros are needed, which is the next lesson.",
)
