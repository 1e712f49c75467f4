"""The Why page in a browser: three charts that step together, and presets."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Locator, Page, expect

from dashboard.lessons.why import PRESETS

pytestmark = pytest.mark.browser

QUERY = "d=8&T=20&at=2"

_READY = """
count => {
    const charts = [...document.querySelectorAll('.hg-chart[data-ready="true"]')];
    const app = document.querySelector('[data-testid="stApp"]');
    return charts.length === count && app.dataset.testScriptState === "notRunning";
}
"""

_CURSORS = """
wanted => {
    const charts = [...document.querySelectorAll('.hg-chart')];
    return charts.every(chart => chart.dataset.cursor === String(wanted));
}
"""


@pytest.fixture
def why(new_context: NewContext, server: Server, watcher: Watcher) -> Page:
    """A fresh Why page, opened, with its three charts."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.set_default_timeout(TIMEOUT)
    page.goto(f"{server.base}why?{QUERY}")
    page.wait_for_function(_READY, arg=3)
    return page


def curves(chart: Locator) -> list[str]:
    found: list[str] = chart.locator("path.js-line").evaluate_all(
        "paths => paths.map(path => path.getAttribute('d'))"
    )
    return found


def test_the_three_views_step_together(why: Page) -> None:
    why.wait_for_function(_CURSORS, arg=2)
    charts = why.locator(".hg-chart")
    before = [curves(charts.nth(place)) for place in range(3)]
    charts.nth(1).locator(".hg-plot").focus()
    for _ in range(3):
        why.keyboard.press("ArrowRight")
    why.wait_for_function(_CURSORS, arg=5)
    # The ways and the polynomials move with the step; the bound's curves stay where they are.
    why.wait_for_function(
        "before => [0, 1].every(place => String([...document.querySelectorAll('.hg-chart')[place]"
        ".querySelectorAll('path.js-line')].map(path => path.getAttribute('d')))"
        " !== String(before[place]))",
        arg=before,
    )
    assert curves(charts.nth(2)) == before[2]
    # A step in any other view moves all of them as well, and back.
    charts.nth(2).locator(".hg-plot").focus()
    for _ in range(3):
        why.keyboard.press("ArrowLeft")
    why.wait_for_function(_CURSORS, arg=2)


@pytest.mark.parametrize("place", [0, 2])
def test_the_step_is_in_the_link_whichever_view_it_was_taken_in(why: Page, place: int) -> None:
    why.locator(".hg-chart").nth(place).locator(".hg-plot").focus()
    for _ in range(5):
        why.keyboard.press("ArrowRight")
    why.wait_for_function("() => new URLSearchParams(location.search).get('at') === '7'")
    why.wait_for_function(_CURSORS, arg=7)
    why.reload()
    why.wait_for_function(_READY, arg=3)
    why.wait_for_function(_CURSORS, arg=7)


def test_all_views_follow_the_hand(why: Page) -> None:
    links = why.locator(".hg-chart").evaluate_all("all => all.map(c => c.dataset.drawnLink)")
    thumb = why.locator(".st-key-contraction input[type=range]")
    box = thumb.locator("xpath=../..").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    why.mouse.move(x, y)
    why.mouse.down()
    why.mouse.move(x - 24, y)
    why.wait_for_function(
        "links => [...document.querySelectorAll('.hg-chart')]"
        ".every((chart, place) => chart.dataset.drawnLink !== links[place])",
        arg=links,
    )
    drawn = why.locator(".hg-chart").evaluate_all("all => all.map(c => c.dataset.drawnLink)")
    assert len({dict(parse_qsl(link)).get("q") for link in drawn}) == 1
    why.mouse.up()


def test_a_preset_is_chosen(why: Page) -> None:
    wanted = PRESETS[0]
    why.locator(".st-key-preset input[role=combobox]").click()
    why.get_by_role("option", name=wanted.title, exact=True).click()
    why.get_by_text(wanted.title + ":").wait_for()
    why.wait_for_function(_READY, arg=1)
    assert dict(parse_qsl(why.url.split("?")[1])) == dict(parse_qsl(wanted.link))
    # Until the thumbs have come to rest, the live route may answer for some of them only.
    expect(why.locator(".hg-message")).to_contain_text("AID-CG 2")
