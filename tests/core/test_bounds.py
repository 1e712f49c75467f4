"""No bound lies below a measured error; every constant bounds what it says; tight means equal.

``python -m tests.core.test_bounds`` tells the worst excesses, in units of the rounding floor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError, Status, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import IdentityBasis
from hypergrad_core.inner import SOLVERS, trajectory
from hypergrad_core.numerics import row_norms, spectral_norm, spectral_norms_upper
from hypergrad_core.problem import Problem
from hypergrad_core.problems.logistic import Design, LogisticRegression
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.scenario import SLICES, SPECTRA
from hypergrad_core.theory import chebyshev_number, path_along
from tests.core.helpers import build, energy_errors, errors, joined, points_at

INSTANCES = 540
# The families of this sweep; the others have one of their own.
SWEPT = ("quadratic", "logistic", "logistic-log")
# Bounds that are attained wherever ∂₁Φ and ∂₂Φ are constant.
UNROLLED = {"itd", "itd-forward", "itd-truncated", "one-step", "aid-fp"}
# A bound and an error are each computed to a few roundings: relative slack of a comparison.
SLACK = 1e-9


@dataclass(frozen=True)
class Instance:
    problem: Problem
    inner: str
    horizon: int
    inner_steps: int
    adjoint_steps: int


def uneven_logistic(
    random: np.random.Generator, q: float, size: int, samples: int, logarithmic: bool
) -> LogisticRegression:
    """Penalties that differ from feature to feature, and a step with contraction q or better."""
    features = random.standard_normal((2 * samples, size)) * random.uniform(0.3, 1.5, size)
    labels = np.where(random.random(2 * samples) < 0.5, -1.0, 1.0)
    train = Design.from_data(features[:samples], labels[:samples])
    validation = Design.from_data(features[samples:], labels[samples:])
    kappa = (1 + q) / (1 - q)
    profile = random.uniform(1.0, 1 + 0.8 * (kappa - 1), size)
    profile[random.integers(size)] = 1.0
    # κ = (curvature + p_max)/p_min with p_min = scale.
    curvature = train.norm**2 / 4
    penalty = profile * curvature / (kappa - profile.max())
    high, low = curvature + penalty.max(), penalty.min()
    return LogisticRegression(
        train=train,
        validation=validation,
        step=2 / (high + low) if random.random() < 0.5 else 1 / high,
        hyper=np.log(penalty) if logarithmic else penalty,
        logarithmic=logarithmic,
    )


def draw_inner(random: np.random.Generator, family: str) -> str:
    """An inner solver: sometimes the exact one, and heavy ball where it has a guarantee."""
    if random.random() < 0.1:
        return "exact"
    return "heavy-ball" if FAMILIES[family].affine and random.random() < 0.5 else "fixed-point"


def instance(number: int) -> Instance:
    """Instance ``number`` of the sweep: everything is drawn from its number."""
    random = np.random.default_rng(number)
    family = SWEPT[number % 3]
    q = float(random.choice([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]))
    size, samples = int(random.integers(2, 61)), int(random.integers(2, 61))
    if family == "quadratic":
        problem = build(
            contraction=q,
            size=size,
            hyper_size=int(random.integers(1, 13)),
            spectrum=[*SPECTRA][number // 3 % len(SPECTRA)],
            seed=number,
        )
    elif number // 3 % 2:
        problem = uneven_logistic(random, q, size, samples, family == "logistic-log")
    else:
        problem = build(family=family, contraction=q, size=size, samples=samples, seed=number)
    if random.random() < 0.4:
        problem.initial_state = random.standard_normal(size) * random.choice([0.1, 1.0, 10.0])
    return Instance(
        problem=problem,
        inner=draw_inner(random, family),
        horizon=int(random.choice([4, 12, 30, 60, 120])),
        inner_steps=int(random.integers(0, 60)),
        adjoint_steps=int(random.integers(0, 40)),
    )


@dataclass(frozen=True)
class Comparison:
    method: str
    status: Status
    errors: FloatArray
    paper: FloatArray
    sharp: FloatArray
    floor: float

    def excess(self) -> float:
        """The most by which a bound lies below its error, in units of the floor."""
        over = self.errors - np.minimum(self.paper, self.sharp) * (1 + SLACK)
        return float(over.max() / self.floor)

    def gap(self) -> float:
        """The most by which a tight bound differs from its error, in units of the floor."""
        return float(np.max(np.abs(self.errors - self.sharp) - SLACK * self.sharp) / self.floor)


def compare(chosen: Instance) -> Iterator[Comparison]:
    """Every method that applies on all three slices at once."""
    problem = chosen.problem.canonical()
    varied = np.arange(chosen.horizon + 1)
    fixed_inner = np.full_like(varied, chosen.inner_steps)
    fixed_adjoint = np.full_like(varied, chosen.adjoint_steps)
    steps = max(chosen.horizon, chosen.inner_steps)
    states = trajectory(problem, chosen.inner, steps)
    solver = SOLVERS[chosen.inner]
    scheme = solver.scheme(problem.constants.contraction)
    path = path_along(problem, states, scheme)
    constants, floor = problem.constants, problem.constants.rounding_floor
    if chosen.inner == "exact":
        constants = constants.at_solution()
        slices = [points_at(np.full_like(varied, steps), varied)]
    else:
        slices = [
            points_at(varied, varied),
            points_at(fixed_inner, varied),
            points_at(varied, fixed_adjoint),
        ]
    for key, method in METHODS.items():
        if method.refusal(problem):
            continue
        points = joined(
            *(
                method.take(part, chosen.adjoint_steps if number == 0 else None)
                for number, part in enumerate(slices)
            )
        )
        estimate = method.estimate(problem, states, points, scheme=scheme)
        sharp = method.sharp_bound(path, estimate)
        paper = method.paper_bound(constants, points, solver)
        assert paper.status is Status.UPPER
        assert np.allclose(paper.values, sum(term.values for term in paper.terms), rtol=1e-14)
        yield Comparison(
            method=key,
            status=sharp.status,
            errors=row_norms(estimate.hypergradients - problem.reference.hypergradient),
            paper=paper.values,
            sharp=sharp.values,
            floor=floor,
        )


def check_bounds(chosen: Instance) -> None:
    for found in compare(chosen):
        assert found.excess() <= 1, f"{found.method}: {found.excess():.2f} floors below"
        if found.status is Status.TIGHT:
            assert found.gap() <= 1, f"{found.method}: {found.gap():.2f} floors from the error"


@pytest.mark.parametrize("number", range(INSTANCES))
def test_no_bound_lies_below_its_error(number: int) -> None:
    check_bounds(instance(number))


def test_the_sweep_covers_what_it_should() -> None:
    sweep = [instance(number) for number in range(INSTANCES)]
    moved = [bool(np.any(chosen.problem.initial_state)) for chosen in sweep]
    assert 0.3 * INSTANCES < sum(moved) < 0.7 * INSTANCES
    for family, inner in (("quadratic", {*SOLVERS}), ("logistic", {*SOLVERS} - {"heavy-ball"})):
        place = SWEPT.index(family)
        drawn = [chosen.inner for chosen in sweep[place::3]]
        assert min(drawn.count(solver) for solver in inner) >= 0.05 * len(drawn)
        assert {*drawn} == inner
    assert all(0.0 < chosen.problem.constants.contraction < 1.0 for chosen in sweep)
    uneven = [
        chosen
        for chosen in sweep
        if isinstance(chosen.problem, LogisticRegression)
        and np.ptp(chosen.problem.penalty) > 0.1 * chosen.problem.penalty.min()
    ]
    assert {chosen.problem.logarithmic for chosen in uneven} == {False, True}


@pytest.mark.parametrize("family", FAMILIES)
def test_unrolled_bounds_are_tight_on_the_quadratic_only(family: str) -> None:
    """There the sharp bounds of unrolled steps are the errors, whatever the inner solver."""
    problem = build(family=family, size=18, samples=9, hyper_size=6, contraction=0.8)
    for inner in solvers_of(family):
        for found in compare(Instance(problem, inner, 20, 12, 5)):
            tight = family == "quadratic" and found.method in UNROLLED
            assert found.status is (Status.TIGHT if tight else Status.UPPER), found.method
            assert not tight or found.gap() <= 1, found.method


def solvers_of(family: str) -> list[str]:
    """The inner solvers that go with a family."""
    return [key for key in SOLVERS if key != "heavy-ball" or FAMILIES[family].affine]


def left_out(family: str, vary: str) -> set[str]:
    """The methods that a scenario refuses."""
    refused = {
        "both": set(),
        "adjoint": {"itd", "itd-forward", "one-step"},
        "inner": {"itd", "itd-forward"},
    }[vary]
    # Conjugate gradient needs a symmetric A, if only in the metric of the slopes of tanh.
    general = {"equilibrium", "graph-network", "nonsymmetric"}
    return refused | ({"aid-cg"} if family in general else set())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("vary", "inner"),
    [
        *((vary, inner) for vary in SLICES for inner in ("fixed-point", "heavy-ball")),
        ("adjoint", "exact"),
    ],
)
def test_the_curves_of_a_run_lie_below_their_bounds(family: str, vary: str, inner: str) -> None:
    fields: dict[str, Any] = {
        "family": family,
        "contraction": 0.95,
        "size": 23,
        "samples": 11,
        "methods": tuple(METHODS),
        "vary": vary,
        "horizon": 70,
        "inner_steps": 20,
        "adjoint_steps": 8,
    }
    if inner not in solvers_of(family):
        with pytest.raises(ScenarioError, match="momentum has a guarantee on quadratics only"):
            Scenario(**fields, inner=inner)
        return
    scenario = Scenario(**fields, inner=inner)
    experiment = run(scenario)
    floor = scenario.problem_family.build(scenario).canonical().constants.rounding_floor
    refused = left_out(family, vary)
    assert {curve.method for curve in experiment.curves} == set(METHODS) - refused
    assert {refusal.method for refusal in experiment.refusals} == refused
    assert all(refusal.reason for refusal in experiment.refusals)
    for curve in experiment.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + SLACK) + curve.floor)
        assert curve.floor == floor
        assert len(curve.steps) == len(curve.errors) == len(curve.estimate.points)


@pytest.mark.parametrize("family", [key for key in FAMILIES if FAMILIES[key].unit_rows])
@pytest.mark.parametrize("vary", SLICES)
def test_without_a_contraction_nothing_is_bounded(family: str, vary: str) -> None:
    experiment = run(
        Scenario(
            family=family,
            contraction=1.2,
            size=24,
            samples=6,
            methods=tuple(METHODS),
            vary=vary,
            horizon=20,
        )
    )
    assert {curve.method for curve in experiment.curves} == set(METHODS) - left_out(family, vary)
    for curve in experiment.curves:
        assert np.all(np.isfinite(curve.errors))
        for bound in (curve.paper, curve.sharp):
            assert np.all(np.isposinf(bound.values))
            assert bound.status is Status.UPPER


# Where the bounds are attained.


def diagonal_quadratic(
    map_eigenvalues: FloatArray, coupling: FloatArray, solution: FloatArray, target: FloatArray
) -> Quadratic:
    """∂₁Φ = diag(map_eigenvalues), with w(λ) = solution at λ = 0."""
    step = 0.5
    eigenvalues = (1 - map_eigenvalues) / step
    return Quadratic(
        eigenvalues=eigenvalues,
        basis=IdentityBasis(),
        coupling=coupling,
        offset=eigenvalues * solution,
        target=target,
        step=step,
        hyper=np.zeros(coupling.shape[1]),
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
def test_distance_and_paper_bound_are_attained_in_the_slowest_direction(
    q: float, sign: float
) -> None:
    slowest = np.array([1.0, 0.0, 0.0])
    problem = diagonal_quadratic(
        sign * np.array([q, 0.2 * q, -0.5 * q]), slowest[:, None], 3 * slowest, -slowest
    )
    constants = problem.constants
    states = trajectory(problem, "fixed-point", 60)
    t = np.arange(61)
    distance = row_norms(states - problem.reference.solution)
    # Differences of numbers of size D.
    assert np.allclose(distance, q**t * constants.distance, rtol=1e-9, atol=1e-15)
    if sign < 0:
        return
    # Only the inner problem is left once the adjoint has converged, …
    method = METHODS["aid-fp"]
    solved = points_at(t, np.full_like(t, 6000))
    bound = method.paper_bound(constants, solved).values
    found = errors("aid-fp", problem, solved)
    assert np.allclose(found, bound, rtol=1e-9, atol=constants.rounding_floor)
    # … and only the adjoint is left from the start at the solution.
    problem.initial_state = problem.reference.solution
    del problem.constants
    diagonal = points_at(t, t)
    for key in ("itd", "aid-fp"):
        bound = METHODS[key].paper_bound(problem.constants, diagonal).values
        assert np.allclose(
            errors(key, problem, diagonal), bound, rtol=1e-9, atol=constants.rounding_floor
        )


def chebyshev_worst_case(q: float, steps: int) -> Quadratic:
    """Where ``steps`` steps of conjugate gradient leave C_k(κ) of the adjoint, and ∇f sees it all.

    The eigenvalues of I − ∂₁Φ are the extrema of the Chebyshev polynomial, and the weights those
    for which the best polynomial is that one (Greenbaum).
    """
    gaps = 1 + q * np.cos(np.pi * np.arange(steps + 1) / steps)
    # |ℓ_i(0)|, ℓ_i the Lagrange polynomials of the nodes.
    others = gaps[:, None] - gaps + np.diag(gaps)
    weights = np.abs(np.prod(np.where(np.eye(len(gaps)) > 0, 1.0, gaps / others), axis=1))
    gradient = np.sqrt(gaps * weights)
    coupling = ((-1.0) ** np.arange(steps + 1) * gradient)[:, None]
    return diagonal_quadratic(1 - gaps, coupling, np.zeros(steps + 1), -gradient)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("q", [0.3, 0.7, 0.9, 0.99])
def test_the_conjugate_gradient_bound_is_attained(q: float, steps: int) -> None:
    problem = chebyshev_worst_case(q, steps)
    kappa = (1 + q) / (1 - q)
    assert problem.constants.condition_number == pytest.approx(kappa, rel=1e-12)
    k = np.arange(steps + 1)
    points = points_at(np.zeros_like(k), k)
    states = trajectory(problem, "exact", 0)
    estimate = METHODS["aid-cg"].estimate(problem, states, points)
    found = row_norms(estimate.hypergradients - problem.reference.hypergradient)
    bound = METHODS["aid-cg"].sharp_bound(path_along(problem, states), estimate).values
    # Both norms of the bound are (Σ_i |ℓ_i(0)|)^½ = C_k(κ)^{−½} here, times η for that of ∂₂Φ.
    for value in (found[-1], bound[-1]):
        assert value == pytest.approx(problem.step, rel=1e-9, abs=problem.constants.rounding_floor)
    assert np.all(found <= bound * (1 + SLACK) + problem.constants.rounding_floor)
    left = energy_errors(problem, steps)
    assert left[-1] / left[0] == pytest.approx(
        float(chebyshev_number(kappa, k[-1:])[0]), rel=1e-9, abs=1e-14 / (1 - q)
    )


# What each constant bounds, sampled in the ball.


def state_jacobian(problem: Problem, state: FloatArray) -> FloatArray:
    """∂₁Φ as a matrix, (d, d)."""
    return problem.linearise(state[None]).jvp_state(np.eye(problem.state_size)).T


def hyper_jacobian(problem: Problem, state: FloatArray) -> FloatArray:
    """∂₂Φ as a matrix, (d, m)."""
    return problem.linearise(state[None]).jvp_hyper(np.eye(problem.hyper_size)).T


def sample_ball(problem: Problem, random: np.random.Generator) -> FloatArray:
    """States of the ball of radius D around w(λ), the centre first, w_0 second."""
    solution, distance = problem.reference.solution, problem.constants.distance
    directions = random.standard_normal((8, problem.state_size))
    directions /= row_norms(directions)[:, None]
    radii = distance * np.array([1.0, 1.0, 0.7, 0.4, 0.1, 1e-2, 1e-3, 1e-3])
    return np.vstack([solution, problem.initial_state, solution + radii[:, None] * directions])


# The constants of change, and what each compares at two states.
CURVATURE = ("nu1", "nu2", "mu1", "mu2")


def constant_ratios(
    problem: Problem, random: np.random.Generator, centred: Collection[str] = ()
) -> dict[str, float]:
    """The largest of measured ÷ constant that samples find; a constant 0 must be met exactly.

    Args:
        problem: whose constants are looked at.
        random: of the samples.
        centred: those that compare w with w(λ) only, which is all that the bounds need.
    """
    constants, truth = problem.constants, problem.reference
    states = sample_ball(problem, random)
    jacobians = [state_jacobian(problem, state) for state in states]
    couplings = [hyper_jacobian(problem, state) for state in states]
    outer_state = problem.outer_gradient_state(states)
    outer_hyper = problem.outer_gradient_hyper(states)
    identity = np.eye(problem.state_size)
    slopes = dict.fromkeys(CURVATURE, 0.0)
    for i in range(len(states)):
        for j in range(i):
            gap = float(np.linalg.norm(states[i] - states[j]))
            changes = {
                "nu1": np.linalg.norm(jacobians[i] - jacobians[j], 2),
                "nu2": np.linalg.norm(couplings[i] - couplings[j], 2),
                "mu1": np.linalg.norm(outer_state[i] - outer_state[j]),
                "mu2": np.linalg.norm(outer_hyper[i] - outer_hyper[j]),
            }
            for name, change in changes.items():
                if j == 0 or name not in centred:
                    slopes[name] = max(slopes[name], float(change) / gap)
    fixed_point = identity - jacobians[0]
    measured = slopes | {
        "contraction": max(float(np.linalg.norm(jacobian, 2)) for jacobian in jacobians),
        "condition_number": max(float(np.linalg.cond(identity - a)) for a in jacobians),
        "outer_gradient_bound": float(row_norms(outer_state).max()),
        "hyper_jacobian_norm": float(np.linalg.norm(couplings[0], 2)),
        "distance": float(np.linalg.norm(problem.initial_state - truth.solution)),
        "outer_gradient_norm": float(np.linalg.norm(outer_state[0])),
        "solution_jacobian_norm": float(
            np.linalg.norm(np.linalg.solve(fixed_point, couplings[0]), 2)
        ),
        "adjoint_norm": float(np.linalg.norm(np.linalg.solve(fixed_point.T, outer_state[0]))),
        "direct_gradient_norm": float(np.linalg.norm(outer_hyper[0])),
        "hypergradient_norm": float(
            np.linalg.norm(
                outer_hyper[0] + couplings[0].T @ np.linalg.solve(fixed_point.T, outer_state[0])
            )
        ),
    }
    assert {*measured, "unit_roundoff"} == {*vars(constants)}
    ratios = {}
    for name, value in measured.items():
        constant = getattr(constants, name)
        ratios[name] = value / constant if constant > 0 else np.inf if value > 0 else 0.0
    return ratios


ALWAYS_EXACT = (
    "hyper_jacobian_norm",
    "distance",
    "outer_gradient_norm",
    "solution_jacobian_norm",
    "adjoint_norm",
    "hypergradient_norm",
)


@pytest.mark.parametrize("number", range(90))
def test_constants_bound_what_they_say(number: int) -> None:
    problem = instance(number).problem
    ratios = constant_ratios(problem, np.random.default_rng(number))
    for name, ratio in ratios.items():
        assert ratio <= 1 + SLACK, name
    exact = [*ALWAYS_EXACT]
    if isinstance(problem, Quadratic):
        exact += ["contraction", "condition_number", "mu1"]
    for name in exact:
        assert ratios[name] >= 1 - SLACK, name


@pytest.mark.parametrize("logarithmic", [False, True])
def test_logistic_constants_are_nearly_attained(logarithmic: bool) -> None:
    random = np.random.default_rng(5)
    problem = uneven_logistic(random, 0.9, 9, 14, logarithmic)
    constants = problem.constants
    # Steepest at w = 0, where every σ' is 1/4.
    _, _, right = np.linalg.svd(problem.validation.rows)
    step = 1e-4 * right[:1]
    change = problem.outer_gradient_state(step) - problem.outer_gradient_state(-step)
    assert np.linalg.norm(change) / 2e-4 == pytest.approx(constants.mu1, rel=1e-6)
    along = np.eye(9)[[np.argmax(problem.penalty_slope)]]
    change = hyper_jacobian(problem, along[0]) - hyper_jacobian(problem, 0 * along[0])
    assert np.linalg.norm(change, 2) == pytest.approx(constants.nu2, rel=1e-12)


@pytest.mark.parametrize("family", ["logistic", "logistic-log"])
def test_the_logistic_contraction_is_attained_at_zero(family: str) -> None:
    problem = build(family=family, contraction=0.93, size=12, samples=20)
    assert problem.constants.contraction == pytest.approx(0.93, rel=1e-12)
    norm = np.linalg.norm(state_jacobian(problem, np.zeros(12)), 2)
    assert norm == pytest.approx(0.93, rel=1e-9)


@pytest.mark.parametrize("copies", [1, 7])
def test_the_curvature_constant_of_a_sum_grows_with_the_number_of_samples(copies: int) -> None:
    """With equal samples ν₁ is attained: it must hold the sum, not the mean, of their losses."""
    row = np.array([0.6, -1.1, 0.3])
    design = Design.from_data(np.tile(row, (copies, 1)), -np.ones(copies))
    problem = LogisticRegression(
        train=design, validation=design, step=0.05, hyper=np.array([0.4, 0.5, 0.6])
    )
    # |σ''| is largest where σ = ½ ± 1/√12.
    score = np.log((0.5 + 1 / np.sqrt(12)) / (0.5 - 1 / np.sqrt(12)))
    direction = row / (row @ row)
    high, low = (state_jacobian(problem, (score + sign * 1e-3) * direction) for sign in (1.0, -1.0))
    slope = np.linalg.norm(high - low, 2) / (2e-3 * np.linalg.norm(direction))
    assert slope == pytest.approx(problem.constants.nu1, rel=1e-5)
    assert problem.constants.nu1 == pytest.approx(
        copies * 0.05 * np.linalg.norm(row) ** 3 / (6 * np.sqrt(3)), rel=1e-12
    )


def test_the_outer_gradient_of_a_sum_is_capped_by_the_number_of_samples() -> None:
    problem = uneven_logistic(np.random.default_rng(3), 0.9, 5, 40, logarithmic=False)
    problem.initial_state = np.full(5, 1e4)
    cap = problem.validation.norm * np.sqrt(40)
    assert problem.constants.outer_gradient_bound == pytest.approx(cap)
    far = problem.outer_gradient_state(1e6 * np.random.default_rng(4).standard_normal((50, 5)))
    assert 0.1 * cap < row_norms(far).max() <= cap


def test_norms_are_never_below_the_truth() -> None:
    random = np.random.default_rng(0)
    for shape in [(3, 3), (50, 4), (4, 50), (420, 410), (1, 900)]:
        matrix = random.standard_normal(shape)
        truth = float(np.linalg.norm(matrix, 2))
        upper = float(spectral_norms_upper(matrix[None])[0])
        assert truth * (1 - 1e-12) <= spectral_norm(matrix) <= 1.5 * truth
        assert truth * (1 - 1e-12) <= upper <= truth * min(shape) ** 0.125 * (1 + 1e-12)
    assert spectral_norm(np.zeros((3, 2))) == 0
    assert np.array_equal(spectral_norms_upper(np.zeros((2, 3, 2))), np.zeros(2))
    tiny = 1e-100 * np.eye(3)
    assert spectral_norms_upper(tiny[None])[0] >= 1e-100 * (1 - 1e-12)


def test_the_cubic_norm_of_many_samples_is_not_below_that_of_few() -> None:
    rows = np.random.default_rng(0).standard_normal((401, 6)) / np.sqrt(6)
    exact = np.sqrt(np.linalg.eigvalsh((rows @ rows.T) ** 2)[-1])
    assert exact * (1 - 1e-12) <= Design(rows).cubic_norm <= 3 * exact


class Worst:
    """The worst comparisons so far, for each family, inner solver and method."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], list[float]] = {}

    def add(self, family: str, chosen: Instance) -> None:
        """Every comparison of an instance."""
        for found in compare(chosen):
            gap = found.gap() if found.status is Status.TIGHT else -np.inf
            row = self._rows.setdefault((family, chosen.inner, found.method), [-np.inf, -np.inf])
            row[:] = max(row[0], found.excess()), max(row[1], gap)

    def print(self) -> None:
        """A line for each; a gap is told where the bound claims to be the error."""
        for (family, inner, method), (excess, gap) in sorted(self._rows.items()):
            tight = f"   tight gap {gap:6.3f}" if np.isfinite(gap) else ""
            print(f"{family:22} {inner:12} {method:14} excess {excess:6.3f}{tight}")


if __name__ == "__main__":
    worst = Worst()
    for number in range(INSTANCES):
        worst.add(SWEPT[number % 3], instance(number))
    worst.print()
