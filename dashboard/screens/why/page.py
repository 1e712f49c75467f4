"""Why: one small problem from inside, three linked views that step together."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.kit import controls, session
from dashboard.kit.export import file_name, settings_of
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.screens.why.export import dissection_to_csv, terms_to_csv
from dashboard.screens.why.frame import DISSECTIONS, WhyShown, why_frame
from dashboard.screens.why.settings import (
    PARTS,
    SETTINGS,
)
from dashboard.screens.why.sidebar import sidebar
from dashboard.screens.why.snippet import dissection_snippet
from dashboard.screens.why.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.why.words import caption, constants_table
from hypergrad_core import METHODS

# Least heights of the plots: the bound has two panels, one above the other.
HEIGHTS = {"plane": 400, "spectrum": 400, "bound": 560}
# Alone on the page a chart leaves this much of the window to what is around it, but not all of it.
REST = 560
LEAST = 370


def pictures(shown: WhyShown) -> Sequence[Picture]:
    """The views that are shown."""
    parts = shown.view.parts
    alone = len(parts) == 1
    return [
        Picture(
            f"hypergradient-why-{part}",
            height=LEAST if alone else HEIGHTS[part],
            rest=REST if alone else 10_000,
            part=part,
            heading=PARTS[part],
        )
        for part in parts
    ]


def above(shown: WhyShown, picture: Picture) -> None:
    """The text of the lesson, once; then what the view is called, and what it can be set to."""
    part = picture.part
    preset = SETTINGS.preset_of(shown.scenario, session.preset())
    if preset is not None and part == shown.view.parts[0]:
        st.markdown(f"**{preset.title}.** {preset.text}")
    heading, beside = st.columns(2, vertical_alignment="bottom")
    heading.header(picture.heading)
    methods = [curve.method for curve in shown.result.experiment.curves]
    with beside:
        if part == "bound" and methods:
            controls.draw("method", options={key: METHODS[key].label for key in methods})
        if part == "spectrum" and shown.result.modes is not None:
            controls.draw("stack")


def beneath(shown: WhyShown, picture: Picture) -> None:
    """What the view is."""
    st.caption(caption(shown.result, picture.part))


def below(shown: WhyShown) -> None:
    """What the picture of the bound says itself if it is there; and the constants behind it."""
    dissection = shown.result
    if "bound" in shown.view.parts:
        st.markdown(constants_table(dissection))
        return
    for refusal in dissection.experiment.refusals:
        st.info(f"**{METHODS[refusal.method].label}** does not apply here. {refusal.reason}")


def export(shown: WhyShown) -> Export:
    """The steps, and the terms of the bound."""
    dissection, scenario = shown.result, shown.scenario
    experiment = dissection.experiment
    name = file_name(scenario, dissection.state_size, "why")
    return Export(
        tables=[
            Table("All steps", name, lambda: dissection_to_csv(dissection)),
            Table("Terms of the bound", f"{name}-bound", lambda: terms_to_csv(experiment)),
        ],
        settings=lambda: settings_of(scenario, dissection.state_size, dissection.hyper_size),
        code=dissection_snippet(dissection),
    )


PAGE = Page(
    title="Why",
    icon=":material/lightbulb:",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=lambda scenario, view: scenario,
    results=DISSECTIONS,
    seen=lambda key, scenario, view: (key, view),
    sidebar=sidebar,
    parts=PARTS,
    pictures=pictures,
    frame=why_frame,
    above=above,
    beneath=beneath,
    below=below,
    export=export,
    cursor=("cursor",),
)
