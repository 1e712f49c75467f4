"""What a bilevel problem is: the inner map, the outer loss, their derivatives, its constants.

Every oracle acts on a block of rows: an array of shape (B, d) is B states, one per row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Rows
from hypergrad_core.basis import Basis
from hypergrad_core.constants import Constants


class Meter:
    """What each row of a lockstep run has spent.

    The oracles count the products themselves; the methods declare what they keep in memory.

    Attributes:
        map_evaluations: evaluations of Φ, shape (R,).
        state_products: products with ∂₁Φ or its transpose, shape (R,).
        hyper_products: products with ∂₂Φ or its transpose, shape (R,).
        stored_floats: numbers that must be kept at once, beyond the data, shape (R,).
    """

    def __init__(self, rows: int) -> None:
        self._counts: IntArray = np.zeros((4, rows), dtype=np.int64)
        self.map_evaluations, self.state_products, self.hyper_products, self.stored_floats = (
            self._counts
        )

    def at(self, rows: Rows) -> IntArray:
        """The four counts of these rows, in the order above: shape (4, rows)."""
        return self._counts[:, rows]


class Linearisation(ABC):
    """∂₁Φ and ∂₂Φ at a block of B states: computed once, sliced at will.

    A linearisation at one state (B = 1) takes any number of rows; otherwise row i of the argument
    meets the Jacobians at state i.

    Attributes:
        metric: weights s of the inner product Σ s_i x_i y_i in which I − ∂₁Φᵀ is self-adjoint,
            0 < s ≤ 1, shape (B, d); None if that is the Euclidean one, or if there is none.
    """

    metric: FloatArray | None = None
    _meter: Meter | None = None
    _rows: IntArray = np.zeros(0, dtype=np.int64)

    @abstractmethod
    def _take(self, rows: Rows) -> Self:
        """The linearisation at these rows of the block only."""

    @abstractmethod
    def _vjp_state(self, adjoints: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _jvp_state(self, tangents: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _vjp_hyper(self, adjoints: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _jvp_hyper(self, tangents: FloatArray) -> FloatArray: ...

    def __getitem__(self, rows: Rows) -> Self:
        """The linearisation at these rows of the block only; products still count."""
        part = self._take(rows)
        return part if self._meter is None else part.charged_to(self._meter, self._rows[rows])

    def charged_to(self, meter: Meter, rows: IntArray) -> Self:
        """The same operator, whose products are counted for these rows of ``meter``."""
        # What copy.copy would do, at a fifth of its price: this runs once per step.
        charged = object.__new__(type(self))
        charged.__dict__.update(self.__dict__)
        charged._meter, charged._rows = meter, rows
        return charged

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φᵀ v for each row v: (B, d) → (B, d)."""
        if self._meter is not None:
            self._meter.state_products[self._rows] += 1
        return self._vjp_state(adjoints)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        """∂₁Φ u for each row u: (B, d) → (B, d)."""
        if self._meter is not None:
            self._meter.state_products[self._rows] += 1
        return self._jvp_state(tangents)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        """∂₂Φᵀ v for each row v: (B, d) → (B, m)."""
        if self._meter is not None:
            self._meter.hyper_products[self._rows] += 1
        return self._vjp_hyper(adjoints)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        """∂₂Φ u for each row u: (B, m) → (B, d)."""
        if self._meter is not None:
            self._meter.hyper_products[self._rows] += 1
        return self._jvp_hyper(tangents)


@dataclass(frozen=True)
class Reference:
    """The truth at one λ, by a route that shares nothing with the methods.

    Attributes:
        solution: w(λ), shape (d,).
        adjoint: v(λ), shape (d,).
        hypergradient: ∇f(λ), shape (m,).
    """

    solution: FloatArray
    adjoint: FloatArray
    hypergradient: FloatArray


class Diagonalised(Protocol):
    """Φ(w, λ) = w − η (Hw − Cλ − b) and E = ½‖w − target‖² + …, with the eigenvectors of H known.

    Attributes:
        step: η.
        eigenvalues: of H, shape (d,).
        coupling: Cᵀ, shape (m, d).
        target: shape (d,).
    """

    step: float
    eigenvalues: FloatArray
    coupling: FloatArray
    target: FloatArray

    @property
    def basis(self) -> Basis:
        """To the eigenvectors and back."""

    @property
    def map_eigenvalues(self) -> FloatArray:
        """Eigenvalues of ∂₁Φ = I − ηH, shape (d,)."""

    @property
    def state_size(self) -> int:
        """d."""

    @property
    def reference(self) -> Reference:
        """w(λ), v(λ) and ∇f(λ)."""

    @property
    def constants(self) -> Constants:
        """Those of the bounds."""

    def canonical(self) -> Diagonalised:
        """The same in its eigenbasis."""
        ...


class Problem(ABC):
    """min over λ of f(λ) = E(w(λ), λ) with w(λ) = Φ(w(λ), λ), bound to one λ.

    Attributes:
        hyper: λ, shape (m,).
        initial_state: w_0, shape (d,); it does not depend on λ.
        symmetric: whether ∂₁Φ is symmetric.
        affine: whether Φ is affine in w.
    """

    hyper: FloatArray
    initial_state: FloatArray
    symmetric: bool
    affine: bool = False

    @property
    def self_adjoint(self) -> bool:
        """Whether I − ∂₁Φᵀ is self-adjoint, so that conjugate gradient applies.

        Either ∂₁Φ is symmetric, or the linearisations have a metric.
        """
        return self.symmetric

    @property
    def state_size(self) -> int:
        """d, the length of w."""
        return self.initial_state.size

    @property
    def hyper_size(self) -> int:
        """m, the length of λ."""
        return self.hyper.size

    @abstractmethod
    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (m,). Steps and start are kept."""

    def starting_at(self, state: FloatArray) -> Self:
        """The same problem with another w_0 of shape (d,), which stays the same at every λ."""
        moved = copy(self)
        moved.initial_state = state
        # The reference too: without a contraction there may be several, and w_0 tells which.
        for name in ("reference", "constants"):
            vars(moved).pop(name, None)
        return moved

    @abstractmethod
    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) for each row w: (B, d) → (B, d)."""

    @abstractmethod
    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ and ∂₂Φ at each row of a (B, d) block."""

    @abstractmethod
    def outer(self, states: FloatArray) -> FloatArray:
        """E(w, λ) for each row w: (B, d) → (B,)."""

    @abstractmethod
    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E(w, λ) for each row w: (B, d) → (B, d)."""

    @abstractmethod
    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E(w, λ) for each row w: (B, d) → (B, m)."""

    @abstractmethod
    def _solve(self) -> Reference:
        """w(λ), v(λ) and ∇f(λ) to rounding."""

    @abstractmethod
    def _measure_constants(self) -> Constants:
        """The constants at this λ."""

    @cached_property
    def reference(self) -> Reference:
        """w(λ), v(λ) and ∇f(λ) to rounding, computed once."""
        return self._solve()

    @cached_property
    def constants(self) -> Constants:
        """q, ν₁, ν₂, μ₁, μ₂, L_E, L_Φ, D and their companions, computed once."""
        return replace(self._measure_constants(), symmetric=self.symmetric)

    def drifts(self, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """The drift of w'(λ) at any states: ∂₁Φ(w) w'(λ) + ∂₂Φ(w) − w'(λ), which is 0 at w(λ).

        Args:
            columns: those of w'(λ), a row each, shape (m, d).

        Returns:
            what maps a block of states to the drift of each column: (B, d) → (B, m, d).
        """
        unit = np.eye(len(columns))

        def drifts(states: FloatArray) -> FloatArray:
            lin = self.linearise(states)
            parts = [lin[i : i + 1] for i in range(len(states))]
            return np.array([at.jvp_state(columns) + at.jvp_hyper(unit) - columns for at in parts])

        return drifts

    def objective(self) -> float:
        """f(λ) = E(w(λ), λ)."""
        return float(self.outer(self.reference.solution[None])[0])

    def canonical(self) -> Problem:
        """An orthogonally equivalent problem whose products are cheapest.

        Every method here commutes with an orthogonal change of the state: hypergradients, errors
        and costs are the same. By default the problem itself.
        """
        return self

    @property
    def without_rounding(self) -> Problem:
        """The problem in exact arithmetic, of which bounds are. By default the problem itself."""
        return self

    @property
    def diagonalised(self) -> Diagonalised | None:
        """The problem with ∂₁Φ constant and its eigenvectors known, if it is one."""
        return None
