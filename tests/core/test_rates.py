"""How fast the methods converge, where they stop, and that the checks notice planted bugs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from hypergrad_core import METHODS
from hypergrad_core.adjoint import ConjugateGradientSolver, FixedPointSolver
from hypergrad_core.arrays import FloatArray
from hypergrad_core.lemmas import chebyshev_number, conjugate_gradient_rate
from hypergrad_core.methods.unrolled import ReverseMode
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.scenario import SPECTRA
from tests.core.bound_cases import check_bounds, instance
from tests.core.helpers import (
    ask,
    build,
    energy_errors,
    errors,
    plant,
    points_at,
    relative_gap,
)
from tests.core.test_oracle import check_case

# All but those whose k is fixed.
CONVERGENT = [
    key for key, method in METHODS.items() if method.whole or not method.fixed_adjoint_steps
]


def slope(values: FloatArray, steps: FloatArray) -> float:
    """Change of log(values) for each step, by least squares."""
    return float(np.polyfit(steps, np.log(values), 1)[0])


def check_linear_rate(method: str, spectrum: str) -> None:
    q = 0.98
    problem = build(contraction=q, size=12, hyper_size=3, spectrum=spectrum)
    # Even steps only: −q and q together make every other error smaller.
    t = np.arange(400, 900, 20)
    found = errors(method, problem, points_at(t, t))
    assert found.min() > 100 * problem.constants.rounding_floor
    rate = slope(found, t) / np.log(q)
    assert rate == pytest.approx(1, abs=0.03), f"the slope is {rate:.3f} log q"


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("method", ["itd", "aid-fp"])
def test_the_late_slope_is_the_contraction(method: str, spectrum: str) -> None:
    check_linear_rate(method, spectrum)


@pytest.mark.parametrize("family", ["logistic", "logistic-log"])
@pytest.mark.parametrize(("samples", "attained", "late"), [(8, True, 100), (60, False, 30)])
def test_the_late_slope_of_logistic_regression_is_the_rate_at_the_solution(
    family: str, samples: int, attained: bool, late: int
) -> None:
    problem = build(family=family, contraction=0.9, size=14, samples=samples)
    lin = problem.linearise(problem.reference.solution[None])
    rate = np.abs(np.linalg.eigvalsh(lin.jvp_state(np.eye(14)))).max()
    # With fewer samples than features the penalty alone acts somewhere, and q is attained.
    assert (rate > 0.9 * (1 - 1e-9)) == attained
    t = np.arange(late, 200, 5)
    for method, factor in (("aid-fp", 0.0), ("itd", 1.0)):
        found = errors(method, problem, points_at(t, t))
        keep = found > 100 * problem.constants.rounding_floor
        assert keep.sum() >= 5
        # Reverse mode converges like t·rateᵗ: its logarithm rises by up to 1/t a step on top.
        excess = slope(found[keep], t[keep]) - np.log(rate)
        assert 0.03 * np.log(rate) <= excess <= -0.03 * np.log(rate) + factor / t[keep][0]


def few_eigenvalues(distinct: int) -> Quadratic:
    """∂₁Φ with this many different eigenvalues, each of them four times."""
    plain = build(contraction=0.9, size=4 * distinct, hyper_size=3).canonical()
    values = np.repeat(np.linspace(0.9, -0.6, distinct), 4)
    assert isinstance(plain, Quadratic)
    return replace(plain, eigenvalues=(1 - values) / plain.step)


def check_finite_termination(distinct: int) -> None:
    problem = few_eigenvalues(distinct)
    k = np.arange(distinct + 3)
    found = errors("aid-cg", problem, points_at(np.zeros_like(k), k), inner="exact")
    floor = problem.constants.rounding_floor
    assert np.all(found[distinct:] <= floor), "conjugate gradient has not ended in time"
    assert np.all(found[:distinct] > 1e3 * floor)


@pytest.mark.parametrize("distinct", [1, 2, 3, 5, 7])
def test_conjugate_gradient_takes_a_step_for_each_eigenvalue(distinct: int) -> None:
    check_finite_termination(distinct)


def test_conjugate_gradient_takes_two_steps_for_two_clusters() -> None:
    problem = build(spectrum="clusters", size=40).canonical()
    found = errors("aid-cg", problem, points_at([0, 0, 0], [1, 2, 50]), inner="exact")
    assert found[0] > 1e6 * problem.constants.rounding_floor
    assert np.all(found[1:] <= problem.constants.rounding_floor)


def check_conjugate_gradient_rate(problem: Problem) -> None:
    steps = 40
    found = energy_errors(problem, steps)
    kappa = problem.constants.condition_number
    chebyshev = chebyshev_number(kappa, np.arange(steps + 1))
    rounding = 2e-14 / (1 - problem.constants.contraction)
    assert np.all(found <= found[0] * (chebyshev * (1 + 1e-9) + rounding)), "slower than Chebyshev"
    assert np.all(chebyshev <= 2 * conjugate_gradient_rate(kappa) ** np.arange(steps + 1))


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("q", [0.5, 0.95, 0.999])
def test_conjugate_gradient_is_as_fast_as_chebyshev(q: float, spectrum: str) -> None:
    check_conjugate_gradient_rate(build(contraction=q, size=80, spectrum=spectrum))


@pytest.mark.parametrize("family", ["logistic", "logistic-log"])
def test_conjugate_gradient_is_as_fast_as_chebyshev_on_data(family: str) -> None:
    check_conjugate_gradient_rate(
        build(family=family, data="breast_cancer", contraction=0.99, size=30)
    )


@pytest.mark.parametrize("family", ["quadratic", "logistic", "logistic-log"])
def test_one_step_has_a_plateau(family: str) -> None:
    problem = build(family=family, contraction=0.8, size=15, samples=25)
    found = errors("one-step", problem, points_at([200, 300, 400], [1, 1, 1]))
    truth = problem.reference
    lin = problem.linearise(truth.solution[None])
    plateau = np.linalg.norm(lin.vjp_hyper(lin.vjp_state(truth.adjoint[None])))
    assert plateau > 0.01 * problem.constants.hypergradient_norm
    assert np.allclose(found, plateau, rtol=1e-8)


@pytest.mark.parametrize("family", ["quadratic", "logistic", "logistic-log"])
def test_truncated_itd_with_every_step_is_itd(family: str) -> None:
    problem = build(family=family, size=15, samples=25)
    diagonal = points_at(range(40), range(40))
    whole, truncated = (ask(key, problem, diagonal) for key in ("itd", "itd-truncated"))
    assert np.array_equal(whole.hypergradients, truncated.hypergradients)
    assert np.array_equal(whole.costs.products, truncated.costs.products)
    shorter = ask("itd-truncated", problem, points_at([39], [5])).hypergradients
    assert relative_gap(shorter, whole.hypergradients[-1]) > 1e-6


def check_itd_is_implicit_on_the_quadratic() -> None:
    problem = build(contraction=0.95, size=30, spectrum="log-uniform")
    diagonal = points_at(range(120), range(120))
    found = [ask(key, problem, diagonal).hypergradients for key in ("itd", "aid-fp")]
    assert relative_gap(*found) < 1e-12, "ITD and AID-FP differ"


def test_itd_is_implicit_on_the_quadratic() -> None:
    check_itd_is_implicit_on_the_quadratic()


def check_common_limit(method: str, family: str) -> None:
    problem = build(family=family, contraction=0.8, size=15, samples=25)
    found = errors(method, problem, points_at([300], [300]))
    assert found[0] <= problem.constants.rounding_floor, "another limit"


@pytest.mark.parametrize("family", ["quadratic", "logistic", "logistic-log"])
@pytest.mark.parametrize("method", CONVERGENT)
def test_all_methods_have_one_limit(method: str, family: str) -> None:
    check_common_limit(method, family)


@dataclass(frozen=True)
class Bug:
    """Texts of a method's source and what stands there instead; checks that must notice."""

    owner: type
    name: str
    changes: dict[str, str]
    noticed_by: dict[str, Callable[[], None]]


CONJUGATE_GRADIENT_CHECKS: dict[str, Callable[[], None]] = {
    "library": lambda: check_case("quadratic_1"),
    "bounds": lambda: check_bounds(instance(0)),
    "termination": lambda: check_finite_termination(3),
    "rate": lambda: check_conjugate_gradient_rate(build(contraction=0.95, size=80)),
}
FIXED_POINT_CHECKS: dict[str, Callable[[], None]] = {
    "library": lambda: check_case("lr_1"),
    "bounds": lambda: check_bounds(instance(0)),
    "itd": check_itd_is_implicit_on_the_quadratic,
}
ITD_CHECKS: dict[str, Callable[[], None]] = {
    "library": lambda: check_case("quadratic_1"),
    "bounds": lambda: check_bounds(instance(0)),
    "implicit": check_itd_is_implicit_on_the_quadratic,
}
BUGS = {
    "conjugate gradient turns along the old residual": Bug(
        ConjugateGradientSolver,
        "advance",
        {
            "residual -= curved": "stale = residual.copy(); residual -= curved",
            "direction += residual": "direction += stale",
        },
        CONJUGATE_GRADIENT_CHECKS,
    ),
    "conjugate gradient forgets its last direction": Bug(
        ConjugateGradientSolver,
        "advance",
        {"direction *= turn[:, None]": "direction *= 0"},
        CONJUGATE_GRADIENT_CHECKS,
    ),
    "the fixed point has the wrong sign": Bug(
        FixedPointSolver,
        "advance",
        {"np.add(product,": "np.subtract(product,"},
        FIXED_POINT_CHECKS | {"limit": lambda: check_common_limit("aid-fp", "logistic")},
    ),
    "the fixed point is a step ahead": Bug(
        FixedPointSolver,
        "advance",
        {"        return\n": ""},
        FIXED_POINT_CHECKS,
    ),
    "reverse mode skips the last step": Bug(
        ReverseMode,
        "_sweep",
        {"_rows_through(horizons, bottoms,": "_rows_through(horizons - 1, bottoms,"},
        ITD_CHECKS,
    ),
    "reverse mode forgets the first step": Bug(
        ReverseMode,
        "_sweep",
        {"complete = horizons[rows] - steps": "complete = horizons[rows] - steps + (steps > 0)"},
        ITD_CHECKS,
    ),
}


@pytest.mark.parametrize(("bug", "check"), [(b, c) for b in BUGS for c in BUGS[b].noticed_by])
def test_planted_bugs_are_noticed(monkeypatch: pytest.MonkeyPatch, bug: str, check: str) -> None:
    planted = BUGS[bug]
    planted.noticed_by[check]()
    plant(monkeypatch, planted.owner, planted.name, planted.changes)
    with pytest.raises(AssertionError):
        planted.noticed_by[check]()
