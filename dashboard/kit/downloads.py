"""What every page gives to take home: its numbers, pictures, Python and link, and how to cite it.

A file of numbers can be opened here again. What is opened is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboard.chart import Frame
from dashboard.kit import session
from dashboard.kit.citing import BIBTEX, HOW
from dashboard.kit.errors import LinkError, plain
from dashboard.kit.export_page import to_html
from dashboard.kit.given_file import place_for_file
from dashboard.kit.page import Export, File
from dashboard.kit.saved_file import LARGEST_MB, Saved, read, to_json
from dashboard.kit.theme import Mode

# What only the own machine finds under its name.
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
LOCAL = (
    "This address works on this computer only. “Open it to a class” in the README says how others "
    "can open it."
)
NOTHING = "There is no picture here to save."
# In the session: what a file has asked for, or why it cannot be opened.
_OPENED = "opened file"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a page has to give.

    Attributes:
        page, title: its name and its title.
        address: query parameters of what is shown now.
        link: the same with everything that the page can be set to.
        export: its numbers and its Python; None while it has none.
        frames: its pictures for a light or a dark screen, by their headings.
        cursor: where the pictures are read.
        files: what else can be saved.
    """

    page: str
    title: str
    address: Mapping[str, str]
    link: Mapping[str, str]
    export: Export | None
    frames: Callable[[Mode], Mapping[str, Frame]]
    cursor: tuple[int, int]
    files: Sequence[File] = ()


def offer(given: Offer) -> None:
    """The same entries at the end of every page."""
    address = _address(given.address)
    with st.container(key="take"):
        st.markdown("## Take home")
        with st.container(key="take_home", horizontal=True, gap="small"):
            for file in (*_files(given, address), *given.files):
                st.download_button(
                    file.label,
                    file.make,
                    file.name,
                    file.kind,
                    key=f"download_{file.key}",
                    disabled=file.empty,
                    on_click="ignore",
                )
            _picture_buttons(missing=given.export is None)
        if given.export is None:
            st.caption(NOTHING)
        else:
            with _folded("The same numbers in Python", "python") as opened:
                if opened:
                    _code(given.export.code, "python")
        picture = "picture" if given.export else "page"
        with _folded(f"A link to this {picture}", "link") as opened:
            if opened:
                _code(address)
                if urlsplit(address).hostname in LOCAL_HOSTS:
                    st.caption(LOCAL)
        with _folded("How to cite", "cite") as opened:
            if opened:
                st.markdown(HOW)
                _code(BIBTEX)
        _open_again()


@contextmanager
def _folded(label: str, key: str) -> Iterator[bool]:
    """A box to open, and whether it is open: what colours code takes a page half a second."""
    with st.expander(label, key=f"folded_{key}", on_change="rerun") as box:
        yield bool(box.open)


def _code(text: str, language: str | None = None) -> None:
    """Wrapped, because a box that scrolls sideways is out of reach of the keyboard."""
    st.code(text, language=language, wrap_lines=True)


def _files(given: Offer, address: str) -> list[File]:
    """The files that every page has."""
    cite = File("bib", "BibTeX", "hypergradient.bib", "application/x-bibtex", lambda: BIBTEX)
    export = given.export
    if export is None:
        names = {"csv": "Numbers (CSV)", "json": "Numbers (JSON)", "html": "Picture (HTML)"}
        names["python"] = "Python"
        return [
            *(File(key, name, "", "", str, empty=True) for key, name in names.items()),
            cite,
        ]

    def page_of() -> str:
        light, dark = given.frames("light"), given.frames("dark")
        pictures = {heading: (light[heading], dark[heading]) for heading in light}
        title = f"Hypergradients: {given.title}"
        return to_html(title, pictures, export.settings(), address, given.cursor)

    name = export.tables[0].name
    tables = [
        File(f"csv_{place}" if place else "csv", f"{table.label} (CSV)", f"{table.name}.csv",
             "text/csv", table.make)
        for place, table in enumerate(export.tables)
    ]  # fmt: skip
    return [
        *tables,
        File(
            "json", "Numbers (JSON)", f"{name}.json", "application/json",
            lambda: to_json(given.page, given.link, export),
        ),
        File("html", "Picture (HTML)", f"{name}.html", "text/html", page_of),
        File("python", "Python", f"{name}.py", "text/x-python", lambda: export.code),
        cite,
    ]  # fmt: skip


def _picture_buttons(*, missing: bool) -> None:
    """The charts themselves save what they show, see ``chart.js``."""
    state = " disabled" if missing else ""
    buttons = "".join(
        f'<button type="button" data-save-charts="{kind}"{state}>Picture ({kind.upper()})</button>'
        for kind in ("svg", "png")
    )
    with st.container(key="save_charts", width="content"):
        st.html(f'<div class="save-charts">{buttons}</div>', width="content")


def _open_again() -> None:
    """A place for a file of numbers; its picture is opened on its own page."""
    with st.expander("Open a saved file", expanded=_OPENED in st.session_state):
        place_for_file(
            "opened",
            "Drop a file here that “Numbers (JSON)” has saved, on any page. "
            f"At most {LARGEST_MB} MB; it is read once and not kept.",
            "json",
            LARGEST_MB,
            _open,
        )
        opened = st.session_state.pop(_OPENED, None)
        if isinstance(opened, str):
            st.error(f"This file cannot be opened. {plain(opened)}")
    if isinstance(opened, Saved):
        st.switch_page(session.tabs()[opened.page], query_params=dict(opened.link))


def _open(content: bytes) -> None:
    try:
        st.session_state[_OPENED] = read(content, session.tabs())
    except LinkError as error:
        st.session_state[_OPENED] = str(error)


def _address(link: Mapping[str, str]) -> str:
    base = str(st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(link)}" if link else base
