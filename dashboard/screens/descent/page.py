"""Descent: f(λ) lowered with each method's hypergradients, and what each step proves."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.kit.citations import cited
from dashboard.kit.export import file_name
from dashboard.kit.jobs import Job
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.kit.status import show_parts
from dashboard.screens.descent.export import (
    descent_snippet,
    descents_to_csv,
    endings_in_latex,
    endings_to_csv,
    race_settings,
)
from dashboard.screens.descent.final import explained, final_html, final_rows
from dashboard.screens.descent.frame import DescentShown, descent_frame
from dashboard.screens.descent.onward import draw_onward
from dashboard.screens.descent.race import RACES, Race, arrived
from dashboard.screens.descent.settings import SETTINGS
from dashboard.screens.descent.sidebar import sidebar
from dashboard.screens.descent.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.descent.words import DEFINITION, IMAGES, LIGHTS, notes

PARTS = {"curves": "Descent", "signs": "Signs that are proved", "images": "Images"}
OTHERS = {"images": IMAGES, "signs": LIGHTS}


def progress(job: Job[Race] | None, shown: DescentShown) -> None:
    """Which methods are there, a way to stop and to go on, and where the step leads."""
    done = sum(run is not None for run in shown.result)
    left = "" if job is None or not job.fraction else f"{job.fraction:.0%} done"
    parts, link = st.columns([3, 2], vertical_alignment="center")
    with parts:
        show_parts(SETTINGS.name, job, (done, len(shown.result)), "descents", left)
    with link:
        draw_onward(shown)


def pictures(shown: DescentShown) -> Sequence[Picture]:
    """What is lowered, what λ is like, and which signs are proved on the way."""
    heights = {"curves": (400, 440), "signs": (260, 10_000), "images": (340, 10_000)}
    drawn = any(run.images is not None for run in arrived(shown.result))
    return [
        Picture(f"hypergradient-descent-{part}", *heights[part], part, PARTS[part])
        for part in PARTS
        if part != "images" or drawn
    ]


def above(shown: DescentShown, picture: Picture) -> None:
    """What the others are; the first picture has its own words."""
    if picture.part in OTHERS:
        st.markdown(f"## {picture.heading}")
        st.markdown(OTHERS[picture.part])


def beneath(shown: DescentShown, picture: Picture) -> None:
    """Why descents have ended, and where."""
    if picture.part != "curves":
        return
    # In one place however many there are, because the clock draws it again and again.
    with st.container():
        for sentence in notes(arrived(shown.result)):
            st.markdown(f"- {sentence}")
        rows = final_rows(shown.result)
        if rows:
            st.markdown("## Final values")
            st.html(final_html(rows, shown.key.seeds, shown.mode))
            tasks = shown.scenario.problem_family.task_rows
            st.caption(explained(rows, on_tasks=tasks))


def below(shown: DescentShown) -> None:
    """What is counted."""
    st.caption(cited(DEFINITION))


def export(shown: DescentShown) -> Export:
    """All descents that are there when it is asked for."""
    race, scenario = shown.key, shown.scenario
    name = file_name(scenario, scenario.state_size, "descent", sweep=True)
    return Export(
        tables=[
            Table("All steps", name, lambda: descents_to_csv(race, arrived(RACES.so_far(race)))),
            Table("Final values", f"{name}-final", lambda: endings_to_csv(race)),
        ],
        settings=lambda: race_settings(race, arrived(RACES.so_far(race))),
        code=descent_snippet(race),
    )


PAGE = Page(
    title="Descent",
    icon=":material/south_east:",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=Race.of,
    results=RACES,
    fills=True,
    progress=progress,
    sidebar=sidebar,
    pictures=pictures,
    frame=descent_frame,
    beneath=beneath,
    below=below,
    export=export,
    files=lambda shown: [endings_in_latex(shown.key)],
    cursor=("at",),
    parts=PARTS,
    above=above,
)
