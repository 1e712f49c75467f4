"""What every page gives to take home: its numbers, its pictures, its Python and its link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboard.chart import Frame
from dashboard.kit.export_page import to_html
from dashboard.kit.page import Export
from dashboard.kit.theme import Mode

# What only the own machine finds under its name.
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
LOCAL = (
    "This address works on this computer only. “Open it to a class” in the README says how others "
    "can open it."
)


def offer(
    title: str,
    export: Export,
    frames: Callable[[Mode], Mapping[str, Frame]],
    link: Mapping[str, str],
    cursor: tuple[int, int],
) -> None:
    """The same entries at the end of every page.

    Args:
        title: of the page.
        export: its numbers and its Python.
        frames: its pictures for a light or a dark screen, by their headings.
        link: query parameters of what is shown now.
        cursor: where the pictures are read.
    """
    address = _address(link)

    def page_of() -> str:
        light, dark = frames("light"), frames("dark")
        pictures = {heading: (light[heading], dark[heading]) for heading in light}
        return to_html(f"Hypergradients: {title}", pictures, export.settings(), address, cursor)

    columns = st.columns(len(export.tables) + 1)
    for place, (column, table) in enumerate(zip(columns, export.tables, strict=False)):
        column.download_button(
            f"{table.label} (CSV)",
            table.make,
            f"{table.name}.csv",
            "text/csv",
            key="download_csv" if place == 0 else f"download_csv_{place}",
            on_click="ignore",
            width="stretch",
        )
    columns[-1].download_button(
        "Picture (HTML)",
        page_of,
        f"{export.tables[0].name}.html",
        "text/html",
        key="download_html",
        on_click="ignore",
        width="stretch",
    )
    with st.expander("The same numbers in Python"):
        # Wrapped, because a box that scrolls sideways is out of reach of the keyboard.
        st.code(export.code, language="python", wrap_lines=True)
    with st.expander("A link to this picture"):
        st.code(address, language=None, wrap_lines=True)
        if urlsplit(address).hostname in LOCAL_HOSTS:
            st.caption(LOCAL)


def _address(link: Mapping[str, str]) -> str:
    base = str(st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(link)}" if link else base
