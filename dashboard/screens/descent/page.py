"""Descent: f(λ) lowered with each method's hypergradients, and what each step proves."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.kit.citations import cited
from dashboard.kit.export import file_name
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.screens.descent.export import (
    descent_snippet,
    descents_to_csv,
    endings_in_latex,
    endings_to_csv,
    race_settings,
)
from dashboard.screens.descent.final import explained, final_html, final_rows
from dashboard.screens.descent.frame import DescentShown, descent_frame
from dashboard.screens.descent.progress import progress
from dashboard.screens.descent.race import RACES, Race, arrived, has_ground
from dashboard.screens.descent.settings import SETTINGS
from dashboard.screens.descent.sidebar import sidebar
from dashboard.screens.descent.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.descent.words import DEFINITION, IMAGES, LIGHTS, PATHS, notes

PARTS = {
    "curves": "Descent",
    "paths": "Paths over f",
    "signs": "Signs that are proved",
    "images": "Images",
}
OTHERS = {"paths": PATHS, "images": IMAGES, "signs": LIGHTS}


def pictures(shown: DescentShown) -> Sequence[Picture]:
    """What is lowered, where λ goes, and which signs are proved on the way."""
    sizes = {
        "curves": (400, 440),
        "paths": (480, 400),
        "signs": (260, 10_000),
        "images": (340, 10_000),
    }
    runs = arrived(shown.result)
    drawn = {"paths": has_ground(runs), "images": any(run.images is not None for run in runs)}
    return [
        Picture(f"hypergradient-descent-{part}", *sizes[part], part, PARTS[part])
        for part in PARTS
        if drawn.get(part, True)
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
