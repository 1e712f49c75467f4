"""The whole (t, k) plane of one method, and how to split a budget of products between t and k."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.inner import solver_for
from hypergrad_core.interruption import asking
from hypergrad_core.methods import METHODS, Method, Points, method_named
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.experiment import Refusal
from hypergrad_core.studies.prepared import Prepared, prepare

# Hypergradients of so many numbers are kept at once; a larger plane is taken in bands of t.
BAND_FLOATS = 2**24
# In place of an error of 0, which has no logarithm.
SMALLEST = 1e-300


@dataclass(frozen=True, eq=False, kw_only=True)
class ProblemPlane(Record):
    """One method at every t and k from 0 to T. Row t, column k of each array.

    Attributes:
        method: key of ``METHODS``.
        errors: ‖estimate − ∇f(λ)‖, measured, shape (T + 1, T + 1).
        paper: the paper's bound, shape (T + 1, T + 1).
        sharp: the sharp bound, shape (T + 1, T + 1).
        products: products spent, counted, shape (T + 1, T + 1).
        floor: level below which an error is rounding.
        hypergradient_norm: ‖∇f(λ)‖.
        state_size, hyper_size: d and m of the problem.
    """

    method: str
    errors: FloatArray
    paper: FloatArray
    sharp: FloatArray
    products: IntArray
    floor: float
    hypergradient_norm: float
    state_size: int
    hyper_size: int

    @property
    def steps(self) -> IntArray:
        """0, …, T."""
        return np.arange(len(self.errors))

    @cached_property
    def frontier(self) -> Frontier:
        """The best split of every budget."""
        return best_splits(self)


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane(ProblemPlane):
    """The plane of a scenario.

    Attributes:
        scenario: what was run.
    """

    scenario: Scenario


@dataclass(frozen=True)
class Split:
    """The best use of a budget.

    Attributes:
        budget: products that may be spent.
        inner_steps, adjoint_steps: t and k with the smallest error within the budget.
        error: measured there.
        products: spent there.
    """

    budget: int
    inner_steps: int
    adjoint_steps: int
    error: float
    products: int

    @property
    def on_adjoint(self) -> int:
        """Products spent on v; the others, one for each inner step, are spent on w."""
        return self.products - self.inner_steps


@dataclass(frozen=True, eq=False)
class Frontier(Record):
    """The best splits: from each of these budgets on, that one.

    Attributes:
        products: spent, rising, shape (n,).
        inner_steps, adjoint_steps: t and k, each of shape (n,).
        errors: measured there, falling, shape (n,).
    """

    products: IntArray
    inner_steps: IntArray
    adjoint_steps: IntArray
    errors: FloatArray

    def within(self, budget: int) -> Split:
        """The best split of a budget; of one that pays for nothing, the cheapest."""
        place = max(0, int(np.searchsorted(self.products, budget, side="right")) - 1)
        return Split(
            budget=budget,
            inner_steps=int(self.inner_steps[place]),
            adjoint_steps=int(self.adjoint_steps[place]),
            error=float(self.errors[place]),
            products=int(self.products[place]),
        )


def plane_methods() -> tuple[str, ...]:
    """Keys of the methods whose t and k can be chosen freely."""
    return tuple(key for key, method in METHODS.items() if not method.fixed_adjoint_steps)


def plane(
    scenario: Scenario,
    method: str,
    progress: Progress | None = None,
    prepared: Prepared | None = None,
) -> Plane | Refusal:
    """Run a method at every t and k up to the scenario's horizon, in lockstep.

    Args:
        scenario: its family, data, q, sizes, inner solver, horizon and seed; no other field counts.
        method: key of ``METHODS``.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.
        prepared: of this scenario up to its horizon, if it is there from another method.

    Returns:
        the plane, or why there is none: the method does not apply, or its k cannot be chosen.
    """
    with asking(progress) as report:
        prepared = prepared or prepare(scenario.build(), scenario.solver, scenario.horizon)
        measured = _measured(prepared, METHODS[method], scenario.horizon, report)
    return measured if isinstance(measured, Refusal) else Plane(**vars(measured), scenario=scenario)


def problem_plane(
    problem: Problem,
    method: str,
    horizon: int,
    *,
    inner: str = "fixed-point",
    progress: Progress | None = None,
) -> ProblemPlane | Refusal:
    """Run a method on any problem at every t and k up to a horizon, in lockstep.

    Args:
        problem: of a family, or of one's own.
        method: key of ``METHODS``.
        horizon: T.
        inner: key of the inner solver.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.

    Returns:
        the plane, or why there is none: the method does not apply, or its k cannot be chosen.

    Raises:
        HypergradError: if a name is not known, the inner solver does not apply, or w(λ) is not
            reached.
    """
    chosen = method_named(method)
    with asking(progress) as report:
        prepared = prepare(problem, solver_for(problem, inner), horizon)
        return _measured(prepared, chosen, horizon, report)


def _measured(
    prepared: Prepared, method: Method, horizon: int, report: Progress
) -> ProblemPlane | Refusal:
    reason = method.fixed_adjoint_steps or method.refusal(prepared.problem)
    if reason:
        return Refusal(method.key, reason)
    count = horizon + 1
    band = max(1, BAND_FLOATS // (count * prepared.problem.hyper_size))
    parts = []
    for start in range(0, count, band):
        report(start / count)
        parts.append(_band(prepared, method, start, min(start + band, count), count))
    report(1.0)
    errors, paper, sharp, products = (np.concatenate(part) for part in zip(*parts, strict=True))
    return ProblemPlane(
        method=method.key,
        errors=errors,
        paper=paper,
        sharp=sharp,
        products=products,
        floor=prepared.floor,
        hypergradient_norm=prepared.constants.hypergradient_norm,
        state_size=prepared.problem.state_size,
        hyper_size=prepared.problem.hyper_size,
    )


def _band(
    prepared: Prepared, method: Method, start: int, stop: int, count: int
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Errors, bounds and products of the rows from ``start`` to ``stop``."""
    t, k = np.meshgrid(np.arange(start, stop), np.arange(count), indexing="ij")
    points = method.clipped_points(Points(t.ravel(), k.ravel()))
    curve = prepared.curve(method, points, np.arange(count))
    return (
        curve.errors.reshape(t.shape),
        curve.paper.values.reshape(t.shape),
        curve.sharp.values.reshape(t.shape),
        curve.estimate.costs.products.reshape(t.shape),
    )


def best_splits(measured: ProblemPlane) -> Frontier:
    """The best split of every budget at which it changes, from the smallest budget on.

    An error below the floor may be chance, so there only a split that halves it is better. So the
    best is never more than twice as bad as any other that the budget pays for.
    """
    values = _halvings_below(measured.errors.ravel(), measured.floor)
    products = measured.products.ravel()
    order = np.lexsort((values, products))
    record = np.minimum.accumulate(values[order])
    # The first of each new record; of equal budgets the best comes first.
    better = order[np.flatnonzero(np.r_[True, record[1:] < record[:-1]])]
    width = measured.errors.shape[1]
    return Frontier(
        products=products[better],
        inner_steps=better // width,
        adjoint_steps=better % width,
        errors=measured.errors.ravel()[better],
    )


def _halvings_below(values: FloatArray, floor: float) -> FloatArray:
    """``values``, each below the floor rounded up to the floor times a power of ½."""
    if floor <= 0:
        return values
    halvings = np.floor(np.log2(floor / np.maximum(values, SMALLEST)))
    return np.asarray(np.where(values < floor, floor * 0.5**halvings, values))


def best_split_by(measured: ProblemPlane, judged_by: FloatArray, budget: int) -> Split | None:
    """The split within a budget at which something else than the error is smallest, or None.

    Args:
        measured: the plane of a method.
        judged_by: what is to be small, shape (T + 1, T + 1): a bound. None where it is infinite.
        budget: products that may be spent.
    """
    within = np.where(measured.products <= budget, judged_by, np.inf)
    t, k = np.unravel_index(int(np.argmin(within)), within.shape)
    if not np.isfinite(within[t, k]):
        return None
    return Split(
        budget=budget,
        inner_steps=int(t),
        adjoint_steps=int(k),
        error=float(measured.errors[t, k]),
        products=int(measured.products[t, k]),
    )
