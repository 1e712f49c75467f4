"""What a method is: an estimate, two bounds and a cost at any set of (t, k) points."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hypergrad_core.adjoint import AdjointSolver, FixedPointSolver
from hypergrad_core.arrays import BLOCK_FLOATS, KEPT_FLOATS, FloatArray, IntArray, Progress
from hypergrad_core.bounds import Bound, Path, Status, Term
from hypergrad_core.constants import Constants
from hypergrad_core.costs import Cost, Costs, Counter, ProblemWork
from hypergrad_core.inner import FIXED_POINT, InnerSolver
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scheme import Scheme

PLAIN = Scheme()


@dataclass(frozen=True, eq=False)
class Points(Record):
    """P points of the (t, k) plane.

    Attributes:
        inner_steps: t, shape (P,).
        adjoint_steps: k, shape (P,).
    """

    inner_steps: IntArray
    adjoint_steps: IntArray

    @classmethod
    def diagonal(cls, steps: int) -> Points:
        """t = k = 0, 1, …, steps."""
        return cls(np.arange(steps + 1), np.arange(steps + 1))

    def __len__(self) -> int:
        return len(self.inner_steps)

    def __getitem__(self, index: slice | IntArray) -> Points:
        return Points(self.inner_steps[index], self.adjoint_steps[index])


@dataclass(frozen=True, eq=False)
class Estimate(Record):
    """What a method gives at P points, and what each point alone would have cost.

    Attributes:
        points: where.
        hypergradients: shape (P, m).
        costs: of each.
        residuals: norm of what the adjoint solver left, shape (P,); nan where it does not tell.
        outcomes: why the solver stopped, one for each point; empty where no system is solved.
    """

    points: Points
    hypergradients: FloatArray
    costs: Costs
    residuals: FloatArray
    outcomes: tuple[str, ...] = ()


class Recorder:
    """Collects an estimate point by point from the rows of a lockstep run."""

    def __init__(self, points: Points, hyper_size: int) -> None:
        count = len(points)
        self._points = points
        self._hypergradients = np.empty((count, hyper_size))
        self._spent = Counter(count)
        self._residuals = np.full(count, np.nan)
        self._outcomes = np.full(count, "", dtype=object)

    def record(
        self,
        index: IntArray,
        hypergradients: FloatArray,
        spent: Counter,
        residuals: FloatArray | float = np.nan,
        outcomes: Sequence[str] | None = None,
    ) -> None:
        """These are the points ``index``, a row of each argument for each of them."""
        self._hypergradients[index] = hypergradients
        self._spent[index] = spent
        self._residuals[index] = residuals
        if outcomes is not None:
            self._outcomes[index] = outcomes

    def estimate(self) -> Estimate:
        """All that was recorded."""
        return Estimate(
            self._points,
            self._hypergradients,
            self._spent.costs(),
            self._residuals,
            tuple(self._outcomes) if self._outcomes.any() else (),
        )


class Method(ABC):
    """One approximation of ∇f(λ).

    Attributes:
        key: short name.
        label: name for people.
        formula: LaTeX of the estimate.
        source: where it is analysed.
        paper_source: theorem of the paper's bound, with fixed-point iteration below.
        fixed_adjoint_steps: why k cannot be varied while t is fixed, or "".
        tied_adjoint_steps: why k cannot be fixed while t is varied, or "".
        whole: whether k = t always.
        unrolls: whether it goes back through steps of the inner solver.
        plateau: why no number of steps brings it to every target, or "".
        solver_name: what the adjoint is solved by, where it is a system of its own, or "".
        solver: of the adjoint where it is wanted by itself, such as for a certificate; of a method
            that unrolls it is the iteration that the method goes back through.
    """

    key: str
    label: str
    formula: str
    source: str
    paper_source: str
    fixed_adjoint_steps: str = ""
    tied_adjoint_steps: str = ""
    whole: bool = False
    unrolls: bool = False
    plateau: str = ""
    solver_name: str = ""
    solver: type[AdjointSolver] = FixedPointSolver

    def refusal(self, problem: Problem) -> str:
        """Why the method does not apply to the problem and what to use instead, or ""."""
        return ""

    @abstractmethod
    def adjoint_factor(self, constants: Constants, inner: InnerSolver) -> float:
        """By what the adjoint's error surely falls with each step, late (R5).

        Args:
            constants: of the problem.
            inner: what makes the w_t; who goes back through them depends on it.
        """

    def inner_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """The p of t ∝ κᵖ where k = t, as κ grows: the slower of both parts."""
        return max(inner.exponent, self.adjoint_exponent(inner, symmetric=symmetric))

    @abstractmethod
    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """The p of k ∝ κᵖ, as κ grows: 1 for a factor q, ½ for one of √κ."""

    @abstractmethod
    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """The points that the method really takes where these are asked for.

        Args:
            points: of a slice.
            truncation: the k of a truncated method where the slice does not say it (t = k).
        """

    @abstractmethod
    def estimate(
        self,
        problem: Problem,
        states: FloatArray,
        points: Points,
        progress: Progress | None = None,
        scheme: Scheme = PLAIN,
    ) -> Estimate:
        """Hypergradients and costs at the points, all in lockstep.

        Args:
            problem: bound to its λ.
            states: w_0, …, w_T, shape (T + 1, d), T at least the largest t.
            points: as ``clipped_points`` gives them.
            progress: told the fraction done, in [0, 1]; may raise to stop the run.
            scheme: of the inner solver that made the states; reverse mode goes back through it.
        """

    def applies(self, work: ProblemWork) -> bool:
        """Whether ``refusal`` will be empty, before there is a problem."""
        return True

    @abstractmethod
    def work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """What ``estimate`` takes at points as ``clipped_points`` gives them."""

    @abstractmethod
    def bound_work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """What ``sharp_bound`` takes there, beyond the path."""

    @abstractmethod
    def paper_terms(
        self, constants: Constants, points: Points, inner: InnerSolver
    ) -> tuple[Term, ...]:
        """The summands of the paper's bound (tier P), where w_t comes from ``inner``."""

    def source_of_bound(self, inner: InnerSolver) -> str:
        """Where the paper's bound is proved, if w_t comes from ``inner``."""
        with_rate = f", with ρ(t) of {inner.rate_source}" if inner.rate_source else ""
        return f"{self.paper_source}{with_rate}"

    def paper_bound(
        self, constants: Constants, points: Points, inner: InnerSolver = FIXED_POINT
    ) -> Bound:
        """The paper's bound, from the constants alone (tier P)."""
        terms = self.paper_terms(constants, points, inner)
        values = np.sum([term.values for term in terms], axis=0)
        return Bound("P", Status.UPPER, values, self.source_of_bound(inner), terms)

    @abstractmethod
    def sharp_bound(self, path: Path, estimate: Estimate) -> Bound:
        """The sharp bound, from what was measured along the path (tier X, T or V)."""


def lower_level_term(constants: Constants, inner_steps: IntArray, inner: InnerSolver) -> Term:
    """c₁ρ(t), c₁ = (μ₂ + μ₁L_Φ/(1−q))D: what w_t ≠ w(λ) does to the gradients of E (R1–R3)."""
    c = constants
    c1 = (c.mu2 + c.mu1 * c.hyper_jacobian_norm / (1 - c.contraction)) * c.distance
    return Term(
        "inner problem",
        r"\left(\mu_2+\frac{\mu_1 L_\Phi}{1-q}\right)D\," + inner.rate_formula,
        c1 * inner.rate(c.contraction, inner_steps.astype(np.float64)),
    )


def drift_scale(constants: Constants) -> float:
    """c₂ = (ν₂ + ν₁L_Φ/(1−q)) L_E D (R1–R3)."""
    c = constants
    slope = c.nu2 + c.nu1 * c.hyper_jacobian_norm / (1 - c.contraction)
    return slope * c.outer_gradient_bound * c.distance


def adjoint_term(constants: Constants, left: FloatArray, formula: str) -> Term:
    """c₃σ(k), c₃ = L_E L_Φ/(1−q): what k backward steps leave of the adjoint (R1, R3).

    Args:
        constants: of the problem.
        left: σ(k), shape (P,).
        formula: LaTeX of σ(k).
    """
    c = constants
    c3 = c.outer_gradient_bound * c.hyper_jacobian_norm / (1 - c.contraction)
    return Term("adjoint", rf"\frac{{L_E L_\Phi}}{{1-q}}\,{formula}", c3 * left)


@dataclass(frozen=True)
class Batch:
    """Rows that advance together, one for each t, and the points that are read off them.

    Attributes:
        inner_steps: t of each row, shape (R,).
        depths: the largest k that is asked for at each row, shape (R,).
        points: which of all points these are, shape (P,).
        rows: the row of each point, shape (P,).
        adjoint_steps: k of each point, shape (P,).
    """

    inner_steps: IntArray
    depths: IntArray
    points: IntArray
    rows: IntArray
    adjoint_steps: IntArray


def batches(points: Points, size: int, kept: Callable[[int], int] | None = None) -> list[Batch]:
    """The points in batches whose rows of ``size`` numbers fit in cache and in memory.

    Args:
        points: all that are asked for.
        size: d.
        kept: how many numbers a row gathers on its way to a k. If given, the rows come in the
            order of their depths, else in that of t.
    """
    inner_steps, row_of_point = np.unique(points.inner_steps, return_inverse=True)
    depths = np.zeros(len(inner_steps), dtype=np.int64)
    np.maximum.at(depths, row_of_point, points.adjoint_steps)
    if kept is not None:
        order = np.argsort(depths, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        row_of_point, inner_steps, depths = rank[row_of_point], inner_steps[order], depths[order]
    parts = []
    gathered = None if kept is None else [kept(k) for k in depths.tolist()]
    for chunk in chunk_rows(len(inner_steps), size, gathered):
        inside = np.flatnonzero((row_of_point >= chunk.start) & (row_of_point < chunk.stop))
        parts.append(
            Batch(
                inner_steps=inner_steps[chunk],
                depths=depths[chunk],
                points=inside,
                rows=row_of_point[inside] - chunk.start,
                adjoint_steps=points.adjoint_steps[inside],
            )
        )
    return parts


def chunk_rows(rows: int, size: int, kept: Sequence[int] | None = None) -> list[slice]:
    """Slices of a block of rows of ``size`` numbers each that fit in cache and in memory.

    Args:
        rows: how many.
        size: d.
        kept: how many numbers each row gathers, not falling, of length ``rows``. All rows of a
            slice have room for as many as its last.
    """
    most = max(1, BLOCK_FLOATS // max(size, 1))
    chunks, start = [], 0
    while start < rows:
        stop = min(start + most, rows)
        if kept is not None:
            while stop > start + 1 and (stop - start) * kept[stop - 1] > KEPT_FLOATS:
                stop -= 1
        chunks.append(slice(start, stop))
        start = stop
    return chunks
