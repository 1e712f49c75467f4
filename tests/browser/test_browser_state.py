"""Widgets, address, history and picture tell the same, wherever one comes from."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page, expect

from dashboard.kit.settings import PageSettings
from hypergrad_core import METHODS

pytestmark = pytest.mark.browser

PAGES = ("explore", "complexity", "budget", "why", "paper", "descent")
# Each ordered pair of pages once: by the tabs there, and by Back home again.
WALK = [PAGES[int(place)] for place in "0102030405121314152324253435450"]
# Sliders of which a page may have one; all of them are over numbers.
NUMBERS = {"contraction", "size", "hyper_size", "samples", "horizon", "seed", "target", "budget"}
NUMBERS |= {"length", "steps", "inner_budget", "adjoint_budget", "tolerance"}
NUMBERS |= {"points", "smallest", "largest", "seeds", "values", "start"}

_READ = """
() => Object.fromEntries([...document.querySelectorAll('[class*="st-key-"]')].flatMap(place => {
    const key = [...place.classList].find(name => name.startsWith("st-key-")).slice(7);
    if (place.querySelector(".hg-chart")) return [];
    const slider = place.querySelector('input[type="range"]');
    if (slider) return [[key, slider.getAttribute("aria-valuetext")]];
    const typed = place.querySelector('input[type="number"]');
    if (typed) return [[key, typed.value]];
    const lit = place.querySelectorAll('button[data-selected="true"]');
    return place.querySelector('[data-testid="stButtonGroup"]')
        ? [[key, [...lit].map(button => button.innerText)]] : [];
}))
"""
_REST = """
() => document.querySelector('.hg-chart[data-ready="true"]')
    && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
"""
_IDLE = """
() => document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
"""
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def settings_of(name: str) -> PageSettings[Any]:
    """What a page's settings are."""
    settings: PageSettings[Any] = import_module(f"dashboard.screens.{name}.settings").SETTINGS
    return settings


def number(text: str) -> float:
    """The number at the beginning of what a slider says."""
    written = text.split(" (")[0].replace("\u2009", "")
    power = re.fullmatch(r"(?:([\d.]+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", written)
    if power:
        return float(power[1] or 1) * 10.0 ** int(power[2].translate(SUPERSCRIPTS))
    return float(written)


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def name_of(address: str) -> str:
    """The page at an address."""
    return urlsplit(address).path.strip("/") or "explore"


def agree(page: Page) -> None:
    """All controls and all pictures are those of the address."""
    page.wait_for_function(_REST)
    settings = settings_of(name_of(page.url))

    def told() -> dict[str, Any]:
        scenario, view, bad = settings.of_link(query_of(page.url))
        assert not bad
        return {**vars(scenario), **vars(view)}

    def check() -> None:
        values, read = told(), page.evaluate(_READ)
        assert {"contraction", "target"} & {*read}, "The controls were not found."
        for key, text in read.items():
            if key in NUMBERS:
                assert key in values, f"{key} is a control of another page"
                assert number(text) == pytest.approx(values[key]), f"{key} stands at {text}"
            elif key == "methods":
                assert text == [
                    METHODS[method].label for method in METHODS if method in values[key]
                ]
            elif key in values:
                lit = len(values[key]) if isinstance(values[key], tuple) else 1
                assert len(text) == lit, f"{key} has lit {text}"
        for chart in page.locator(".hg-chart").all():
            drawn = dict(parse_qsl(chart.get_attribute("data-drawn-link") or ""))
            shown = {name: text for name, text in drawn.items() if name in query_names(settings)}
            assert shown == query_of(page.url)

    eventually(page, check)


def query_names(settings: PageSettings[Any]) -> set[str]:
    """The parameters that are settings."""
    return {field.link for field in settings.fields.values()}


def eventually(page: Page, check: Callable[[], None]) -> None:
    """Ask again until nothing is wrong, or for long enough."""
    for left in range(TIMEOUT // 200, -1, -1):
        try:
            check()
            return
        except AssertionError:
            if not left:
                raise
            page.wait_for_timeout(200)


def press_tab(page: Page, name: str) -> None:
    """Go to a page by its tab."""
    page.get_by_role("link", name=name.capitalize(), exact=True).first.click()
    page.wait_for_url(lambda address: name_of(address) == name)


def change(page: Page) -> None:
    """Set another value: of q, where the page has it, else of the seed."""
    before = page.url
    place = page.locator('.st-key-contraction input[type="range"]')
    if place.count():
        place.press("ArrowRight")
    else:
        page.locator(".st-key-seed button").last.click()
    page.wait_for_url(lambda address: address != before)
    # Two changes by keys are two gestures only with a pause between them.
    page.wait_for_timeout(1100)


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    fresh = new_context().new_page()
    fresh.set_default_timeout(TIMEOUT)
    return fresh


def test_the_walk_takes_every_way_between_two_pages() -> None:
    ways = set(pairwise(WALK))
    assert ways == {(one, other) for one in PAGES for other in PAGES if one != other}
    assert len(WALK) == len(ways) + 1


@pytest.mark.parametrize("differ", [False, True], ids=["equal values", "different values"])
def test_a_change_of_page_keeps_every_control(page: Page, server: Server, differ: bool) -> None:
    page.goto(server.base)
    agree(page)
    addresses = [page.url]
    for name in WALK[1:]:
        press_tab(page, name)
        agree(page)
        addresses.append(page.url)
        if differ:
            change(page)
            agree(page)
            addresses.append(page.url)
    # Chromium keeps fifty entries.
    for address in addresses[-2:-49:-1]:
        page.go_back()
        page.wait_for_url(address)
        agree(page)


def test_back_and_forward_walk_through_the_settings(page: Page, server: Server) -> None:
    page.goto(server.base)
    agree(page)
    addresses = [page.url]
    for _ in range(3):
        change(page)
        addresses.append(page.url)
    page.get_by_text("AID-CGNR", exact=True).first.click()
    page.wait_for_url(lambda address: address not in addresses)
    addresses.append(page.url)
    assert len({*addresses}) == 5
    for address in addresses[-2::-1]:
        page.go_back()
        page.wait_for_url(address)
        agree(page)
    for address in addresses[1:]:
        page.go_forward()
        page.wait_for_url(address)
        agree(page)


def test_a_gesture_is_one_entry(page: Page, server: Server) -> None:
    page.goto(server.base)
    agree(page)
    start, entries = page.url, page.evaluate("history.length")
    page.locator('.st-key-contraction input[type="range"]').focus()
    for _ in range(4):
        # Each is drawn before the next, but there is no pause in which the hand could rest.
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
    agree(page)
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    page.wait_for_url(start)
    agree(page)


def test_reset_takes_everything_back(page: Page, server: Server) -> None:
    page.goto(f"{server.base}?q=0.5&methods=itd&T=50&bound=none&x=products")
    agree(page)
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_url(server.base)
    agree(page)
    press_tab(page, "why")
    agree(page)
    assert query_of(page.url) == {}


def test_what_is_solved_comes_along(page: Page, server: Server) -> None:
    page.goto(f"{server.base}?problem=logistic&q=0.97&d=40&seed=3&methods=itd.aid-fp")
    agree(page)
    press_tab(page, "why")
    agree(page)
    shared = {"problem": "logistic", "q": "0.97", "d": "40", "seed": "3", "methods": "itd.aid-fp"}
    assert shared.items() <= query_of(page.url).items()
    press_tab(page, "budget")
    agree(page)
    # The family is the default of this page, which has no list of methods.
    assert {"q": "0.97", "d": "40", "seed": "3"}.items() <= query_of(page.url).items()
    # A link is taken as it is.
    page.goto(f"{server.base}complexity?seed=5&points=3&seeds=1&d=10&qmax=0.9")
    agree(page)
    assert "problem" not in query_of(page.url)


def test_a_bad_value_in_a_link_leaves_the_others(page: Page, server: Server) -> None:
    page.goto(f"{server.base}budget?d=1000&q=0.99&problem=quadratic")
    agree(page)
    assert query_of(page.url) == {"q": "0.99", "problem": "quadratic"}
    expect(page.get_by_text("d = 1000 is not allowed")).to_be_visible()


@pytest.mark.parametrize("between", ["lecture", "theory"])
def test_a_page_with_controls_of_its_own_changes_no_other(
    page: Page, server: Server, between: str
) -> None:
    page.goto(server.base)
    agree(page)
    change(page)
    for name in PAGES:
        if name != "explore":
            press_tab(page, name)
        agree(page)
        address = page.url
        press_tab(page, between)
        page.wait_for_function(_IDLE)
        press_tab(page, name)
        agree(page)
        assert page.url == address, "By its tab it is as it was left."
        for expected in (between, name):
            page.go_back()
            page.wait_for_url(lambda now, expected=expected: name_of(now) == expected)
            page.wait_for_function(_IDLE)
        agree(page)
        assert page.url == address, "By Back it is as it was left."
