"""An iteration that makes w_{t+1} of Φ(w_t), w_t and w_{t−1}, by its coefficients."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scheme:
    """w_{t+1} = a Φ(w_t) + (1 − a) w_t + β (w_t − w_{t−1}), with w_1 = Φ(w_0).

    Attributes:
        relaxation: a.
        momentum: β; 0 for the plain fixed-point iteration.
    """

    relaxation: float = 1.0
    momentum: float = 0.0

    def relaxation_at(self, step: int) -> float:
        """a of the step from w_s to w_{s+1}: the first is a plain one."""
        return 1.0 if step == 0 else self.relaxation

    def momentum_at(self, step: int) -> float:
        """β of the step from w_s to w_{s+1}."""
        return 0.0 if step == 0 else self.momentum
