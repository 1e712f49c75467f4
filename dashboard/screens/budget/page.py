"""Budget: the whole (t, k) plane as a map, and the best use of a number of products."""

from __future__ import annotations

import streamlit as st

from dashboard.chart import Live
from dashboard.chart.component import chart
from dashboard.figures.budget_map import LAYERS
from dashboard.kit import controls, export, session, snippets
from dashboard.kit.compute import JOB_SECONDS
from dashboard.kit.introduction import introduce
from dashboard.kit.notation import count
from dashboard.kit.status import awaited, in_background, status_place
from dashboard.kit.take_home import Table, take_home
from dashboard.kit.theme import Mode
from dashboard.screens.budget.frame import budget_frame, live_params
from dashboard.screens.budget.maps import MAPS, Maps
from dashboard.screens.budget.settings import LARGEST_HORIZON, LARGEST_SIZE, LEFT, RIGHT, SETTINGS
from hypergrad_core import FAMILIES
from hypergrad_core.studies.plane import Plane

HEIGHT = 420
REST = 490
BUDGETS = [*range(5, 101, 5), *range(110, 201, 10), 250, 300, 400, 500]


def page() -> None:
    """The whole page."""
    session.restore(SETTINGS)
    introduce("budget")
    dial = st.container()
    with st.sidebar:
        session.reset_button()
        st.markdown("## Budget")
        watched = [controls.slider("budget", BUDGETS, count)]
        controls.choice("left", LEFT)
        controls.choice("right", RIGHT)
        controls.switch("layer", LAYERS)
        watched += controls.problem_controls(tuple(FAMILIES), LARGEST_SIZE, contraction_at=dial)
        watched += controls.start_controls()
        controls.solver_control(exact=False)
        watched.append(controls.horizon_control(LARGEST_HORIZON))
        status = status_place()
    scenario, view = session.current(SETTINGS)
    session.write_address(scenario, view)
    session.show_notices()
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    maps = Maps.of(scenario, view)
    if maps.seconds <= JOB_SECONDS:
        MAPS.compute(maps)
    with status:
        found = in_background("budget", maps, MAPS, Maps.run)
    if found is None:
        st.info(
            "The maps have not been computed."
            if st.session_state["job of budget"].ended
            else "The maps appear here as soon as they are computed."
        )
        return
    # While new maps are computed, the last ones, as what they are.
    shown: Maps = st.session_state["shown on budget"]
    live: Live = {"params": live_params(scenario, view, mode), "watch": watched}
    pending = ""
    if shown != maps:
        pending = awaited("budget", f"q = {scenario.contraction:g}")
        scenario, view = shown.scenario, shown.seen_by(view)
    chart(
        budget_frame(found, scenario, view, mode),
        key="budget_chart",
        height=HEIGHT,
        rest=REST,
        live=live,
        cursor=view.row,
        other=view.column,
        filename="hypergradient-budget",
        pending=pending,
        on_cursor=keep_cell,
    )
    st.caption(
        "Point at a cell to see its row and its column beside the maps or below them; press to "
        "keep it. On the keyboard, ↑ and ↓ change t, ← and → change k. All errors are divided by "
        "‖∇f(λ)‖."
    )
    planes = [item for item in found if isinstance(item, Plane)]
    if not planes:
        return
    take_home(
        "budget",
        tables=[
            Table(
                "Maps",
                export.file_name(scenario, planes[0].state_size, "budget"),
                lambda: export.planes_to_csv(planes),
            )
        ],
        pictures=lambda mode: {"": budget_frame(found, scenario, view, mode)},
        settings=lambda: {**export.plane_settings(planes[0]), "budget": f"{view.budget} products"},
        code=snippets.planes_snippet(planes),
        link=SETTINGS.link_of(scenario, view),
        cursor=(view.row, view.column),
    )


def keep_cell() -> None:
    """The hand was lifted from the chart."""
    state = st.session_state["budget_chart"]
    for field, name in (("row", "cursor"), ("column", "other")):
        if isinstance(state.get(name), int | float):
            session.keep(**{field: int(state[name])})


page()
