"""What stands around the plot can be read: on any screen, by keyboard, and in a saved picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from conftest import NewContext, Server, Watcher
from explore_page import ExplorePage
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PAGES = {
    "": "T=20",
    "budget": "d=12&n=20&T=20&budget=24",
    "why": "d=8&T=20&show=plane",
    "complexity": "points=3&seeds=1&qmax=0.9&d=20",
    "descent": "data=synthetic&d=6&n=9&outer=5",
    "paper": "T=30&values=2",
}
BUDGET = PAGES["budget"]

# Sizes of the ticks of all axes, as they are on the screen.
TICKS = """
() => [...new Set([...document.querySelectorAll(".hg-plot .xtick text, .hg-plot .ytick text")]
    .map(node => Math.round(10 * parseFloat(getComputedStyle(node).fontSize)) / 10))]
"""


@pytest.fixture
def opened(new_context: NewContext, server: Server, watcher: Watcher) -> OpenedPage:
    """Opens a page of the dashboard on a screen."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    return OpenedPage(new_context, server)


class OpenedPage:
    """Opens pages of the dashboard."""

    def __init__(self, new_context: NewContext, server: Server) -> None:
        self.new_context = new_context
        self.base = server.base

    def __call__(self, path: str, width: int = 1440, height: int = 900) -> ExplorePage:
        """The page at ``path``, on a screen of this size."""
        page = self.new_context(viewport={"width": width, "height": height}).new_page()
        explore = ExplorePage(page, f"{self.base}{path}")
        explore.open(PAGES[path], committed=False)
        explore.rest()
        return explore


def edge(page: Page) -> np.ndarray[tuple[int, ...], np.dtype[np.int_]]:
    """The pixels at the edge of the plot."""
    plot = page.locator(".hg-plot").first
    plot.evaluate("node => node.scrollIntoView({ block: 'center' })")
    shot = plot.screenshot(animations="disabled")
    image = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=int)
    return np.concatenate([image[1], image[-2], image[:, 1], image[:, -2]])


@pytest.mark.parametrize("path", ["", "budget", "why", "paper"])
def test_the_focus_of_the_plot_is_seen(opened: OpenedPage, path: str) -> None:
    page = opened(path).page
    before = edge(page)
    page.locator(".hg-controls button:visible").first.focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".hg-plot").first).to_be_focused()
    changed = np.abs(edge(page) - before).max(axis=1) > 60
    assert changed.mean() > 0.95, "No ring is seen around the plot."


@pytest.mark.parametrize("path", ["", "budget"])
@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080), (1280, 720), (390, 844)])
def test_all_ticks_have_one_size(opened: OpenedPage, path: str, size: tuple[int, int]) -> None:
    page = opened(path, *size).page
    (found,) = page.evaluate(TICKS)
    least = {1440: 17, 1920: 21, 1280: 14, 390: 12}[size[0]]
    assert least <= found < 1.15 * least


def test_text_above_the_plot_wraps_and_none_of_it_is_cut(opened: OpenedPage) -> None:
    page = opened("budget", 390, 844).page
    assert page.locator(".hg-key li").count() >= 3
    cut = page.locator(".hg-heading, .hg-heading *, .hg-card *").evaluate_all(
        "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth + 1 && node.clientWidth)"
        ".map(node => node.textContent)"
    )
    assert cut == []
    boxes = page.locator(".hg-key li").evaluate_all(
        "nodes => nodes.map(node => node.getBoundingClientRect().right)"
    )
    assert max(boxes) <= 390


def test_headings_of_the_table_are_explained_to_the_keyboard_and_to_touch(
    opened: OpenedPage, new_context: NewContext
) -> None:
    explore = opened("")
    tip = explore.page.locator(".hg-column-tip")
    term = explore.page.locator(".hg-table thead button").first
    assert tip.is_hidden()
    term.focus()
    expect(tip).to_be_visible()
    assert tip.inner_text() == term.get_attribute("aria-description")
    explore.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page = new_context(has_touch=True, viewport={"width": 390, "height": 844}).new_page()
    touched = ExplorePage(page, opened.base)
    touched.open("T=20", committed=False)
    page.locator(".hg-table thead button").first.tap()
    expect(page.locator(".hg-column-tip")).to_be_visible()


def test_buttons_are_large_enough_to_be_hit(opened: OpenedPage) -> None:
    page = opened("", 390, 844).page
    small = page.locator(".hg-chart button:visible, .hg-chart input:visible").evaluate_all(
        "nodes => nodes.map(node => [node.ariaLabel || node.textContent,"
        " node.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"
    )
    assert small == []


def test_keys_are_told(opened: OpenedPage) -> None:
    page = opened("budget").page
    keys = page.locator(".hg-keys")
    assert keys.is_hidden()
    page.get_by_role("button", name="Keys", exact=True).click()
    expect(keys).to_contain_text("← → and ↑ ↓")
    plot = page.locator(".hg-plot")
    assert "ArrowUp" in (plot.get_attribute("aria-keyshortcuts") or "")
    assert plot.get_attribute("role") != "img"
    described = plot.get_attribute("aria-describedby") or ""
    assert page.locator(f"#{described}").text_content() == keys.text_content()


@pytest.mark.parametrize("form", ["SVG", "PNG"])
def test_a_saved_picture_carries_what_stands_above_it(
    opened: OpenedPage, tmp_path: Path, form: str
) -> None:
    page = opened("budget").page
    stage = page.locator(".hg-plot").bounding_box()
    assert stage is not None
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save the chart as {form}", exact=True).click()
    path = tmp_path / "saved"
    download.value.save_as(path)
    if form == "PNG":
        with Image.open(path) as image:
            # At twice the size, and with room for the text above the plot.
            assert image.width == 2 * round(stage["width"])
            assert image.height > 2 * stage["height"] + 100
        return
    viewer = page.context.new_page()
    viewer.goto(f"file://{path.rename(tmp_path / 'saved.svg')}")
    text = viewer.locator("svg").first.text_content() or ""
    said = [page.locator(".hg-message").inner_text(), page.locator(".hg-title").inner_text()]
    said += page.locator(".hg-key li").all_inner_texts()
    assert len(said) > 4
    squeezed = "".join(text.split())
    for part in said:
        assert "".join(part.split()) in squeezed
    # Where it is opened there may be no font but a wide one.
    viewer.evaluate(
        "() => document.querySelectorAll('svg > g > text, .textpoint > text')"
        ".forEach(node => node.setAttribute('font-family', 'monospace'))"
    )
    width = viewer.evaluate("() => document.documentElement.viewBox.baseVal.width")
    far = viewer.evaluate(
        "() => Math.max(...[...document.querySelectorAll('text')]"
        ".map(node => node.getBoundingClientRect().right))"
    )
    assert far <= width


def test_the_key_says_how_to_see_the_bounds_of_another_method(explore: ExplorePage) -> None:
    explore.open("problem=quadratic&T=20&methods=itd.one-step.aid-fp.aid-cg")
    key = explore.page.locator(".hg-key")
    hint = "(of AID-CG only): press the card of another method to see its bounds"
    expect(key).to_contain_text(hint)
    explore.page.locator("button.hg-card", has_text="One-step").click()
    expect(key).to_contain_text(hint.replace("AID-CG", "One-step"))
