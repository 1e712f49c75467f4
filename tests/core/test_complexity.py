"""How many steps reach an accuracy: against brute force, and against what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError, Status, complexity, run
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.complexity import (
    FARTHEST,
    contractions,
    crossing,
    first_to_stay,
    fitted_slope,
    predicted_steps,
    requirements,
    search_steps,
)
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.scenario import SLICES
from tests.core.helpers import ask, build, errors, points_at
from tests.core.test_bounds import solvers_of

Law = Callable[[IntArray], FloatArray]
# How far the brute force looks.
ALL_STEPS = np.arange(40_000)


def brute_first_to_stay(values: FloatArray, target: float) -> int | None:
    for start in range(len(values)):
        if all(value <= target for value in values[start:]):
            return start
    return None


@pytest.mark.parametrize("seed", range(40))
def test_the_first_to_stay_is_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.random(int(random.integers(1, 30)))
    for target in (-1.0, 0.0, *random.random(8), values[-1], values.max(), 2.0):
        assert first_to_stay(values, float(target)) == brute_first_to_stay(values, float(target))


def test_a_dip_below_the_target_does_not_count() -> None:
    values = np.array([3.0, 0.5, 2.0, 0.9, 0.8])
    assert first_to_stay(values, 1.0) == 3
    assert first_to_stay(values, 0.8) == 4
    assert first_to_stay(values, 0.7) is None
    assert first_to_stay(values, 5.0) == 0


def test_what_is_not_a_number_is_not_below() -> None:
    assert first_to_stay(np.array([0.1, np.nan, 0.1]), 1.0) == 2
    assert first_to_stay(np.array([0.1, np.nan]), 1.0) is None
    assert first_to_stay(np.full(3, np.inf), 1.0) is None


def law(random: np.random.Generator) -> Law:
    """(a + bt)qᵗ and a plateau: falls for good after at most one rise, as the paper's bounds do."""
    q = float(random.choice([0.3, 0.9, 0.99, 0.998]))
    a, b = 10.0 ** random.uniform(-3, 3, 2) * random.choice([0.0, 1.0, 1.0, 1.0], 2)
    plateau = 10.0 ** random.uniform(-8, -1) * float(random.random() < 0.3)

    def bound(steps: IntArray) -> FloatArray:
        t = steps.astype(np.float64)
        return np.asarray((a + b * t) * q**t + plateau)

    return bound


@pytest.mark.parametrize("seed", range(150))
def test_predictions_agree_with_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    bound = law(random)
    values = bound(ALL_STEPS)
    for target in 10.0 ** random.uniform(-12, 4, 12):
        wanted = first_to_stay(values, target)
        assert predicted_steps(bound, target) == wanted


def test_the_sweep_has_rises_and_plateaus() -> None:
    rises = plateaus = 0
    for seed in range(150):
        values = law(np.random.default_rng(seed))(ALL_STEPS)
        rises += bool(values[1] > values[0])
        plateaus += bool(values[-1] > 1e-9)
    assert rises > 30
    assert plateaus > 20


def test_a_bound_may_begin_below_the_target_rise_and_fall_again() -> None:
    def bound(steps: IntArray) -> FloatArray:
        t = steps.astype(np.float64)
        return np.asarray((0.1 + t) * 0.99**t)

    values = bound(ALL_STEPS)
    assert values[0] < 1 < values.max()
    assert predicted_steps(bound, 1.0) == first_to_stay(values, 1.0)
    assert predicted_steps(bound, float(values.max())) == 0


def test_predictions_end_where_nobody_would_wait() -> None:
    def slow(steps: IntArray) -> FloatArray:
        return np.asarray(1 / (1 + steps.astype(np.float64)))

    assert predicted_steps(slow, 1e-3) == 999
    assert predicted_steps(slow, 0.5 / FARTHEST) is None


RUNS: dict[str, dict[str, Any]] = {
    "both": {"vary": "both", "adjoint_steps": 12},
    "adjoint": {"vary": "adjoint", "inner_steps": 60},
    "inner": {"vary": "inner", "adjoint_steps": 60},
}


@pytest.mark.parametrize("vary", SLICES)
@pytest.mark.parametrize("family", FAMILIES)
def test_no_prediction_lies_below_what_was_measured(family: str, vary: str) -> None:
    seen = 0
    for inner in solvers_of(family):
        if inner == "exact" and vary != "adjoint":
            continue
        experiment = run(
            Scenario(
                family=family,
                size=20,
                samples=8,
                hyper_size=6,
                contraction=0.8,
                methods=tuple(METHODS),
                inner=inner,
                horizon=100,
                **RUNS[vary],
            )
        )
        scale = float(np.linalg.norm(experiment.hypergradient))
        for curve in experiment.curves:
            for target in 0.7 * scale * 10.0 ** np.arange(-12.0, 2.0):
                if target <= 2 * curve.floor:
                    continue
                found = crossing(experiment, curve, target)
                assert curve.sharp.status is not Status.HEURISTIC
                if found.measured is None:
                    # Not within the horizon: no bound may promise it.
                    assert found.sharp is None
                    assert found.paper is None or found.paper > experiment.scenario.horizon
                    continue
                seen += 1
                assert found.index is not None
                assert curve.steps[found.index] == found.measured
                assert np.all(curve.errors[found.index :] <= target)
                assert found.index == 0 or curve.errors[found.index - 1] > target
                for predicted in (found.paper, found.sharp):
                    assert predicted is None or predicted >= found.measured
                if curve.sharp.status is Status.TIGHT and target > 1e3 * curve.floor:
                    assert found.sharp == found.measured
    assert seen > 20


def test_the_prediction_of_the_paper_goes_beyond_the_horizon() -> None:
    experiment = run(Scenario(contraction=0.95, horizon=20))
    curve = experiment.curve("aid-fp")
    assert curve is not None
    target = 1e-9 * float(np.linalg.norm(experiment.hypergradient))
    found = crossing(experiment, curve, target)
    assert (found.measured, found.index, found.sharp) == (None, None, None)
    assert found.paper is not None
    longer = run(Scenario(contraction=0.95, horizon=2 * found.paper))
    same = longer.curve("aid-fp")
    assert same is not None
    reached = crossing(longer, same, target)
    assert reached.paper == found.paper
    assert reached.measured is not None
    assert 20 < reached.measured <= found.paper


def test_a_plateau_is_never_predicted_to_fall() -> None:
    experiment = run(Scenario(methods=("one-step",), horizon=300))
    curve = experiment.curves[0]
    found = crossing(experiment, curve, 0.5 * float(curve.errors[-1]))
    assert (found.measured, found.paper, found.sharp) == (None, None, None)


def test_without_a_contraction_nothing_is_predicted() -> None:
    experiment = run(
        Scenario(family="equilibrium", contraction=1.1, size=20, samples=5, horizon=150)
    )
    for curve in experiment.curves:
        found = crossing(experiment, curve, 2 * float(curve.errors.max()))
        assert found.measured == 0
        assert found.paper is None
        assert found.sharp is None


CAP = 5000


def searched(values: FloatArray, target: float, proved: int | None) -> tuple[int | None, list[int]]:
    """What the search finds on a curve of CAP + 1 errors, and how many steps each pass asked."""
    asked: list[int] = []

    def errors(steps: IntArray) -> FloatArray:
        assert np.all(np.diff(steps) > 0)
        assert 0 <= steps[0] <= steps[-1] <= CAP
        asked.append(len(steps))
        return values[steps]

    return search_steps(errors, target, CAP, proved), asked


def falling(random: np.random.Generator) -> FloatArray:
    """An error with a rise at first, and another factor at odd steps than at even ones."""
    t = np.arange(CAP + 1)
    q = float(random.choice([0.5, 0.97, 0.99, 0.997]))
    parity = np.where(t % 2, random.uniform(0.05, 20), 1.0) if random.random() < 0.5 else 1.0
    return np.asarray((1 + random.uniform(0, 0.1) * t) * q**t * parity)


@pytest.mark.parametrize("seed", range(60))
def test_the_search_agrees_with_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = falling(random)
    for target in 10.0 ** random.uniform(-6, 1, 8):
        wanted = first_to_stay(values, float(target))
        if wanted == CAP:
            # It may well be above again at the next step, which nobody has seen.
            wanted = None
        if target < values[0]:
            assert searched(values, target, None)[0] == wanted
        if wanted is not None:
            for slack in (0, 1, 40, 900):
                assert searched(values, target, wanted + slack)[0] == wanted


@pytest.mark.parametrize("target", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
def test_the_search_takes_few_passes(target: float) -> None:
    values = (1 + 0.01 * np.arange(CAP + 1)) * 0.996 ** np.arange(CAP + 1)
    wanted = first_to_stay(values, target)
    assert wanted is not None
    assert wanted > 1000
    found, asked = searched(values, target, wanted + 800)
    assert found == wanted
    assert len(asked) <= 3
    assert sum(asked) <= 50


def test_a_short_search_looks_at_every_step() -> None:
    values = 0.9 ** np.arange(CAP + 1)
    values[87] = 1.0
    assert searched(values, 0.5, 120) == (88, [122])


def test_a_search_ends_at_its_cap() -> None:
    values = np.ones(CAP + 1)
    found, asked = searched(values, 0.5, None)
    assert found is None
    assert len(asked) == 7
    assert searched(values, 0.5, 3 * CAP)[0] is None
    # A bound that rounding breaks does not make it go on.
    assert searched(values, 0.5, 400)[0] is None
    assert len(searched(values, 0.5, 400)[1]) == 1
    values[:] = np.nan
    assert searched(values, 0.5, None)[0] is None


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
        monkeypatch.setattr(complexity, "FIRST_PASS_STEPS", 0)
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
            t, k, outlay = found.inner.measured, found.adjoint.measured, found.outlay
            assert t is not None
            assert k is not None
            assert outlay is not None
            here = points_at([t], [k])
            error = float(errors(found.method, problem, here)[0]) / scale
            assert outlay.error == pytest.approx(error, rel=1e-6)
            assert outlay.error <= target
            estimate = ask(found.method, problem, here)
            assert outlay.products == int(estimate.products[0])
            assert outlay.map_evaluations == t
            assert outlay.jacobian_products == outlay.products - t
            assert outlay.stored_floats == int(estimate.stored_floats[0])
            assert outlay.seconds > 0


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
        assert requirement is not None
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
    assert set(reasons) == {"itd-truncated", "one-step", "aid-cg"}
    assert "plateau" in reasons["itd-truncated"]
    assert "plateau" in reasons["one-step"]
    assert "symmetric" in reasons["aid-cg"]
    assert {method.method for method in found.methods} == set(METHODS) - set(reasons)
    assert found.of("one-step") is None
    assert found.of("itd") is found.methods[0]


def test_what_rounding_hides_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(contraction=0.999, methods=("itd", "aid-fp", "aid-cg"))
    constants = build(contraction=0.999).constants
    floor = constants.rounding_floor / constants.hypergradient_norm
    monkeypatch.setattr(complexity, "search_steps", lambda *arguments: pytest.fail("searched"))
    for method in requirements(scenario, 0.9 * floor).methods:
        assert (method.inner.measured, method.adjoint.measured) == (None, None)
        assert method.outlay is None
        assert "rounding" in method.reason
        assert method.inner.predicted is not None


def test_what_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complexity, "LONGEST_SEARCH", 30)
    found = requirements(Scenario(methods=("itd", "aid-cg")), 1e-4)
    itd, cg = found.methods
    assert (itd.inner.measured, itd.adjoint.measured, itd.outlay) == (None, None, None)
    assert itd.reason == "It did not reach ε within 30 steps."
    assert itd.inner.predicted is not None
    assert cg.inner.measured is None
    assert cg.adjoint.measured is not None
    assert cg.adjoint.measured < 30
    assert cg.outlay is None
    assert cg.reason == itd.reason


@pytest.mark.parametrize(
    ("family", "contraction", "arrives"),
    [("equilibrium", 1.02, True), ("equilibrium-symmetric", 1.5, False)],
)
def test_without_a_contraction_steps_are_only_measured(
    family: str, contraction: float, arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complexity, "LONGEST_SEARCH", 2500)
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
            assert method.outlay is not None
            assert method.outlay.error <= 1e-3
        else:
            assert method.outlay is None
            assert method.reason == "It did not reach ε within 2500 steps."


def test_without_a_hypergradient_the_error_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(contraction=0.9, size=10, methods=("itd",))
    problem = build(contraction=0.9, size=10)
    builder = type(scenario.problem_family)
    flat = problem._with(coupling=np.zeros_like(problem.coupling))  # type: ignore[attr-defined]
    assert flat.constants.hypergradient_norm == 0
    monkeypatch.setattr(builder, "build", lambda self, scenario: flat)
    (itd,) = requirements(scenario, 1e-3).methods
    assert itd.inner.measured == 0
    assert itd.outlay is not None
    assert itd.outlay.error == 0


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
