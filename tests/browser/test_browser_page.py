"""The page around the charts: its theme, its keys, its help, and a phone."""

from __future__ import annotations

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


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
    colours = slider.locator(":scope > [data-rac]").evaluate(
        """
        node => [
            getComputedStyle(node).backgroundColor,
            getComputedStyle(node.closest("section, main")).backgroundColor
        ]
        """
    )
    assert colours[0] != colours[1]
