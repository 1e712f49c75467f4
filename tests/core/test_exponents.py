"""The exponents of κ that a method claims are those of its bound: t ∝ κᵖ and k ∝ κᵖ for large κ."""

from __future__ import annotations

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Constants
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Points
from hypergrad_core.studies.requirements import fitted_slope
from hypergrad_core.studies.step_search import predicted_steps
from tests.core.helpers import build

SIZES = {"size": 6, "samples": 5, "hyper_size": 4}
# A kernel of few rows is too well conditioned for a large κ, and so are features that are fewer
# than the rows of a task.
MORE = {key: {"size": 40, "hyper_size": 2} for key in ("kernel-ridge", "kernel-ridge-log")}
MORE["representation-tasks"] = {"size": 42}
CONDITION_NUMBERS = (300.0, 1000.0, 3000.0)
# So small that what grows with κ in front of the powers hardly counts.
TARGET = 1e-150
CASES = [
    (family, inner)
    for family, entry in FAMILIES.items()
    for inner, solver in SOLVERS.items()
    if inner != "exact" and (entry.affine_symmetric or not solver.affine_symmetric_only)
]


def constants_of(family: str, kappa: float) -> Constants:
    q = (kappa - 1) / (kappa + 1)
    constants = build(family=family, contraction=q, **{**SIZES, **MORE.get(family, {})}).constants
    assert constants.contraction == pytest.approx(q)
    assert constants.condition_number == pytest.approx(kappa) or not constants.symmetric
    return constants


def predicted(method: str, constants: Constants, inner: str, t_is_k: bool) -> int | None:
    """Steps of tier P: along t = k, or those of k alone from w(λ)."""
    exact = constants if t_is_k else constants.at_solution()

    def bound(steps: IntArray) -> FloatArray:
        points = METHODS[method].clipped_points(Points(steps, steps))
        return METHODS[method].paper_bound(exact, points, SOLVERS[inner]).values

    return predicted_steps(bound, TARGET * constants.hypergradient_norm)


@pytest.mark.parametrize("method", [key for key in METHODS if not METHODS[key].plateau])
@pytest.mark.parametrize(("family", "inner"), CASES)
def test_the_bound_grows_as_the_method_claims(method: str, family: str, inner: str) -> None:
    problem = build(family=family, **SIZES)
    if METHODS[method].refusal(problem):
        return
    rules = [constants_of(family, kappa) for kappa in CONDITION_NUMBERS]
    symmetric = FAMILIES[family].symmetric
    claims = {
        True: METHODS[method].inner_exponent(SOLVERS[inner], symmetric=symmetric),
        False: METHODS[method].adjoint_exponent(SOLVERS[inner], symmetric=symmetric),
    }
    for t_is_k, claim in claims.items():
        if not t_is_k and METHODS[method].whole:
            continue
        steps = [predicted(method, constants, inner, t_is_k) for constants in rules]
        slope = fitted_slope(CONDITION_NUMBERS, steps, high=1e9)
        assert slope == pytest.approx(claim, abs=0.04), (t_is_k, steps)


def test_methods_without_an_end_are_left_out_because_they_claim_none() -> None:
    constants = constants_of("quadratic", 300.0)
    for method in (key for key in METHODS if METHODS[key].plateau):
        points = METHODS[method].clipped_points(Points(np.array([10**6]), np.array([10**6])), 5)
        left = METHODS[method].paper_bound(constants, points).values[0]
        assert left > 1e-3 * constants.hypergradient_norm
