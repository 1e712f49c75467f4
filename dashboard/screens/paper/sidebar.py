"""The controls of Paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls, session
from dashboard.kit.notation import count
from dashboard.screens.paper.settings import KINDS, largest_contraction

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


HORIZONS = [50, 100, 150, 200]
VALUES = [3, 5, 10, 20]


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """All controls; a figure takes too long to follow one of them."""
    controls.switch("kind", KINDS)
    with dial:
        controls.contraction_slider(largest_contraction(session.store()["kind"]))
    controls.slider("horizon", HORIZONS, count)
    controls.slider("values", VALUES, count)
    controls.number("seed", 0, 9999)
    return []
