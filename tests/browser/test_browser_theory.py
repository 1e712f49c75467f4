"""Theory: every formula is typeset and fits, and links lead where they say, by keyboard as well."""

from __future__ import annotations

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page, expect

from dashboard.screens.theory.sections import SECTIONS

pytestmark = pytest.mark.browser

SHOWN = """
title => document.hgPages && document.querySelector(".st-key-theory h2")?.textContent === title
    && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
"""
# Formulas that failed, or are left as they are written; and what is wider than the text.
FAULTS = """
() => {
    const text = document.querySelector(".st-key-theory");
    const edge = text.getBoundingClientRect().right + 1;
    const red = node => ["rgb(204, 0, 0)", "rgb(255, 0, 0)"].includes(getComputedStyle(node).color);
    const wide = [...text.querySelectorAll(".base, table, pre, p, li")]
        .filter(node => node.getBoundingClientRect().right > edge);
    const scrolled = [...text.querySelectorAll(".katex-display, pre")]
        .filter(node => node.scrollWidth > node.clientWidth + 4);
    const failed = [...text.querySelectorAll("*")]
        .filter(node => node.matches(".katex-error") || red(node));
    return [...wide, ...scrolled, ...failed].map(node => node.textContent.slice(0, 60))
        .concat(text.innerText.match(/\\\\[a-z]+|\\$/gi) ?? []);
}
"""


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    fresh = new_context().new_page()
    fresh.set_default_timeout(TIMEOUT)
    return fresh


def follow(page: Page, name: str) -> None:
    """Go on by a link, with the keyboard."""
    page.locator(".st-key-theory").get_by_role("link", name=name).first.press("Enter")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["1440x900", "390x844"])
def test_every_formula_of_every_section_is_typeset_and_fits(
    page: Page, server: Server, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{server.base}theory")
    faults = {}
    *others, last = SECTIONS.values()
    for section in (*others, last):
        page.wait_for_function(SHOWN, arg=section.title)
        if "$" in section.text or "math" in section.text:
            page.locator(".st-key-theory .katex").first.wait_for()
        found = page.evaluate(FAULTS)
        if found:
            faults[section.key] = found
        if section is not last:
            follow(page, "→")
    assert not faults


def test_labels_lead_to_sections_and_sections_to_pictures_and_back(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.base}theory?section=R13")
    page.wait_for_function(SHOWN, arg=SECTIONS["R13"].title)
    follow(page, "R12")
    page.wait_for_function(SHOWN, arg=SECTIONS["R12"].title)
    assert page.url.endswith("theory?section=R12")
    follow(page, "Explore")
    page.locator('.hg-chart[data-ready="true"]').wait_for()
    assert "inner=heavy-ball" in page.url
    expect(page.get_by_text("not allowed")).to_have_count(0)
    for key in ("R12", "R13"):
        page.go_back()
        page.wait_for_function(SHOWN, arg=SECTIONS[key].title)


def test_a_section_is_found_by_typing_its_label(page: Page, server: Server) -> None:
    page.goto(f"{server.base}theory")
    page.wait_for_function(SHOWN, arg=SECTIONS["setting"].title)
    field = page.get_by_role("combobox")
    field.fill("R12")
    field.press("Enter")
    page.wait_for_function(SHOWN, arg=SECTIONS["R12"].title)


def test_a_section_that_is_not_there_is_told(page: Page, server: Server) -> None:
    page.goto(f"{server.base}theory?section=R99")
    page.wait_for_function(SHOWN, arg=SECTIONS["setting"].title)
    expect(page.get_by_text("choose a label such as R12")).to_be_visible()
