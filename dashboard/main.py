"""Page set-up and navigation."""

from __future__ import annotations

import gc

import streamlit as st

from dashboard.status import stop_elsewhere

st.set_page_config(
    page_title="Hypergradients",
    page_icon="📉",
    layout="wide",
    initial_sidebar_state=350,
)


@st.cache_resource
def freeze() -> None:
    """What the imports made stays for good: the collector need not look at it again."""
    gc.freeze()


freeze()

# The page's own margins would push the figures off a projector.
st.html("<style>.stMainBlockContainer {padding: 4.2rem 2rem 2rem}</style>")

page = st.navigation(
    [
        st.Page("screens/explore.py", title="Explore", icon=":material/show_chart:", default=True),
        st.Page("screens/complexity.py", title="Complexity", icon=":material/trending_up:"),
        st.Page("screens/budget.py", title="Budget", icon=":material/grid_on:"),
        st.Page("screens/why.py", title="Why", icon=":material/lightbulb:"),
        st.Page("screens/paper.py", title="Paper", icon=":material/article:"),
    ],
    position="top",
)
stop_elsewhere(page.title.lower())
page.run()
