"""The controls of Complexity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls
from dashboard.kit.notation import scientific
from dashboard.screens.complexity.growth import AXES
from dashboard.screens.complexity.settings import LARGEST_SIZE, PREDICTIONS
from hypergrad_core import FAMILIES

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


SEEDS = [1, 3, 5, 10]
TARGETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10]
SMALLEST = [0.1, 0.3, 0.5, 0.7, 0.8]
LARGEST = [0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995]
POINTS = [4, 6, 8, 10, 12, 16, 20, 24]


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """All controls; a sweep takes too long to follow one of them."""
    controls.choice("axis", AXES)
    controls.switch("predicted", PREDICTIONS)
    controls.slider("target", TARGETS, scientific)
    controls.slider("smallest", SMALLEST, lambda q: f"{q:g}")
    controls.slider("largest", LARGEST, lambda q: f"{q:g}")
    controls.slider("points", POINTS, str)
    controls.slider("seeds", SEEDS, str)
    controls.problem_controls(tuple(FAMILIES), LARGEST_SIZE)
    controls.start_controls()
    controls.methods_control()
    controls.solver_control(exact=False)
    return []
