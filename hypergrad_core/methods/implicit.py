"""Approximate implicit differentiation (AID): solve (I − ∂₁Φ(w_t)ᵀ) v = ∇₁E(w_t) with k steps.

One lockstep driver for all of them; what differs is the linear solver, and the bound.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from hypergrad_core.adjoint import AdjointSolver
from hypergrad_core.arrays import KEPT_FLOATS, FloatArray, IntArray, Progress
from hypergrad_core.constants import Constants
from hypergrad_core.costs import Cost, CountedLinearisation, Counter, ProblemWork
from hypergrad_core.inner import InnerSolver
from hypergrad_core.interruption import ask
from hypergrad_core.methods.base import PLAIN, Batch, Estimate, Method, Points, Recorder, batches
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme


class ImplicitMethod(Method):
    """AID with a linear solver, which gives it its name.

    Args:
        solver: of the adjoint system.
    """

    def __init__(self, solver: type[AdjointSolver]) -> None:
        self.solver = solver
        self.key, self.label = f"aid-{solver.key}", f"AID-{solver.label}"
        self.formula, self.source = solver.formula, solver.source
        self.paper_source, self.solver_name = solver.bound_source, solver.name

    def refusal(self, problem: Problem) -> str:
        """Where its solver does not apply."""
        return self.solver.refusal(problem)

    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """That of its solver."""
        return self.solver.exponent(symmetric=symmetric)

    def adjoint_factor(self, constants: Constants, inner: InnerSolver) -> float:
        """That of its solver."""
        return self.solver.late_factor(constants)

    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """All of them, as they are."""
        return points

    def estimate(
        self,
        problem: Problem,
        states: FloatArray,
        points: Points,
        progress: Progress | None = None,
        scheme: Scheme = PLAIN,
    ) -> Estimate:
        """∇₂E(w_t) + ∂₂Φ(w_t)ᵀ v_k; row t carries the system at w_t."""
        recorder = Recorder(points, problem.hyper_size)
        # Rows sorted by depth: those that have further to go are always the last ones.
        kept = partial(self.solver.kept_floats, problem.state_size)
        parts = batches(points, problem.state_size, kept)
        total, done = sum(int(batch.depths.sum()) for batch in parts) or 1, 0
        for batch in parts:
            report = None if progress is None else _shifted(progress, done, total)
            self._run_batch(problem, states, batch, recorder, report)
            done += int(batch.depths.sum())
        return recorder.estimate()

    def applies(self, work: ProblemWork) -> bool:
        """As its solver does."""
        return self.solver.applies(work)

    def work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """The steps of all rows of a batch, until they are finished, and what is read off them."""
        d, m, solver = work.state_size, work.hyper_size, self.solver
        cost = Cost()
        most = solver.steps_expected(work)
        first, slope = solver.step_work(d, 0), solver.step_work(d, 1) + solver.step_work(d, 0) * -1
        for batch in batches(points, d, partial(solver.kept_floats, d)):
            rows, read = len(batch.depths), len(batch.points)
            taken = np.minimum(batch.depths, most).astype(np.float64)
            steps, longest = float(taken.sum()), float(taken.max())
            pairs = float((taken * (taken - 1)).sum()) / 2
            cost += work.on_rows(work.linearise, rows) + work.on_rows(work.outer, rows)
            cost += work.on_rows(work.state_product, solver.products * steps, longest)
            cost += Cost(
                vector=steps * first.vector + pairs * slope.vector,
                calls=longest * first.calls
                + longest * (longest - 1) / 2 * slope.calls
                + 4.0 * float(batch.depths.max()),
            )
            groups = (
                len(np.unique(batch.adjoint_steps[batch.adjoint_steps < batch.depths[batch.rows]]))
                + 1
            )
            cost += work.on_rows(work.pullback, read, groups)
            cost += Cost(vector=read * (2.0 * d + m), calls=25.0 * groups + 1.0 * read)
            cost += solver.read_work(d, np.minimum(batch.adjoint_steps, most), groups)
        kept = solver.kept_floats(d, int(min(batch.depths.max(), most)))
        kept = max(min(rows * kept, KEPT_FLOATS), kept) + 12 * rows * d
        return cost + Cost(bytes=8.0 * (kept + len(points) * m))

    def _run_batch(
        self,
        problem: Problem,
        states: FloatArray,
        batch: Batch,
        recorder: Recorder,
        progress: Progress | None,
    ) -> None:
        depths, rows, steps = batch.depths, batch.rows, batch.adjoint_steps
        size, hyper_size = problem.state_size, problem.hyper_size
        ends = states[batch.inner_steps]
        counter = Counter(len(ends))
        counter.map_evaluations += batch.inner_steps
        counter.stored_floats += hyper_size
        lin = problem.linearise(ends)
        direct = problem.outer_gradient_hyper(ends)
        solver = self.solver.begin(
            problem,
            CountedLinearisation(lin, counter, range(len(ends))),
            problem.outer_gradient_state(ends),
        )

        def read(chosen: IntArray) -> None:
            """Record these of the points from what their rows hold now."""
            at, k = rows[chosen], steps[chosen]
            hypergradients = direct[at]
            # A copy of what was spent: a later point of the row does not pay for this one.
            spent = counter[at]
            moved = np.flatnonzero(k > 0)
            if len(moved):
                of = at[moved]
                products = CountedLinearisation(lin[of], spent, moved)
                hypergradients[moved] += products.vjp_hyper(solver.adjoints(of))
            spent.stored_floats += solver.stored_floats(size, at, k)
            recorder.record(
                batch.points[chosen],
                hypergradients,
                spent,
                solver.residual_norms[at],
                [solver.outcomes[row] for row in at],
            )

        # A row stays as it is after its last step: its last point can wait, all of them together.
        last = steps == depths[rows]
        early = np.flatnonzero(~last)
        early = early[np.argsort(steps[early], kind="stable")]
        every = np.arange(int(depths[-1]) + 2)
        ends = np.searchsorted(steps[early], every).tolist()
        firsts = np.searchsorted(depths, every, side="right").tolist()
        spent = 0
        for j in every[:-1].tolist():
            if ends[j + 1] > ends[j]:
                read(early[ends[j] : ends[j + 1]])
            first = firsts[j]
            if progress is None:
                ask()
            else:
                # Who is told how far it is may stop it as well: once is enough.
                progress(spent)
            if first < len(depths):
                solver.advance(first)
                spent += len(depths) - first
        read(np.flatnonzero(last))


def solve_system(
    solver: type[AdjointSolver],
    problem: Problem,
    state: FloatArray,
    steps: int,
    counter: Counter,
    *,
    tolerance: float = 0.0,
) -> tuple[FloatArray, int, int]:
    """Solve (I − ∂₁Φ(w)ᵀ)v = ∇₁E(w) from v = 0 as far as some steps go.

    Args:
        solver: of the adjoint.
        problem: bound to its λ.
        state: w, shape (d,).
        steps: k, at the most.
        counter: of one row; charged with the products.
        tolerance: the solver stops where its residual is no larger than this. One that does not
            tell it stops where a step is not longer: that of Neumann's series is the residual.

    Returns:
        v, shape (d,), how many steps were taken, and how many numbers are kept at once for them.
    """
    row = np.zeros(1, dtype=np.int64)
    lin = CountedLinearisation(problem.linearise(state[None]), counter, row)
    system = solver.begin(problem, lin, problem.outer_gradient_state(state[None]))
    adjoint, taken = np.zeros(problem.state_size), 0
    while taken < steps:
        ask()
        taken += 1
        system.advance(0)
        before, adjoint = adjoint, system.adjoints(row)[0]
        left = float(system.residual_norms[0])
        if np.isnan(left):
            left = float(np.linalg.norm(adjoint - before))
        if left <= tolerance and tolerance > 0:
            break
    kept = system.stored_floats(problem.state_size, row, np.array([taken]))
    return adjoint, taken, int(np.max(kept))


def _shifted(progress: Progress, done: int, total: int) -> Progress:
    return lambda spent: progress((done + spent) / total)
