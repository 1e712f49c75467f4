"""Complexity: how many steps reach ε as κ grows, measured, predicted, and with their slopes."""

from __future__ import annotations

import streamlit as st

from dashboard.chart.component import chart
from dashboard.kit import controls, export, session, snippets
from dashboard.kit.introduction import introduce
from dashboard.kit.notation import scientific
from dashboard.kit.status import JOB_OF, POLL_SECONDS
from dashboard.kit.take_home import Table, take_home
from dashboard.kit.theme import Mode
from dashboard.screens.complexity.frame import complexity_frame
from dashboard.screens.complexity.growth import AXES
from dashboard.screens.complexity.settings import (
    LARGEST_SIZE,
    PREDICTIONS,
    SETTINGS,
    ComplexityView,
)
from dashboard.screens.complexity.sweep import Sweep, SweepJob, time_left
from dashboard.screens.complexity.words import deviations, gaps, plain_adjoints
from hypergrad_core import FAMILIES, Scenario

HEIGHT = 400
REST = 440
JOB = JOB_OF + SETTINGS.name
SEEDS = [1, 3, 5, 10]
TARGETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10]
SMALLEST = [0.1, 0.3, 0.5, 0.7, 0.8]
LARGEST = [0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995]
POINTS = [4, 6, 8, 10, 12, 16, 20, 24]
DEFINITION = (
    "ITD: the smallest t = k from which the relative error stays at or below ε. AID: t and k are "
    "found separately, each allowed ε/2; products, memory and seconds are those of running both. "
    "Products are Jacobian–vector products, and an evaluation of Φ counts as one. Memory counts "
    "floating-point numbers, without the data. The paper’s bound predicts t and k only."
)


def page() -> None:
    """The whole page."""
    session.restore(SETTINGS)
    introduce("complexity")
    with st.sidebar:
        session.reset_button()
        st.markdown("## Complexity")
        controls.choice("axis", AXES)
        controls.switch("predicted", PREDICTIONS)
        controls.slider("target", TARGETS, scientific)
        controls.slider("smallest", SMALLEST, lambda q: f"{q:g}")
        controls.slider("largest", LARGEST, lambda q: f"{q:g}")
        controls.slider("points", POINTS, str)
        controls.slider("seeds", SEEDS, str)
        controls.problem_controls(tuple(FAMILIES), LARGEST_SIZE)
        controls.start_controls()
        controls.methods_control()
        controls.solver_control(exact=False)
    scenario, view = session.current(SETTINGS)
    session.write_address(scenario, view)
    session.show_notices()
    wanted = Sweep.of(scenario, view)
    job = st.session_state.get(JOB)
    if job is not None and (job.key != wanted or not wanted.missing()):
        job.stop()
        job = None
    if job is None and wanted.missing():
        job = SweepJob(wanted)
    st.session_state[JOB] = job
    running = job is not None and job.running and not job.stopped
    st.fragment(picture, run_every=POLL_SECONDS if running else None)(
        wanted, scenario, view, clocked=running
    )
    st.caption(DEFINITION)
    take_home(
        "complexity",
        tables=[
            Table(
                "All points",
                export.file_name(scenario, scenario.state_size, "complexity", sweep=True),
                lambda: export.requirements_to_csv(wanted.found(), len(wanted.scenarios)),
            )
        ],
        pictures=lambda mode: {
            "": complexity_frame(wanted, wanted.found(), scenario, view, mode),
        },
        settings=lambda: export.sweep_settings(wanted.found(), len(wanted.scenarios)),
        code=snippets.sweep_snippet(wanted.scenarios, wanted.target),
        link=SETTINGS.link_of(scenario, view),
    )


def picture(wanted: Sweep, scenario: Scenario, view: ComplexityView, *, clocked: bool) -> None:
    """The progress of the sweep, and what has arrived of it."""
    job: SweepJob | None = st.session_state.get(JOB)
    # When the sweep has ended, the page is drawn once more, without a clock; with a new sweep, if
    # it is to go on.
    ended = job is None or not job.running or not wanted.missing()
    if (clocked and ended) or (job is None and wanted.missing()):
        st.rerun()
    # One line, as high with a button as without: nothing moves when the sweep ends.
    with st.container(key="sweep"):
        progress(job, wanted)
    found = wanted.found()
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    chart(
        complexity_frame(wanted, found, scenario, view, mode),
        key="complexity_chart",
        height=HEIGHT,
        rest=REST,
        commit=False,
        filename="hypergradient-complexity",
    )
    notes = [*deviations(found, scenario), *gaps(found)]
    plain = plain_adjoints(scenario)
    if plain:
        notes.append(plain)
    for sentence in notes:
        st.markdown(f"- {sentence}")


def go_on() -> None:
    """Let the page begin a new sweep of what is missing."""
    st.session_state[JOB] = None


def progress(job: SweepJob | None, wanted: Sweep) -> None:
    """What is left, and a way to stop and to go on."""
    total, done = len(wanted.scenarios), len(wanted.found())
    bar, button = st.columns([5, 1], vertical_alignment="center")
    if done < total and job is not None and job.running and not job.stopped:
        job.watch()
        left = job.seconds_left
        state = "waiting for another run to end" if job.waiting else "about to begin"
        if left is not None:
            state = time_left(left)
        bar.progress(done / total, f"{done} of {total} runs, {state}")
        button.button("Stop", key="stop", width="stretch", on_click=job.stop)
        return
    if done < total:
        said = job.error if job is not None and job.error else f"Stopped at {done} of {total} runs."
        bar.markdown(said)
        # By a callback, because the run that ends the clock does not come as far as here.
        button.button("Go on", key="again", width="stretch", on_click=go_on)
        return
    bar.markdown(f"{total} runs, all measured.")


page()
