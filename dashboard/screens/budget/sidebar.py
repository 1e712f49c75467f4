"""The controls of Budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.figures.budget_map import LAYERS
from dashboard.kit import controls
from dashboard.kit.notation import count
from dashboard.screens.budget.settings import LARGEST_HORIZON, LARGEST_SIZE, LEFT, RIGHT
from hypergrad_core import FAMILIES

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


BUDGETS = [*range(5, 101, 5), *range(110, 201, 10), 250, 300, 400, 500]


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """All controls."""
    watched = [controls.slider("budget", BUDGETS, count)]
    controls.choice("left", LEFT)
    controls.choice("right", RIGHT)
    controls.switch("layer", LAYERS)
    watched += controls.problem_controls(tuple(FAMILIES), LARGEST_SIZE, contraction_at=dial)
    watched += controls.start_controls()
    controls.solver_control(exact=False)
    return [*watched, controls.horizon_control(LARGEST_HORIZON)]
