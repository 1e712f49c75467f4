"""What a bilevel problem is: the inner map, the outer loss, their derivatives, its constants.

Every oracle acts on a block of rows: an array of shape (B, d) is B states, one per row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, TypeVar

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import UNKNOWN, Constants, Lipschitz, WeightedConstants
from hypergrad_core.equations import Transposed, fixed_point, solve_adjoint
from hypergrad_core.errors import HypergradError
from hypergrad_core.held_out import HeldOut
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import spectral_norm
from hypergrad_core.reference import Diagonalised, Reference

Value = TypeVar("Value")
# Matrices of d × d numbers are formed up to this d.
LARGEST_MATRIX = 1000
# What may be left of the adjoint system, relatively.
LARGEST_RESIDUAL = 1e-9


class kept_property(cached_property[Value]):  # noqa: N801 — used like the one it extends
    """Computed once, and the same at every λ and w_0: ``at`` does not compute it again."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem(ABC):
    """min over λ of f(λ) = E(w(λ), λ) with w(λ) = Φ(w(λ), λ), bound to one λ.

    A subclass is declared in the same way, ``@dataclass(frozen=True, eq=False, kw_only=True)``. It
    must override what is abstract here. Where they are not what it has, it overrides ``symmetric``
    and ``affine``, which may be plain attributes of the class, and ``outer_gradient_hyper``.

    Attributes:
        hyper: λ, shape (m,).
        initial_state: w_0, shape (d,); it does not depend on λ.
    """

    hyper: FloatArray
    initial_state: FloatArray

    @property
    def symmetric(self) -> bool:
        """Whether ∂₁Φ is symmetric."""
        return False

    @property
    def affine(self) -> bool:
        """Whether Φ is affine in w."""
        return False

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

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (m,). Steps and start are kept."""
        kept = {
            name: value
            for name, value in vars(self).items()
            if isinstance(getattr(type(self), name, None), kept_property)
        }
        return self._with(kept, hyper=hyper)

    def admits(self, hyper: FloatArray) -> bool:
        """Whether the problem is meant at λ of shape (m,); by default everywhere it is finite."""
        return bool(np.isfinite(hyper).all())

    def projected(self, hyper: FloatArray) -> FloatArray:
        """The λ nearest to one of shape (m,) for which Φ surely contracts; by default the same."""
        return hyper

    def tuned(self) -> Self:
        """The same problem with whatever of Φ suits its λ; w(λ) and f stay the same.

        By default nothing does.
        """
        return self

    @property
    def contraction(self) -> float:
        """q at this λ; infinite if it is not known."""
        return self.lipschitz().contraction

    @property
    def adjoint_unit(self) -> float:
        """The length of a step in Φ: times this, v(λ) is the same however Φ is tuned."""
        return 1.0

    def centred(self, state: FloatArray) -> Self:
        """The same problem, whose ``lipschitz`` compares any state with this one instead of w(λ).

        With a state of shape (d,) in the place of the reference solution, nothing need be solved
        to know the constants (R8).
        """
        adjoint, hypergradient = np.full_like(state, np.nan), np.full_like(self.hyper, np.nan)
        return self._with({"reference": Reference(state, adjoint, hypergradient)})

    def starting_at(self, state: FloatArray) -> Self:
        """The same problem with another w_0 of shape (d,), which stays the same at every λ."""
        # Not the reference: without a contraction there may be several, and w_0 tells which.
        kept = {
            name: value
            for name, value in vars(self).items()
            if isinstance(getattr(type(self), name, None), cached_property)
            and name not in {"reference", "constants"}
        }
        return self._with(kept, initial_state=state)

    def _with(self, kept: dict[str, object], **changes: FloatArray) -> Self:
        changed = replace(self, **changes)
        vars(changed).update(kept)
        return changed

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

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E(w, λ) for each row w: (B, d) → (B, m). 0 where E does not see λ, as here."""
        return np.zeros((len(states), self.hyper_size))

    def lipschitz(self) -> Lipschitz:
        """What is known at this λ and cannot be read off the reference. By default nothing."""
        return UNKNOWN

    def solve(self) -> Reference:
        """w(λ), v(λ) and ∇f(λ) to rounding; asked for once, by ``reference``.

        Raises:
            HypergradError: if w(λ) or v(λ) is not reached.
        """
        solution = self.fixed_point()
        lin = self.linearise(solution[None])
        gradient = self.outer_gradient_state(solution[None])
        try:
            adjoint = self.resolvent(solution, gradient.T, transposed=True).T
        except np.linalg.LinAlgError:
            raise HypergradError("v(λ) was not reached: I − ∂₁Φ is singular at w(λ)") from None
        left = np.linalg.norm(adjoint - lin.vjp_state(adjoint) - gradient)
        if not left <= LARGEST_RESIDUAL * (np.linalg.norm(gradient) + np.linalg.norm(adjoint)):
            raise HypergradError(
                f"v(λ) was not reached: ‖(I − ∂₁Φᵀ)v − ∇₁E‖ = {left:.1e} is still left. Do the "
                "products with ∂₁Φ and with its transpose belong together?"
            )
        direct = self.outer_gradient_hyper(solution[None])
        return Reference(solution, adjoint[0], (direct + lin.vjp_hyper(adjoint))[0])

    def fixed_point(self) -> FloatArray:
        """w(λ) to rounding, shape (d,), by Newton's method from w_0."""
        return self.newton()

    def newton(self, *, strict: bool = True) -> FloatArray:
        """The same; if not ``strict``, as close as it comes, which may be no solution."""

        def step(state: FloatArray, gap: FloatArray) -> FloatArray:
            return self.resolvent(state, gap[:, None])[:, 0]

        return fixed_point(
            lambda state: self.fixed_point_map(state[None])[0],
            step,
            self.initial_state,
            strict=strict,
        )

    def resolvent(
        self, state: FloatArray, columns: FloatArray, *, transposed: bool = False
    ) -> FloatArray:
        """(I − ∂₁Φ(w))⁻¹ R, or (I − ∂₁Φ(w)ᵀ)⁻¹ R: (d,), (d, r) → (d, r).

        By elimination up to d = 1000, by GMRES beyond, whose residual should be looked at.
        """
        plain = self.linearise(state[None])
        lin = plain if transposed else Transposed(plain)
        if self.state_size > LARGEST_MATRIX:
            return np.stack([solve_adjoint(lin, column) for column in columns.T], axis=1)
        # Row i of the product is column i of ∂₁Φ, or of its transpose.
        identity = np.eye(self.state_size)
        return np.asarray(np.linalg.solve(identity - lin.vjp_state(identity).T, columns))

    @property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ), shape (d, m)."""
        solution = self.reference.solution
        coupling = self.linearise(solution[None]).jvp_hyper(np.eye(self.hyper_size))
        return self.resolvent(solution, coupling.T)

    @cached_property
    def reference(self) -> Reference:
        """w(λ), v(λ) and ∇f(λ) to rounding, computed once.

        Raises:
            HypergradError: if w(λ) or v(λ) is not reached.
        """
        try:
            return self.solve()
        except np.linalg.LinAlgError:
            raise HypergradError("w(λ) was not reached: a matrix is singular at this λ") from None

    @cached_property
    def constants(self) -> Constants:
        """q, ν₁, ν₂, μ₁, μ₂, L_E, L_Φ, D and their companions, computed once.

        L_E = G + μ₁D, or the cap where that is less. J = ‖w'(λ)‖, or L_Φ/(1 − q) where that is
        less.
        """
        known, truth = self.lipschitz(), self.reference
        q, coupling_norm = known.contraction, known.hyper_jacobian_norm
        solution = truth.solution[None]
        if coupling_norm is None:
            unit = np.eye(self.hyper_size)
            coupling_norm = spectral_norm(self.linearise(solution).jvp_hyper(unit))
        jacobian_norm = known.solution_jacobian_norm
        if jacobian_norm is None:
            jacobian_norm = spectral_norm(self.solution_jacobian)
            if q < 1:
                jacobian_norm = min(jacobian_norm, coupling_norm / (1 - q))
        kappa = known.condition_number
        if kappa is None:
            kappa = (1 + q) / (1 - q) if q < 1 else np.inf
        distance = float(np.linalg.norm(truth.solution - self.initial_state))
        outer_gradient_norm = float(np.linalg.norm(self.outer_gradient_state(solution)))
        constants = Constants(
            contraction=q,
            condition_number=kappa,
            nu1=known.nu1,
            nu2=known.nu2,
            mu1=known.mu1,
            mu2=known.mu2 + known.mu2_slope * distance,
            outer_gradient_bound=min(
                outer_gradient_norm + (known.mu1 * distance if distance > 0 else 0.0),
                known.outer_gradient_cap,
            ),
            hyper_jacobian_norm=coupling_norm,
            distance=distance,
            outer_gradient_norm=outer_gradient_norm,
            solution_jacobian_norm=jacobian_norm,
            adjoint_norm=float(np.linalg.norm(truth.adjoint)),
            direct_gradient_norm=float(np.linalg.norm(self.outer_gradient_hyper(solution))),
            hypergradient_norm=float(np.linalg.norm(truth.hypergradient)),
            solution_norm=float(np.linalg.norm(truth.solution)),
            symmetric=self.symmetric,
        )
        if known.energy_hyper_norm is None or known.energy_nu2 is None:
            return constants
        return WeightedConstants(
            **vars(constants),
            energy_hyper_norm=known.energy_hyper_norm,
            energy_nu2=known.energy_nu2,
        )

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

    @property
    def images(self) -> FloatArray | None:
        """λ as grey values from 0 to 1 where it is a set of images, shape (c, rows, columns)."""
        return None

    @property
    def held_out(self) -> HeldOut | None:
        """What to judge w(λ) and λ by, where w classifies and the problem keeps rows apart."""
        return None

    def retrained(self) -> Problem | None:
        """The problem at this λ whose Φ learns from the rows of E as well as from its own.

        λ has been chosen, so E has done its work, and a model that is to be used need not do
        without its rows: ``retrained().fixed_point()`` are its weights. None where Φ has no rows to
        which those of E could be added, or nothing is held out to judge the model by. How much λ
        weighs beside more rows is for the family to say.
        """
        return None
