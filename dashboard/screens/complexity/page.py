"""Complexity: how many steps reach ε as κ grows, measured, predicted, and with their slopes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.kit.citations import cited
from dashboard.kit.export import file_name
from dashboard.kit.jobs import Job
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.kit.status import show_parts, time_left
from dashboard.screens.complexity.export import requirements_to_csv, sweep_settings
from dashboard.screens.complexity.frame import ComplexityShown, complexity_frame
from dashboard.screens.complexity.settings import SETTINGS
from dashboard.screens.complexity.sidebar import sidebar
from dashboard.screens.complexity.snippet import sweep_snippet
from dashboard.screens.complexity.sweep import SWEEPS, Sweep, arrived, seconds_left
from dashboard.screens.complexity.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.complexity.words import DEFINITION, notes


def progress(job: Job[Sweep] | None, shown: ComplexityShown) -> None:
    """What is left, and a way to stop and to go on."""
    parts = len(arrived(shown.result)), len(shown.result)
    left = seconds_left(shown.key, shown.result)
    told = "" if left is None else time_left(left)
    whole = parts[0] == parts[1]
    show_parts(SETTINGS.name, None if whole else job, parts, "runs", told)


def pictures(shown: ComplexityShown) -> Sequence[Picture]:
    """The one chart."""
    return [Picture("hypergradient-complexity", height=400, rest=440)]


def beneath(shown: ComplexityShown, picture: Picture) -> None:
    """What the picture does not say by itself."""
    # In one place however many there are, because the clock draws it again and again.
    with st.container():
        for sentence in notes(arrived(shown.result), shown.scenario):
            st.markdown(f"- {sentence}")


def below(shown: ComplexityShown) -> None:
    """What is counted."""
    st.caption(cited(DEFINITION))


def export(shown: ComplexityShown) -> Export:
    """All points that are there when it is asked for."""
    sweep, scenario = shown.key, shown.scenario
    total = len(sweep.scenarios)
    name = file_name(scenario, scenario.state_size, "complexity", sweep=True)
    return Export(
        tables=[
            Table(
                "All points",
                name,
                lambda: requirements_to_csv(arrived(SWEEPS.so_far(sweep)), total),
            )
        ],
        settings=lambda: sweep_settings(arrived(SWEEPS.so_far(sweep)), total),
        code=sweep_snippet(sweep.scenarios, sweep.target),
    )


PAGE = Page(
    title="Complexity",
    icon=":material/trending_up:",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=Sweep.of,
    results=SWEEPS,
    fills=True,
    progress=progress,
    sidebar=sidebar,
    pictures=pictures,
    frame=complexity_frame,
    beneath=beneath,
    below=below,
    export=export,
)
