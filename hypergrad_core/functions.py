"""A problem of one's own from plain functions of one state: vectors in, vectors out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import UNKNOWN, Lipschitz
from hypergrad_core.errors import HypergradError
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.problem import Problem

# Of w and λ, or of w, λ and a vector. What it returns is anything that NumPy makes an array of.
Function = Callable[..., Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class FunctionProblem(Problem):
    """A problem whose functions take one state w of shape (d,) and λ of shape (m,).

    They are called once for each row of a block: a subclass of ``Problem`` that works on blocks
    is faster.

    Attributes:
        phi: (w, λ) ↦ Φ(w, λ), shape (d,).
        vjp_state: (w, λ, v) ↦ ∂₁Φᵀv, shape (d,).
        jvp_state: (w, λ, u) ↦ ∂₁Φ u, shape (d,); not needed where ∂₁Φ is symmetric.
        vjp_hyper: (w, λ, v) ↦ ∂₂Φᵀv, shape (m,).
        jvp_hyper: (w, λ, u) ↦ ∂₂Φ u for u of shape (m,), shape (d,).
        loss: (w, λ) ↦ E(w, λ), a number.
        loss_gradient_state: (w, λ) ↦ ∇₁E, shape (d,).
        loss_gradient_hyper: (w, λ) ↦ ∇₂E, shape (m,); 0 if not given.
        symmetric: whether ∂₁Φ is symmetric.
        affine: whether Φ is affine in w.
        solution: λ ↦ w(λ); found from w_0 if not given.
        known: λ ↦ the constants of the bounds; without them there is no a-priori bound.

    Raises:
        HypergradError: when a function that is needed is not given, or returns another shape.
    """

    phi: Function
    vjp_state: Function
    vjp_hyper: Function
    jvp_hyper: Function
    loss: Function
    loss_gradient_state: Function
    jvp_state: Function | None = None
    loss_gradient_hyper: Function | None = None
    symmetric: bool = False
    affine: bool = False
    solution: Callable[[FloatArray], Any] | None = None
    known: Callable[[FloatArray], Lipschitz] | None = None

    def __post_init__(self) -> None:
        if self.jvp_state is None and not self.symmetric:
            raise HypergradError("jvp_state is needed, because ∂₁Φ is not said to be symmetric")
        for name in ("hyper", "initial_state"):
            value = np.asarray(getattr(self, name), dtype=np.float64)
            if value.ndim != 1:
                raise HypergradError(f"{name} is of shape {value.shape}; it must be one vector")
            object.__setattr__(self, name, value)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) for each row w."""
        return self._each("phi", self.state_size, states)

    def linearise(self, states: FloatArray) -> Linearisation:
        """The four products at each state, which is all that is kept."""
        return _FunctionLinearisation(self, states)

    def outer(self, states: FloatArray) -> FloatArray:
        """E(w, λ) for each row w."""
        return np.array([self._call("loss", (), state) for state in states]).reshape(len(states))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E(w, λ) for each row w."""
        return self._each("loss_gradient_state", self.state_size, states)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E(w, λ) for each row w."""
        if self.loss_gradient_hyper is None:
            return super().outer_gradient_hyper(states)
        return self._each("loss_gradient_hyper", self.hyper_size, states)

    def fixed_point(self) -> FloatArray:
        """w(λ), as given, or by Newton's method from w_0."""
        if self.solution is None:
            return super().fixed_point()
        return np.array(self.solution(self.hyper), dtype=np.float64)

    def lipschitz(self) -> Lipschitz:
        """What is known at this λ."""
        return UNKNOWN if self.known is None else self.known(self.hyper)

    def _each(self, name: str, size: int, states: FloatArray, *blocks: FloatArray) -> FloatArray:
        """A function at each row of states and blocks: (B, d), (B, …) → (B, size)."""
        rows = [self._call(name, (size,), *row) for row in zip(states, *blocks, strict=True)]
        return np.array(rows).reshape(len(states), size)

    def _call(
        self, name: str, shape: tuple[int, ...], state: FloatArray, *rest: FloatArray
    ) -> FloatArray:
        value = np.asarray(getattr(self, name)(state, self.hyper, *rest), dtype=np.float64)
        if value.shape != shape:
            raise HypergradError(f"{name} returns shape {value.shape}; it should return {shape}")
        return value


@dataclass(frozen=True)
class _FunctionLinearisation(Linearisation):
    problem: FunctionProblem
    states: FloatArray

    def __getitem__(self, rows: Rows) -> _FunctionLinearisation:
        return _FunctionLinearisation(self.problem, self.states[rows])

    def _product(self, name: str, size: int, block: FloatArray) -> FloatArray:
        states = np.broadcast_to(self.states, (len(block), self.problem.state_size))
        return self.problem._each(name, size, states, block)

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self._product("vjp_state", self.problem.state_size, adjoints)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        if self.problem.jvp_state is None:
            return self.vjp_state(tangents)
        return self._product("jvp_state", self.problem.state_size, tangents)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return self._product("vjp_hyper", self.problem.hyper_size, adjoints)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self._product("jvp_hyper", self.problem.state_size, tangents)
