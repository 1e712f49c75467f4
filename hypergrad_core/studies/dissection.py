"""One small problem taken apart: where its iterates go, mode by mode, and what bounds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hypergrad_core.adjoint import ConjugateGradientSolver
from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.interruption import ask, asking
from hypergrad_core.methods import METHODS, Method
from hypergrad_core.methods.implicit import ImplicitMethod
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.anatomy import contraction_at_solution
from hypergrad_core.studies.experiment import Experiment, named, run
from hypergrad_core.studies.modes import AdjointRun, Modes, adjoint_matrix, modes_of, run_adjoint
from hypergrad_core.studies.prepared import prepare


@dataclass(frozen=True, eq=False)
class Projection(Record):
    """The projection on a plane through a solution.

    Attributes:
        basis: two orthonormal columns, shape (d, 2).
        form: 2 × 2 matrix F: the height of a point x of the plane over the solution is ½ xᵀFx.
    """

    basis: FloatArray
    form: FloatArray

    def coordinates(self, gaps: FloatArray) -> FloatArray:
        """Where rows x − solution lie in the plane: (B, d) → (B, 2)."""
        return gaps @ self.basis

    def heights(self, points: FloatArray) -> FloatArray:
        """½ xᵀFx of points of the plane: (…, 2) → (…)."""
        return np.asarray(0.5 * np.einsum("...i,ij,...j->...", points, self.form, points))

    def level_curves(self, heights: FloatArray, angles: FloatArray) -> FloatArray:
        """Where the height has given values: the ellipse of each, shape (heights, angles, 2)."""
        values, vectors = np.linalg.eigh(self.form)
        # F^(−½); a direction in which the height hardly grows gives a long ellipse.
        root = vectors / np.sqrt(np.maximum(values, 1e-12 * values[-1])) @ vectors.T
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1) @ root
        return np.asarray(np.sqrt(2 * heights)[:, None, None] * circle)


@dataclass(frozen=True, eq=False)
class Dissection(Record):
    """What a small problem looks like from inside.

    Attributes:
        experiment: its methods at every step t = k = 0, 1, …, T, with their bounds.
        gaps: w_t − w(λ), shape (T + 1, d).
        runs: the adjoint at w(λ), step by step, for each method that solves it.
        matrix: M = I − ∂₁Φᵀ at w(λ), shape (d, d).
        modes: eigenmodes of M = I − ∂₁Φ; None where Φ is not affine or ∂₁Φ not symmetric.
        contraction_at_solution: ‖∂₁Φ(w(λ))‖.
        projection: on the plane of the modes of the smallest and the largest eigenvalue; without
            modes, of the two directions in which the iterates move most. Its height is the inner
            objective where there is one and it is convex in this plane, in units in which Φ is a
            gradient step of length 1; otherwise ½‖Mx‖², M at w(λ).
        adjoint_projection: the same for the adjoint.
    """

    experiment: Experiment
    gaps: FloatArray
    runs: tuple[AdjointRun, ...]
    matrix: FloatArray
    modes: Modes | None
    contraction_at_solution: float
    projection: Projection
    adjoint_projection: Projection

    @property
    def scenario(self) -> Scenario:
        """What was taken apart."""
        return self.experiment.scenario

    @property
    def state_size(self) -> int:
        """d of the problem."""
        return self.experiment.state_size

    @property
    def hyper_size(self) -> int:
        """m of the problem."""
        return self.experiment.hyper_size

    @property
    def conjugate_run(self) -> AdjointRun | None:
        """That of conjugate gradient, if it was asked for."""
        return next((run for run in self.runs if run.conjugate), None)

    @property
    def steps(self) -> int:
        """T, the largest t and k."""
        return len(self.gaps) - 1

    def run_of(self, method: str) -> AdjointRun:
        """The adjoint run of a method.

        Raises:
            HypergradError: if it was not asked for, or solves no system.
        """
        return named(method, self.runs, ())


def dissect(scenario: Scenario, progress: Progress | None = None) -> Dissection:
    """Take the problem of a scenario apart.

    Conjugate gradient is run on the adjoint even where it does not apply: what then goes wrong is
    to be seen. Its hypergradients are refused there, as always.

    Args:
        scenario: with d of at most 640.
        progress: told the fraction done of its experiment; whatever it raises stops the run.

    Raises:
        HypergradError: if d is larger.
    """
    with asking(progress) as report:
        return _dissected(scenario, report)


def _dissected(scenario: Scenario, report: Progress) -> Dissection:
    prepared = prepare(scenario.build(), scenario.solver, scenario.horizon)
    problem = prepared.problem
    solution = problem.reference.solution
    # The iterates of the problem itself: the eigenbasis is what is to be shown.
    states = prepared.solver.iterate(problem, scenario.horizon, lambda fraction: ask())
    matrix = adjoint_matrix(problem, solution)
    runs = tuple(
        run_adjoint(problem, solution, key, scenario.horizon, forced=True)
        for key in scenario.methods
        if _is_run(METHODS[key], problem)
    )
    gaps = states - solution
    modes = modes_of(problem) if problem.affine and problem.symmetric else None
    errors = [run.errors for run in runs] or [problem.reference.adjoint[None]]
    return Dissection(
        experiment=run(scenario, report, steps=np.arange(scenario.horizon + 1), prepared=prepared),
        gaps=gaps,
        runs=runs,
        matrix=matrix,
        modes=modes,
        contraction_at_solution=contraction_at_solution(problem),
        projection=_projection(matrix.T, gaps, modes, symmetric=problem.symmetric),
        adjoint_projection=_projection(
            matrix, np.concatenate(errors), modes, symmetric=problem.symmetric
        ),
    )


def _is_run(method: Method, problem: Problem) -> bool:
    """Whether a method solves the adjoint, as it applies or as conjugate gradient does."""
    if not isinstance(method, ImplicitMethod) or method.fixed_adjoint_steps:
        return False
    return method.solver is ConjugateGradientSolver or not method.refusal(problem)


def _projection(
    matrix: FloatArray, gaps: FloatArray, modes: Modes | None, *, symmetric: bool
) -> Projection:
    if modes is not None:
        basis = modes.vectors[:, [0, -1]]
    else:
        basis = np.linalg.svd(gaps, full_matrices=True)[2][:2].T
    form = basis.T @ matrix @ basis
    # Beyond q = 1 a symmetric M may have negative eigenvalues: its height is then no distance.
    if not symmetric or np.linalg.eigvalsh(form)[0] <= 0:
        form = basis.T @ matrix.T @ matrix @ basis
    return Projection(basis, np.asarray(form))
