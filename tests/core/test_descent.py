"""Bilevel descent: it comes where SciPy comes, counts what it takes, and proves what it says."""

from __future__ import annotations

import pickle
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from hypergrad_core import METHODS, HypergradError
from hypergrad_core.arrays import FloatArray
from hypergrad_core.functions import FunctionProblem
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.problem import Problem
from hypergrad_core.studies import outer_walk
from hypergrad_core.studies.descent import Descending, minimize, value_and_hypergradient
from hypergrad_core.studies.outer_steps import (
    Budget,
    Descent,
    Outer,
    OuterStep,
    Rule,
    Schedule,
)
from tests.core.helpers import build, points_at
from tests.core.own_problems import ridge
from tests.core.test_certificate import CASES, problem_of

# To rounding, from where the step before has ended.
EXACT = Budget(2000, 20, tolerance=1e-11)
# Small and well conditioned, so that plain gradient descent reaches the end; and its first step.
REACHED: dict[str, tuple[dict[str, Any], float]] = {
    "biased": ({"size": 3, "samples": 30, "contraction": 0.5}, 0.1),
    "kernel-ridge-log": ({"size": 12, "hyper_size": 2, "contraction": 0.6, "seed": 3}, 1.0),
}


def objective(problem: Problem, hyper: FloatArray) -> float:
    return problem.at(hyper).objective()


@pytest.mark.parametrize("name", REACHED)
def test_with_exact_hypergradients_it_ends_where_scipy_does(name: str) -> None:
    fields, length = REACHED[name]
    problem = build(family=name, **fields)
    closed_form = optimize.minimize(
        lambda hyper: objective(problem, hyper),
        problem.hyper,
        jac=lambda hyper: problem.at(hyper).reference.hypergradient,
        method="L-BFGS-B",
        options={"ftol": 1e-16, "gtol": 1e-11, "maxiter": 5000},
    )
    ours = minimize(problem, "aid-cg", EXACT, Outer(steps=400, length=length), truth=False)
    assert np.abs(ours.last.hyper - closed_form.x).max() < 1e-6
    assert objective(problem, ours.last.hyper) < problem.objective()


@pytest.mark.parametrize("name", REACHED)
def test_scipy_takes_our_hypergradients(name: str) -> None:
    problem = build(family=name, **REACHED[name][0])
    both = value_and_hypergradient(problem, "aid-cg", EXACT)
    ours = optimize.minimize(both, problem.hyper, jac=True, method="L-BFGS-B")
    assert np.linalg.norm(problem.at(ours.x).reference.hypergradient) < 1e-4


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("method", ["itd", "itd-truncated", "itd-forward", "aid-fp", "aid-gmres"])
@pytest.mark.parametrize("seed", range(6))
def test_a_certified_step_lowers_f_and_a_proved_sign_is_right(
    name: str, method: str, seed: int
) -> None:
    problem = problem_of(name, 0.5 + 0.08 * seed, seed)
    budget = Budget(4, 4, warm_state=seed % 2 == 0, warm_adjoint=seed % 3 > 0)
    run = minimize(problem, method, budget, Outer(Rule.CERTIFIED, steps=6, products=20_000))
    assert len(run.steps) > 1
    falls = -np.diff(run.objectives)
    assert (falls > 0).all()
    for step, fall in zip(run.steps[1:], falls, strict=True):
        assert step.proved
        assert fall > 0
    for step in run.steps:
        told, truth = step.certificate, step.true_hypergradient
        rounding = 1e-13 * (1 + float(np.linalg.norm(truth)))
        assert step.error <= told.bound + rounding
        assert (np.abs(step.hypergradient - truth) <= told.coordinates + rounding).all()
        assert (told.proved_signs * truth >= 0).all()
        assert abs(told.value - step.objective) <= told.value_bound + 1e-14


def test_what_a_certified_step_promises_is_what_is_demanded() -> None:
    """f falls by c α ‖h‖² at the least, and h is off by θ‖h‖ at the most."""
    problem = problem_of("logistic-log")
    outer = Outer(Rule.CERTIFIED, steps=10, decrease=0.2, trust=0.3)
    run = minimize(problem, "aid-cg", Budget(5, 5), outer)
    for before, after in zip(run.steps, run.steps[1:], strict=False):
        size = float(np.linalg.norm(before.hypergradient))
        assert before.certificate.bound <= 0.3 * size
        assert before.objective - after.objective >= 0.2 * after.length * size


def counted(problem: FunctionProblem, calls: Counter[str]) -> FunctionProblem:
    def noted(name: str) -> Any:
        function = getattr(problem, name)

        def call(*arguments: Any) -> Any:
            calls[name] += 1
            return function(*arguments)

        return call

    names = ("phi", "vjp_state", "vjp_hyper")
    return replace(problem, **{name: noted(name) for name in names})


@pytest.mark.parametrize("method", ["itd", "itd-truncated", "one-step", "aid-fp", "aid-cg"])
@pytest.mark.parametrize("warm", [True, False])
def test_every_product_is_counted(method: str, warm: bool) -> None:
    calls: Counter[str] = Counter()
    budget = Budget(7, 5, warm_state=warm, warm_adjoint=warm)
    problem = counted(ridge(), calls)
    run = minimize(problem, method, budget, Outer(Rule.CERTIFIED, steps=4), truth=False)
    assert len(run.steps) > 1
    assert run.last.products == calls.total()


def test_what_is_used_again_is_paid_for() -> None:
    """ITD has no adjoint of its own; the one that it begins with at the next λ takes k products."""
    paid = {}
    for warm in (True, False):
        budget = Budget(7, 7, warm_adjoint=warm)
        run = minimize(ridge(), "itd", budget, Outer(steps=3), truth=False)
        paid[warm] = [*np.diff([0, *run.products])]
    # t maps, t products with each Jacobian but for the last with the first.
    assert paid[False] == [20, 20, 20, 20]
    # k − 1 for v, and the shifted right-hand sides of both.
    assert paid[True] == [26, 29, 29, 29]


def test_what_does_not_decide_is_not_paid_for() -> None:
    run = minimize(ridge(), "aid-cg", Budget(7, 5), Outer(steps=3))
    # t + k and the product that makes h; with a guess of the adjoint one more.
    assert [*np.diff([0, *run.products])] == [13, 14, 14, 14]


@pytest.mark.parametrize("method", ["itd", "aid-fp", "aid-gmres"])
@pytest.mark.parametrize(
    "fields",
    [
        {"family": "logistic-log", "data": "breast_cancer"},
        {"family": "biased", "data": "digits"},
        {"family": "hyper-representation", "data": "wine", "size": 13},
        {"family": "equilibrium", "data": "digits", "size": 200, "contraction": 0.8},
    ],
    ids=lambda fields: fields["family"],
)
def test_a_warm_start_is_no_worse(method: str, fields: dict[str, Any]) -> None:
    problem = build(**fields)
    errors = {}
    for warm in (True, False):
        budget = Budget(10, 10, warm_state=warm, warm_adjoint=warm)
        run = minimize(problem, method, budget, Outer(steps=12, length=0.05))
        errors[warm] = [step.error for step in run.steps[4:]]
    assert (np.array(errors[True]) <= np.array(errors[False])).all()


def test_a_tolerance_that_falls_takes_more_steps_each_time() -> None:
    problem = build(family="logistic-log", data="breast_cancer", contraction=0.9)
    taken = {}
    for schedule in Schedule:
        budget = Budget(2000, 2000, tolerance=1e-2, schedule=schedule)
        run = minimize(problem, "aid-cg", budget, Outer(steps=15, length=0.05))
        taken[schedule] = run.last.products
        assert all(step.inner_steps < 2000 for step in run.steps)
        if schedule is not Schedule.FIXED:
            assert run.last.error < run.steps[1].error
    assert taken[Schedule.FIXED] < taken[Schedule.EXPONENTIAL] < taken[Schedule.QUADRATIC]
    assert taken[Schedule.QUADRATIC] < taken[Schedule.CUBIC]


def test_a_projection_holds() -> None:
    problem = build(family="equilibrium", size=12, samples=4, contraction=0.9)
    width = 3
    free, held = (
        minimize(problem, "aid-fp", Budget(30, 30), Outer(steps=40, length=0.4, project=project))
        for project in (False, True)
    )

    def norms(run: Descent) -> list[float]:
        matrices = run.hypers[:, : width**2].reshape(-1, width, width)
        return [float(np.linalg.norm(matrix, 2)) for matrix in matrices]

    assert max(norms(free)) > 1
    assert max(norms(held)) <= 0.99 + 1e-12
    assert held.last.objective < held.steps[0].objective


def test_symmetry_that_a_method_needs_is_kept_by_the_projection_only() -> None:
    problem = build(family="equilibrium-symmetric", size=12, samples=4, contraction=0.9)
    free, held = (
        minimize(problem, "aid-cg", Budget(30, 30), Outer(steps=5, length=0.4, project=project))
        for project in (False, True)
    )
    assert free.last.ended.startswith("At the next λ the method does not apply. It needs a symm")
    assert len(held.steps) == 6
    assert problem.at(held.last.hyper).self_adjoint
    assert held.last.objective < held.steps[0].objective


@pytest.mark.parametrize("method", ["itd", "aid-cg"])
def test_a_certificate_takes_time_only_where_it_decides(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = outer_walk.certify

    def slow(*arguments: Any) -> Any:
        time.sleep(0.05)
        return made(*arguments)

    monkeypatch.setattr(outer_walk, "certify", slow)
    seconds = {}
    for rule in (Rule.FIXED, Rule.CERTIFIED):
        run = minimize(problem_of("biased"), method, Budget(5, 5), Outer(rule, steps=4))
        seconds[rule] = run.last.seconds
    assert seconds[Rule.FIXED] < 0.05
    assert seconds[Rule.CERTIFIED] > 4 * 0.05


@pytest.mark.parametrize("method", ["aid-fp", "aid-cg", "one-step"])
def test_h_is_the_same_whoever_makes_it(method: str) -> None:
    """By the method where a certificate stands beside it, by the certificate where it decides."""
    problem = problem_of("softmax")
    for rule in (Rule.FIXED, Rule.CERTIFIED):
        outer = Outer(rule, steps=0, trust=1e9)
        (step,) = minimize(problem, method, Budget(6, 4), outer, truth=False).steps
        points = METHODS[method].clipped_points(points_at([6], [4]))
        tuned = problem.tuned()
        states = FIXED_POINT.iterate(tuned, 6)
        (expected,) = METHODS[method].estimate(tuned, states, points).hypergradients
        np.testing.assert_allclose(step.hypergradient, expected, rtol=1e-12)


def test_without_constants_it_descends_and_certifies_nothing() -> None:
    problem = replace(ridge(), known=None)
    run = minimize(problem, "aid-cg", Budget(50, 50), Outer(Rule.BACKTRACKING, steps=20))
    assert run.last.objective < run.steps[0].objective
    assert run.last.certificate.bound == np.inf
    run = minimize(problem, "aid-cg", Budget(50, 50), Outer(Rule.CERTIFIED, steps=20))
    assert run.last.ended == outer_walk.NOT_CERTIFIED
    assert len(run.steps) == 1


def test_it_ends_when_the_products_are_spent() -> None:
    for rule in Rule:
        outer = Outer(rule, steps=1000, products=500)
        run = minimize(problem_of("logistic-log"), "aid-cg", Budget(10, 10), outer)
        assert run.last.ended == outer_walk.SPENT
        assert 500 <= run.last.products < 700


def test_steps_that_are_too_long_are_said_to_be() -> None:
    problem = build(family="logistic-log", size=6, samples=15)
    run = minimize(problem, "aid-cg", Budget(10, 10), Outer(steps=50, length=1e4))
    assert run.last.ended == outer_walk.OUTSIDE
    problem = build(family="biased", size=6, samples=9)
    run = minimize(problem, "aid-cg", Budget(10, 10), Outer(steps=1000, length=1e4))
    assert run.last.ended == outer_walk.NOT_FINITE


def test_a_method_that_does_not_apply_is_refused() -> None:
    with pytest.raises(HypergradError, match="aid-cg was refused"):
        minimize(problem_of("nonsymmetric"), "aid-cg")
    with pytest.raises(HypergradError, match="no method 'sgd'"):
        minimize(problem_of("nonsymmetric"), "sgd")


def test_nothing_is_certified_in_single_precision() -> None:
    problem = build(family="biased", size=6, samples=9, precision="single")
    with pytest.raises(HypergradError, match="choose double precision"):
        minimize(problem, "aid-cg", outer=Outer(Rule.CERTIFIED))
    run = minimize(problem, "aid-cg", outer=Outer(steps=5))
    assert run.last.objective < run.steps[0].objective


def test_it_tells_how_far_it_is_and_can_be_stopped() -> None:
    told: list[float] = []
    minimize(problem_of("biased"), "itd", outer=Outer(steps=9), progress=told.append)
    assert told[-1] == 1
    assert told == sorted(told)

    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimize(problem_of("biased"), "itd", outer=Outer(steps=9), progress=stop)


def in_pieces(
    name: str, method: str, budget: Budget, outer: Outer
) -> tuple[list[OuterStep], list[bytes]]:
    """Every step as by another process, which knows only what the one before has kept."""
    steps: list[OuterStep] = []
    kept: list[bytes] = []
    while True:
        descending = Descending(problem_of(name), METHODS[method], budget, outer)
        if kept:
            descending.resume(pickle.loads(kept[-1]))
        steps.append(next(descending))
        if descending.ended:
            return steps, kept
        kept.append(pickle.dumps(descending.waiting))


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]])
@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize(("method", "warm"), [("itd", True), ("aid-cg", True), ("aid-fp", False)])
def test_what_waits_goes_on_with_the_same_numbers(
    name: str, rule: Rule, method: str, warm: bool
) -> None:
    if METHODS[method].refusal(problem_of(name)):
        method = "aid-gmres"
    # The tolerance tells whether the number of the step is kept; the limit, whether the products.
    budget = Budget(20, 4, warm, warm, tolerance=1e-3, schedule=Schedule.QUADRATIC)
    outer = Outer(rule, steps=5, products=2000)
    whole = minimize(problem_of(name), method, budget, outer).steps
    steps, kept = in_pieces(name, method, budget, outer)
    assert tuple(steps) == whole
    assert len(kept) == len(steps) - 1
    assert all(len(each) < 10_000 for each in kept)
    if "does not apply" not in steps[-1].ended:
        assert len(steps) > 1
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)


def test_how_far_a_descent_is_rises_to_its_end() -> None:
    for outer in (Outer(steps=4), Outer(Rule.CERTIFIED, steps=200, products=500)):
        descending = Descending(problem_of("logistic"), METHODS["aid-cg"], Budget(3, 3), outer)
        assert descending.waiting is None
        assert descending.fraction == 0
        told = [descending.fraction for _ in descending]
        assert told == sorted(told)
        assert len(told) > 3
        assert told[-1] == 1
        assert next(descending, None) is None
