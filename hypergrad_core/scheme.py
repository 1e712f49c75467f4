"""An iteration that makes w_{t+1} of Φ, w_t and w_{t−1}, by the coefficients of its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray


class Step(NamedTuple):
    """w_{s+1} = a Φ(y_s) + (1 − a) w_s + β (w_s − w_{s−1}) with y_s = w_s + γ (w_s − w_{s−1}).

    Attributes:
        relaxation: a.
        momentum: β.
        extrapolation: γ.
    """

    relaxation: float = 1.0
    momentum: float = 0.0
    extrapolation: float = 0.0


@dataclass(frozen=True)
class Scheme:
    """The steps of an iteration; by default each is w_{s+1} = Φ(w_s).

    Attributes:
        at: the step from w_s to w_{s+1} for s = 0, 1, …; there is no momentum and no extrapolation
            in the first, because there is no w_{−1}.
        settled: the s from which all steps are the same; None if they go on changing.
    """

    at: Callable[[int], Step] = lambda step: Step()
    settled: int | None = 0

    @property
    def plain(self) -> bool:
        """Whether it is Φ alone."""
        return self.settled == 0 and self.at(0) == Step()

    def same(self, steps: IntArray) -> IntArray:
        """For each step the first one that is like it, of the same shape."""
        return steps if self.settled is None else np.minimum(steps, self.settled)

    def table(self, count: int) -> FloatArray:
        """a, β and γ of the first steps, shape (count, 3)."""
        differ = count if self.settled is None else min(count, self.settled + 1)
        different = np.array([self.at(step) for step in range(differ)]).reshape(-1, 3)
        return different[self.same(np.arange(count))]

    def evaluated(self, states: FloatArray) -> FloatArray:
        """Where Φ is taken, y_s for each w_s: (T + 1, d) → (T + 1, d); the same array if γ = 0."""
        ahead = self.table(len(states))[:, 2:]
        if not ahead.any():
            return states
        points = states.copy()
        points[1:] += ahead[1:] * (states[1:] - states[:-1])
        return points


def after_first(first: Step, later: Step) -> Scheme:
    """A scheme whose steps are all the same but the first."""
    return Scheme(lambda step: later if step else first, settled=1)
