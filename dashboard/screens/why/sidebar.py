"""The controls of Why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.chart import Watch
from dashboard.kit import controls, presenting, session
from dashboard.lessons.why import PRESETS
from dashboard.screens.why.settings import (
    LARGEST_HORIZON,
    LARGEST_SIZE,
    PRESET_PARAM,
    SETTINGS,
    largest_samples,
    preset_named,
)

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """What to look at, and the problem."""
    lessons()
    controls.draw("show")
    watched = controls.problem_controls(
        LARGEST_SIZE, contraction_at=dial, largest_samples=largest_samples
    )
    watched += controls.start_controls()
    controls.methods_control()
    controls.solver_control(exact=False)
    return watched + controls.draw("horizon", most=LARGEST_HORIZON)


def lessons() -> None:
    """What to look at; a choice sets everything. The box names it while its problem is shown."""
    if not presenting.allows(PRESET_PARAM, "Lesson"):
        return
    expected = session.expected()
    preset = None if expected is None else SETTINGS.preset_of(expected, session.preset())
    st.session_state["preset"] = None if preset is None else preset.key
    st.selectbox(
        "Lesson",
        [preset.key for preset in PRESETS],
        format_func=lambda key: preset_named(key).title,
        key="preset",
        placeholder="Choose a lesson",
        on_change=load_lesson,
    )


def load_lesson() -> None:
    """Take the settings of the chosen lesson."""
    key = st.session_state["preset"]
    if key is not None:
        session.open_link({PRESET_PARAM: key})
