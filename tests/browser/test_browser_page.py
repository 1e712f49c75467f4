"""The page around the charts: its theme, its keys, its help, and all of it on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "screen": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "has_touch": True,
    "is_mobile": True,
}

# Bring the slider up, right below the bar at the top, as a thumb would scroll it there.
SCROLL_TO_SLIDER = """
() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const slider = document.querySelector(".st-key-contraction");
    const bar = document.querySelector('[data-testid="stHeader"]');
    main.scrollBy(0, slider.getBoundingClientRect().top - bar.getBoundingClientRect().bottom);
}
"""

# How much of a thing's height is in the window, below the bar at the top.
SEEN = """
node => {
    const { top, bottom } = node.getBoundingClientRect();
    const start = document.querySelector('[data-testid="stHeader"]').getBoundingClientRect().bottom;
    return Math.min(bottom, innerHeight) - Math.max(top, start);
}
"""


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    opened = new_context().new_page()
    opened.set_default_timeout(TIMEOUT)
    return opened


def go(page: Page, address: str) -> None:
    """Open an address and wait for its first chart."""
    page.goto(address)
    page.locator('.hg-chart[data-ready="true"]').first.wait_for()


def scheme(page: Page) -> str:
    """The theme that is shown: light or dark."""
    found: str = page.locator(".stApp").evaluate("app => getComputedStyle(app).colorScheme")
    return found


def choose_theme(page: Page, name: str) -> None:
    """Choose a theme in the menu."""
    page.get_by_test_id("stMainMenuButton").click()
    page.get_by_role("menuitemradio", name=name).click()
    page.wait_for_function(
        "mode => getComputedStyle(document.querySelector('.stApp')).colorScheme === mode",
        arg=name.lower(),
    )


def test_a_chosen_theme_holds_on_all_pages(page: Page, server: Server) -> None:
    go(page, server.base)
    assert scheme(page) == "light"
    choose_theme(page, "Dark")
    go(page, f"{server.base}budget")
    assert scheme(page) == "dark"
    choose_theme(page, "Light")
    go(page, f"{server.base}why")
    assert scheme(page) == "light"
    go(page, server.base)
    assert scheme(page) == "light"


def test_the_skip_link_leads_past_the_controls(page: Page, server: Server) -> None:
    go(page, server.base)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'stMain'")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")


def test_what_is_focused_is_seen(page: Page, server: Server) -> None:
    """Each stop of the keyboard, in the sidebar and above the chart, has a ring."""
    go(page, server.base)
    unseen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """
            () => {
                const node = document.activeElement;
                if (node.closest(".hg-chart, main") || node === document.body) return null;
                // The input of a slider is hidden: its thumb stands for it.
                const seen = node.matches("[type=range]") ? node.closest("[style*=left]")
                    : node.matches("input") ? node.parentElement : node;
                const ring = part => {
                    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part);
                    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2
                        || boxShadow !== "none";
                };
                const parts = [seen, seen.parentElement, seen.parentElement.parentElement];
                return parts.some(ring) ? "" : seen.outerHTML.slice(0, 300);
            }
            """
        )
        if found is None:
            break
        unseen += [found] if found else []
    else:
        pytest.fail("The chart is never reached.")
    assert not unseen, "\n".join(unseen)


def test_help_is_large_enough_to_be_hit(page: Page, server: Server) -> None:
    go(page, server.base)
    for button in page.get_by_role("button", name="Help for").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_sliders_are_seen_in_forced_colours(new_context: NewContext, server: Server) -> None:
    page = new_context(forced_colors="active").new_page()
    go(page, server.base)
    slider = page.locator('.st-key-contraction [role="group"] > [data-orientation]')
    track = slider.locator(":scope > div").first
    assert track.evaluate("node => getComputedStyle(node).borderTopWidth") == "1px"
    colours = slider.locator('[data-rac][style*="left"]').evaluate(
        """
        node => [
            getComputedStyle(node).backgroundColor,
            getComputedStyle(node.closest("section, main")).backgroundColor
        ]
        """
    )
    assert colours[0] != colours[1]


@contextmanager
def touched(page: Page, x: float, y: float) -> Iterator[list[dict[str, float]]]:
    """Hold a finger on the screen; what is put into the list is where it moves to."""
    devtools = page.context.new_cdp_session(page)

    def send(kind: str, points: list[dict[str, float]]) -> None:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    class Finger(list[dict[str, float]]):
        def append(self, point: dict[str, float]) -> None:
            super().append(point)
            send("touchMove", [point])

    send("touchStart", [{"x": x, "y": y}])
    try:
        yield Finger()
    finally:
        send("touchEnd", [])


@pytest.mark.parametrize("address", ["", "budget", "why"])
def test_a_finger_drags_q_on_a_phone_and_sees_the_picture_follow(
    new_context: NewContext, server: Server, watcher: Watcher, address: str
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context(**PHONE).new_page()
    go(page, server.base + address)
    page.evaluate(SCROLL_TO_SLIDER)
    chart = page.locator(".hg-chart").first
    thumb = page.locator('.st-key-contraction [data-rac][style*="left"]')
    box = thumb.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drawn = chart.get_attribute("data-drawn-link")
    with touched(page, x, y) as finger:
        for step in range(1, 9):
            finger.append({"x": x - 8 * step, "y": y})
        page.wait_for_function(
            "before => document.querySelector('.hg-chart').dataset.drawnLink !== before", arg=drawn
        )
        assert thumb.evaluate(SEEN) == pytest.approx(box["height"])
        # A picture of several panels is higher than a phone.
        assert page.locator(".hg-plot").first.evaluate(SEEN) > 280


def test_the_pages_are_reached_on_a_phone(new_context: NewContext, server: Server) -> None:
    page = new_context(**PHONE).new_page()
    go(page, server.base)
    page.get_by_role("button", name="Expand sidebar").tap()
    page.get_by_role("link", name="Budget").tap()
    page.wait_for_url("**/budget")
    page.locator('.hg-chart[data-ready="true"]').wait_for()
