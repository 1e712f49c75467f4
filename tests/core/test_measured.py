"""Tier X is as sharp as it says: compared with the recursions of R2 and R7, written out densely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import measured, path_along
from hypergrad_core.bounds.observed import ObservedPath
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from tests.core.bound_cases import hyper_jacobian, state_jacobian
from tests.core.helpers import build

STEPS = 25
# With more samples than features ‖∂₁Φ(w(λ))‖ is below q, so that the steps late in a run are
# better than the first.
CASES: dict[str, dict[str, Any]] = {
    "logistic": {"family": "logistic", "size": 8, "samples": 40, "contraction": 0.9},
    "logistic, a far start": {
        "family": "logistic",
        "size": 8,
        "samples": 40,
        "contraction": 0.9,
        "start": 2.0,
    },
    "kernel ridge": {"family": "kernel-ridge", "size": 9, "hyper_size": 3, "contraction": 0.9},
    "equilibrium": {"family": "equilibrium", "size": 12, "samples": 3, "contraction": 0.8},
    "graph": {"family": "graph-network", "size": 12, "samples": 4, "contraction": 0.8},
    "affine": {"family": "nonsymmetric", "size": 10, "hyper_size": 3, "contraction": 0.9},
}
# How far tier X may be above the recursions with exact norms: what the norm of Schatten adds to
# drifts and powers, and that of Frobenius to A*^j J*.
LOOSEST = dict.fromkeys(CASES, 1.08) | {"kernel ridge": 1.3}


class Dense:
    """All that tier X measures, by dense linear algebra and exact norms."""

    def __init__(self, problem: Problem, states: FloatArray) -> None:
        truth, constants = problem.reference, problem.constants
        self.a_star = state_jacobian(problem, truth.solution)
        resolved = np.linalg.inv(np.eye(problem.state_size) - self.a_star)
        self.jacobian = resolved @ hyper_jacobian(problem, truth.solution)
        self.star = float(np.linalg.norm(self.a_star, 2))
        self.gradient = problem.outer_gradient_state(truth.solution[None])[0]
        self.distance = row_norms(states - truth.solution)
        self.gradients = row_norms(problem.outer_gradient_state(states))
        self.direct = row_norms(
            problem.outer_gradient_hyper(states)
            + problem.outer_gradient_state(states) @ self.jacobian
            - truth.hypergradient
        )
        self.drift = np.array(
            [
                np.linalg.norm(
                    state_jacobian(problem, w) @ self.jacobian
                    + hyper_jacobian(problem, w)
                    - self.jacobian,
                    2,
                )
                for w in states
            ]
        )
        self.q, self.nu1, self.mu1 = constants.contraction, constants.nu1, constants.mu1
        self.rate = np.minimum(self.q, self.star + self.nu1 * self.distance)

    def unrolled(self, t: int, k: int, *, frozen: bool) -> float:
        """R7: the lesser of the two recursions at each step, then L3."""
        visited = [t] * k if frozen else list(range(t - k, t))
        powers = [np.linalg.matrix_power(self.a_star, j) for j in range(k + 1)]
        operator = [np.linalg.norm(power, 2) for power in powers]
        gradient = [np.linalg.norm(power.T @ self.gradient) for power in powers]
        left = [np.linalg.norm(power @ self.jacobian, 2) for power in powers]
        projected = [np.linalg.norm(self.jacobian.T @ power.T @ self.gradient) for power in powers]
        x, y, forcing = left[0], projected[0], []
        for j, s in enumerate(visited):
            forcing.append(self.drift[s] + self.nu1 * self.distance[s] * x)
            past = range(j + 1)
            unrolled = left[j + 1] + sum(operator[j - i] * forcing[i] for i in past)
            x = min(self.rate[s] * x + self.drift[s], unrolled)
            y = projected[j + 1] + sum(gradient[j - i] * forcing[i] for i in past)
        far = float(np.linalg.norm(self.gradient))
        jacobian_part = min(y, far * x) + self.mu1 * self.distance[t] * x
        return float(self.direct[t] + min(jacobian_part, self.gradients[t] * x))

    def resolvent(self, t: int) -> float:
        """R_t of R2."""
        return float(1 / (1 - self.rate[t]))


def prepared(name: str) -> tuple[Problem, FloatArray, Dense]:
    problem = build(**CASES[name])
    states = FIXED_POINT.iterate(problem, STEPS)
    return problem, states, Dense(problem, states)


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_unrolled_bounds_are_those_of_the_recursion(name: str, frozen: bool) -> None:
    problem, states, dense = prepared(name)
    path = path_along(problem, states)
    assert path.tier == "X"
    t = np.repeat(np.arange(0, STEPS + 1, 3), 3)
    k = np.where(np.arange(len(t)) % 3 == 0, t, np.minimum(t, np.arange(len(t)) % 7))
    found = path.unrolled_bound(t, k, frozen=frozen)
    wanted = [dense.unrolled(int(i), int(j), frozen=frozen) for i, j in zip(t, k, strict=True)]
    floor = problem.constants.rounding_floor
    assert np.all(found >= np.array(wanted) * (1 - 1e-6) - floor)
    assert np.all(found <= np.array(wanted) * LOOSEST[name] + floor)


@pytest.mark.parametrize("name", CASES)
def test_implicit_bounds_are_those_of_the_resolvent(name: str) -> None:
    """R2 with what the solver left, ‖∂₂Φ(w_t)‖ bounded by L_Φ + ν₂e_t."""
    problem, states, dense = prepared(name)
    path, constants = path_along(problem, states), problem.constants
    t = np.arange(STEPS + 1)
    resolvent = np.array([dense.resolvent(int(i)) for i in t])
    drifts = dense.gradients * resolvent * dense.drift
    for left, factor in ((0.0, 1.0), (0.1, 1.0), (1e9, 0.3)):
        solver = np.minimum(left, factor * dense.gradients)
        hyper_norm = constants.hyper_jacobian_norm + constants.nu2 * dense.distance
        wanted = dense.direct + drifts + hyper_norm * resolvent * solver
        found = path.implicit_bound(t, np.full(len(t), factor), np.full(len(t), left), energy=False)
        assert np.all(found >= wanted * (1 - 1e-6) - constants.rounding_floor)
        most = dense.direct + drifts * LOOSEST[name] + hyper_norm * resolvent * solver
        assert np.all(found <= most * (1 + 1e-6) + constants.rounding_floor)


@pytest.mark.parametrize("name", ["logistic", "logistic, a far start", "kernel ridge"])
def test_where_measuring_costs_too_much_the_drift_is_bounded(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tier T: β e_t with β = ν₂ + ν₁J stands for the drift, in R2 and in R7."""
    problem, states, dense = prepared(name)
    assert path_along(problem, states).tier == "X"
    monkeypatch.setattr(measured, "DRIFT_WORK", 0)
    path, constants = path_along(problem, states), problem.constants
    assert path.tier == "T"
    beta = constants.nu2 + constants.nu1 * np.linalg.norm(dense.jacobian, 2)
    drift = beta * dense.distance
    # What is measured is never more.
    assert np.all(dense.drift <= drift * (1 + 1e-9))
    dense.drift = drift
    t = np.arange(STEPS + 1)
    resolvent = np.array([dense.resolvent(int(i)) for i in t])
    wanted = dense.direct + dense.gradients * resolvent * drift
    found = path.implicit_bound(t, np.zeros(len(t)), np.zeros(len(t)), energy=False)
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=constants.rounding_floor)
    for frozen in (True, False):
        k = np.minimum(t, 6)
        wanted = [dense.unrolled(int(i), int(j), frozen=frozen) for i, j in zip(t, k, strict=True)]
        found = path.unrolled_bound(t, k, frozen=frozen)
        assert np.all(found >= np.array(wanted) * (1 - 1e-6) - constants.rounding_floor)
        assert np.all(found <= np.array(wanted) * LOOSEST[name] + constants.rounding_floor)


@pytest.mark.parametrize("energy", [False, True])
@pytest.mark.parametrize("family", ["equilibrium", "equilibrium-symmetric"])
def test_without_constants_the_solver_term_is_measured_at_each_iterate(
    family: str, energy: bool
) -> None:
    """R4 (e): ‖B(w_t)‖ R_t left, with S^(−½)B(w_t) where the solver works in a metric S."""
    problem = build(family=family, size=12, samples=3, contraction=0.8, start=2.0)
    states = FIXED_POINT.iterate(problem, 8)
    path, t = ObservedPath(problem, states), np.arange(9)
    nothing, one = np.zeros(9), np.ones(9)
    found = path.implicit_bound(t, one, 1e-3 * one, energy=energy)
    found = found - path.implicit_bound(t, one, nothing, energy=energy)
    wanted = []
    for state in states:
        coupling = hyper_jacobian(problem, state)
        metric = problem.linearise(state[None]).metric
        assert (metric is None) == (family == "equilibrium")
        if energy and metric is not None:
            coupling = np.diag(metric.ravel() ** -0.5) @ coupling
        resolvent = np.linalg.inv(np.eye(12) - state_jacobian(problem, state))
        wanted.append(1e-3 * np.linalg.norm(coupling, 2) * np.linalg.norm(resolvent, 2))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert np.ptp(wanted) > 1e-2 * max(wanted)
