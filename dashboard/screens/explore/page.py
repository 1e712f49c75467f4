"""Explore: pick a problem, a contraction constant and methods; see bound and error, live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.kit.citations import cited
from dashboard.kit.compute import EXPERIMENTS
from dashboard.kit.export import file_name, settings_of
from dashboard.kit.introduction import CONSTANTS, write_symbols
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.screens.explore.export import to_csv
from dashboard.screens.explore.figure.bound_card import formula_card
from dashboard.screens.explore.figure.lines import extract_lines
from dashboard.screens.explore.frame import ExploreShown, explore_frame
from dashboard.screens.explore.settings import SETTINGS
from dashboard.screens.explore.sidebar import choose_card, sidebar
from dashboard.screens.explore.snippet import experiment_snippet
from dashboard.screens.explore.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.explore.words import explain, same_picture
from hypergrad_core import FAMILIES, METHODS, Experiment, Scenario


def pictures(shown: ExploreShown) -> Sequence[Picture]:
    """The one chart."""
    return [Picture(_name(shown.result), height=400, rest=450)]


def below(shown: ExploreShown) -> None:
    """Which methods do not apply, the bound of one with its numbers, and what the picture shows."""
    experiment, view = shown.result, shown.view
    for refusal in experiment.refusals:
        st.info(f"**{METHODS[refusal.method].label}** does not apply here. {refusal.reason}")
    if not experiment.curves:
        return
    method = choose_card([curve.method for curve in experiment.curves])
    curve = experiment.curve(method)
    if experiment.constants.contraction < 1:
        card = formula_card(experiment, curve, view, shown.mode)
        st.markdown(f"## The paper’s bound of {METHODS[method].label}")
        st.latex(card.bound)
        st.latex(card.numbers)
        st.markdown(card.dominant)
        st.latex(card.constants)
        write_symbols(("q", "κ", *CONSTANTS, "t", "k", "w(λ)", "∇f(λ)", "tier"))
        st.caption(cited(f"{card.status} Source of the paper’s bound: {card.source}."))
    words, problem = st.columns(2, gap="large")
    with words:
        st.markdown("## What the picture shows")
        sentences = explain(experiment, extract_lines(experiment, view), view)
        st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
    with problem:
        st.markdown("## The problem")
        for line in FAMILIES[experiment.scenario.family].formula:
            st.latex(line)
        note = same_picture(experiment.scenario.family)
        if note and view.error == "relative":
            st.markdown(note)
        st.markdown(f"## What {METHODS[method].label} computes")
        st.latex(METHODS[method].formula)


def export(shown: ExploreShown) -> Export:
    """The curves."""
    experiment, error = shown.result, shown.view.error
    return Export(
        tables=[Table("Curves", _name(experiment), lambda: to_csv(experiment, error))],
        settings=lambda: settings_of(
            experiment.scenario, experiment.state_size, experiment.hyper_size
        ),
        code=experiment_snippet(experiment, error),
    )


def _name(experiment: Experiment) -> str:
    return file_name(experiment.scenario, experiment.state_size)


def preview(scenario: Scenario) -> Scenario:
    """A quick stand-in while a long scenario is computed for the first time."""
    fields = {"size": 100, "samples": 100, "hyper_size": 10}
    fields |= {"horizon": 100, "inner_steps": 100, "adjoint_steps": 100}
    smaller = {name: min(getattr(scenario, name), most) for name, most in fields.items()}
    return replace(replace(scenario, hyper=None), **smaller)


PAGE = Page(
    title="Explore",
    icon=":material/show_chart:",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=lambda scenario, view: scenario,
    results=EXPERIMENTS,
    seen=lambda key, scenario, view: (key, view),
    preview=preview,
    sidebar=sidebar,
    pictures=pictures,
    frame=explore_frame,
    below=below,
    export=export,
    cursor=("cursor",),
    focus="card",
)
