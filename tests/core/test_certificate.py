"""What a certificate says without w(λ) holds, and is attained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core.bounds.certificate import Certificate, certify
from hypergrad_core.costs import Counter
from hypergrad_core.problem import Problem
from hypergrad_core.problems.wrapped import LagrangianProblem
from tests.core.helpers import build, dense_quadratic
from tests.core.own_problems import ridge

CASES: dict[str, dict[str, Any]] = {
    "quadratic": {"family": "quadratic", "size": 8, "hyper_size": 3},
    "logistic": {"family": "logistic", "size": 6, "samples": 15},
    "logistic-log": {"family": "logistic-log", "size": 6, "samples": 15},
    "kernel-ridge": {"family": "kernel-ridge", "size": 9, "hyper_size": 4},
    "kernel-ridge-log": {"family": "kernel-ridge-log", "size": 9, "hyper_size": 4},
    "softmax": {"family": "softmax", "size": 9, "samples": 12},
    "learned-digits": {"family": "learned-digits", "size": 9, "samples": 12},
    "biased": {"family": "biased", "size": 6, "samples": 9},
    "biased-tasks": {"family": "biased-tasks", "size": 12, "samples": 12},
    "hyper-representation": {"family": "hyper-representation", "size": 4, "samples": 10},
    "representation-tasks": {"family": "representation-tasks", "size": 12, "samples": 12},
    "equilibrium": {"family": "equilibrium", "size": 12, "samples": 4},
    "equilibrium-symmetric": {"family": "equilibrium-symmetric", "size": 12, "samples": 4},
    "graph-network": {"family": "graph-network", "size": 12, "samples": 6},
    "nonsymmetric": {"family": "nonsymmetric", "size": 7, "hyper_size": 3},
    "own": {},
}


def problem_of(name: str, contraction: float = 0.8, seed: int = 0) -> Problem:
    return build(contraction=contraction, seed=seed, **CASES[name]) if CASES[name] else ridge()


def certificate_at(problem: Problem, away: float, random: np.random.Generator) -> Certificate:
    """At w(λ) and v(λ), each off by so much relatively; it bounds how far w is off."""
    truth = problem.reference

    def near(vector: np.ndarray) -> np.ndarray:
        noise = random.standard_normal(vector.size) / np.sqrt(vector.size)
        return vector + away * (1 + np.linalg.norm(vector)) * noise

    state = near(truth.solution)
    # A new problem, whose reference nobody has computed.
    told = certify(replace(problem), state, near(truth.adjoint), Counter(1))
    assert np.linalg.norm(state - truth.solution) <= told.state_bound * (1 + 1e-9) + 1e-13
    return told


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("contraction", [0.3, 0.9])
def test_errors_are_below_and_signs_are_right(name: str, contraction: float) -> None:
    proved = 0
    for seed in range(6):
        problem = problem_of(name, contraction, seed)
        random = np.random.default_rng(seed)
        truth, objective = problem.reference, problem.objective()
        for away in (1.0, 1e-1, 1e-3, 1e-6, 1e-10, 0.0):
            told = certificate_at(problem, away, random)
            off = np.abs(told.hypergradient - truth.hypergradient)
            rounding = 1e-14 * (1 + np.linalg.norm(truth.hypergradient))
            assert np.linalg.norm(off) <= told.bound + rounding
            assert (off <= told.coordinates + rounding).all()
            assert abs(told.value - objective) <= told.value_bound + 1e-14 * abs(objective)
            signs = told.proved_signs
            proved += np.count_nonzero(signs)
            assert (signs * truth.hypergradient >= 0).all()
    assert proved > 10


@pytest.mark.parametrize("name", CASES)
def test_it_falls_with_the_errors(name: str) -> None:
    problem = problem_of(name)
    random = np.random.default_rng(1)
    near, nearer = (certificate_at(problem, away, random) for away in (1e-5, 1e-7))
    assert nearer.bound < near.bound / 30
    # The value is off by products of two errors.
    assert nearer.value_bound < near.value_bound / 1000


def test_it_is_attained() -> None:
    """In one dimension, where the error of w and what is left of v point the same way."""
    problem = dense_quadratic(
        np.array([[1.0]]),
        step=0.4,
        coupling=np.array([[1.0]]),
        offset=np.zeros(1),
        target=np.array([-1.0]),
        hyper=np.array([2.0]),
    )
    truth = problem.reference
    state, adjoint = truth.solution + 0.3, truth.adjoint + 5.0
    told = certify(problem, state, adjoint, Counter(1))
    error = np.linalg.norm(told.hypergradient - truth.hypergradient)
    assert error == pytest.approx(told.bound, rel=1e-12)
    assert error == pytest.approx(told.coordinates[0], rel=1e-12)


def test_without_constants_or_a_contraction_nothing_is_certified() -> None:
    problems = (
        replace(ridge(), known=None),
        build(family="equilibrium", size=12, samples=4, contraction=1.2),
    )
    for problem in problems:
        told = certify(problem, problem.initial_state, problem.initial_state, Counter(1))
        assert told.bound == told.value_bound == np.inf
        assert not told.proved_signs.any()


@pytest.mark.parametrize("name", CASES)
def test_a_guess_of_the_adjoint_changes_nothing_but_the_adjoint(name: str) -> None:
    problem = problem_of(name)
    random = np.random.default_rng(2)
    guess = random.standard_normal(problem.state_size)
    shifted = LagrangianProblem(original=problem, guess=guess)
    truth = problem.reference
    solved = Problem.solve(shifted.starting_at(truth.solution))
    assert solved.hypergradient == pytest.approx(truth.hypergradient, rel=1e-8, abs=1e-10)
    assert solved.adjoint == pytest.approx(truth.adjoint - guess, rel=1e-8, abs=1e-8)
    assert shifted.objective() == pytest.approx(problem.objective(), rel=1e-10)
    # The same h at any w: E + v₀ᵀ(Φ − w) with u, E with v₀ + u.
    state, rest = random.standard_normal((2, problem.state_size))
    one = certify(shifted, state, rest, Counter(1))
    both = certify(problem, state, guess + rest, Counter(1))
    assert one.hypergradient == pytest.approx(both.hypergradient, rel=1e-9, abs=1e-9)
    assert one.value == pytest.approx(both.value, rel=1e-9, abs=1e-9)
