"""Runs that take long: a picture at once, a progress bar, and a way to stop."""

from __future__ import annotations

import re

import pytest
from explore_page import ExplorePage

pytestmark = pytest.mark.browser

LONG = "problem=quadratic&d=1000000&T=60"
"""Many seconds on any machine, within half a gigabyte."""

MODERATE = "problem=quadratic&d=10000&T=250"
"""A few seconds."""

# A quick machine may be done before the test looks: the page itself notes that it showed a bar.
_NOTE_PROGRESS = """
new MutationObserver(() => {
    if (document.querySelector('[data-testid="stProgress"]')) window.hadProgress = true;
}).observe(document, { subtree: true, childList: true });
"""


def test_stop_and_start_again(explore: ExplorePage) -> None:
    explore.open("problem=quadratic&T=60")
    small = (explore.paths, explore.table)
    page = explore.page
    bar = page.locator('[data-testid="stProgress"]')
    stop, again = page.locator(".st-key-stop button"), page.locator(".st-key-again button")
    control = page.locator(".st-key-family")
    place = control.bounding_box()

    explore.press("size", "End")
    bar.wait_for()
    explore.wait_for_address("d", "1000000")
    explore.rest()
    assert control.bounding_box() == place, "The progress moves no control."
    assert (
        "The picture still shows the previous settings."
        in page.locator('[data-testid="stSidebar"]').inner_text()
    )
    assert explore.drawn == {"problem": "quadratic", "T": "60", "theme": "light"}
    assert (explore.paths, explore.table) == small

    stop.click()
    again.wait_for()
    assert bar.count() == 0
    said = page.locator('[data-testid="stSidebar"]').inner_text()
    assert re.search(r"Stopped at \d+%\. The picture still shows the previous settings\.", said)
    explore.rest()
    assert (explore.paths, explore.table) == small

    again.click()
    bar.wait_for()
    stop.wait_for()
    again.wait_for(state="detached")

    # Another setting stops it as well, and is there at once.
    with explore.redrawn():
        explore.press("size", "Home")
    assert explore.drawn == {"problem": "quadratic", "d": "2", "T": "60", "theme": "light"}
    assert bar.count() == 0
    assert again.count() == 0


def test_the_message_is_that_of_the_picture(explore: ExplorePage) -> None:
    """What is said while the hand moves does not stay when the run has begun."""
    explore.open("problem=quadratic&T=60")
    said = explore.message
    explore.press("size", "End")
    explore.page.locator(".st-key-stop button").click()
    explore.page.locator(".st-key-again button").wait_for()
    explore.rest()
    assert explore.message == said


def test_a_link_to_a_long_run_shows_a_picture_at_once(explore: ExplorePage) -> None:
    explore.open(LONG, committed=False)
    page = explore.page
    page.locator('[data-testid="stProgress"]').wait_for()
    assert explore.address == {"problem": "quadratic", "d": "1000000", "T": "60"}
    assert len(explore.paths) > 3
    assert len(explore.table) == 3
    page.locator(".st-key-stop button").click()
    page.locator(".st-key-again button").wait_for()


def test_a_long_run_comes_to_its_end(explore: ExplorePage) -> None:
    explore.page.add_init_script(_NOTE_PROGRESS)
    explore.open(MODERATE, committed=False)
    explore.page.wait_for_function(
        "() => document.querySelector('.hg-chart').dataset.drawnLink.includes('d=10000&')",
        timeout=60_000,
    )
    explore.settle()
    assert explore.page.evaluate("() => window.hadProgress")
    assert explore.page.locator('[data-testid="stProgress"]').count() == 0
    assert explore.scenario.size == 10000
    assert explore.cursor == 20


def test_the_link_to_copy_is_that_of_the_settings(explore: ExplorePage) -> None:
    """While a stand-in is shown, the link is still to what was asked for."""
    explore.open(LONG, committed=False)
    page = explore.page
    page.locator('[data-testid="stProgress"]').wait_for()
    page.get_by_text("A link to this picture").click()
    link = page.locator('[data-testid="stCode"] code', has_text="http")
    link.wait_for()
    shown = link.inner_text().strip()
    page.locator(".st-key-stop button").click()
    page.locator(".st-key-again button").wait_for()
    assert shown.replace("/?", "?") == page.url.replace("/?", "?")
