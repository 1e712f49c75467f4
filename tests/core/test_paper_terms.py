"""Tier P: its formulas say its numbers, which are those of the theorems, and none is idle."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from hypergrad_core import METHODS, Constants, FunctionProblem, Lipschitz
from hypergrad_core.adjoint import AdjointSolver, ConjugateGradientSolver
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import WeightedConstants
from hypergrad_core.inner import FIXED_POINT, SOLVERS
from hypergrad_core.lemmas import condition_number
from hypergrad_core.methods import Method
from hypergrad_core.methods.aid import SolverAID
from tests.core.helpers import joined, plane, points_at
from tests.core.latex import evaluate

# No two of them, and no two products of few of them, are alike. q = 0.6 makes κ = 4 and r = 1/3.
CONSTANTS = Constants(
    contraction=0.6,
    condition_number=2.25,
    nu1=2.0,
    nu2=3.0,
    mu1=5.0,
    mu2=7.0,
    outer_gradient_bound=11.0,
    hyper_jacobian_norm=13.0,
    distance=0.1,
    outer_gradient_norm=10.5,
    solution_jacobian_norm=17.0,
    adjoint_norm=19.0,
    direct_gradient_norm=23.0,
    hypergradient_norm=29.0,
)
SYMBOLS = {
    "q": "contraction",
    r"\kappa_M": "condition_number",
    r"\nu_1": "nu1",
    r"\nu_2": "nu2",
    r"\mu_1": "mu1",
    r"\mu_2": "mu2",
    "L_E": "outer_gradient_bound",
    r"L_\Phi": "hyper_jacobian_norm",
    "D": "distance",
}
WEIGHTED_SYMBOLS = {r"L_\Phi^s": "energy_hyper_norm", r"\nu_2^s": "energy_nu2"}
KINDS: dict[str, Constants] = {
    "general": CONSTANTS,
    "symmetric": replace(CONSTANTS, symmetric=True),
    "in a metric": WeightedConstants(**vars(CONSTANTS), energy_hyper_norm=31.0, energy_nu2=37.0),
    "slow": replace(CONSTANTS, symmetric=True, contraction=0.97, condition_number=50.0),
}
PLANE = joined(plane(range(7), range(7)), points_at([40, 40, 3], [3, 40, 40]))


def values_of(constants: Constants, inner: str) -> dict[str, float | FloatArray]:
    """What the symbols of a formula stand for, but for t and k."""
    names = SYMBOLS | (WEIGHTED_SYMBOLS if isinstance(constants, WeightedConstants) else {})
    values = {symbol: float(getattr(constants, name)) for symbol, name in names.items()}
    q = constants.contraction
    return {**values, r"\kappa": condition_number(q), **SOLVERS[inner].symbols(q)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inner", SOLVERS)
@pytest.mark.parametrize("method", METHODS)
def test_every_formula_is_that_of_its_numbers(method: str, inner: str, kind: str) -> None:
    constants = KINDS[kind]
    points = METHODS[method].clipped_points(PLANE)
    if method == "itd-truncated":
        # With k = t nothing is truncated: its numbers are those of ITD, whose formula says more.
        points = points[np.flatnonzero(points.inner_steps > points.adjoint_steps)]
    values = values_of(constants, inner)
    values |= {"t": 1.0 * points.inner_steps, "k": 1.0 * points.adjoint_steps}
    terms = METHODS[method].paper_terms(constants, points, SOLVERS[inner])
    assert [term.name for term in terms] == ["inner problem", "drift", "adjoint"]
    for term in terms:
        said = evaluate(term.formula, values)
        np.testing.assert_allclose(term.values, said, rtol=1e-9, atol=0, err_msg=term.formula)


@pytest.mark.parametrize("inner", SOLVERS)
def test_with_every_step_truncated_itd_is_itd(inner: str) -> None:
    whole = points_at(range(9), range(9))
    bounds = [
        METHODS[key].paper_bound(CONSTANTS, whole, SOLVERS[inner])
        for key in ("itd", "itd-truncated")
    ]
    for one, other in zip(*(bound.terms for bound in bounds), strict=True):
        assert np.array_equal(one.values, other.values)


def test_a_formula_that_says_another_thing_is_noticed() -> None:
    values = values_of(CONSTANTS, "fixed-point") | {"t": np.arange(4.0), "k": np.arange(4.0)}
    right = r"\left(\mu_2+\frac{\mu_1 L_\Phi}{1-q}\right)D\,q^t"
    first = evaluate(right, values)
    for old, new in ((r"\mu_1", r"\nu_1"), ("1-q", "1+q"), ("q^t", "q^{t-1}"), (r"D\,", "")):
        assert not np.allclose(evaluate(right.replace(old, new), values), first)
    for wrong in (r"q^{t", r"q^t)", r"\sin q", r"x", r"\frac{q}", r"q+", ""):
        with pytest.raises(ValueError, match=r"is not|has no|cannot"):
            evaluate(wrong, values)


def ratio(numerator: int, denominator: int = 1) -> float:
    return float(Fraction(numerator, denominator))


# With these constants: c₁ = (7 + 5·13/0.4)·0.1 = 16.95, c₂ = (3 + 2·13/0.4)·11·0.1 = 74.8 and
# c₃ = 11·13/0.4 = 357.5. κ_M = 2.25 has r_M = 1/5. At t = 2 and k = 3, or k = 2 where k = t.
BY_HAND: dict[tuple[str, str, bool], tuple[float, float, float]] = {
    # c₁q², c₂·2q, c₃q².
    ("itd", "fixed-point", False): (6.102, 89.76, 128.7),
    ("itd-forward", "fixed-point", False): (6.102, 89.76, 128.7),
    # The last one of two steps: c₂·1·q, c₃q.
    ("itd-truncated", "fixed-point", False): (6.102, 44.88, 214.5),
    # c₂·1·q², c₃q.
    ("one-step", "fixed-point", False): (6.102, 26.928, 214.5),
    # c₂(1 + q + q²)q², c₃q³.
    ("aid-fp", "fixed-point", False): (6.102, 52.77888, 77.22),
    # c₂/0.4·q², and 11·(13 + 3·0.1·q²)/0.4 = 360.47 times 2·1.5·(1/5)³ = 3/125, …
    ("aid-cg", "fixed-point", True): (6.102, 67.32, 8.65128),
    # … times 1/T₃(17/15) for κ² = 16, T₃(x) = 4x³ − 3x = 8177/3375, …
    ("aid-cgnr", "fixed-point", False): (6.102, 67.32, 360.47 * 3375 / 8177),
    # … times q³, or 1/T₃(3.25/1.25) = 1/62.504 where ∂₁Φ is symmetric.
    ("aid-gmres", "fixed-point", False): (6.102, 67.32, 77.86152),
    ("aid-gmres", "fixed-point", True): (6.102, 67.32, 360.47 / 62.504),
    # Heavy ball: r = 1/3, b = 4/5, a = 10/9. ρ(2) = (1 + 8/5)/9 = 13/45, the drift
    # a·r·3·(1 + b/3) = 38/27 and what is left ρ(2).
    ("itd", "heavy-ball", True): (
        16.95 * ratio(13, 45),
        74.8 * ratio(38, 27),
        357.5 * ratio(13, 45),
    ),
    # The last one of two steps: a·r·(1 + b) = 2/3, and r(1 + (1 + r)) = 7/9.
    ("itd-truncated", "heavy-ball", True): (
        16.95 * ratio(13, 45),
        74.8 * ratio(2, 3),
        357.5 * ratio(7, 9),
    ),
    # 11·(13 + 0.3·13/45)/0.4 times 3/125.
    ("aid-cg", "heavy-ball", True): (
        16.95 * ratio(13, 45),
        187.0 * ratio(13, 45),
        27.5 * (13 + 0.3 * 13 / 45) * ratio(3, 125),
    ),
}


@pytest.mark.parametrize(("method", "inner", "symmetric"), BY_HAND)
def test_the_numbers_are_those_worked_out_by_hand(method: str, inner: str, symmetric: bool) -> None:
    constants = replace(CONSTANTS, symmetric=symmetric)
    points = METHODS[method].clipped_points(points_at([2], [3]), 1 if "trunc" in method else None)
    bound = METHODS[method].paper_bound(constants, points, SOLVERS[inner])
    wanted = BY_HAND[method, inner, symmetric]
    assert [float(term.values[0]) for term in bound.terms] == pytest.approx(wanted, rel=1e-12)
    assert float(bound.values[0]) == pytest.approx(sum(wanted), rel=1e-12)


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_late_factors_are_those_worked_out_by_hand(symmetric: bool) -> None:
    """q = 3/5, r = 1/3 of κ = 4 for the heavy ball, and r_M = 1/5 of κ_M = 2.25 (R5).

    Chebyshev semi-iteration has r too, which knows κ alone, and Nesterov's method 1 − 1/√κ.
    """
    constants = replace(CONSTANTS, symmetric=symmetric)

    def factor(method: str, inner: str = "fixed-point") -> float:
        return METHODS[method].adjoint_factor(constants, SOLVERS[inner])

    for unrolled in ("itd", "itd-forward", "itd-truncated"):
        assert factor(unrolled) == pytest.approx(3 / 5)
        assert factor(unrolled, "heavy-ball") == pytest.approx(1 / 3)
        assert factor(unrolled, "chebyshev") == pytest.approx(1 / 3)
        assert factor(unrolled, "nesterov") == pytest.approx(1 / 2)
    for inner in ("fixed-point", "heavy-ball"):
        for series in ("one-step", "aid-fp", "aid-cgnr"):
            assert factor(series, inner) == pytest.approx(3 / 5)
        # In a metric ∂₁Φ is not symmetric, and CG is as quick.
        assert factor("aid-cg", inner) == pytest.approx(1 / 5)
        assert factor("aid-minres", inner) == pytest.approx(1 / 5)
        assert factor("aid-chebyshev", inner) == pytest.approx(1 / 3)
        assert factor("aid-gmres", inner) == pytest.approx(1 / 5 if symmetric else 3 / 5)


def test_the_points_of_the_methods_are_those_that_they_say() -> None:
    asked = points_at([0, 1, 5, 9, 9], [3, 3, 3, 3, 12])

    def k_of(method: str, truncation: int | None = None) -> list[int]:
        points: IntArray = METHODS[method].clipped_points(asked, truncation).adjoint_steps
        assert np.array_equal(
            METHODS[method].clipped_points(asked, truncation).inner_steps, asked.inner_steps
        )
        return [int(k) for k in points]

    assert k_of("itd-truncated") == [0, 1, 3, 3, 9]
    assert k_of("itd-truncated", 4) == [0, 1, 3, 3, 4]
    assert k_of("itd-truncated", 0) == [0] * 5
    for whole in ("itd", "itd-forward"):
        assert k_of(whole) == k_of(whole, 2) == [0, 1, 5, 9, 9]
    assert k_of("one-step") == k_of("one-step", 4) == [1] * 5
    for implicit in (key for key in METHODS if key.startswith("aid-")):
        assert k_of(implicit) == k_of(implicit, 2) == [3, 3, 3, 3, 12]


STEP, CURVATURE, TARGET = 0.5, 0.4, -2.0


class Overshooting(ConjugateGradientSolver):
    """A solver that leaves no more than σ(k) = 2^(−k) of v: it returns (1 + σ) v, after 0 steps 0.

    It is as good as tier P asks, which knows no more of a solver than σ.
    """

    key = "overshooting"

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        return np.asarray(0.5**steps)

    def adjoints(self, rows: IntArray) -> FloatArray:
        gradients = self._gradients[rows]
        return (1 + 0.5**self._taken) * gradients / (STEP * CURVATURE)

    def __init__(self, lin: object, gradients: FloatArray) -> None:
        AdjointSolver.__init__(self, lin, gradients)  # type: ignore[arg-type]
        self._gradients, self._taken = gradients, 0

    def advance(self, first: int) -> None:
        self._taken += 1


def still_at_zero() -> FunctionProblem:
    """Ridge regression with targets 0: w(λ) = 0, so that ∂₂Φ is 0 there, and nowhere else."""
    slope = 1 - STEP * CURVATURE
    return FunctionProblem(
        phi=lambda w, lam: w - STEP * lam * w,
        vjp_state=lambda w, lam, v: (1 - STEP * lam) * v,
        vjp_hyper=lambda w, lam, v: np.array([-STEP * (w @ v)]),
        jvp_hyper=lambda w, lam, u: -STEP * w * u,
        loss=lambda w, lam: 0.5 * float(np.sum((w - TARGET) ** 2)),
        loss_gradient_state=lambda w, lam: w - TARGET,
        known=lambda lam: Lipschitz(contraction=slope, nu1=0.0, nu2=STEP, mu1=1.0, mu2=0.0),
        symmetric=True,
        affine=True,
        hyper=np.array([CURVATURE]),
        initial_state=np.array([3.0]),
    )


def test_the_norm_of_the_coupling_counts_where_the_system_stands() -> None:
    """R2: with ‖∂₂Φ‖ at w(λ) in place of w_t the solver's term would be 0 here, and false."""
    problem = still_at_zero()
    constants = problem.constants
    assert constants.hyper_jacobian_norm < 1e-15
    method: Method = SolverAID(Overshooting)
    points = plane(range(6), range(1, 6))
    states = FIXED_POINT.iterate(problem, 5)
    estimate = method.estimate(problem, states, points)
    errors = np.abs(estimate.hypergradients[:, 0] - problem.reference.hypergradient[0])
    bound = method.paper_bound(constants, points)
    assert np.all(errors <= bound.values * (1 + 1e-12))
    first = points.inner_steps == 0
    assert np.allclose(errors[first], bound.values[first], rtol=1e-12)
    without = bound.values - bound.terms[-1].values
    assert np.all(errors[first] > without[first] * 1.01)
