"""Page set-up and navigation."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value

from dashboard.kit import presenting, session
from dashboard.kit.errors import note_fault, plain
from dashboard.kit.markup import STYLE, Markup
from dashboard.kit.page_runs import PAGE_RUNS
from dashboard.kit.show import show
from dashboard.pages import HOME, PAGES
from hypergrad_core import HypergradError

# A part of a page that is drawn by itself, a fragment, leaves its own place open to what the same
# thread runs next. A page that went on there would find none of it in the browser, and stay blank.
context_dg_stack.set(get_default_dg_stack_value())

with PAGE_RUNS.taken():
    # Before anything is drawn, or the browser would fetch the icon of the page's tab from another
    # host.
    st.set_page_config(page_icon="📉", layout="wide", initial_sidebar_state=350)

    tabs = {
        page.name: st.Page(
            partial(show, page),
            title=page.title,
            icon=page.icon,
            url_path=page.name,
            default=page is HOME,
        )
        for page in PAGES
    }
    session.know(tabs, HOME.name)
    tab = st.navigation([*tabs.values()], position="top")
    st.set_page_config(page_title=f"{tab.title} · Hypergradients")
    st.html(STYLE)
    names = " ".join(page.name for page in PAGES)
    st.html(
        Markup(
            f'<h1 class="page-name" data-pages="{names}">{tab.title}</h1>'
            f"<script>{presenting.SCRIPT}</script>"
        ),
        unsafe_allow_javascript=True,
    )
    try:
        tab.run()
    except HypergradError as error:
        st.error(plain(str(error)))
    except Exception:
        st.error(note_fault())
