"""What several lessons read off a run."""

from __future__ import annotations

import numpy as np

from hypergrad_core import Experiment
from hypergrad_core.arrays import FloatArray


def relative(run: Experiment, method: str) -> FloatArray:
    """The errors of a method, divided by ‖∇f(λ)‖, shape (P,)."""
    return np.asarray(run.curve(method).errors / run.constants.hypergradient_norm)


def stored(run: Experiment, method: str, place: int = -1) -> float:
    """Numbers that a method holds in memory at a place of its curve."""
    return float(run.curve(method).estimate.costs.stored_floats[place])


def products(run: Experiment, method: str, place: int = -1) -> float:
    """Products that a method has taken at a place of its curve."""
    return float(run.curve(method).estimate.costs.products[place])


def geometric(low: float, high: float, per_decade: int = 6) -> tuple[float, ...]:
    """Stops of a slider on a logarithmic scale, with two digits each."""
    count = round(per_decade * np.log10(high / low)) + 1
    stops = (float(f"{value:.2g}") for value in np.geomspace(low, high, count))
    return tuple(dict.fromkeys(stops))
