"""Explore: pick a problem, a contraction constant and methods; see bound and error, live."""

from __future__ import annotations

import streamlit as st

from dashboard.chart import THEME_PARAM
from dashboard.chart.component import chart
from dashboard.kit import controls, export, session, snippets
from dashboard.kit.compute import EXPERIMENTS, Job, is_long
from dashboard.kit.introduction import CONSTANTS, introduce, write_symbols
from dashboard.kit.notation import count
from dashboard.kit.status import PREVIOUS, SMALLER, follow, status_place
from dashboard.kit.take_home import Table, take_home
from dashboard.kit.theme import Mode
from dashboard.screens.explore.figure.bound_card import formula_card
from dashboard.screens.explore.figure.lines import extract_lines
from dashboard.screens.explore.frame import explore_frame
from dashboard.screens.explore.settings import SETTINGS, View
from dashboard.screens.explore.words import explain, same_picture
from hypergrad_core import FAMILIES, METHODS, Experiment, Scenario

CHART_HEIGHT = 400


def page() -> None:
    """The whole page, top to bottom."""
    session.restore(SETTINGS)
    # Before anything is sent: the live route then answers the same change first, and the browser
    # is not yet busy with the rest of the page.
    expected = session.expected()
    if expected is not None and not is_long(expected):
        EXPERIMENTS.compute(expected)
    introduce("explore")
    dial = st.container()
    with st.sidebar:
        session.reset_button()
        st.markdown("## Explore")
        watched = controls.problem_controls(contraction_at=dial)
        watched += controls.start_controls()
        watched += controls.method_controls()
        watched += controls.view_controls()
        status = status_place()
    scenario, view = session.current(SETTINGS)
    session.write_address(scenario, view)
    session.show_notices()
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    with status:
        experiment = compute(scenario)
    name = export.file_name(experiment.scenario, experiment.state_size)
    chart(
        explore_frame(experiment, view, mode),
        key="explore",
        height=CHART_HEIGHT,
        live={
            "params": {**SETTINGS.link_of(scenario, view, full=True), THEME_PARAM: mode},
            "watch": watched,
        },
        cursor=view.cursor,
        filename=name,
        pending=awaited(scenario, experiment.scenario),
        on_cursor=keep_cursor,
        on_focus=keep_focus,
    )
    for refusal in experiment.refusals:
        st.info(f"**{METHODS[refusal.method].label}** does not apply here. {refusal.reason}")
    explanation(experiment, view, mode)
    take_home(
        "explore",
        tables=[Table("Curves", name, lambda: export.to_csv(experiment, view.error))],
        pictures=lambda mode: {"": explore_frame(experiment, view, mode)},
        settings=lambda: export.settings_of(
            experiment.scenario, experiment.state_size, experiment.hyper_size
        ),
        code=snippets.experiment_snippet(experiment, view.error),
        link=SETTINGS.link_of(scenario, view),
        cursor=(view.cursor, 0),
    )


def awaited(wanted: Scenario, shown: Scenario) -> str:
    """What the picture does not show yet; empty if it is that of the settings."""
    if wanted == shown:
        return ""
    told = {
        "q": (f"{scenario.contraction:g}" for scenario in (wanted, shown)),
        "d": (count(scenario.size) for scenario in (wanted, shown)),
        "T": (count(scenario.horizon) for scenario in (wanted, shown)),
    }
    new = [f"{name} = {now}" for name, (now, before) in told.items() if now != before]
    return f"Not computed yet: {', '.join(new) or 'these settings'}"


def keep_cursor() -> None:
    """The hand was lifted from the chart's cursor."""
    step = st.session_state["explore"].get("cursor")
    if isinstance(step, int | float):
        session.keep(cursor=int(step))


def keep_focus() -> None:
    """A card of the readout was pressed: the bound of its method is drawn and written out."""
    method = st.session_state["explore"].get("focus")
    if method in METHODS:
        session.keep(card=method)


def compute(scenario: Scenario) -> Experiment:
    """The experiment, or a stand-in with a progress bar while a long one is computed."""
    job: Job | None = st.session_state.get("job of explore")
    if job is not None and job.key != scenario:
        job.stop()
        job = st.session_state["job of explore"] = None
    if not is_long(scenario):
        st.session_state["shown"] = scenario
        return EXPERIMENTS.compute(scenario)
    if job is None:
        job = st.session_state["job of explore"] = Job(scenario)
    shown = st.session_state.get("shown")
    if shown is not None and is_long(shown):
        shown = None
    follow(job, "job of explore", SMALLER if shown is None else PREVIOUS, told=job.ended)
    return EXPERIMENTS.compute(shown or controls.preview(scenario))


def explanation(experiment: Experiment, view: View, mode: Mode) -> None:
    """The bound of one method with its numbers, and what the picture shows."""
    if not experiment.curves:
        return
    method = controls.choose_card([curve.method for curve in experiment.curves])
    curve = experiment.curve(method)
    if experiment.constants.contraction < 1:
        card = formula_card(experiment, curve, view, mode)
        st.markdown(f"## The paper’s bound of {METHODS[method].label}")
        st.latex(card.bound)
        st.latex(card.numbers)
        st.markdown(card.dominant)
        st.latex(card.constants)
        write_symbols(("q", "κ", *CONSTANTS, "t", "k", "w(λ)", "∇f(λ)", "tier"))
        st.caption(f"{card.status} Source of the paper’s bound: {card.source}.")
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


page()
