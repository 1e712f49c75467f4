"""Paper: the experiment of the paper's Figure 1, and its claims beside what is measured here."""

from __future__ import annotations

import streamlit as st

from dashboard import export
from dashboard.controls import BEYOND, CONTRACTIONS
from dashboard.figures.paper_panels import panel_title, paper_panels
from dashboard.replications import FIGURES, KINDS, Task, panels
from dashboard.status import STATUS_HEIGHT, in_background
from dashboard.theme import Mode
from hypergrad_core.paper import Replication, Verdict, claims

HEIGHT = 760
INTRODUCTION = (
    "### Figure 1 of the paper\nError against t at several λ: mean, and smallest to largest."
)
SYMBOLS = {Verdict.HOLDS: ":green[✓]", Verdict.FAILS: ":red[✗]", Verdict.OPEN: ":gray[?]"}


def page() -> None:
    """The whole page."""
    with st.sidebar:
        status = st.container(height=STATUS_HEIGHT, border=False)
        kind = st.segmented_control(
            "Problems",
            list(KINDS),
            format_func=KINDS.__getitem__,
            default="made-up",
            key="paper_kind",
            required=True,
            width="stretch",
            bind="query-params",
        )
        beyond = BEYOND if kind == "networks" else []
        contraction = st.select_slider(
            "Contraction constant q",
            [*CONTRACTIONS, *beyond],
            value=0.9,
            key=f"paper_q_{kind}",
            bind="query-params",
        )
        horizon = st.select_slider(
            "Horizon T", [50, 100, 150, 200], value=100, key="paper_T", bind="query-params"
        )
        values = st.select_slider(
            "Values of λ", [3, 5, 10, 20], value=20, key="paper_values", bind="query-params"
        )
        seed = st.number_input("Seed", 0, 9999, 0, key="paper_seed", bind="query-params")
    task = Task(panels(kind, contraction, horizon, int(seed)), values)
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    if contraction >= 1:
        st.warning(
            f"q = {contraction:g} is not below 1: Φ need not contract, and the theory says "
            "nothing. What you see is measured only."
        )
    with status:
        runs = in_background("paper", task, FIGURES, Task.run, INTRODUCTION)
    if runs is None:
        st.info("The figure appears here as soon as it is computed.")
        return
    figure = paper_panels(runs, mode)
    st.plotly_chart(
        figure,
        theme=None,
        width="stretch",
        height=HEIGHT,
        key="paper_figure",
        config={"displaylogo": False},
    )
    verdicts(runs)
    st.download_button(
        "Curves (CSV)",
        lambda: export.replications_to_csv(runs),
        "hypergradient-figure-1.csv",
        "text/csv",
        key="paper_csv",
        on_click="ignore",
    )


def verdicts(runs: tuple[Replication, ...]) -> None:
    """What the paper says and what is measured, a column for each panel."""
    st.markdown("#### The paper says — measured here")
    for run in runs:
        st.markdown(f"**{panel_title(run)}**")
        rows = ["| The paper says | Here | Measured |", "|---|---|---|"]
        rows += [
            f"| {claim.text} | {SYMBOLS[claim.verdict]} {claim.verdict} | {claim.evidence} |"
            for claim in claims(run)
        ]
        st.markdown("\n".join(rows))


page()
