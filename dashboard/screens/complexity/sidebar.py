"""The controls of Complexity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls
from dashboard.screens.complexity.settings import LARGEST_SIZE

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """The sweep, then the problem; it takes too long to follow a slider."""
    controls.draw_rest()
    controls.problem_controls(LARGEST_SIZE)
    controls.start_controls()
    controls.methods_control()
    controls.solver_control(exact=False)
    return []
