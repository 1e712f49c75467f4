"""What every page gives to take home: its numbers, its picture, its Python, its link, its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboard.chart import Frame
from dashboard.kit.export_page import to_html
from dashboard.kit.introduction import vocabulary
from dashboard.kit.theme import Mode

# What only the own machine finds under its name.
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
LOCAL = (
    "This address works on this computer only. “Open it to a class” in the README says how others "
    "can open it."
)


@dataclass(frozen=True)
class Table:
    """Numbers as CSV.

    Attributes:
        label: of the button.
        name: of the file, without its ending.
        make: the text; called when it is asked for.
    """

    label: str
    name: str
    make: Callable[[], str]


def take_home(
    page: str,
    *,
    tables: Sequence[Table],
    pictures: Callable[[Mode], Mapping[str, Frame]],
    settings: Callable[[], Mapping[str, str]],
    code: str,
    link: Mapping[str, str],
    cursor: tuple[int, int] = (0, 0),
) -> None:
    """The same entries at the end of every page.

    Args:
        page: its name.
        tables: what can be saved as CSV; the file name of the first is that of the picture too.
        pictures: the frames of the page for a light or a dark screen, by their headings.
        settings: what was run, for the exported picture.
        code: Python that computes the same numbers.
        link: query parameters of what is shown now.
        cursor: where the picture is read.
    """
    address = _address(link)

    def page_of() -> str:
        light, dark = pictures("light"), pictures("dark")
        frames = {heading: (light[heading], dark[heading]) for heading in light}
        return to_html(f"Hypergradients: {page.title()}", frames, settings(), address, cursor)

    columns = st.columns(len(tables) + 1)
    for place, (column, table) in enumerate(zip(columns, tables, strict=False)):
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
        f"{tables[0].name}.html",
        "text/html",
        key="download_html",
        on_click="ignore",
        width="stretch",
    )
    with st.expander("The same numbers in Python"):
        # Wrapped, because a box that scrolls sideways is out of reach of the keyboard.
        st.code(code, language="python", wrap_lines=True)
    with st.expander("A link to this picture"):
        st.code(address, language=None, wrap_lines=True)
        if urlsplit(address).hostname in LOCAL_HOSTS:
            st.caption(LOCAL)
    vocabulary(page)


def _address(link: Mapping[str, str]) -> str:
    base = str(st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(link)}" if link else base
