"""How many steps methods need: against brute force, and against what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, HypergradError, Scenario, ScenarioError
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.studies import requirements as studied
from hypergrad_core.studies import step_search
from hypergrad_core.studies.requirements import contractions, fitted_slope, requirements
from hypergrad_core.studies.step_search import (
    first_to_stay,
)
from tests.core.bound_cases import solvers_of
from tests.core.helpers import ask, build, errors, points_at
from tests.core.method_cases import refused_by

SMALL: dict[str, dict[str, Any]] = {
    "even": {"family": "quadratic", "contraction": 0.98},
    "chebyshev": {"family": "quadratic", "contraction": 0.97, "spectrum": "chebyshev"},
    "near-minus": {"family": "quadratic", "contraction": 0.98, "spectrum": "near-minus"},
    "logistic": {"family": "logistic", "contraction": 0.95},
    "kernel-ridge": {"family": "kernel-ridge", "contraction": 0.9},
    "biased": {"family": "biased", "contraction": 0.96},
    "hyper-representation": {"family": "hyper-representation", "contraction": 0.95},
    "nonsymmetric": {"family": "nonsymmetric", "contraction": 0.95},
    "equilibrium-symmetric": {"family": "equilibrium-symmetric", "contraction": 0.9},
    "graph-network": {"family": "graph-network", "contraction": 0.9},
}


def brute_force(
    problem: Problem, method: str, inner: str, target: float, last: int
) -> tuple[int | None, int | None]:
    """t and k by running every step up to the last."""
    scale = float(np.linalg.norm(problem.reference.hypergradient))
    steps = range(last + 1)
    diagonal = errors(method, problem, points_at(steps, steps), inner) / scale
    if METHODS[method].whole:
        both = first_to_stay(diagonal, target)
        return both, both
    held = points_at(np.zeros(last + 1), steps)
    solution = problem.reference.solution[None]
    found = METHODS[method].estimate(problem, solution, held).hypergradients
    at_solution = row_norms(found - problem.reference.hypergradient) / scale
    return first_to_stay(diagonal, target / 2), first_to_stay(at_solution, target / 2)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("name", SMALL)
def test_measured_steps_agree_with_brute_force(
    name: str, sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sparse:
        monkeypatch.setattr(step_search, "FIRST_PASS_STEPS", 0)
    fields = {"size": 16, "samples": 8, "hyper_size": 4, **SMALL[name]}
    problem = build(**fields)
    compared = 0
    for inner in solvers_of(fields["family"]):
        if inner == "exact":
            continue
        scenario = Scenario(**fields, inner=inner, methods=tuple(METHODS), vary="both", horizon=1)
        for target in (0.03, 1e-5):
            for found in requirements(scenario, target).methods:
                predicted = (found.inner.predicted, found.adjoint.predicted)
                assert None not in predicted
                last = max(step for step in predicted if step is not None) + 1
                measured = (found.inner.measured, found.adjoint.measured)
                assert measured == brute_force(problem, found.method, inner, target, last)
                assert found.reason == ""
                compared += 1
    assert compared >= 8


@pytest.mark.parametrize("seed", range(12))
def test_predicted_steps_are_never_below_measured_ones(seed: int) -> None:
    random = np.random.default_rng(seed)
    family = list(FAMILIES)[seed % len(FAMILIES)]
    compared = 0
    for _ in range(3):
        inner = str(random.choice([key for key in solvers_of(family) if key != "exact"]))
        scenario = Scenario(
            family=family,
            contraction=float(random.uniform(0.3, 0.96)),
            size=int(random.integers(4, 25)),
            samples=int(random.integers(4, 9)),
            hyper_size=int(random.integers(1, 6)),
            methods=tuple(METHODS),
            inner=inner,
            seed=int(random.integers(1000)),
        )
        for target in 10.0 ** random.uniform(-7, 0, 2):
            for found in requirements(scenario, float(target)).methods:
                for steps in (found.inner, found.adjoint):
                    assert steps.measured is not None
                    assert steps.predicted is not None
                    assert steps.measured <= steps.predicted
                    compared += 1
    assert compared >= 40


def test_the_pair_is_run_and_paid_for() -> None:
    scenario = Scenario(
        family="biased", contraction=0.9, size=12, samples=8, methods=("itd", "aid-fp", "aid-cg")
    )
    problem = build(family="biased", contraction=0.9, size=12, samples=8)
    scale = float(np.linalg.norm(problem.reference.hypergradient))
    for target in (0.1, 1e-4):
        for found in requirements(scenario, target).methods:
            t, k, costs = found.inner.measured, found.adjoint.measured, found.costs
            assert t is not None
            assert k is not None
            assert costs is not None
            here = points_at([t], [k])
            error = float(errors(found.method, problem, here)[0]) / scale
            assert costs.error == pytest.approx(error, rel=1e-6)
            assert costs.error <= target
            estimate = ask(found.method, problem, here)
            assert costs.products == int(estimate.costs.products[0])
            assert costs.map_evaluations == t
            assert costs.jacobian_products == costs.products - t
            assert costs.stored_floats == int(estimate.costs.stored_floats[0])
            assert costs.seconds > 0


def test_half_of_the_target_is_left_to_each_part() -> None:
    scenario = Scenario(family="biased", methods=("aid-fp", "itd"), contraction=0.95)
    found = requirements(scenario, 1e-3)
    assert found.constants.at_solution().outer_gradient_bound < found.constants.outer_gradient_bound
    constants, solver = found.constants, SOLVERS["fixed-point"]
    size = constants.hypergradient_norm

    def bound(method: str, steps: int, at: Any, share: float) -> bool:
        points = Points(np.array([steps]), np.array([steps]))
        return bool(METHODS[method].paper_bound(at, points, solver).values[0] <= share * size)

    for method, part, at, share in (
        ("aid-fp", "inner", constants, 5e-4),
        ("aid-fp", "adjoint", constants.at_solution(), 5e-4),
        ("itd", "inner", constants, 1e-3),
        ("itd", "adjoint", constants, 1e-3),
    ):
        requirement = found.of(method)
        steps = getattr(requirement, part).predicted
        assert bound(method, steps, at, share)
        assert not bound(method, steps - 1, at, share)


def test_the_slice_of_the_scenario_does_not_matter() -> None:
    def measured(**fields: Any) -> list[Any]:
        found = requirements(Scenario(contraction=0.9, methods=("itd", "aid-cg"), **fields), 1e-3)
        return [(method.inner, method.adjoint) for method in found.methods]

    assert measured() == measured(vary="adjoint", horizon=3, inner_steps=1, adjoint_steps=2)


def test_methods_that_end_on_a_plateau_are_refused() -> None:
    found = requirements(
        Scenario(family="nonsymmetric", contraction=0.5, size=10, methods=tuple(METHODS)), 1e-2
    )
    reasons = {refusal.method: refusal.reason for refusal in found.refusals}
    assert set(reasons) == {"itd-truncated", "one-step"} | refused_by("nonsymmetric")
    assert "plateau" in reasons["itd-truncated"]
    assert "plateau" in reasons["one-step"]
    assert "symmetric" in reasons["aid-cg"]
    assert {method.method for method in found.methods} == set(METHODS) - set(reasons)
    with pytest.raises(HypergradError, match=r"one-step was refused\. Its k is fixed"):
        found.of("one-step")
    assert found.of("itd") is found.methods[0]


def test_what_rounding_hides_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(contraction=0.999, methods=("itd", "aid-fp", "aid-cg"))
    constants = build(contraction=0.999).constants
    floor = constants.rounding_floor / constants.hypergradient_norm
    monkeypatch.setattr(studied, "search_steps", lambda *arguments: pytest.fail("searched"))
    for method in requirements(scenario, 0.9 * floor).methods:
        assert (method.inner.measured, method.adjoint.measured) == (None, None)
        assert method.costs is None
        assert "rounding" in method.reason
        assert method.inner.predicted is not None


def test_what_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studied, "LONGEST_SEARCH", 30)
    found = requirements(Scenario(methods=("itd", "aid-cg")), 1e-4)
    itd, cg = found.methods
    assert (itd.inner.measured, itd.adjoint.measured, itd.costs) == (None, None, None)
    assert itd.reason == "It did not reach ε within 30 steps."
    assert itd.inner.predicted is not None
    assert cg.inner.measured is None
    assert cg.adjoint.measured is not None
    assert cg.adjoint.measured < 30
    assert cg.costs is None
    assert cg.reason == itd.reason


@pytest.mark.parametrize(
    ("family", "contraction", "arrives"),
    [("equilibrium", 1.02, True), ("equilibrium-symmetric", 1.5, False)],
)
def test_without_a_contraction_steps_are_only_measured(
    family: str, contraction: float, arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studied, "LONGEST_SEARCH", 2500)
    scenario = Scenario(
        family=family,
        contraction=contraction,
        size=20,
        samples=4,
        seed=1,
        methods=("itd", "aid-fp"),
    )
    # In the second case the adjoint grows until it overflows: no error, and no warning.
    for method in requirements(scenario, 1e-3).methods:
        assert method.inner.predicted is None
        assert method.adjoint.predicted is None
        if arrives:
            assert method.costs is not None
            assert method.costs.error <= 1e-3
        else:
            assert method.costs is None
            assert method.reason == "It did not reach ε within 2500 steps."


def test_without_a_hypergradient_the_error_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(contraction=0.9, size=10, methods=("itd",))
    problem = build(contraction=0.9, size=10)
    builder = type(scenario.problem_family)
    assert isinstance(problem, Quadratic)
    flat = replace(problem, coupling=np.zeros_like(problem.coupling))
    assert flat.constants.hypergradient_norm == 0
    monkeypatch.setattr(builder, "build", lambda self, scenario: flat)
    (itd,) = requirements(scenario, 1e-3).methods
    assert itd.inner.measured == 0
    assert itd.costs is not None
    assert itd.costs.error == 0


@pytest.mark.parametrize("target", [0.0, -1.0, np.inf, np.nan])
def test_a_target_is_positive(target: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        requirements(Scenario(), target)


def test_an_exact_inner_solver_has_no_t() -> None:
    with pytest.raises(ScenarioError, match="inner"):
        requirements(Scenario(inner="exact", vary="adjoint"), 1e-3)


def test_progress_grows_and_may_stop_the_search() -> None:
    told: list[float] = []
    requirements(Scenario(contraction=0.99), 1e-3, told.append)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert told == sorted(told)
    assert sum(1 / 3 < part < 2 / 3 for part in told) > 10

    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        requirements(Scenario(contraction=0.99), 1e-3, stop)


def test_slopes_are_those_of_powers() -> None:
    kappa = [2.0, 10.0, 40.0, 300.0, 2000.0, 4000.0]
    steps = [3 * value**0.7 for value in kappa]
    steps[0] = steps[-1] = 1e9
    assert fitted_slope(kappa, steps) == pytest.approx(0.7)
    assert fitted_slope(kappa, steps, 1.0, 2000.0) < 0
    missing = [None if value == 40 else step for value, step in zip(kappa, steps, strict=True)]
    assert fitted_slope(kappa, missing) == pytest.approx(0.7)
    assert fitted_slope(kappa, [0, 0, *steps[2:]]) == pytest.approx(0.7)
    assert fitted_slope(kappa, [None, None, None, *steps[3:]]) is None
    assert fitted_slope([10.0] * 4 + [20.0], [1, 2, 3, 4, 5]) is None
    assert fitted_slope([], []) is None


def test_condition_numbers_are_evenly_spread() -> None:
    assert contractions(count=2) == (0.3, 0.9995)
    q = np.array(contractions())
    assert (q[0], q[-1], len(q)) == (0.3, 0.9995, 12)
    kappa = np.log((1 + q) / (1 - q))
    np.testing.assert_allclose(np.diff(kappa), np.diff(kappa)[0], rtol=1e-9)


@pytest.mark.parametrize("inner", ["fixed-point", "heavy-ball"])
def test_steps_grow_with_the_condition_number_as_the_theory_says(inner: str) -> None:
    found = [
        requirements(
            Scenario(contraction=q, spectrum="chebyshev", size=400, inner=inner), target=1e-4
        )
        for q in contractions()
        if 10 <= (1 + q) / (1 - q) <= 2000
    ]
    kappa = [item.scenario.condition_number for item in found]
    assert len(kappa) == 8
    unrolled, accelerated = (1.0, 1.0) if inner == "fixed-point" else (0.5, 0.5)
    # AID-FP does not accelerate its own steps: where k = t, they are what has to be waited for.
    slopes = {
        ("itd", "inner"): unrolled,
        ("aid-fp", "inner"): 1.0,
        ("aid-fp", "adjoint"): 1.0,
        ("aid-cg", "inner"): accelerated,
        ("aid-cg", "adjoint"): 0.5,
    }
    for (method, part), wanted in slopes.items():
        steps = [getattr(item.of(method), part) for item in found]
        for kind in ("measured", "predicted"):
            slope = fitted_slope(kappa, [getattr(step, kind) for step in steps])
            assert slope == pytest.approx(wanted, abs=0.1), (method, part, kind)
