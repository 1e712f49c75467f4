"""What a hypergradient costs, and the operator that counts it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Rows
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.records import Record


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
        rows: the rows of the counter that the rows of an argument belong to, shape (B,).
    """

    def __init__(self, plain: Linearisation, counter: Counter, rows: IntArray) -> None:
        self.metric = plain.metric
        self._plain, self._counter, self._rows = plain, counter, rows

    def __getitem__(self, rows: Rows) -> CountedLinearisation:
        """The linearisation at these rows of the block only, counted for them."""
        return CountedLinearisation(self._plain[rows], self._counter, self._rows[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φᵀ v for each row v, counted."""
        self._counter.state_products[self._rows] += 1
        return self._plain.vjp_state(adjoints)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        """∂₁Φ u for each row u, counted."""
        self._counter.state_products[self._rows] += 1
        return self._plain.jvp_state(tangents)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        """∂₂Φᵀ v for each row v, counted."""
        self._counter.hyper_products[self._rows] += 1
        return self._plain.vjp_hyper(adjoints)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        """∂₂Φ u for each row u, counted."""
        self._counter.hyper_products[self._rows] += 1
        return self._plain.jvp_hyper(tangents)
