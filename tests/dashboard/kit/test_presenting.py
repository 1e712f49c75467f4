"""Links that allow few controls, and the speaker's window."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lessons.lecture import LESSONS
from dashboard.screens.lecture.speaker import speaker_page

ROOT = Path(__file__).resolve().parents[3]


def opened(**link: str) -> AppTest:
    """The page that opens, with a link."""
    session = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=60)
    for name, value in link.items():
        session.query_params[name] = value
    session.run()
    assert not session.exception
    return session


def offered(session: AppTest) -> dict[str, str]:
    """What the page tells the browser of its controls."""
    texts = [item.proto.body for item in session.get("html")]
    found = re.search('class="present-now".* data-controls="([^"]*)"', "\n".join(texts))
    assert found is not None
    return dict(json.loads(html.unescape(found[1])))


def keys(session: AppTest) -> set[str]:
    """Keys of the sliders and boxes that are drawn."""
    return {
        item.key
        for kind in ("select_slider", "selectbox", "number_input")
        for item in session.get(kind)
    }


def test_a_page_tells_which_controls_a_link_can_allow() -> None:
    told = offered(opened())
    assert told["q"] == "Contraction constant q"
    assert {"q", "T", "problem", "methods"} <= {*told}


@pytest.mark.parametrize(
    ("only", "drawn"),
    [("q", {"contraction"}), ("q.T", {"contraction", "horizon"}), ("none", set()), ("", set())],
)
def test_a_link_allows_the_controls_that_it_names(only: str, drawn: set[str]) -> None:
    session = opened(only=only, T="60")
    assert keys(session) == drawn
    assert session.session_state["settings of explore"]["horizon"] == 60
    # What is not drawn can be named all the same.
    assert {"q", "T", "problem"} <= {*offered(session)}


def test_it_holds_also_where_the_address_has_lost_it() -> None:
    session = opened(only="q")
    del session.query_params["only"]
    session.run()
    assert keys(session) == {"contraction"}


def test_the_speakers_window_has_every_lesson_as_plain_text() -> None:
    page = speaker_page()
    found = re.search(
        '<script type="application/json" id="lessons">(.*?)</script>', page, re.DOTALL
    )
    assert found is not None
    lessons = json.loads(found[1])
    assert [item["key"] for item in lessons] == [lesson.key for lesson in LESSONS]
    for item in lessons:
        assert all(item.values())
        assert not re.search(r"\[\[|\]\]|\{\w+", " ".join(item.values()))
