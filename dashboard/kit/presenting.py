"""A page in front of a room: the script that every page has, and links with few controls.

How a page looks on a projector or in another page, the keys, and the box that makes links are the
browser's, see ``present/``. What the server must know is which controls a link allows.
"""

from __future__ import annotations

import html
import json
from pathlib import Path

import streamlit as st

from dashboard.chart.scripts import joined
from dashboard.kit.policy import own

FOLDER = Path(__file__).parent / "present"
# What runs once in a window, and settles what Streamlit has drawn anew after that.
SCRIPT = own(
    f"{(Path(__file__).parent / 'page.js').read_text(encoding='utf-8')}\n"
    "if (document.hgPresenting) document.hgPresenting.settle();\n"
    f"else {{\n{joined(FOLDER / 'present.js')}\n}}"
)
SPEAKER_PATH = "/speaker"
# As in ``present/pure/address.js``.
ONLY_PARAM = "only"
# In the session.
_ONLY = "only these controls"  # as the link says; it holds on every page
_OFFERED = "controls that a link can allow"  # labels of this run, by their names in links


def begin() -> None:
    """A run of the page begins."""
    st.session_state[_OFFERED] = {}
    if ONLY_PARAM in st.query_params:
        st.session_state[_ONLY] = st.query_params[ONLY_PARAM]


def allows(name: str, label: str) -> bool:
    """Whether a control may be drawn; from now on a link can name it.

    Args:
        name: of the control in links.
        label: what people call it.
    """
    st.session_state.setdefault(_OFFERED, {})[name] = label
    only = st.session_state.get(_ONLY)
    return only is None or name in only.split(".")


def tell_browser() -> None:
    """Which controls a link can allow."""
    controls = json.dumps([*st.session_state[_OFFERED].items()])
    st.html(f'<span class="present-now" hidden data-controls="{html.escape(controls)}"></span>')
