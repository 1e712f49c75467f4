"""Why: one small problem from inside, three linked views that step together."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, export
from dashboard.chart import Watch, chart
from dashboard.figures.why_spectrum import NORMS
from dashboard.figures.words import BEYOND_THEORY
from dashboard.introduction import introduce
from dashboard.lessons.why import PRESETS
from dashboard.settings import store
from dashboard.status import STATUS_HEIGHT
from dashboard.take_home import csv_button, link_box
from dashboard.theme import Mode
from dashboard.why import (
    DISSECTIONS,
    LARGEST_HORIZON,
    LARGEST_SIZE,
    PARTS,
    SETTINGS,
    SHOWN,
    WHAT_IF,
    constants_table,
    is_preset,
    live_params,
    settings_of,
    why_frame,
)
from hypergrad_core import FAMILIES, METHODS

HEIGHT = 400
# Alone on the page a chart leaves this much of the window to what is around it.
REST = 360
EXPLAINED = {
    "plane": (
        "Contours: heights of equal steps over the solution. Dotted: the whole way; solid: what "
        "has been gone. The adjoint is that at w(λ), so that only the solver is seen."
    ),
    "spectrum": (
        "Every solver that starts at 0 leaves $p_k(M)\\,\\nabla_1E$ of the residual, with "
        "$M=I-\\partial_1\\Phi$ and $p_k(0)=1$. CG's polynomial is that of this run. Stacks: "
        "squares of the eigenmodes, smallest eigenvalues at the bottom; they add up."
    ),
    "bound": "The paper's bound at $t=k$, term by term, the smallest at the bottom.",
}
NO_MODES = (
    "$\\partial_1\\Phi$ is not symmetric, or $\\Phi$ is not affine: no polynomial on the real "
    "axis tells the whole story. Eigenvalues are those of $I-\\partial_1\\Phi$ at $w(\\lambda)$."
)


def page() -> None:
    """The whole page."""
    SETTINGS.restore()
    with st.sidebar:
        st.container(height=STATUS_HEIGHT, border=False).markdown(
            "### Why\nOne small problem from inside."
        )
        presets()
        controls.choice("show", "Show", SHOWN)
        watched = controls.problem_controls(tuple(FAMILIES), LARGEST_SIZE)
        watched += controls.start_controls()
        controls.methods_control()
        controls.solver_control(exact=False)
        watched.append(controls.horizon_control(LARGEST_HORIZON))
        watched += what_if_controls()
    introduce("why")
    scenario, view = SETTINGS.current()
    SETTINGS.write_address(scenario, view)
    SETTINGS.show_notices()
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    for preset in PRESETS:
        if is_preset(preset, scenario, view):
            st.markdown(f"**{preset.title}:** {preset.text}")
    found = DISSECTIONS.compute(scenario)
    if scenario.contraction >= 1:
        st.warning(BEYOND_THEORY)
    for part in view.parts:
        if part == "bound" and found.experiment.curves:
            options = {
                curve.method: METHODS[curve.method].label for curve in found.experiment.curves
            }
            controls.switch("method", "Bound of", options)
        if part == "spectrum" and found.modes is not None:
            controls.switch("stack", "Stacked", NORMS)
        view = SETTINGS.current()[1]
        chart(
            why_frame(part, found, scenario, view, mode),
            key=f"why_{part}",
            height=HEIGHT,
            rest=REST if len(view.parts) == 1 else 10_000,
            live={"params": live_params(part, scenario, view, mode), "watch": watched},
            cursor=min(view.cursor, scenario.horizon),
            group="why",
            commit=part == view.parts[0],
            filename=f"hypergradient-why-{part}",
            on_cursor=keep_cursor,
        )
        if part == "spectrum" and found.modes is None:
            st.caption(NO_MODES)
        else:
            st.caption(EXPLAINED[part])
    for refusal in found.experiment.refusals:
        st.info(f"**{METHODS[refusal.method].label}** does not apply here. {refusal.reason}")
    if "bound" in view.parts:
        st.markdown(constants_table(found))
    left, middle, right = st.columns([1, 1, 2])
    with left:
        csv_button(lambda: export.dissection_to_csv(found), "hypergradient-why", "All steps (CSV)")
    with middle:
        csv_button(
            lambda: export.terms_to_csv(found.experiment),
            "hypergradient-bound",
            "Bound, term by term (CSV)",
            "download_terms",
        )
    with right:
        link_box(SETTINGS.link_of(scenario, view))


def presets() -> None:
    """What to look at; a choice sets everything."""
    st.selectbox(
        "Look at",
        range(len(PRESETS)),
        index=None,
        format_func=lambda place: PRESETS[place].title,
        key="preset",
        placeholder="A preset",
        on_change=load_preset,
    )


def load_preset() -> None:
    """Take the settings of the chosen preset."""
    place = st.session_state["preset"]
    if place is not None:
        SETTINGS.load(*settings_of(PRESETS[place]))
        st.session_state["preset"] = None


def what_if_controls() -> list[Watch]:
    """Other constants to bound with."""
    controls.many("what_if", "What if", WHAT_IF)
    if "misjudged" in store()["what_if"]:
        return [
            controls.slider(
                "assumed", "Assumed q̂", controls.CONTRACTIONS, lambda q: f"{q:g}", "In place of q."
            )
        ]
    return []


def keep_cursor() -> None:
    """The hand was lifted from a cursor: all charts of the group stand at the same step."""
    for part in PARTS:
        state = st.session_state.get(f"why_{part}")
        if state is not None and isinstance(state.get("cursor"), int | float):
            store()["cursor"] = int(state["cursor"])
            return


page()
