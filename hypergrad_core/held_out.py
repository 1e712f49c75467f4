"""How a λ is judged that has been found: by what neither Φ nor E has seen."""

from __future__ import annotations

from typing import Protocol

from hypergrad_core.arrays import FloatArray


class HeldOut(Protocol):
    """Labelled rows that neither Φ nor E sees, or new tasks with such rows."""

    def accuracy(self, states: FloatArray) -> FloatArray:
        """The share of rows that each state classifies right: (B, d) → (B,).

        Where they are of new tasks, those are trained at λ, and all states get the same.
        """
        ...
