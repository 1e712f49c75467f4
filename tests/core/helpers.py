"""What several test modules share: how to ask a method, and how to plant a bug in it."""

from __future__ import annotations
import __future__

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from hypergrad_core import METHODS, Scenario
from hypergrad_core.adjoint import ConjugateGradientSolver
from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import DenseBasis
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Estimate, Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic


def points_at(inner: Iterable[int], adjoint: Iterable[int]) -> Points:
    """The points (t, k) of two lists of one length."""
    return Points(np.array([*inner], dtype=np.int64), np.array([*adjoint], dtype=np.int64))


def plane(inner: Iterable[int], adjoint: Iterable[int]) -> Points:
    """Every pair (t, k), k running fastest."""
    t, k = np.meshgrid([*inner], [*adjoint], indexing="ij")
    return points_at(t.ravel(), k.ravel())


def joined(*parts: Points) -> Points:
    """The points of all parts, one after the other."""
    return points_at(
        np.concatenate([part.inner_steps for part in parts]),
        np.concatenate([part.adjoint_steps for part in parts]),
    )


def build(**fields: Any) -> Problem:
    """The problem of a scenario."""
    scenario = Scenario(**fields)
    return scenario.problem_family.build(scenario)


def dense_quadratic(hessian: FloatArray, **fields: Any) -> Quadratic:
    """The quadratic problem of a symmetric positive definite H of shape (d, d)."""
    eigenvalues, vectors = np.linalg.eigh(hessian)
    return Quadratic(
        eigenvalues=eigenvalues,
        basis=DenseBasis(vectors),
        initial_state=np.zeros(len(hessian)),
        **fields,
    )


def hessian_product(problem: Quadratic, block: FloatArray) -> FloatArray:
    """Hw for each row: (B, d) → (B, d)."""
    return problem.basis.from_eigen(problem.basis.to_eigen(block) * problem.eigenvalues)


def ask(method: str, problem: Problem, wanted: Points, inner: str = "fixed-point") -> Estimate:
    """The estimate of a method at the points it takes, along the iterates of the problem."""
    points = METHODS[method].clipped_points(wanted)
    states = SOLVERS[inner].iterate(problem, int(points.inner_steps.max()))
    scheme = SOLVERS[inner].scheme(problem.constants.contraction)
    return METHODS[method].estimate(problem, states, points, scheme=scheme)


def errors(method: str, problem: Problem, wanted: Points, inner: str = "fixed-point") -> FloatArray:
    """‖estimate − ∇f(λ)‖ at each point."""
    found = ask(method, problem, wanted, inner).hypergradients
    return row_norms(found - problem.reference.hypergradient)


def energy_errors(problem: Problem, steps: int) -> FloatArray:
    """‖v_j − v(λ)‖ in the norm of I − ∂₁Φ at w(λ), for conjugate-gradient steps j = 0 … steps."""
    truth = problem.reference
    lin = problem.linearise(truth.solution[None])
    solver = ConjugateGradientSolver(lin, problem.outer_gradient_state(truth.solution[None]))
    found = []
    for j in range(steps + 1):
        if j > 0:
            solver.advance(0)
        gap = solver.adjoints(np.array([0])) - truth.adjoint
        found.append(float(np.sqrt(np.sum(gap * (gap - lin.vjp_state(gap))))))
    return np.array(found)


def relative_gap(found: FloatArray, wanted: FloatArray) -> float:
    """The largest ‖found − wanted‖/‖wanted‖ over the rows; absolute where wanted is 0."""
    found, wanted = np.atleast_2d(found), np.atleast_2d(wanted)
    size = row_norms(wanted)
    return float(np.max(row_norms(found - wanted) / np.where(size > 0, size, 1.0)))


def plant(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, changes: dict[str, str]) -> None:
    """Replace a method by a copy of its source in which each text is changed to another."""
    original: Callable[..., Any] = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(original))
    for old, new in changes.items():
        assert source.count(old) == 1, f"{old!r} is not once in {owner.__name__}.{name}"
        source = source.replace(old, new)
    code = compile(source, f"<{name}>", "exec", flags=__future__.annotations.compiler_flag)
    space: dict[str, Any] = {}
    exec(code, vars(sys.modules[original.__module__]), space)
    monkeypatch.setattr(owner, name, space[name])
