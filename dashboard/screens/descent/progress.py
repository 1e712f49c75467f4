"""The row above the pictures of Descent: how far it is, and where a step of it leads."""

from __future__ import annotations

import streamlit as st

from dashboard.kit.jobs import Job
from dashboard.kit.status import show_parts, time_left
from dashboard.screens.descent.frame import DescentShown
from dashboard.screens.descent.onward import draw_onward
from dashboard.screens.descent.race import RACES, Race, arrived, ended
from dashboard.screens.descent.settings import SETTINGS
from dashboard.screens.descent.words import under_way


def progress(job: Job[Race] | None, shown: DescentShown) -> None:
    """How far the descents are, a way to pause and to go on, and where the step leads."""
    seconds = None if job is None else job.seconds_left
    left = "" if seconds is None else time_left(seconds)
    parts = len(ended(shown.result)), len(shown.result)
    within = under_way(arrived(shown.result), shown.view.steps)
    bar, link = st.columns([3, 2], vertical_alignment="center")
    with bar:
        whole = RACES.find(shown.key) is not None
        show_parts(SETTINGS.name, None if whole else job, parts, "descents", left, within)
    with link:
        draw_onward(shown)
