"""Paper: the experiment of the paper's Figure 1, and its claims beside what is measured here."""

from __future__ import annotations

import streamlit as st

from dashboard.chart.component import chart
from dashboard.kit import controls, export, session, snippets
from dashboard.kit.introduction import introduce
from dashboard.kit.notation import count
from dashboard.kit.status import POLL_SECONDS, awaited, in_background, status_place
from dashboard.kit.take_home import Table, take_home
from dashboard.kit.theme import Mode
from dashboard.screens.paper.frame import paper_frame
from dashboard.screens.paper.settings import KINDS, SETTINGS, largest_contraction
from dashboard.screens.paper.task import FIGURES, Task
from dashboard.screens.paper.words import PAPER, PAPER_LINK, claims_key, claims_table

HEIGHT = 460
REST = 400
HORIZONS = [50, 100, 150, 200]
VALUES = [3, 5, 10, 20]
# Columns of the same width, which stay where they are when the figures change. Where there is no
# room for five, each claim is a heading over its four verdicts.
TABLE_STYLE = """<style>
.st-key-paper_claims {container-type: inline-size}
.st-key-paper_claims table {table-layout: fixed; width: 100%}
.st-key-paper_claims td, .st-key-paper_claims th
  {font-size: 0.95rem; hyphens: auto; line-height: 1.4; vertical-align: top}
@container (max-width: 760px) {
  .st-key-paper_claims :is(table, tbody, tr, td) {display: block; border: 0}
  .st-key-paper_claims thead {display: none}
  .st-key-paper_claims tr {margin-bottom: 0.8rem}
  .st-key-paper_claims td {padding: 0.1rem 0}
  .st-key-paper_claims td:first-child {font-weight: 600}
  .st-key-paper_claims td:nth-child(2)::before {content: "a · "}
  .st-key-paper_claims td:nth-child(3)::before {content: "b · "}
  .st-key-paper_claims td:nth-child(4)::before {content: "c · "}
  .st-key-paper_claims td:nth-child(5)::before {content: "d · "}
}
</style>"""


def page() -> None:
    """The whole page."""
    session.restore(SETTINGS)
    introduce("paper")
    dial = st.container()
    with st.sidebar:
        session.reset_button()
        st.markdown("## Figure 1 of the paper")
        controls.switch("kind", KINDS)
        with dial:
            controls.contraction_slider(largest_contraction(session.store()["kind"]))
        controls.slider("horizon", HORIZONS, count)
        controls.slider("values", VALUES, count)
        controls.number("seed", 0, 9999)
        status = status_place()
    scenario, view = session.current(SETTINGS)
    session.write_address(scenario, view)
    session.show_notices()
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    task = Task.of(scenario, view)
    with status:
        runs = in_background(SETTINGS.name, task, FIGURES, Task.run)
    # The last whole figure stays until the new one is whole; before the first, panels as they come.
    drawn: Task = task if runs is None else st.session_state[f"shown on {SETTINGS.name}"]
    shown = task.found() if runs is None else runs
    chart(
        paper_frame(drawn, shown, mode),
        key="paper_chart",
        height=HEIGHT,
        rest=REST,
        cursor=view.cursor,
        pending="" if drawn == task else awaited(SETTINGS.name, f"q = {task.contraction:g}"),
        filename="hypergradient-figure-1",
        on_cursor=keep_cursor,
    )
    if runs is None:
        await_panels(task, shown.count(None))
        return
    st.markdown("## The paper says — measured here")
    st.html(TABLE_STYLE)
    st.container(key="paper_claims").markdown(claims_table(runs))
    st.caption(claims_key(runs))
    st.caption(f"The paper: {PAPER} [{PAPER_LINK}]({PAPER_LINK})")
    take_home(
        SETTINGS.name,
        tables=[
            Table(
                "Curves",
                f"hypergradient-figure-1-{drawn.kind}-q{drawn.contraction:g}-seed{drawn.seed}",
                lambda: export.replications_to_csv(runs),
            )
        ],
        pictures=lambda mode: {"": paper_frame(drawn, runs, mode)},
        settings=lambda: export.replication_settings(runs),
        code=snippets.replications_snippet(drawn.panels, drawn.values),
        link=SETTINGS.link_of(scenario, view) if drawn == task else drawn.link,
        cursor=(view.cursor, 0),
    )


def keep_cursor() -> None:
    """The hand was lifted from the chart's cursor."""
    step = st.session_state["paper_chart"].get("cursor")
    if isinstance(step, int | float):
        session.keep(cursor=int(step))


@st.fragment(run_every=POLL_SECONDS)
def await_panels(task: Task, missing: int) -> None:
    """Run the page again when there is one panel more to draw."""
    if task.found().count(None) < missing:
        st.rerun()


page()
