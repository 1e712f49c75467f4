"""Random links, a sample; all of them are read by ``tests/benchmarks/bench_links.py``."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from frames import open_page

from dashboard.chart import PLOTLY_FILE
from dashboard.kit.export_page import to_html
from dashboard.kit.page import Page
from dashboard.kit.saved_file import to_json
from dashboard.pages import PAGES
from tests.support.hostile import MARKUP, STRANGE
from tests.support.links import random_link, random_page, survives

SAMPLE = 500
OPENED = 28


def test_a_random_link_is_read_and_written_back() -> None:
    rng = random.Random(1)
    for _ in range(SAMPLE):
        page = random_page(rng)
        survives(page, random_link(page, rng))


def quick_links() -> Iterator[tuple[Page[Any, Any, Any], dict[str, str]]]:
    """Of each page the same number, at sizes that are quick."""
    rng = random.Random(2)
    quick = {"d": "5", "n": "10", "T": "8", "points": "4", "seeds": "1", "values": "2"}
    for number in range(OPENED):
        page = PAGES[number % len(PAGES)]
        names = {field.link for field in page.settings.fields.values()}
        link = {name: text for name, text in quick.items() if name in names}
        hostile = random_link(page, rng)
        for name in ("problem", "methods", *quick):
            hostile.pop(name, None)
        # The test session cannot write these into an address itself.
        yield page, {**link, **{k: v.replace("\ud800", "?") for k, v in hostile.items()}}


@pytest.mark.parametrize(("page", "link"), list(quick_links()), ids=lambda item: "")
def test_a_random_link_opens_its_page(page: Page[Any, Any, Any], link: dict[str, str]) -> None:
    session = open_page(link, page.name)
    assert not session.error
    told = [line for item in session.warning for line in item.value.splitlines()]
    for line in told:
        # Each sign that Markdown knows is escaped, but that of the list.
        signs = re.sub(r"\\[!-/:-@\[-`{-~]", "", line.removeprefix("- "))
        assert not {*signs} & {*"![]<>*`$_#~|&@"}, line
        assert not re.search(r"https?://|www\.", line.replace("\\", "")), line


HOSTILE = {"problem": "quadratic", "d": "5", "T": "8", "m": "2"}


@pytest.mark.parametrize("text", [*MARKUP, *(sign for sign in STRANGE if sign != "\ud800")])
def test_what_is_taken_home_holds_nothing_of_it(text: str) -> None:
    page = PAGES[1]
    link = {**HOSTILE, "q": text, "eps": text, "card": text, "spectrum": text, "seed": text}
    scenario, view, messages = page.settings.of_link(link)
    key = page.key(scenario, view)
    given = page.shown(key, page.results.compute(key), scenario, view, "light")
    export = page.export(given)
    assert export is not None
    frame = page.frame(given, "")
    files = [table.name for table in export.tables] + [page.pictures(given)[0].filename]
    taken = to_json(page.name, page.settings.link_of(scenario, view, full=True), export)
    address = f"http://localhost/?{frame['link']}"
    saved = to_html(
        frame["title"], {frame["title"]: (frame, frame)}, export.settings(), address, (0, 0)
    )
    whole = saved.replace(PLOTLY_FILE.read_text(encoding="utf-8"), "")
    told = [export.code, str(export.settings()), frame["title"], frame["link"], taken, *files]
    assert "evil" not in whole
    assert "onerror=" not in whole
    out = "\n".join(told)
    marks = ("evil", "onerror", "<", "DROP", "passwd", "\u202e", "{{", "%s", "🙂", "javascript")
    assert messages or text in ("", "-0", "1e999")
    assert not [mark for mark in marks if mark in text and mark in out.replace("<sup>", "")]
    assert all(re.fullmatch(r"[\w.-]+", name) and ".." not in name for name in files)
