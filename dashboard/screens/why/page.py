"""Why: one small problem from inside, three linked views that step together."""

from __future__ import annotations

import streamlit as st

from dashboard.chart import Watch
from dashboard.chart.component import chart
from dashboard.kit import controls, export, session, snippets
from dashboard.kit.introduction import introduce
from dashboard.kit.take_home import Table, take_home
from dashboard.kit.theme import Mode
from dashboard.lessons.why import PRESETS
from dashboard.screens.why.figure.spectrum import NORMS
from dashboard.screens.why.frame import DISSECTIONS, live_params, why_frame
from dashboard.screens.why.settings import (
    LARGEST_HORIZON,
    LARGEST_SIZE,
    PARTS,
    PRESET_PARAM,
    SETTINGS,
    SHOWN,
    WHAT_IF,
    preset_named,
)
from dashboard.screens.why.words import constants_table, plane_caption
from hypergrad_core import FAMILIES, METHODS

# Least heights of the plots: the bound has two panels, one above the other.
HEIGHTS = {"plane": 400, "spectrum": 400, "bound": 560}
# Alone on the page a chart leaves this much of the window to what is around it, but not all of it.
REST = 560
LEAST = 370
MODES = (
    "After k steps the residual is $p_k(M)\\,\\nabla_1E$, with $M=I-\\partial_1\\Phi$ and "
    "$p_k$ a polynomial of degree k with $p_k(0)=1$. CG’s polynomial is that of this run. "
    "Stacked: squared error in each eigenmode, smallest eigenvalue at the bottom; the modes add up "
    "to the whole error."
)
NO_MODES = (
    "$\\partial_1\\Phi$ is not symmetric, or Φ is not affine, so there are no orthogonal "
    "eigenmodes. The eigenvalues are those of $M=I-\\partial_1\\Phi$ at $w(\\lambda)$. "
    "**Residual left**: the norm of the residual divided by that at the start."
)
TERMS = (
    "**Inner-problem term**: the error of $w_t$ in the gradients of E. **Drift term**: the "
    "Jacobians are evaluated at early iterates or at $w_t$ instead of $w(\\lambda)$. **Adjoint "
    "term**: what k backward steps leave unsolved. Where the bound is pale it is below the "
    "estimate of rounding and says nothing about the measured error."
)


def page() -> None:
    """The whole page."""
    session.restore(SETTINGS)
    introduce("why")
    dial = st.container()
    with st.sidebar:
        session.reset_button()
        st.markdown("## Why")
        lessons()
        controls.choice("show", SHOWN)
        watched = controls.problem_controls(tuple(FAMILIES), LARGEST_SIZE, contraction_at=dial)
        watched += controls.start_controls()
        controls.methods_control()
        controls.solver_control(exact=False)
        watched.append(controls.horizon_control(LARGEST_HORIZON))
        watched += what_if_controls()
    scenario, view = session.current(SETTINGS)
    session.write_address(scenario, view)
    session.show_notices()
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    preset = SETTINGS.preset_of(scenario, session.preset())
    if preset is not None:
        st.markdown(f"**{preset.title}.** {preset.text}")
    found = DISSECTIONS.compute(scenario)
    for part in view.parts:
        heading, beside = st.columns(2, vertical_alignment="bottom")
        heading.header(PARTS[part])
        with beside:
            if part == "bound" and found.experiment.curves:
                curves = found.experiment.curves
                labels = {curve.method: METHODS[curve.method].label for curve in curves}
                controls.switch("method", labels)
            if part == "spectrum" and found.modes is not None:
                controls.switch("stack", NORMS)
        view = session.view_of(SETTINGS)
        alone = len(view.parts) == 1
        chart(
            why_frame(part, found, scenario, view, mode),
            key=f"why_{part}",
            height=LEAST if alone else HEIGHTS[part],
            rest=REST if alone else 10_000,
            live={"params": live_params(part, scenario, view, mode), "watch": watched},
            cursor=view.cursor,
            group="why",
            commit=part == view.parts[0],
            filename=f"hypergradient-why-{part}",
            on_cursor=keep_cursor,
        )
        spectrum = MODES if found.modes is not None else NO_MODES
        st.caption({"plane": plane_caption(found), "spectrum": spectrum, "bound": TERMS}[part])
    # The picture of the bound says this itself, where the curve would be.
    for refusal in () if "bound" in view.parts else found.experiment.refusals:
        st.info(f"**{METHODS[refusal.method].label}** does not apply here. {refusal.reason}")
    if "bound" in view.parts:
        st.markdown(constants_table(found))
    name = export.file_name(scenario, found.state_size, "why")
    take_home(
        "why",
        tables=[
            Table("All steps", name, lambda: export.dissection_to_csv(found)),
            Table(
                "Terms of the bound", f"{name}-bound", lambda: export.terms_to_csv(found.experiment)
            ),
        ],
        pictures=lambda mode: {
            PARTS[part]: why_frame(part, found, scenario, view, mode) for part in view.parts
        },
        settings=lambda: export.settings_of(scenario, found.state_size, found.hyper_size),
        code=snippets.dissection_snippet(found),
        link=SETTINGS.address_of(scenario, view, session.preset()),
        cursor=(view.cursor, 0),
    )


def lessons() -> None:
    """What to look at; a choice sets everything. The box names it while its problem is shown."""
    expected = session.expected()
    shown = None if expected is None else SETTINGS.preset_of(expected, session.preset())
    st.session_state["preset"] = None if shown is None else shown.key
    st.selectbox(
        "Lesson",
        [preset.key for preset in PRESETS],
        format_func=lambda key: preset_named(key).title,
        key="preset",
        placeholder="Choose a lesson",
        on_change=load_lesson,
    )


def load_lesson() -> None:
    """Take the settings of the chosen lesson."""
    key = st.session_state["preset"]
    if key is not None:
        session.open_link({PRESET_PARAM: key})


def what_if_controls() -> list[Watch]:
    """Other constants to bound with."""
    controls.many("what_if", WHAT_IF)
    if "misjudged" in session.store()["what_if"]:
        return [controls.slider("assumed", controls.CONTRACTIONS, lambda q: f"{q:g}")]
    return []


def keep_cursor() -> None:
    """The hand was lifted from a cursor: all charts of the group stand at the same step."""
    for part in PARTS:
        state = st.session_state.get(f"why_{part}")
        if state is not None and isinstance(state.get("cursor"), int | float):
            session.keep(cursor=int(state["cursor"]))
            return


page()
