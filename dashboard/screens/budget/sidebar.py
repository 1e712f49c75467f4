"""The controls of Budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls
from dashboard.screens.budget.settings import LARGEST_HORIZON, LARGEST_SIZE

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """What is spent, by which methods, and on what problem."""
    watched = controls.draw_rest()
    watched += controls.problem_controls(LARGEST_SIZE, contraction_at=dial)
    watched += controls.start_controls()
    controls.solver_control(exact=False)
    return watched + controls.draw("horizon", most=LARGEST_HORIZON)
