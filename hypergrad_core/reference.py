"""The truth at one λ, and what a problem has to be for more of it to be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import Basis
from hypergrad_core.constants import Constants


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
    """Φ = w − η (Hw − Cλ − b) and E = ½‖w − target‖² + …, with the eigenvectors of H known."""

    @property
    def step(self) -> float:
        """η."""

    @property
    def eigenvalues(self) -> FloatArray:
        """Of H, shape (d,)."""

    @property
    def coupling(self) -> FloatArray:
        """C, shape (d, m)."""

    @property
    def target(self) -> FloatArray:
        """Of E, shape (d,)."""

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
