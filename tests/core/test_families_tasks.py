"""Biased regularisation and hyper-representation over many tasks: solutions, data and bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, root
from scipy.special import log_softmax

from hypergrad_core import FAMILIES, METHODS, Budget, Outer, Rule, Scenario, run
from hypergrad_core import minimize as descend
from hypergrad_core.arrays import FloatArray
from hypergrad_core.data import load
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problem import Problem
from hypergrad_core.problems import SYNTHETIC
from hypergrad_core.problems.biased_tasks import BiasedTasks
from hypergrad_core.problems.cross_entropy import CrossEntropy
from hypergrad_core.problems.few_shot import NEW_TASKS, QUERIES, TaskLosses, TaskRows, draw
from hypergrad_core.problems.representation_tasks import RepresentationTasks
from tests.core import bound_cases as bounds
from tests.core import test_derivatives as derivatives
from tests.core.helpers import build, relative_gap
from tests.core.task_cases import INSTANCES, KEYS, Tasks, instance, make, ratios_of

# Solutions and derivatives.

PROBLEMS: dict[str, dict[str, Any]] = {
    "biased": {"family": "biased-tasks", "size": 48, "samples": 24},
    "biased, many features": {"family": "biased-tasks", "size": 48, "samples": 5},
    "biased, digits": {"family": "biased-tasks", "data": "digits"},
    "representation": {
        "family": "representation-tasks",
        "size": 24,
        "hyper_size": 12,
        "samples": 24,
    },
    "representation, longer than rows": {
        "family": "representation-tasks",
        "size": 48,
        "hyper_size": 64,
        "samples": 5,
    },
    "representation, digits": {"family": "representation-tasks", "data": "digits"},
}
SYNTHETIC_ONES = [name for name in PROBLEMS if "digits" not in name]


def moved(**fields: Any) -> Tasks:
    """A problem at a λ that is not the one it was built at, with a start that is not 0.

    Its step is tuned, because the contraction of a representation depends on λ.
    """
    made = make(contraction=0.8, seed=3, **fields)
    random = np.random.default_rng(1)
    away = 0.1 * random.standard_normal(made.hyper_size)
    tuned = made.at(made.hyper + away).tuned()
    return tuned.starting_at(random.standard_normal(made.state_size))


@pytest.fixture(params=PROBLEMS, ids=str)
def problem(request: pytest.FixtureRequest) -> Tasks:
    return moved(**PROBLEMS[request.param])


@pytest.mark.parametrize(
    "check",
    [
        derivatives.test_the_solution_is_a_fixed_point_to_rounding,
        derivatives.test_the_hypergradient_matches_finite_differences_of_the_objective,
        derivatives.test_another_hyperparameter_keeps_steps_and_start,
        derivatives.test_the_iterates_follow_the_map,
    ],
    ids=lambda check: check.__name__.removeprefix("test_"),
)
def test_derivatives(check: Callable[[Problem], None], problem: Problem) -> None:
    check(problem)


@pytest.mark.parametrize("name", SYNTHETIC_ONES)
def test_the_solution_moves_as_its_jacobian_says(name: str) -> None:
    problem = moved(**PROBLEMS[name])
    derivatives.test_the_solution_moves_as_its_jacobian_says(problem)
    identity = np.eye(problem.state_size)
    matrix = identity - bounds.state_jacobian(problem, problem.initial_state)
    for transposed in (False, True):
        found = problem.resolvent(problem.initial_state, identity, transposed=transposed)
        assert relative_gap(found @ matrix, identity) < 1e-11


@pytest.mark.parametrize("name", SYNTHETIC_ONES)
def test_a_task_sees_no_other(name: str) -> None:
    problem = moved(**PROBLEMS[name])
    size = problem.state_size // len(problem.train.rows)
    jacobian = bounds.state_jacobian(problem, problem.initial_state)
    for first in range(0, problem.state_size, size):
        own = slice(first, first + size)
        assert jacobian[own, own].any()
        jacobian[own, own] = 0
    assert not jacobian.any()


def one_hot(tasks: TaskRows) -> FloatArray:
    """The class of each row, which the tasks know by their order, shape (n, c)."""
    rows = tasks.rows.shape[1]
    return np.eye(tasks.classes)[np.arange(rows) // (rows // tasks.classes)]


def cross_entropy(weights: FloatArray, tasks: TaskRows, number: int) -> float:
    """Of one task, by SciPy."""
    scores = log_softmax(tasks.rows[number] @ weights.T, axis=1)
    return -float((scores * one_hot(tasks)).sum(axis=1).mean())


def half_squares(weights: FloatArray, tasks: TaskRows, number: int) -> float:
    """Of one task, whose rows are divided by √n."""
    rows = tasks.rows.shape[1]
    wanted = (one_hot(tasks) - 1 / tasks.classes) / np.sqrt(rows)
    return 0.5 * float(((tasks.rows[number] @ weights.T - wanted) ** 2).sum())


def solved_by_scipy(problem: Tasks, hyper: FloatArray) -> tuple[list[FloatArray], float]:
    """W_i(λ), one task after the other, as minima of what the modules write out; and f(λ)."""
    classes, solved, total = problem.train.classes, [], 0.0
    for number, kinds in enumerate(problem.train.kinds):
        if isinstance(problem, BiasedTasks):
            centre = hyper.reshape(2 * classes, -1)[kinds]
            loss, lift = cross_entropy, np.eye(centre.shape[1])
        else:
            lift = hyper.reshape(problem.train.rows.shape[2], -1).T
            loss, centre = half_squares, np.zeros((classes, len(lift)))

        def objective(
            flat: FloatArray,
            centre: FloatArray = centre,
            number: int = number,
            loss: Callable[..., float] = loss,
            lift: FloatArray = lift,
        ) -> float:
            weights = flat.reshape(centre.shape)
            penalty = 0.5 * problem.weight * float(((weights - centre) ** 2).sum())
            return loss(weights @ lift, problem.train, number) + penalty

        def gradient(flat: FloatArray, objective: Callable[..., float] = objective) -> FloatArray:
            # Of fourth order: a minimum is flat, and its gradient has to be seen.
            unit = 2e-3 * np.eye(flat.size)
            near = [objective(flat + row) - objective(flat - row) for row in unit]
            far = [objective(flat + 2 * row) - objective(flat - 2 * row) for row in unit]
            return (8 * np.array(near) - np.array(far)) / (12 * 2e-3)

        start = minimize(objective, centre.ravel(), jac=gradient).x
        found = root(gradient, start, tol=1e-12).x.reshape(centre.shape)
        solved.append(found)
        total += loss(found @ lift, problem.validation, number) / len(problem.train.rows)
    return solved, total


@pytest.mark.parametrize("name", SYNTHETIC_ONES)
def test_solution_and_hypergradient_are_those_of_scipy(name: str) -> None:
    problem = moved(**PROBLEMS[name])
    solved, value = solved_by_scipy(problem, problem.hyper)
    assert relative_gap(np.ravel(solved), problem.reference.solution) < 1e-8
    assert problem.objective() == pytest.approx(value, rel=1e-8)
    gradient = problem.reference.hypergradient
    place = int(np.argmax(np.abs(gradient)))
    change = 1e-3 * np.eye(problem.hyper_size)[place]
    slope = np.subtract(*(solved_by_scipy(problem, problem.hyper + s * change)[1] for s in (1, -1)))
    assert slope / 2e-3 == pytest.approx(gradient[place], rel=1e-3)


def test_one_task_is_the_cross_entropy_of_softmax_regression() -> None:
    tasks, *_ = draw(SYNTHETIC, 12, 4, np.random.default_rng(0))
    losses = TaskLosses(tasks.kinds, tasks.rows)
    weights = np.random.default_rng(1).standard_normal((2, *tasks.kinds.shape, 4))
    probabilities = losses.probabilities(weights)
    hessians = losses.hessians(probabilities[0])
    caps, slopes = [], []
    for number, rows in enumerate(tasks.rows):
        alone = CrossEntropy(rows, one_hot(tasks).argmax(axis=1), tasks.classes)
        flat = weights[:, number].reshape(2, -1)
        np.testing.assert_allclose(losses.values(weights)[:, number], alone.value(flat))
        gradient = losses.gradients(probabilities)[:, number].reshape(2, -1)
        np.testing.assert_allclose(gradient, alone.gradient(flat), atol=1e-15)
        np.testing.assert_allclose(hessians[number], alone.hessian(flat[0]), atol=1e-15)
        caps.append(alone.gradient_cap)
        slopes.append((alone.curvature, alone.curvature_slope))
    np.testing.assert_allclose(losses.gradient_caps, caps)
    assert (losses.curvature, losses.curvature_slope) == pytest.approx(np.max(slopes, axis=0))


def test_the_drift_is_that_of_the_products() -> None:
    problem = moved(**PROBLEMS["representation"])
    columns = np.ascontiguousarray(problem.solution_jacobian.T)
    states = np.random.default_rng(2).standard_normal((3, problem.state_size))
    found, wanted = problem.drifts(columns)(states), Problem.drifts(problem, columns)(states)
    np.testing.assert_allclose(found, wanted, atol=1e-12 * np.abs(wanted).max())


# Bounds and constants.


@pytest.mark.parametrize("number", range(INSTANCES))
@pytest.mark.parametrize("key", KEYS)
def test_no_bound_lies_below_its_error(key: str, number: int) -> None:
    bounds.check_bounds(instance(key, number))


@pytest.mark.parametrize("key", KEYS)
def test_the_sweep_covers_what_it_should(key: str) -> None:
    sweep = [instance(key, number) for number in range(INSTANCES)]
    started = [bool(np.any(chosen.problem.initial_state)) for chosen in sweep]
    assert 0.2 * INSTANCES < sum(started) < 0.6 * INSTANCES
    general = FAMILIES[key].affine_symmetric
    assert {chosen.inner for chosen in sweep} == {
        name for name, solver in SOLVERS.items() if general or not solver.affine_symmetric_only
    }
    rates = [chosen.problem.constants.contraction for chosen in sweep]
    assert min(rates) < 0.4
    assert 0.985 < max(rates) < 1


# Sampled at random, a norm over many directions is found to within this factor in the median.
LOOSEST_MEDIAN = {"nu1": 10.0, "nu2": 3.0, "mu1": 5.0, "mu2": 5.0, "outer_gradient_bound": 5.0}


@pytest.mark.parametrize("key", KEYS)
def test_constants_bound_what_they_say(key: str) -> None:
    found = [ratios_of(key, number) for number in range(0, INSTANCES, 2)]
    for number, ratios in enumerate(found):
        for name, ratio in ratios.items():
            assert ratio <= 1 + bounds.SLACK, f"{name} of instance {2 * number}"
        for name in (*bounds.ALWAYS_EXACT, "contraction"):
            assert ratios[name] >= 1 - 1e-7, f"{name} of instance {2 * number}"
    never = {"biased-tasks": {"nu2", "mu2"}, "representation-tasks": {"nu1"}}[key]
    for name, factor in LOOSEST_MEDIAN.items():
        median = np.median([ratios[name] for ratios in found])
        assert median == 0 if name in never else median >= 1 / factor, name


@pytest.mark.parametrize("key", KEYS)
def test_norms_are_those_of_the_whole_matrices(key: str) -> None:
    problem = moved(family=key, data="digits")
    coupling = bounds.hyper_jacobian(problem, problem.reference.solution)
    constants = problem.constants
    assert constants.hyper_jacobian_norm == pytest.approx(np.linalg.norm(coupling, 2), rel=1e-10)
    jacobian = np.linalg.norm(problem.solution_jacobian, 2)
    assert constants.solution_jacobian_norm == pytest.approx(jacobian, rel=1e-10)


@pytest.mark.parametrize("key", KEYS)
def test_a_run_on_digits_lies_below_its_bounds(key: str) -> None:
    methods = tuple(method for method in METHODS if method != "itd-forward")
    scenario = Scenario(family=key, data="digits", methods=methods, horizon=20)
    for curve in run(scenario).curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + bounds.SLACK) + curve.floor)


# What a scenario asks for.


@pytest.mark.parametrize("q", [0.01, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize(
    ("key", "data"), [(key, data) for key in KEYS for data in FAMILIES[key].data]
)
def test_the_contraction_is_the_wanted_one(key: str, data: str, q: float) -> None:
    sizes = [(2, 2), (5, 40), (48, 24)] if data == SYNTHETIC else [(7, 20)]
    for size, samples in sizes:
        problem = make(family=key, data=data, contraction=q, size=size, samples=samples)
        assert problem.contraction == pytest.approx(q, rel=1e-12)
        assert problem.condition_number <= (1 + q) / (1 - q) * (1 + 1e-9)
        assert problem.constants.hypergradient_norm > 0


@pytest.mark.parametrize("key", KEYS)
def test_draws_depend_on_the_seed_and_not_on_the_contraction(key: str) -> None:
    for data in FAMILIES[key].data:
        slow, fast, other = (
            make(family=key, data=data, size=24, samples=24, contraction=q, seed=seed)
            for q, seed in ((0.95, 1), (0.7, 1), (0.95, 2))
        )
        assert slow.train is fast.train
        assert slow.new == fast.new
        assert np.array_equal(slow.hyper, fast.hyper)
        assert not np.array_equal(slow.train.rows, other.train.rows)
        assert not np.array_equal(slow.train.kinds, other.train.kinds)


def test_sizes_are_the_wanted_ones() -> None:
    for key in KEYS:
        small = make(family=key, size=2, samples=2)
        assert (small.state_size, len(small.train.rows)) == (6, 2)
        made = make(family=key, size=50, samples=30, hyper_size=10)
        assert (made.state_size, made.train.rows.shape[:2]) == (48, (4, 6))
        digits, told = make(family=key, data="digits"), FAMILIES[key].data["digits"]
        assert told.samples == np.prod(digits.train.rows.shape[:2])
        assert (told.state_size, told.hyper_size) == (digits.state_size, digits.hyper_size)
    assert make(family="biased-tasks", size=50, samples=30).hyper_size == 6 * 4
    for wanted, features in ((1, 4), (10, 4), (40, 10)):
        made = make(family="representation-tasks", size=50, samples=30, hyper_size=wanted)
        assert made.hyper_size == 4 * features


# The tasks.


@pytest.mark.parametrize("data", [SYNTHETIC, "digits"])
def test_every_kind_is_in_half_of_the_tasks_and_no_row_in_two(data: str) -> None:
    parts = draw(data, 80, 7, np.random.default_rng(4))
    train, validation, new_train, queries = parts
    ways = 3 if data == SYNTHETIC else 5
    for old, other in ((train, validation), (new_train, queries)):
        assert np.array_equal(old.kinds, other.kinds)
        counts = np.bincount(old.kinds.ravel())
        assert counts.tolist() == [len(old.kinds) // 2] * (2 * ways)
        assert all(len(set(kinds)) == ways for kinds in old.kinds)
    assert len(new_train.kinds) == NEW_TASKS
    assert queries.rows.shape[1] == ways * QUERIES
    rows = np.concatenate([part.rows.reshape(-1, part.rows.shape[2]) for part in parts])
    if data == SYNTHETIC:
        assert len(np.unique(rows, axis=0)) == len(rows)


def test_rows_are_of_the_digits_that_a_task_tells_apart() -> None:
    """Each row is an image of its kind, none is used twice, and no new task has been one before."""
    images, target = load("digits")
    spread = np.where(images.std(axis=0) > 0, images.std(axis=0), 1.0)
    known = (images - images.mean(axis=0)) / spread / 8
    places: dict[bytes, list[int]] = {}
    for number, row in enumerate(known.round(9) + 0.0):
        places.setdefault(row.tobytes(), []).append(number)
    parts = draw("digits", 80, 0, np.random.default_rng(4))
    used = []
    for part in parts:
        labels = part.kinds[:, one_hot(part).argmax(axis=1)]
        for rows, kinds in zip(part.rows, labels, strict=True):
            for row, kind in zip(rows.round(9) + 0.0, kinds, strict=True):
                number = places[row.tobytes()].pop()
                assert target[number] == kind
                used.append(number)
    assert len(set(used)) == len(used)
    old, new = ({frozenset(kinds) for kinds in part.kinds.tolist()} for part in parts[::2])
    assert (len(old), len(new)) == (8, NEW_TASKS)
    assert not old & new


@pytest.mark.parametrize("key", KEYS)
def test_new_tasks_are_judged_where_they_have_been_trained(key: str) -> None:
    problem = moved(family=key, size=24, samples=24, hyper_size=12)
    rows, queries = problem.new
    fresh = replace(problem, train=rows, validation=queries)
    solved, _ = solved_by_scipy(fresh, problem.hyper)
    lift = np.eye(queries.rows.shape[2])
    if isinstance(problem, RepresentationTasks):
        lift = problem.representation.T
    found = [
        (queries.rows[number] @ (weights @ lift).T).argmax(axis=1)
        for number, weights in enumerate(solved)
    ]
    right = np.mean(np.array(found) == one_hot(queries).argmax(axis=1))
    for states in (problem.initial_state[None], np.ones((3, problem.state_size))):
        told = problem.held_out.accuracy(states)
        np.testing.assert_allclose(told, np.full(len(states), right))
    assert 1 / 3 < right < 1


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("key", "rise", "least"), [("biased-tasks", 0.08, 0.86), ("representation-tasks", 0.25, 0.75)]
)
def test_what_tasks_have_in_common_helps_new_ones(
    key: str, rise: float, least: float, seed: int
) -> None:
    """f falls, and with it rises the accuracy on tasks that took no part in it."""
    problem = build(family=key, data="digits", seed=seed)
    outer = Outer(Rule.BACKTRACKING, steps=20, length=1.0)
    first, *_, last = descend(problem, "aid-cg", Budget(10, 10), outer, truth=False).steps
    assert problem.at(last.hyper).objective() < 0.5 * problem.objective()
    assert last.accuracy > max(first.accuracy + rise, least)
