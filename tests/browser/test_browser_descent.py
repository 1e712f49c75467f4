"""The Descent page in a browser: it fills step by step, is paused, scrubbed, and goes on."""

from __future__ import annotations

import re

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page, Route, expect

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


def test_charts_stay_whose_script_comes_late_and_at_the_second_try(
    page: Page, server: Server, watcher: Watcher
) -> None:
    """Streamlit mounts a chart again while its script is on the way, and takes the first back."""
    watcher.allowed.append("net::ERR_FAILED")
    tries: list[str] = []

    def late(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) == 1:
            route.abort()
        else:
            page.wait_for_timeout(1500)
            route.continue_()

    page.route("**/chart/chart-*.js", late)
    page.goto(f"{server.base}descent?data=synthetic&d=6&n=9&outer=5")
    charts = page.locator('.hg-chart[data-ready="true"]')
    expect(charts).to_have_count(2, timeout=TIMEOUT)
    assert len(tries) > 1
    page.get_by_text("3 descents, all measured.").wait_for()
    page.wait_for_timeout(500)
    expect(charts).to_have_count(2)


def test_a_chart_whose_script_does_not_come_says_so(
    page: Page, server: Server, watcher: Watcher
) -> None:
    watcher.allowed.append("net::ERR_FAILED")
    page.route("**/chart/chart-*.js", lambda route: route.abort())
    page.goto(f"{server.base}explore")
    told = page.get_by_text("The chart did not come from the server. Load the page again.")
    expect(told).to_have_count(1, timeout=TIMEOUT)
    choose = page.get_by_role("slider").first
    choose.focus()
    choose.press("ArrowRight")
    page.wait_for_timeout(1000)
    expect(told).to_have_count(1)


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
