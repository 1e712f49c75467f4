"""Paper: the experiment of the paper's Figure 1, and its claims beside what is measured here."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.kit import session
from dashboard.kit.page import Export, Page, Picture, Table
from dashboard.screens.paper.experiments import experiments_key, experiments_table
from dashboard.screens.paper.export import replication_settings, replications_to_csv
from dashboard.screens.paper.frame import PaperShown, paper_frame
from dashboard.screens.paper.settings import SETTINGS
from dashboard.screens.paper.sidebar import sidebar
from dashboard.screens.paper.snippet import replications_snippet
from dashboard.screens.paper.task import FIGURES, Task, arrived
from dashboard.screens.paper.terms import INTRODUCTION, VOCABULARY
from dashboard.screens.paper.words import PAPER, PAPER_LINK, claims_key, claims_table

# Columns of the same width, which stay where they are when the figures change. Where there is no
# room for five, each claim is a heading over its four verdicts.
TABLE_STYLE = """<style>
.st-key-paper_claims {container-type: inline-size}
.st-key-paper_claims table {table-layout: fixed; width: 100%}
.st-key-paper_claims td, .st-key-paper_claims th
  {font-size: 0.95rem; hyphens: auto; line-height: 1.4; vertical-align: top}
.st-key-paper_experiments :is(td, th) {hyphens: auto; overflow-wrap: anywhere}
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


def pictures(shown: PaperShown) -> Sequence[Picture]:
    """The four panels are one chart."""
    return [Picture("hypergradient-figure-1", height=460, rest=400)]


def below(shown: PaperShown) -> None:
    """What the paper claims and what holds here, once all panels are there."""
    runs = arrived(shown.result)
    if len(runs) < len(shown.result):
        return
    st.markdown("## The paper says — measured here")
    st.html(TABLE_STYLE)
    st.container(key="paper_claims").markdown(claims_table(runs))
    st.caption(claims_key(runs))
    st.markdown("## The experiments of the paper")
    st.container(key="paper_experiments").markdown(experiments_table(session.href))
    st.caption(experiments_key())
    st.caption(f"The paper: {PAPER} [{PAPER_LINK}]({PAPER_LINK})")


def export(shown: PaperShown) -> Export | None:
    """The curves, once all panels are there."""
    task, runs = shown.key, arrived(shown.result)
    if len(runs) < len(shown.result):
        return None
    name = f"hypergradient-figure-1-{task.kind}-q{task.contraction:g}-seed{task.seed}"
    return Export(
        tables=[Table("Curves", name, lambda: replications_to_csv(runs))],
        settings=lambda: replication_settings(runs),
        code=replications_snippet(task.panels, task.values),
    )


PAGE = Page(
    title="Paper",
    icon=":material/article:",
    heading="Figure 1 of the paper",
    settings=SETTINGS,
    introduction=INTRODUCTION,
    vocabulary=VOCABULARY,
    key=Task.of,
    results=FIGURES,
    seen=Task.seen,
    sidebar=sidebar,
    pictures=pictures,
    frame=paper_frame,
    below=below,
    export=export,
    cursor=("cursor",),
)
