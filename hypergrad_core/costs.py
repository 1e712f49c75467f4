"""What a hypergradient costs, and the operator that counts it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, RowNumbers, Rows
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import EXACT_NORM_SIZE, ROW_BY_ROW_SIZE
from hypergrad_core.records import Record

# A product of matrices with fewer rows goes through all numbers of the matrix for each of them.
FEW_ROWS = 4
# An exponential or a random number takes as long as so many sums.
SLOW_FUNCTION = 12.0


@dataclass(frozen=True)
class Cost:
    """What a piece of work takes, before it is done.

    Attributes:
        products: evaluations of Φ and products with its derivatives.
        vector: numbers that are passed over in sums of vectors, or in products with few rows.
        matrix: multiplications in products of matrices and in decompositions.
        calls: of NumPy.
        bytes: kept at the peak.
    """

    products: float = 0.0
    vector: float = 0.0
    matrix: float = 0.0
    calls: float = 0.0
    bytes: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Both, one after the other; what they keep is kept at once."""
        return Cost(
            self.products + other.products,
            self.vector + other.vector,
            self.matrix + other.matrix,
            self.calls + other.calls,
            self.bytes + other.bytes,
        )

    def __mul__(self, times: float) -> Cost:
        """So many times, one after the other: nothing more is kept."""
        return Cost(
            times * self.products,
            times * self.vector,
            times * self.matrix,
            times * self.calls,
            self.bytes if times else 0.0,
        )


@dataclass(frozen=True, kw_only=True)
class ProblemWork:
    """What the oracles of a problem take, and what it takes to build it.

    Attributes:
        state_size, hyper_size: d and m.
        setup: the data, the reference solution and the constants.
        solution: of that, what is done again from another start.
        map: Φ, of one row.
        linearise: of one row.
        state_product: ∂₁Φ or its transpose times one row.
        pullback: ∂₂Φᵀ times one row.
        tangent: ∂₂Φ times one row.
        outer: ∇₁E and ∇₂E, of one row.
        alone: what is formed of ∂₂Φ where many rows meet one state; the products are cheap then.
        drift: that of one state (R7); nothing where ∂₁Φ and ∂₂Φ are constant.
        layers: rows of the matrices that one state makes.
        blocks: ∂₁Φ is block diagonal with so many blocks.
        symmetric: whether ∂₁Φ is.
        self_adjoint: whether I − ∂₁Φᵀ is, in some metric.
        diagonal: whether its eigenvectors are known.
        contraction: by what the distance to w(λ) falls, late.
        exact: whether it falls to rounding in double precision.
        condition: κ of I − ∂₁Φ, about; 0 for that of the contraction.
        clusters: distinct eigenvalues of ∂₁Φ, at the most, or those that count.
    """

    state_size: int
    hyper_size: int
    setup: Cost
    map: Cost
    linearise: Cost
    state_product: Cost
    pullback: Cost
    tangent: Cost
    outer: Cost
    solution: Cost = Cost()
    alone: Cost = Cost()
    drift: Cost = Cost()
    layers: int = 1
    blocks: int = 1
    symmetric: bool = False
    self_adjoint: bool = False
    diagonal: bool = False
    contraction: float
    exact: bool = True
    condition: float = 0.0
    clusters: int

    def rounded(self) -> ProblemWork:
        """The same with every result of an oracle rounded to single precision."""
        d, m = (
            Cost(vector=2.0 * self.state_size, calls=2),
            Cost(vector=2.0 * self.hyper_size, calls=2),
        )
        return replace(
            self,
            exact=False,
            map=self.map + d,
            state_product=self.state_product + d,
            pullback=self.pullback + m,
            tangent=self.tangent + d,
            outer=self.outer + d + m,
        )

    @property
    def pullback_alone(self) -> Cost:
        """∂₂Φᵀ times one of many rows that meet one state."""
        return self._at_one_state(self.pullback)

    @property
    def tangent_alone(self) -> Cost:
        """∂₂Φ times one of many rows that meet one state."""
        return self._at_one_state(self.tangent)

    def _at_one_state(self, product: Cost) -> Cost:
        if not self.alone.calls:
            return product
        return Cost(1, self.hyper_size, self.state_size * self.hyper_size, 6)

    def on_rows(self, row: Cost, rows: float, blocks: float = 1.0) -> Cost:
        """The cost of many rows.

        Args:
            row: of one.
            rows: how many.
            blocks: how many calls of NumPy's functions take them.
        """
        few = rows * self.layers < FEW_ROWS * blocks
        return Cost(
            rows * row.products,
            rows * (row.vector + (row.matrix if few else 0.0)),
            0.0 if few else rows * row.matrix,
            blocks * row.calls,
        )


class Sized(Protocol):
    """What of a problem says how long it takes, whatever the data are."""

    @property
    def state_size(self) -> int:
        """d."""

    @property
    def hyper_size(self) -> int:
        """m."""

    @property
    def contraction(self) -> float:
        """q."""


def dense_work(sizes: Sized) -> ProblemWork:
    """That of a problem whose ∂₁Φ and ∂₂Φ are dense matrices."""
    d, m = sizes.state_size, sizes.hyper_size
    state, hyper = Cost(1) + matrix_cost(d, d), Cost(1) + matrix_cost(d, m)
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        setup=Cost(0, SLOW_FUNCTION * d * (d + m), d**3, 200, 8.0 * d * (4 * d + 4 * m)),
        map=state,
        linearise=state,
        state_product=state,
        pullback=hyper,
        tangent=hyper,
        outer=state,
        contraction=sizes.contraction,
        clusters=d,
    )


def norm_cost(rows: int, columns: int) -> Cost:
    """That of ``spectral_norm``."""
    work = 0.0
    if rows > 2 * columns:
        work, rows = 2.0 * rows * columns**2, columns
    least, most = sorted((rows, columns))
    exact = least <= EXACT_NORM_SIZE
    return Cost(
        matrix=work + (3.0 * most * least**2 if exact else least**2 * (most + least)), calls=6
    )


def upper_norm_cost(rows: int, columns: int) -> Cost:
    """That of ``spectral_norms_upper``, of one matrix."""
    least, most = sorted((rows, columns))
    return Cost(matrix=least**2 * (most + least), vector=3.0 * least**2, calls=12)


def matrix_cost(rows: float, columns: float) -> Cost:
    """That of a row times a matrix: small matrices are taken row by row."""
    size = rows * columns
    return Cost(vector=size, calls=2) if size <= ROW_BY_ROW_SIZE else Cost(matrix=size, calls=2)


@dataclass(frozen=True)
class Machine:
    """How fast a machine is, with one thread.

    Attributes:
        vector_seconds: for each number that a sum of vectors passes over.
        matrix_seconds: for each multiplication in a product of matrices.
        call_seconds: for each call of NumPy, however small.
    """

    vector_seconds: float
    matrix_seconds: float
    call_seconds: float

    def seconds(self, cost: Cost) -> float:
        """How long a piece of work takes."""
        # What was counted in arrays is a number of NumPy, which not everything takes for one.
        return float(
            cost.vector * self.vector_seconds
            + cost.matrix * self.matrix_seconds
            + cost.calls * self.call_seconds
        )

    @classmethod
    def measure(cls) -> Machine:
        """This machine, in less than a tenth of a second.

        The least of a few times, in seconds of this thread: what else runs does not count.
        """
        square, block = np.ones((256, 256)), np.ones((16, 2**15))
        small = np.ones(8)

        def least(action: Callable[[], object], times: int) -> float:
            taken = []
            for _ in range(5):
                started = time.thread_time()
                for _ in range(times):
                    action()
                taken.append((time.thread_time() - started) / times)
            return min(taken)

        return cls(
            vector_seconds=least(lambda: block + block, 2) / block.size * VECTOR_OVERHEAD,
            matrix_seconds=least(lambda: square @ square, 2) / square.size**1.5 * MATRIX_OVERHEAD,
            call_seconds=least(lambda: small + small, 1000) * CALL_OVERHEAD,
        )


# Sums of vectors seldom find them in cache, and most matrices are thin.
VECTOR_OVERHEAD, MATRIX_OVERHEAD = 2.0, 2.0
# What stands around a call of NumPy, in calls: lines of Python, and slices.
CALL_OVERHEAD = 3.0
# A laptop of 2020.
DEFAULT_MACHINE = Machine(vector_seconds=5e-10, matrix_seconds=5e-11, call_seconds=1.2e-6)


@dataclass(frozen=True, eq=False)
class Costs(Record):
    """What each of P points takes, run alone.

    Products are counted by the operators; the methods declare the rest. A run keeps temporary
    vectors too: tests hold what is allocated at the peak to 3.2 times ``stored_floats``.

    Attributes:
        map_evaluations: evaluations of Φ, shape (P,).
        state_products: products with ∂₁Φ or its transpose, shape (P,).
        hyper_products: products with ∂₂Φ or its transpose, shape (P,).
        stored_floats: numbers that must be kept at once, beyond the data, shape (P,).
    """

    map_evaluations: IntArray
    state_products: IntArray
    hyper_products: IntArray
    stored_floats: IntArray

    @property
    def products(self) -> IntArray:
        """All products; an evaluation of Φ counts as one. Shape (P,)."""
        return self.map_evaluations + self.state_products + self.hyper_products


class Counter:
    """What each row of a lockstep run has spent so far.

    Args:
        rows: how many there are, R.

    Attributes:
        map_evaluations, state_products, hyper_products, stored_floats: as in ``Costs``, shape
            (R,), to be added to in place.
    """

    def __init__(self, rows: int) -> None:
        self._hold(np.zeros((4, rows), dtype=np.int64))

    @property
    def counts(self) -> IntArray:
        """All of them, shape (4, R), to be written to as well."""
        return self._counts

    def _hold(self, counts: IntArray) -> None:
        # One block, so that rows are copied in one go.
        self._counts = counts
        self.map_evaluations, self.state_products, self.hyper_products, self.stored_floats = counts

    def __getitem__(self, rows: Rows) -> Counter:
        """A copy of these rows, which goes its own way."""
        return self._of(np.array(self._counts[:, rows]))

    def __setitem__(self, rows: Rows, spent: Counter) -> None:
        self._counts[:, rows] = spent._counts

    def total(self) -> Counter:
        """All rows together, as one."""
        return self._of(self._counts.sum(axis=1, keepdims=True))

    def costs(self) -> Costs:
        """The record of what was spent."""
        return Costs(*self._counts)

    @classmethod
    def _of(cls, counts: IntArray) -> Counter:
        counter = cls.__new__(cls)
        counter._hold(counts)
        return counter


class CountedLinearisation(Linearisation):
    """A linearisation whose products are charged to rows of a counter.

    Args:
        plain: the linearisation that does the work.
        counter: what is added to.
        rows: the rows of the counter that the rows of an argument belong to, shape (B,);
            a range where they are consecutive, to which a count is added several times as fast.
    """

    def __init__(self, plain: Linearisation, counter: Counter, rows: RowNumbers) -> None:
        self.metric = plain.metric
        self._plain, self._counter, self._rows = plain, counter, rows
        self._charged = slice(rows.start, rows.stop) if isinstance(rows, range) else rows

    def __getitem__(self, rows: Rows) -> CountedLinearisation:
        """The linearisation at these rows of the block only, counted for them."""
        numbers = self._rows
        if isinstance(rows, slice):
            return CountedLinearisation(self._plain[rows], self._counter, numbers[rows])
        return CountedLinearisation(self._plain[rows], self._counter, np.asarray(numbers)[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φᵀ v for each row v, counted."""
        self._counter.state_products[self._charged] += 1
        return self._plain.vjp_state(adjoints)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        """∂₁Φ u for each row u, counted."""
        self._counter.state_products[self._charged] += 1
        return self._plain.jvp_state(tangents)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        """∂₂Φᵀ v for each row v, counted."""
        self._counter.hyper_products[self._charged] += 1
        return self._plain.vjp_hyper(adjoints)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        """∂₂Φ u for each row u, counted."""
        self._counter.hyper_products[self._charged] += 1
        return self._plain.jvp_hyper(tangents)
