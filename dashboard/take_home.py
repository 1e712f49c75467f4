"""What every page gives to take home: its data and its link."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st


def csv_button(make: Callable[[], str], name: str, label: str, key: str = "download_csv") -> None:
    """A download of the data; made when it is asked for."""
    st.download_button(
        label, make, f"{name}.csv", "text/csv", key=key, on_click="ignore", width="stretch"
    )


def link_box(link: dict[str, str]) -> None:
    """The address of what is shown now."""
    with st.expander("A link to this picture"):
        address = str(st.context.url or "").split("?")[0]
        query = urlencode(link)
        st.code(f"{address}?{query}" if query else address, language=None, wrap_lines=True)
