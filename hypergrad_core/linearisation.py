"""∂₁Φ and ∂₂Φ at given states, known by their products with vectors."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hypergrad_core.arrays import FloatArray, Rows


class Linearisation(ABC):
    """∂₁Φ and ∂₂Φ at a block of B states: computed once, sliced at will.

    A linearisation at one state (B = 1) takes any number of rows; otherwise row i of the argument
    meets the Jacobians at state i.

    Attributes:
        metric: weights s of the inner product Σ s_i x_i y_i in which I − ∂₁Φᵀ is self-adjoint,
            0 < s ≤ 1, shape (B, d); None if that is the Euclidean one, or if there is none.
    """

    metric: FloatArray | None = None

    @abstractmethod
    def __getitem__(self, rows: Rows) -> Linearisation:
        """The linearisation at these rows of the block only."""

    @abstractmethod
    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φᵀ v for each row v: (B, d) → (B, d)."""

    @abstractmethod
    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        """∂₁Φ u for each row u: (B, d) → (B, d)."""

    @abstractmethod
    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        """∂₂Φᵀ v for each row v: (B, d) → (B, m)."""

    @abstractmethod
    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        """∂₂Φ u for each row u: (B, m) → (B, d)."""


class SymmetricLinearisation(Linearisation):
    """∂₁Φ is symmetric: one product says both."""

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        """∂₁Φ u = ∂₁Φᵀ u for each row u: (B, d) → (B, d)."""
        return self.vjp_state(tangents)
