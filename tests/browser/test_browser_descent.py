"""The Descent page in a browser: it fills step by step, is paused, scrubbed, and goes on."""

from __future__ import annotations

import re

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

# Two hyperparameters, and long enough to be paused on any machine.
LONG = (
    "problem=logistic-log&data=synthetic&d=2&n=2000&outer=100&rule=fixed&first=0.05&ti=2000&ki=2000"
)
ONE = "methods=aid-fp&against=seconds"


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    opened = new_context().new_page()
    opened.set_default_timeout(TIMEOUT)
    return opened


def step_in(text: str) -> int:
    found = re.search(r"AID-FP: step (\d+) of 100", text)
    assert found, text
    return int(found[1])


def test_it_fills_is_paused_scrubbed_and_goes_on(page: Page, server: Server) -> None:
    page.goto(f"{server.base}descent?{LONG}&{ONE}")
    bar = page.locator('[data-testid="stProgress"]')
    expect(bar).to_contain_text(re.compile(r"AID-FP: step ([2-9]|\d\d)"), timeout=TIMEOUT)
    page.locator(".st-key-stop button").click()
    paused = page.get_by_text("Paused at 0 of 1 descent,")
    paused.wait_for()
    step = step_in(paused.inner_text())
    charts = page.locator('.hg-chart[data-ready="true"]')
    expect(charts).to_have_count(3, timeout=TIMEOUT)
    curves, paths, signs = charts.all()
    # What is there is drawn, and nothing more is computed.
    expect(curves.locator(".hg-table tbody td").first).to_have_text(str(step))
    page.wait_for_timeout(1000)
    assert step_in(paused.inner_text()) == step
    # One step is one step in every picture, wherever the keys are pressed.
    for plot in (paths, curves):
        plot.locator(".hg-plot").focus()
        page.keyboard.press("ArrowRight")
    expect(page.locator(".hg-step").first).to_have_text("outer step 2")
    for plot in (paths, curves):
        expect(plot.locator(".hg-overlay circle.hg-dot-measured").first).to_be_visible()
    expect(signs.locator(".hg-cursor-line")).not_to_have_css("display", "none")
    page.wait_for_function("() => new URLSearchParams(location.search).get('i') === '2'")
    page.locator(".st-key-again button").click()
    bar.wait_for()
    assert step_in(bar.inner_text()) >= step
