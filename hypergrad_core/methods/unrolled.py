"""Reverse-mode iterative differentiation: one sweep back through the steps, for all horizons."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress, RowNumbers, as_slice
from hypergrad_core.bounds import Bound, Path, Term
from hypergrad_core.bounds.expected import unrolled_cost
from hypergrad_core.constants import Constants
from hypergrad_core.costs import Cost, CountedLinearisation, Counter, ProblemWork
from hypergrad_core.inner import InnerSolver
from hypergrad_core.interruption import ask
from hypergrad_core.methods.base import (
    PLAIN,
    Batch,
    Estimate,
    Method,
    Points,
    Recorder,
    adjoint_term,
    batches,
    drift_scale,
    lower_level_term,
)
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme

# Every so many steps back, adjoints that are too small to change any sum are set to zero.
DENORMALS_EVERY = 64
SMALLEST_ADJOINT = 1e-200


class ReverseMode(Method):
    """Reverse mode through some of the steps that made w_t.

    Attributes:
        exponent: LaTeX of the number of these steps: "t" where it is all of them.
    """

    exponent: ClassVar[str]
    unrolls = True

    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """That of the iteration that is gone back through."""
        return inner.exponent

    def adjoint_factor(self, constants: Constants, inner: InnerSolver) -> float:
        """That of the iteration that is gone back through."""
        return inner.late_factor(constants.contraction)

    def estimate(
        self,
        problem: Problem,
        states: FloatArray,
        points: Points,
        progress: Progress | None = None,
        scheme: Scheme = PLAIN,
    ) -> Estimate:
        """One sweep from the last step down; each horizon joins at its own t.

        The adjoints of all horizons are rows of one block, pulled back through step s together.
        """
        recorder = Recorder(points, problem.hyper_size)
        parts = batches(points, problem.state_size)
        for number, batch in enumerate(parts):
            report = None if progress is None else _part(progress, number, len(parts))
            self._sweep(problem, states, batch, recorder, report, scheme)
        return recorder.estimate()

    def work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """A sweep for each batch; at each step all rows that go through it meet one state."""
        d, m = work.state_size, work.hyper_size
        per_row, per_step = (3.0 * d, 18.0) if scheme.plain else (12.0 * d, 30.0)
        cost = Cost(vector=float(len(points)) * m)
        for batch in batches(points, d):
            rows, pulled = len(batch.depths), float(batch.depths.sum())
            steps = float(batch.inner_steps.max() - (batch.inner_steps - batch.depths).min())
            cost += work.on_rows(work.outer, rows) + work.on_rows(work.linearise, steps)
            cost += work.on_rows(work.pullback_alone, pulled, steps) + work.alone * steps
            cost += work.on_rows(work.state_product, pulled, steps)
            cost += Cost(
                vector=pulled * (per_row + 2.0 * m) + 3.0 * rows * d * steps / DENORMALS_EVERY,
                # What is complete after a step is recorded together.
                calls=per_step * steps + 12.0 * min(len(batch.points), steps + 1),
            )
        most = min(len(points), rows)
        return cost + Cost(bytes=8.0 * (len(points) * m + 6 * most * m + 7 * most * d))

    def bound_work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """R7, or R6."""
        return unrolled_cost(work, points.inner_steps, points.adjoint_steps, scheme)

    def _sweep(
        self,
        problem: Problem,
        states: FloatArray,
        batch: Batch,
        recorder: Recorder,
        progress: Progress | None,
        scheme: Scheme,
    ) -> None:
        horizons, rows, steps = batch.inner_steps, batch.rows, batch.adjoint_steps
        size, hyper_size = problem.state_size, problem.hyper_size
        ends = states[horizons]
        adjoints = problem.outer_gradient_state(ends)
        # What w_s loses by the step after the next: it enters y_{s+1} and w_{s+2} with a minus.
        carried = None if scheme.plain else np.zeros_like(adjoints)
        sums = np.array(problem.outer_gradient_hyper(ends))
        counter = Counter(len(horizons))
        counter.map_evaluations += horizons
        # The step s at which each point is complete; at s = t nothing has been pulled back.
        complete = horizons[rows] - steps
        bottoms = horizons - batch.depths
        top, bottom = int(horizons.max()), int(bottoms.min())
        coefficients = scheme.table(top + 1).tolist()
        evaluated = scheme.evaluated(states[: top + 1])
        lin = problem.linearise(evaluated[bottom:top]) if top > bottom else None
        ending = np.argsort(complete, kind="stable")
        ends = np.searchsorted(complete[ending], np.arange(bottom, top + 2)).tolist()
        through = _rows_through(horizons, bottoms, top, bottom)
        for s in range(top, bottom - 1, -1):
            active, further = through(s), through(s, beyond=True)
            a, momentum, ahead = coefficients[s]
            if lin is not None and len(active):
                step = lin[s - bottom : s - bottom + 1]
                block = as_slice(active)
                product = CountedLinearisation(step, counter, active).vjp_hyper(adjoints[block])
                sums[block] += a * product
            first, last = ends[s - bottom : s - bottom + 2]
            if last > first:
                done = ending[first:last]
                at = rows[done]
                # Reverse mode keeps each state it goes back through, two adjoints and the sum.
                spent = counter[at]
                spent.stored_floats += (steps[done] + 2) * size + hyper_size
                recorder.record(batch.points[done], sums[at], spent)
            if lin is not None and len(further):
                block = as_slice(further)
                pulled = CountedLinearisation(step, counter, further).vjp_state(adjoints[block])
                if carried is not None:
                    # w_s enters w_{s+1} by a Φ(y_s) + (1 − a + β) w_s, and y_s by (1 + γ) w_s.
                    at_point = a * pulled
                    pulled = at_point + (1 - a + momentum) * adjoints[block]
                    pulled -= carried[block]
                    carried[block] = momentum * adjoints[block]
                    if ahead:
                        pulled += ahead * at_point
                        carried[block] += ahead * at_point
                adjoints[block] = pulled
            if s % DENORMALS_EVERY == 0:
                # Numbers that have underflowed are slow, and q times them is never quite zero.
                adjoints[np.abs(adjoints) < SMALLEST_ADJOINT] = 0
            # Who is told how far it is may stop it as well: once is enough.
            if progress is None:
                ask()
            else:
                progress((top - s) / max(top - bottom, 1))

    def paper_terms(
        self, constants: Constants, points: Points, inner: InnerSolver
    ) -> tuple[Term, ...]:
        """c₁ρ(t) + c₂ Σ + c₃σ(k): R9 with e_s ≤ ρ(s)D; for Φ alone c₁qᵗ + c₂ k q^(t−1) + c₃q^k."""
        q = constants.contraction
        t = points.inner_steps.astype(np.float64)
        k = points.adjoint_steps.astype(np.float64)
        drift = Term(
            "drift",
            r"\left(\nu_2+\frac{\nu_1L_\Phi}{1-q}\right)L_ED\,"
            + inner.slope_formula(self.exponent),
            drift_scale(constants) * inner.unrolled_slope(q, t, k),
        )
        left = inner.residual_factor(q, t, k)
        adjoint = adjoint_term(constants, left, inner.residual_formula(self.exponent))
        return lower_level_term(constants, points.inner_steps, inner), drift, adjoint

    def source_of_bound(self, inner: InnerSolver) -> str:
        """The bound of what is unrolled is another one for another iteration."""
        return inner.unrolled_source or self.paper_source

    def sharp_bound(self, path: Path, estimate: Estimate) -> Bound:
        """R7 along the steps that were gone back through, or R6."""
        points = estimate.points
        values = path.unrolled_bound(points.inner_steps, points.adjoint_steps, frozen=False)
        return Bound(path.tier, path.unrolled_status, values, path.source)


def _rows_through(
    horizons: IntArray, bottoms: IntArray, top: int, bottom: int
) -> Callable[..., RowNumbers]:
    """Which rows go back through step s, or beyond it to s − 1 at the least.

    Horizons are sorted: those beyond s are the last rows. Where rows end in the same order as they
    begin, as on every slice, those that go on are all between two of them.
    """
    every = np.arange(bottom, top + 1)
    firsts = np.searchsorted(horizons, every, side="right").tolist()
    in_order = bool((bottoms[1:] >= bottoms[:-1]).all())
    stops = np.searchsorted(bottoms, every, side="right").tolist() if in_order else []

    def rows(s: int, *, beyond: bool = False) -> RowNumbers:
        first, reach = firsts[s - bottom], s - beyond
        if in_order:
            stop = stops[reach - bottom] if reach >= bottom else 0
            return range(first, max(first, stop))
        return np.asarray(first + np.flatnonzero(bottoms[first:] <= reach))

    return rows


def _part(progress: Progress, number: int, count: int) -> Progress:
    return lambda fraction: progress((number + fraction) / count)
