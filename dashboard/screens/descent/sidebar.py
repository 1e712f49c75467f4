"""The controls of Descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.chart import Watch
from dashboard.kit import controls
from dashboard.screens.descent.settings import LARGEST_SIZE

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """The descent, then the problem; it takes too long to follow a slider."""
    controls.methods_control()
    controls.draw_rest()
    # Not above the picture: nothing follows it while it moves.
    controls.problem_controls(LARGEST_SIZE, contraction_at=st.container())
    return []
