"""Definitions in sentences: for a pointer, a finger, the keyboard and a screen reader."""

from __future__ import annotations

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Locator, Page, expect

from dashboard.kit.glossary import definition
from dashboard.pages import PAGES

pytestmark = pytest.mark.browser

# Away from every term.
NOWHERE = (2, 2)


def opened(new_context: NewContext, server: Server, name: str, **options: object) -> Page:
    page = new_context(**options).new_page()
    page.set_default_timeout(TIMEOUT)
    page.goto(server.base + ("" if name == "explore" else name))
    page.locator(".gl-words").first.wait_for()
    page.wait_for_function("() => document.glTerms === true")
    return page


def tip_of(term: Locator) -> Locator:
    return term.locator("xpath=following-sibling::*[@role='tooltip']")


def inside(tip: Locator) -> bool:
    """Whether all of it is in the window and nothing lies on it."""
    return bool(
        tip.evaluate(
            """tip => {
                const box = tip.getBoundingClientRect();
                const corners = [[box.left + 4, box.top + 4], [box.right - 4, box.top + 4],
                    [box.left + 4, box.bottom - 4], [box.right - 4, box.bottom - 4]];
                return box.left >= 0 && box.right <= innerWidth && box.width > 100
                    && corners.every(([x, y]) => tip.contains(document.elementFromPoint(x, y)));
            }"""
        )
    )


@pytest.mark.parametrize("name", [page.name for page in PAGES])
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_term_shows_its_definition_to_the_keyboard(
    new_context: NewContext, server: Server, watcher: Watcher, name: str, width: int, scheme: str
) -> None:
    # Streamlit first looks for its server below the page's own address.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    size = {"width": width, "height": 900}
    page = opened(new_context, server, name, viewport=size, color_scheme=scheme)
    terms = page.locator(".gl-words .gl-term > button")
    assert terms.count() >= 8
    for place in range(terms.count()):
        term = terms.nth(place)
        term.focus()
        tip = tip_of(term)
        expect(tip).to_be_visible()
        assert inside(tip), term.inner_text()
    assert page.locator(".gl-tip:visible").count() == 1


def test_a_definition_comes_to_the_pointer_and_goes_with_escape(
    new_context: NewContext, server: Server
) -> None:
    page = opened(new_context, server, "explore")
    term = page.locator(".gl-words .gl-term > button", has_text="hypergradient").first
    tip = tip_of(term)
    expect(tip).to_be_hidden()
    term.hover()
    expect(tip).to_be_visible()
    # One can point at the definition itself, to read it with a magnifier.
    tip.hover()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(*NOWHERE)
    term.hover()
    expect(tip).to_be_visible()
    page.mouse.move(*NOWHERE)
    expect(tip).to_be_hidden()


def test_a_definition_comes_to_a_finger(new_context: NewContext, server: Server) -> None:
    size = {"width": 390, "height": 844}
    page = opened(new_context, server, "explore", viewport=size, has_touch=True, is_mobile=True)
    term = page.locator(".gl-words .gl-term > button", has_text="AID").first
    term.tap()
    expect(tip_of(term)).to_be_visible()
    assert inside(tip_of(term))


def test_a_screen_reader_is_told_the_definition(new_context: NewContext, server: Server) -> None:
    page = opened(new_context, server, "explore")
    term = page.locator(".gl-words .gl-term > button", has_text="hypergradient").first
    expect(term).to_have_accessible_name("hypergradient")
    expect(term).to_have_accessible_description(definition("hypergradient"))
