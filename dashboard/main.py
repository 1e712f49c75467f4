"""Page set-up and navigation."""

from __future__ import annotations

import gc
from pathlib import Path

import streamlit as st

from dashboard.kit.errors import note_fault
from dashboard.kit.status import stop_elsewhere
from hypergrad_core import HypergradError

STYLES = Path(__file__).parent / "kit" / "page.css"
SCRIPT = Path(__file__).parent / "kit" / "page.js"

# First of all, or the browser would fetch the icon of the page's tab from another host.
st.set_page_config(page_icon="📉", layout="wide", initial_sidebar_state=350)


@st.cache_resource
def freeze() -> None:
    """What the imports made stays for good: the collector need not look at it again."""
    gc.freeze()


freeze()

TITLES = {
    "explore": ("Explore", ":material/show_chart:"),
    "complexity": ("Complexity", ":material/trending_up:"),
    "budget": ("Budget", ":material/grid_on:"),
    "why": ("Why", ":material/lightbulb:"),
    "paper": ("Paper", ":material/article:"),
}
page = st.navigation(
    [
        st.Page(
            f"screens/{name}/page.py",
            url_path=name,
            title=title,
            icon=icon,
            default=name == "explore",
        )
        for name, (title, icon) in TITLES.items()
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
