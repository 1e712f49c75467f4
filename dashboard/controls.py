"""Widgets ⇄ settings. Each widget is called after its field, and keeps it in the page's store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.chart import Watch
from dashboard.notation import count, scientific
from dashboard.settings import link_name, store
from dashboard.view import BOUNDS, ERRORS, X_AXES
from hypergrad_core import FAMILIES, METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems import Family
from hypergrad_core.scenario import (
    COUPLING_FLOATS,
    LARGEST_HYPER_SIZE,
    LARGEST_SAMPLES,
    LARGEST_STEPS,
    PRECISIONS,
    SLICES,
    SPECTRA,
    TRAJECTORY_FLOATS,
)

# Steps of about equal effect: coarse where q changes little, fine towards 1.
CONTRACTIONS = (
    [i / 100 for i in range(5, 90)]
    + [i / 1000 for i in range(900, 990, 5)]
    + [i / 1000 for i in range(990, 1000)]
)
# Where nothing is proved: for families that allow it.
BEYOND = [1.0, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5]
_MANTISSAS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
SIZES = [2, 3, 4, 5, 6, 8] + [m * 10**e for e in range(5) for m in _MANTISSAS] + [10**6]
LARGEST_SIZE = SIZES[-1]
HORIZONS = [5, 10, 15, *range(20, 201, 10), 250, 300, 400, 500, 700, 1000, 1500, 2000]
STEPS = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    15,
    *range(20, 101, 5),
    120,
    150,
    200,
    300,
    500,
    1000,
    2000,
]
HYPER_SIZES = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000]
STARTS = [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0]
TARGETS = [float(f"{m}e{e}") for e in range(1, -15, -1) for m in (3, 1)]


def _keep(field: str) -> None:
    store()[field] = st.session_state[field]


def _prime(field: str, options: Sequence[Any], most: Any = None) -> list[Any]:
    """Options that hold the stored value, and the widget set to it."""
    value = store()[field]
    if most is not None and value > most:
        # Beyond what this problem allows: the nearest that it does.
        value = most
    if value not in options:
        if isinstance(value, str):
            value = options[0]
        else:
            # A link may hold a value between two stops, or beyond the last: it becomes a stop.
            options = sorted([*options, value], reverse=options[0] > options[-1])
    store()[field] = value
    if st.session_state.get(field) != value:
        st.session_state[field] = value
    return list(options)


def choice(field: str, label: str, options: dict[str, str], help: str | None = None) -> None:
    """A list to choose one value of a field from."""
    keys = _prime(field, list(options))
    st.selectbox(
        label,
        keys,
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep,
        args=(field,),
        help=help,
    )


def switch(field: str, label: str, options: dict[str, str], help: str | None = None) -> None:
    """A row of buttons, one for each value of a field."""
    keys = _prime(field, list(options))
    st.segmented_control(
        label,
        keys,
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep_required,
        args=(field,),
        help=help,
        width="stretch",
    )


def _keep_required(field: str) -> None:
    # A segmented control can be cleared by a second press: one choice is always made here.
    if st.session_state[field] is None:
        st.session_state[field] = store()[field]
    _keep(field)


def _keep_family() -> None:
    _keep("family")
    # Sizes that suit the family; those of others may be far too large or too small for it.
    store().update(FAMILIES[st.session_state["family"]].suggested)


def slider(
    field: str,
    label: str,
    options: Sequence[Any],
    write: Callable[[Any], str],
    help: str | None = None,
    most: Any = None,
) -> Watch:
    """A slider over listed values up to ``most``, watched by the chart while it moves."""
    stops = _prime(field, [stop for stop in options if most is None or stop <= most], most)
    texts = {stop: write(stop) for stop in stops}
    # Streamlit finds a stop by its text: two stops must not share one.
    common = Counter(texts.values())
    st.select_slider(
        label,
        stops,
        format_func=lambda stop: texts[stop] if common[texts[stop]] == 1 else repr(stop),
        key=field,
        on_change=_keep,
        args=(field,),
        help=help,
    )
    return {"param": link_name(field), "key": field, "options": [str(stop) for stop in stops]}


def problem_controls(
    families: Sequence[str] = tuple(FAMILIES),
    largest_size: int = LARGEST_SIZE,
    *,
    contraction: bool = True,
) -> list[Watch]:
    """What is solved, out of these families, with d up to ``largest_size``; with or without q."""
    watched: list[Watch] = []
    values = store()
    st.selectbox(
        "Problem",
        _prime("family", families),
        format_func=lambda key: FAMILIES[key].label,
        key="family",
        on_change=_keep_family,
    )
    family = FAMILIES[values["family"]]
    if len(family.data) > 1:
        choice("data", "Data", {key: data.label for key, data in family.data.items()})
    else:
        values["data"] = next(iter(family.data))
    data = family.data[values["data"]]
    if contraction:
        watched.append(_contraction_slider(family))
    largest = min(family.largest_size, largest_size)
    if data.state_size is None:
        watched.append(slider("size", "Problem size d", SIZES, count, "Length of w.", largest))
    else:
        st.caption(f"The data fix d = {data.state_size} and n = {data.samples}.")
        values["size"] = min(values["size"], largest)
    if "hyper_size" in family.uses:
        most = min(LARGEST_HYPER_SIZE, COUPLING_FLOATS // values["size"])
        watched.append(
            slider("hyper_size", "Hyperparameters m", HYPER_SIZES, count, "Length of λ.", most)
        )
    if "samples" in family.uses and data.samples is None:
        most = LARGEST_SAMPLES
        watched.append(slider("samples", "Samples n", SIZES, count, "Training rows.", most))
    if "spectrum" in family.uses:
        choice("spectrum", "Eigenvalues of ∂₁Φ", SPECTRA, "Where in [−q, q] they lie.")
    st.number_input(
        "Seed",
        min_value=0,
        max_value=9999,
        step=1,
        key=_primed_number("seed"),
        on_change=_keep,
        args=("seed",),
    )
    return watched


def _contraction_slider(family: Family) -> Watch:
    return slider(
        "contraction",
        "Contraction constant q",
        [*CONTRACTIONS, *BEYOND],
        lambda q: f"{q:g} (κ = {(1 + q) / (1 - q):.4g})" if q < 1 else f"{q:g} (no theory)",
        "Each inner step brings w at least this factor closer to w(λ). κ = (1 + q)/(1 − q).",
        family.largest_contraction,
    )


def _primed_number(field: str) -> str:
    value = store()[field]
    if st.session_state.get(field) != value:
        st.session_state[field] = value
    return field


def method_controls() -> list[Watch]:
    """What is compared, and on which slice of the (t, k) plane."""
    watched: list[Watch] = []
    values = store()
    methods_control()
    choice("vary", "What varies", SLICES)
    solver_control(exact=values["vary"] == "adjoint")
    held = values["vary"] == "adjoint"
    watched.append(horizon_control(LARGEST_STEPS if held else most_steps()))
    if held and values["inner"] != "exact":
        watched.append(
            slider("inner_steps", "Fixed t", STEPS, count, "Inner steps, held.", most_steps())
        )
    truncated = values["vary"] == "both" and "itd-truncated" in values["methods"]
    if values["vary"] == "inner" or truncated:
        label = "Truncation k" if truncated else "Fixed k"
        watched.append(slider("adjoint_steps", label, STEPS, count, "Backward steps, held."))
    return watched


def methods_control(methods: Sequence[str] = tuple(METHODS)) -> None:
    """Which of these methods are compared; at least one."""
    chosen = [key for key in store()["methods"] if key in methods]
    store()["methods"] = tuple(chosen or methods[:1])
    many("methods", "Methods", {key: METHODS[key].label for key in methods}, least=1)


def many(field: str, label: str, options: dict[str, str], least: int = 0) -> None:
    """Pills of which any number may be chosen, but at least so many."""
    if list(st.session_state.get(field) or []) != list(store()[field]):
        st.session_state[field] = list(store()[field])
    st.pills(
        label,
        list(options),
        selection_mode="multi",
        format_func=lambda key: options[key],
        key=field,
        on_change=_keep_many,
        args=(field, tuple(options), least),
    )


def _keep_many(field: str, options: Sequence[str], least: int) -> None:
    chosen = st.session_state[field]
    # In the order of the options, so that equal choices are equal settings.
    if len(chosen) >= least:
        store()[field] = tuple(key for key in options if key in chosen)


def start_controls() -> list[Watch]:
    """Where w_0 is, and in which precision everything is computed."""
    with st.expander("Start and precision"):
        switch("precision", "Precision", PRECISIONS)
        return [
            slider(
                "start",
                "Start ‖w₀‖ ÷ ‖w(λ)‖",
                STARTS,
                lambda start: f"{start:g}",
                "In a direction drawn from the seed; 0 is w₀ = 0.",
            )
        ]


def solver_control(*, exact: bool) -> None:
    """How the lower level is solved; where only one way applies there is nothing to choose."""
    family = FAMILIES[store()["family"]]
    solvers = {
        key: solver.label
        for key, solver in SOLVERS.items()
        if (family.affine or not solver.affine_only) and (key != "exact" or exact)
    }
    if len(solvers) > 1:
        choice("inner", "Lower level", solvers)
    else:
        store()["inner"] = next(iter(solvers))


def most_steps() -> int:
    """How many iterates of this size may be kept."""
    return min(LARGEST_STEPS, int(TRAJECTORY_FLOATS // store()["size"]) - 1)


def horizon_control(most: int) -> Watch:
    """The largest step."""
    return slider("horizon", "Horizon T", HORIZONS, count, "Largest step shown.", most)


def view_controls() -> list[Watch]:
    """How it is looked at."""
    switch("bound", "Bound", BOUNDS)
    switch("x_axis", "Horizontal axis", X_AXES)
    switch("error", "Error", ERRORS)
    return [slider("target", "Target accuracy ε", TARGETS, scientific)]


def move_cursor(step: int) -> None:
    """Remember the step at which the chart's cursor was left."""
    store()["cursor"] = step


def choose_card(methods: Sequence[str]) -> str:
    """Which method's bound is written out."""
    values = store()
    shown = values["card"] if values["card"] in methods else methods[-1]
    if st.session_state.get("card") != shown:
        st.session_state["card"] = shown
    st.segmented_control(
        "Bound written out",
        list(methods),
        format_func=lambda key: METHODS[key].label,
        key="card",
        on_change=_keep_required,
        args=("card",),
        label_visibility="collapsed",
    )
    return shown


def preview(scenario: Scenario) -> Scenario:
    """A quick stand-in while a long scenario is computed for the first time."""
    return replace(
        scenario,
        size=min(scenario.size, 100),
        samples=min(scenario.samples, 100),
        hyper_size=min(scenario.hyper_size, 10),
        horizon=min(scenario.horizon, 100),
        inner_steps=min(scenario.inner_steps, 100),
        adjoint_steps=min(scenario.adjoint_steps, 100),
    )
