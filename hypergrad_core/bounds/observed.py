"""Tier X where no constants were given: they are measured where they are used."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds.measured import MeasuredPath
from hypergrad_core.interruption import ask
from hypergrad_core.numerics import row_norms, spectral_norm, spectral_norms_upper
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme


class ObservedPath(MeasuredPath):
    """R2, R4 (e) and R7 with A, B and ∇₁E at each iterate compared with those at w(λ).

    These bounds compare w_t with w(λ) and no other pair of states. So what is measured at the
    iterates may stand where a Lipschitz constant times e_t does, and nothing need be known
    beforehand, not even that Φ is a contraction.

    Args:
        problem: with a state of moderate size; A(w_t) is formed at each iterate.
        states: w_0, …, w_T, shape (T + 1, d).
    """

    source = "measured path, without constants"

    def __init__(self, problem: Problem, states: FloatArray, scheme: Scheme | None = None) -> None:
        self._states = states
        super().__init__(problem, states, scheme)

    def _measure_drift(self, states: FloatArray, distance: FloatArray) -> tuple[FloatArray, str]:
        """‖A(w)J* + B(w) − J*‖ for each state w."""
        drifts = self._problem.drifts(np.ascontiguousarray(self._jacobian.T))
        measured = np.empty(len(states))
        for t in range(len(states)):
            ask()
            measured[t] = spectral_norms_upper(drifts(states[t : t + 1]))[0]
        return measured, "X"

    @cached_property
    def _matrices(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """‖A(w_t)‖, ‖A(w_t) − A*‖ and ‖(I − A(w_t))⁻¹‖ for each t."""
        identity = np.eye(self._problem.state_size)
        # One is like all the others where Φ is affine.
        states = self._states[:1] if self._problem.affine else self._states
        lin = self._problem.linearise(states)
        norms = np.empty((3, len(states)))
        for t in range(len(states)):
            ask()
            matrix = lin[t : t + 1].jvp_state(identity).T
            norms[:, t] = (
                spectral_norm(matrix),
                spectral_norm(matrix - self._a_star),
                _norm_of_inverse(identity - matrix),
            )
        rate, turn, resolvent = np.broadcast_to(
            norms if len(states) > 1 else norms[:, :1], (3, len(self._states))
        )
        return rate, turn, resolvent

    @cached_property
    def _rate(self) -> FloatArray:
        """‖A(w_t)‖ for each t."""
        return self._matrices[0]

    @cached_property
    def _turn(self) -> FloatArray:
        """‖A(w_t) − A*‖ for each t."""
        return self._matrices[1]

    @cached_property
    def _resolvent(self) -> FloatArray:
        """‖(I − A(w_t))⁻¹‖ for each t."""
        return self._matrices[2]

    @cached_property
    def _outer_change(self) -> FloatArray:
        """‖∇₁E(w_t) − ∇₁E*‖ for each t."""
        return row_norms(self._problem.outer_gradient_state(self._states) - self._star_gradient)

    def _hyper_norm(self, *, energy: bool) -> FloatArray:
        """‖B(w_t)‖ for each t; that of S^(−½)B(w_t) if ``energy`` and there is an S."""
        lin = self._problem.linearise(self._states)
        unit = np.eye(self._problem.hyper_size)
        norms = np.empty(len(self._states))
        for t in range(len(norms)):
            ask()
            part = lin[t : t + 1]
            columns = part.jvp_hyper(unit)
            if energy and part.metric is not None:
                columns = columns / np.sqrt(part.metric)
            norms[t] = spectral_norm(columns)
        return norms

    @property
    def _reach(self) -> float:
        """As with constants, with ‖(I − A*)⁻¹‖ for 1/(1 − q)."""
        identity = np.eye(self._problem.state_size)
        return float(self._outer_gradient.max()) * _norm_of_inverse(identity - self._a_star)


def _norm_of_inverse(matrix: FloatArray) -> float:
    try:
        return spectral_norm(np.asarray(np.linalg.inv(matrix), dtype=np.float64))
    except np.linalg.LinAlgError:
        return float("inf")
