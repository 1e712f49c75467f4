"""Every page is one declaration, and the live route answers for each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from frames import ROOT, open_page, render_frame
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from dashboard.kit.errors import LinkError
from dashboard.kit.page import Page
from dashboard.pages import HOME, PAGES
from tests.support.tables import Table

# Quick ones; a sweep and the panels of a figure need not be there for a picture.
LINKS: Table[dict[str, str]] = Table(
    "LINKS in tests/dashboard/kit/test_pages.py",
    {
        "explore": {"problem": "quadratic", "d": "5", "m": "2", "T": "8"},
        "complexity": {"d": "12", "m": "2", "points": "4", "seed": "77"},
        "budget": {"d": "6", "n": "9", "T": "8"},
        "why": {"d": "5", "T": "8"},
        "descent": {"data": "synthetic", "d": "6", "n": "9", "outer": "3", "seed": "77"},
        "paper": {"T": "50", "values": "3", "seed": "77"},
        "lecture": {"lesson": "hypergradient", "lambda": "-2"},
        "theory": {"section": "R12"},
    },
)
# Pages whose pictures fill while they are looked at.
DRAWN_BY_FRAGMENTS = {"complexity", "descent", "paper"}
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@every_page
def test_the_live_route_answers_for_every_picture_of_every_page(page: Page[Any, Any, Any]) -> None:
    for part in page.parts:
        params = {"page": page.name, **LINKS[page.name], **({"part": part} if part else {})}
        frame = render_frame(params)
        json.dumps(frame, allow_nan=False)
        assert frame["figure"]["data"] or frame["figure"]["layout"]
        link = dict(item.split("=") for item in frame["link"].split("&"))
        asked = page.settings.of_link(params)[:2]
        assert page.settings.of_link(link)[:2] == asked


@every_page
def test_what_a_fragment_draws_lies_in_a_container_of_the_page(
    page: Page[Any, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit may send it after what follows it, which must find its place all the same."""
    sent: list[ForwardMsg] = []
    enqueue = ForwardMsgQueue.enqueue

    def note(queue: ForwardMsgQueue, message: ForwardMsg) -> None:
        sent.append(message)
        enqueue(queue, message)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", note)
    open_page({**LINKS[page.name], "seed": "790"}, page.name)
    deltas = [message for message in sent if message.HasField("delta")]
    of_page = [message for message in deltas if not message.delta.fragment_id]
    of_fragments = [message for message in deltas if message.delta.fragment_id]
    assert bool(of_fragments) == (page.name in DRAWN_BY_FRAGMENTS)
    places = {tuple(message.metadata.delta_path) for message in of_page}
    for message in of_fragments:
        *parents, own = message.metadata.delta_path
        beside = [place[-1] for place in places if place[:-1] == tuple(parents)]
        assert max(beside, default=-1) < own, message.metadata.delta_path


def test_a_page_of_text_has_no_picture_to_ask_for() -> None:
    page = replace(HOME, parts={})
    for asked in (None, "", "spectrum"):
        with pytest.raises(LinkError, match="Explore has no picture"):
            page.part_of(asked)


def test_a_sweep_and_a_figure_show_what_there_is() -> None:
    # Of seeds that nothing else has asked for.
    complexity = render_frame({"page": "complexity", **LINKS["complexity"], "seed": "781"})
    assert complexity["title"].endswith("0 of 12 runs")
    paper = render_frame({"page": "paper", **LINKS["paper"], "seed": "781"})
    assert paper["message"] == "0 of 4 panels so far."


def test_the_page_that_opens_answers_if_none_is_named() -> None:
    link = LINKS["explore"]
    assert render_frame(link) == render_frame({**link, "page": HOME.name})


@every_page
def test_a_page_stands_as_its_declaration_says(page: Page[Any, Any, Any]) -> None:
    session = open_page(LINKS[page.name], page.name)
    headings = [item.value for item in session.sidebar.markdown if item.value.startswith("## ")]
    assert headings == [f"## {page.heading or page.title}"]
    # A job that nobody waits for.
    job = session.session_state[f"job of {page.place}"]
    if job is not None:
        job.stop()


def test_names_of_pages_stand_in_one_place() -> None:
    """In the folder of each page; what has to list pages reads the list of them."""
    # A bound is called "paper" and a term "budget" as well.
    folders = {page.name for page in PAGES}
    names = folders - {HOME.name, "paper", "budget"}
    for path in (ROOT / "dashboard").rglob("*.py"):
        strings = re.findall(r'"(\w+)"', path.read_text(encoding="utf-8"))
        inside = folders & {*path.parts}
        assert inside or not {word.lower() for word in strings} & names, path
    script = (ROOT / "dashboard" / "kit" / "page.js").read_text(encoding="utf-8")
    assert not re.search(rf"\b({'|'.join(names)})\b", script)
