"""What the colours and the curves of Budget mean, as numbers."""

from __future__ import annotations

import math

import numpy as np

from dashboard.kit.figure.axes import DECADES, NEGLIGIBLE, log_range
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.plane import Plane

# Short, so that all three stand in one row of buttons.
LAYERS: dict[str, str] = {"error": "Error", "paper": "Paper", "sharp": "Sharp"}
# In single precision there is nothing smaller; a logarithm has no 0.
SMALLEST = 1e-37


def relative(plane: Plane, values: FloatArray) -> FloatArray:
    """In units of ‖∇f(λ)‖, if that is not 0."""
    norm = plane.hypergradient_norm
    return np.asarray(values / norm if norm > 0 else values)


def layer_values(plane: Plane, layer: str) -> FloatArray:
    """What the colours of a map mean, shape (T + 1, T + 1); more than 0."""
    values = {"error": plane.errors, "paper": plane.paper, "sharp": plane.sharp}[layer]
    return np.maximum(relative(plane, values), SMALLEST)


def color_range(planes: list[Plane], layer: str) -> tuple[float, float]:
    """Exponents of the ends of the common colour scale. Bounds within rounding go beyond it.

    An error of 100 % and what is a little more have a place on every scale, and its lower end
    moves by several decades, so that the same colour seldom comes to mean another error.
    """
    shown = []
    for plane in planes:
        values = layer_values(plane, layer)
        least = NEGLIGIBLE if layer == "error" else relative(plane, np.array(plane.floor))
        shown.append(values[np.isfinite(values) & (values >= least)])
    values = np.log10(np.concatenate(shown))
    if not len(values):
        return -float(DECADES), 1.0
    low = DECADES * math.floor(values.min() / DECADES)
    return float(low), float(max(math.ceil(values.max()), low + 1, 1))


def error_range(planes: list[Plane]) -> tuple[float, float]:
    """Exponents of the ends of the error axis of the curves."""
    return log_range(
        [relative(plane, plane.errors) for plane in planes],
        [relative(plane, bound) for plane in planes for bound in (plane.paper, plane.sharp)],
        rounding=rounding(planes),
    )


def rounding(planes: list[Plane]) -> float:
    """The upper estimate of rounding, relative."""
    return max(float(relative(plane, np.array(plane.floor))) for plane in planes)
