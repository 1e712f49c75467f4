"""The controls of Paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls, session
from dashboard.screens.paper.settings import HORIZONS, largest_contraction

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """The figure and its size; it takes too long to follow a slider."""
    controls.draw("kind")
    with dial:
        controls.draw("contraction", most=largest_contraction(session.store()["kind"]))
    controls.draw("horizon", options=HORIZONS)
    controls.draw("values")
    controls.draw("seed")
    return []
