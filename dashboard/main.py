"""Page set-up and navigation."""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st

from dashboard.errors import note_fault
from dashboard.status import stop_elsewhere
from hypergrad_core import HypergradError

STYLES = Path(__file__).parent / "page.css"
SCRIPT = Path(__file__).parent / "page.js"

# First of all, or the browser would fetch the icon of the page's tab from another host.
st.set_page_config(page_icon="📉", layout="wide", initial_sidebar_state=350)


@st.cache_resource
def freeze() -> None:
    """What the imports made stays for good: the collector need not look at it again."""
    gc.freeze()


freeze()

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
st.set_page_config(page_title=f"{page.title} · Hypergradients")
st.html(STYLES)
st.html(
    f'<h1 class="page-name">{page.title}</h1><script>{SCRIPT.read_text(encoding="utf-8")}</script>',
    unsafe_allow_javascript=True,
)
stop_elsewhere(page.title.lower())
try:
    page.run()
except HypergradError as error:
    st.error(str(error))
except Exception:
    st.error(note_fault())
