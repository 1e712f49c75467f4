"""Softmax regression and learned digits: solutions, derivatives, data, bounds and constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, root
from scipy.special import log_softmax

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.data import load
from hypergrad_core.problem import Problem
from hypergrad_core.problems import SYNTHETIC
from hypergrad_core.problems.cross_entropy import CrossEntropy, split
from hypergrad_core.problems.learned_digits import LearnedDigits
from hypergrad_core.problems.softmax import SoftmaxRegression
from tests.core import bound_cases as bounds
from tests.core import test_derivatives as derivatives
from tests.core.helpers import build, relative_gap
from tests.core.softmax_cases import INSTANCES, KEYS, Classifier, instance, make, ratios_of

# Solutions and derivatives.

PROBLEMS: dict[str, dict[str, Any]] = {
    "softmax": {"family": "softmax", "size": 12, "samples": 20},
    "softmax, few samples": {"family": "softmax", "size": 60, "samples": 5},
    "softmax, digits": {"family": "softmax", "data": "digits"},
    "learned": {"family": "learned-digits", "size": 30, "samples": 20},
    "learned, few pixels": {"family": "learned-digits", "size": 6, "samples": 20},
    "learned, digits": {"family": "learned-digits", "data": "digits"},
}


def moved(**fields: Any) -> Classifier:
    """A problem at a λ that is not the one it was built at, with a start that is not 0."""
    made = make(contraction=0.8, seed=3, **fields)
    random = np.random.default_rng(1)
    elsewhere = made.at(made.hyper * random.uniform(0.9, 1.1, made.hyper_size))
    return elsewhere.starting_at(random.standard_normal(made.state_size))


@pytest.fixture(params=PROBLEMS, ids=str)
def problem(request: pytest.FixtureRequest) -> Classifier:
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


@pytest.mark.parametrize("name", [name for name in PROBLEMS if "digits" not in name])
def test_the_solution_moves_as_its_jacobian_says(name: str) -> None:
    problem = moved(**PROBLEMS[name])
    derivatives.test_the_solution_moves_as_its_jacobian_says(problem)
    identity = np.eye(problem.state_size)
    matrix = identity - bounds.state_jacobian(problem, problem.initial_state)
    for transposed in (False, True):
        found = problem.resolvent(problem.initial_state, identity, transposed=transposed)
        assert relative_gap(found @ matrix, identity) < 1e-11


def mean_loss(weights: FloatArray, rows: FloatArray, labels: Any) -> float:
    """The mean cross-entropy, by SciPy."""
    chosen = log_softmax(rows @ weights.T, axis=1)[np.arange(len(rows)), labels]
    return -float(chosen.mean())


def solved_by_scipy(problem: Classifier, hyper: FloatArray) -> FloatArray:
    """W(λ) as the minimum of g, written out as the module says, shape (c, p)."""
    classes = problem.validation.classes
    if isinstance(problem, SoftmaxRegression):
        rows, labels = problem.train.rows, problem.train.labels
        penalty = np.exp(hyper) / problem.state_size
    else:
        rows, labels = hyper.reshape(classes, -1), np.arange(classes)
        penalty = np.full(rows.shape[1], problem.weight)

    def objective(state: FloatArray) -> float:
        weights = state.reshape(classes, -1)
        return mean_loss(weights, rows, labels) + 0.5 * float((penalty * weights**2).sum())

    def gradient(state: FloatArray) -> FloatArray:
        weights = state.reshape(classes, -1)
        errors = np.exp(log_softmax(rows @ weights.T, axis=1)) - np.eye(classes)[labels]
        return np.asarray((errors.T @ rows / len(rows) + penalty * weights).ravel())

    near = minimize(objective, np.zeros(problem.state_size), jac=gradient).x
    # A minimum is flat: where it is to more digits, the gradient tells.
    return np.asarray(root(gradient, near, tol=1e-13).x.reshape(classes, -1))


@pytest.mark.parametrize("name", [name for name in PROBLEMS if "digits" not in name])
def test_solution_and_hypergradient_are_those_of_scipy(name: str) -> None:
    problem = moved(**PROBLEMS[name])

    def objective(hyper: FloatArray) -> float:
        weights = solved_by_scipy(problem, hyper)
        return mean_loss(weights, problem.validation.rows, problem.validation.labels)

    found = solved_by_scipy(problem, problem.hyper)
    assert relative_gap(found.ravel(), problem.reference.solution) < 1e-9
    assert problem.objective() == pytest.approx(objective(problem.hyper), rel=1e-9)
    gradient = problem.reference.hypergradient
    for place in np.argsort(-np.abs(gradient))[:3]:
        change = 1e-4 * np.eye(problem.hyper_size)[place]
        slope = (objective(problem.hyper + change) - objective(problem.hyper - change)) / 2e-4
        assert slope == pytest.approx(gradient[place], rel=1e-5)


def test_a_feature_that_never_changes_does_no_harm() -> None:
    """Some pixels of the digits are 0 everywhere: no weight, no slope, and no rounding of them."""
    problem = make(family="softmax", data="digits")
    constant = np.ptp(load("digits")[0], axis=0) == 0
    assert constant.any()
    assert isinstance(problem, SoftmaxRegression)
    assert not problem.train.rows[:, constant].any()
    assert not problem.reference.solution.reshape(10, -1)[:, constant].any()
    gradient = problem.reference.hypergradient
    assert not gradient[constant].any()
    assert gradient[~constant].all()


# The cross-entropy.


def test_two_classes_are_logistic_regression() -> None:
    """softmax(u, −u) has the odds of a logistic loss of score 2u."""
    random = np.random.default_rng(0)
    rows, state = random.standard_normal((9, 4)), random.standard_normal(4)
    labels = random.integers(2, size=9)
    signs = 1.0 - 2 * labels
    loss = CrossEntropy(rows, labels, 2)
    both = np.concatenate([state, -state])[None]
    assert loss.value(both)[0] == pytest.approx(
        np.log1p(np.exp(-2 * signs * (rows @ state))).mean()
    )
    assert loss.accuracy(both) == np.mean(signs * (rows @ state) > 0)
    assert 0 < loss.accuracy(both)[0] < 1


def test_large_scores_do_not_overflow() -> None:
    loss = CrossEntropy(np.array([[1.0], [2.0]]), np.array([0, 2]), 3)
    states = 1e4 * np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    assert loss.value(states) == pytest.approx([2e4, np.log(3)])
    assert loss.accuracy(states) == pytest.approx([0.5, 0.5])
    assert np.isfinite(loss.gradient(states)).all()


def test_the_hessian_is_that_of_its_products() -> None:
    problem = make(family="softmax", size=12, samples=9)
    state = np.random.default_rng(0).standard_normal(12)
    moves = (np.eye(12) - bounds.state_jacobian(problem, state)) / problem.step
    assert relative_gap(problem.inner_hessian(state), moves) < 1e-12


def test_the_bounds_of_the_loss_are_attained() -> None:
    """By two classes and one row of length 1: nothing smaller would do for all data (C11)."""
    loss = CrossEntropy(np.array([[1.0]]), np.array([0]), 2)
    assert np.linalg.norm(loss.hessian(np.zeros(2)), 2) == pytest.approx(loss.curvature)
    # Where one class has the probability (1 + 1/√3)/2, the third derivative is largest.
    root = 1 / np.sqrt(3)
    worst = np.array([0.5, -0.5]) * np.log((1 + root) / (1 - root))
    step = 1e-4 * np.array([1.0, -1.0]) / np.sqrt(2)
    change = loss.hessian(worst + step) - loss.hessian(worst - step)
    assert np.linalg.norm(change, 2) / 2e-4 == pytest.approx(loss.curvature_slope, rel=1e-6)
    far = np.array([[-50.0, 50.0]])
    assert np.linalg.norm(loss.gradient(far)) == pytest.approx(loss.gradient_cap)


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
    assert {chosen.inner for chosen in sweep} == {"fixed-point", "exact"}
    rates = [chosen.problem.constants.contraction for chosen in sweep]
    assert min(rates) < 0.4
    assert 0.985 < max(rates) < 1


# Sampled at random, a norm over many directions is found to within this factor in the median.
LOOSEST_MEDIAN = {"nu1": 10.0, "nu2": 15.0, "mu1": 5.0, "outer_gradient_bound": 5.0}


@pytest.mark.parametrize("key", KEYS)
def test_constants_bound_what_they_say(key: str) -> None:
    found = [ratios_of(key, number) for number in range(0, INSTANCES, 2)]
    for number, ratios in enumerate(found):
        for name, ratio in ratios.items():
            assert ratio <= 1 + bounds.SLACK, f"{name} of instance {2 * number}"
        # The shift of all classes, which no row of data sees, attains q.
        for name in (*bounds.ALWAYS_EXACT, "contraction"):
            assert ratios[name] >= 1 - 1e-7, f"{name} of instance {2 * number}"
    for name, factor in LOOSEST_MEDIAN.items():
        assert np.median([ratios[name] for ratios in found]) >= 1 / factor, name


def test_norms_of_many_pixels_are_those_of_the_whole_matrices() -> None:
    """L_Φ and J of 640 × 640 matrices are taken apart, and stay what they are."""
    problem = moved(family="learned-digits", data="digits")
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
    sizes = [(2, 2), (5, 40), (24, 9)] if data == SYNTHETIC else [(7, 20)]
    for size, samples in sizes:
        problem = make(family=key, data=data, contraction=q, size=size, samples=samples)
        assert problem.contraction == pytest.approx(q, rel=1e-12)
        assert problem.condition_number == pytest.approx((1 + q) / (1 - q), rel=1e-9)
        assert problem.constants.hypergradient_norm > 0


@pytest.mark.parametrize("key", KEYS)
def test_draws_depend_on_the_seed_and_not_on_the_contraction(key: str) -> None:
    for data in FAMILIES[key].data:
        slow, fast, other = (
            make(family=key, data=data, size=6, contraction=q, seed=seed)
            for q, seed in ((0.95, 1), (0.7, 1), (0.95, 2))
        )
        assert slow.validation is fast.validation
        assert slow.held_out is fast.held_out
        assert not np.array_equal(slow.validation.rows, other.validation.rows)
        if key == "learned-digits":
            assert np.array_equal(slow.hyper, fast.hyper)
            assert not np.array_equal(slow.hyper, other.hyper)


def test_sizes_are_the_wanted_ones() -> None:
    for key in KEYS:
        assert make(family=key, size=31, samples=7).state_size == 30
        assert make(family=key, size=2, samples=7).state_size == 3
        assert make(family=key, data="digits").state_size == 640
        told = FAMILIES[key].data["digits"]
        assert told.samples == len(make(family=key, data="digits").validation.rows)
    assert make(family="softmax", size=30).hyper_size == 10
    assert make(family="learned-digits", size=30).hyper_size == 30


# What is held out.


def test_no_row_is_in_two_parts_and_none_is_lost() -> None:
    rows, labels = np.arange(23.0)[:, None], np.arange(23) % 4
    parts = split(rows, labels, 4, (5, 6), np.random.default_rng(0))
    assert [len(part.labels) for part in parts] == [5, 6, 12]
    together = np.concatenate([part.rows[:, 0] for part in parts])
    assert not np.array_equal(together, rows[:, 0])
    assert np.array_equal(np.sort(together), rows[:, 0])
    for part in parts:
        assert np.array_equal(part.labels, part.rows[:, 0].astype(int) % 4)


@pytest.mark.parametrize("key", KEYS)
def test_digits_that_were_held_out_are_no_others(key: str) -> None:
    problem = make(family=key, data="digits")
    parts = [problem.validation, problem.test]
    if isinstance(problem, SoftmaxRegression):
        parts.append(problem.train)
    rows = np.concatenate([part.rows for part in parts])
    assert len(rows) == len(load("digits")[0])
    assert len(np.unique(rows.round(9), axis=0)) == len(np.unique(load("digits")[0], axis=0))


def test_held_out_rows_judge_a_classifier() -> None:
    problem = build(family="softmax", data="digits")
    assert problem.held_out is not None
    solution = problem.reference.solution
    good, opposite = problem.held_out.accuracy(np.array([solution, -solution]))
    assert good > 0.9
    assert opposite < 0.1
    single = build(family="softmax", size=6, precision="single")
    exact = build(family="softmax", size=6)
    assert single.held_out is exact.held_out
    # E sees its validation rows: to lower f is to fit λ to them.
    assert build(family="logistic").held_out is None


def test_digits_are_learned() -> None:
    """Images of noise become digits that tell held-out real ones apart, and Φ still contracts."""
    problem = make(family="learned-digits", data="digits")
    assert isinstance(problem, LearnedDigits)
    accuracies, values = [], []
    for _ in range(30):
        accuracies.append(float(problem.held_out.accuracy(problem.reference.solution[None])[0]))
        values.append(problem.objective())
        assert problem.contraction < 1
        problem = problem.at(problem.hyper - 1.0 * problem.reference.hypergradient)
    assert accuracies[0] < 0.3
    assert accuracies[-1] > 0.85
    assert np.all(np.diff(values) < 0)
    images = problem.images
    assert images.shape == (10, 8, 8)
    assert np.mean((images > -0.2) & (images < 1.2)) > 0.9
    # By eye: without their mean, each is closest in direction to the mean of the real ones.
    grey, kinds = load("digits")
    means = np.array([grey[kinds == kind].mean(axis=0) for kind in range(10)]) / 16
    deviations = images.reshape(10, -1) - grey.mean(axis=0) / 16
    real = means - grey.mean(axis=0) / 16
    alike = deviations @ (real / np.linalg.norm(real, axis=1)[:, None]).T
    assert np.array_equal(alike.argmax(axis=1), np.arange(10))
