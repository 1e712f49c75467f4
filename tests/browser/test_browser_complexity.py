"""The Complexity page in a browser: the picture fills, stops, goes on, and is read along κ."""

from __future__ import annotations

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT, number
from playwright.sync_api import Page, expect

from dashboard.screens.complexity.growth import growths
from dashboard.screens.complexity.settings import SETTINGS
from dashboard.screens.complexity.sweep import Sweep
from hypergrad_core.studies.requirements import requirements

pytestmark = pytest.mark.browser

QUICK = "d=16&m=2&points=4&qmax=0.95&seeds=1"
# Long enough to be stopped on any machine.
LONG = "d=300&points=8&seed=77"

_DONE = """
wanted => {
    const chart = document.querySelector('.hg-chart[data-ready="true"]');
    if (!chart) return false;
    return new URLSearchParams(chart.dataset.drawnLink).get("done") === String(wanted);
}
"""

# What the page has asked Streamlit for, so that it can be asked once more.
_NOTE_SENT = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (...message) {
    if (this.url.endsWith("/stream")) sent.push(() => send.apply(this, message));
    send.apply(this, message);
};
"""


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    opened = new_context().new_page()
    opened.set_default_timeout(TIMEOUT)
    return opened


def test_the_picture_fills_and_is_read_along_kappa(page: Page, server: Server) -> None:
    page.goto(f"{server.base}complexity?{QUICK}")
    page.wait_for_function(_DONE, arg=4)
    page.get_by_text("4 runs, all measured.").wait_for()
    assert page.locator('[data-testid="stProgress"]').count() == 0
    scenario, view, _ = SETTINGS.of_link(dict(part.split("=") for part in QUICK.split("&")))
    found = [requirements(item, view.target) for item in Sweep.of(scenario, view).scenarios]
    page.locator(".hg-plot").focus()
    for place in range(4):
        for card, growth in zip(page.locator(".hg-card").all(), growths(found), strict=True):
            values = card.locator(".hg-value").all_inner_texts()
            kappa = found[place].scenario.condition_number
            assert number(values[0]) == pytest.approx(growth.adjoint[kappa], rel=6e-3)
            assert number(values[1]) == pytest.approx(growth.adjoint_predicted[kappa], rel=6e-3)
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "wanted => document.querySelector('.hg-chart').dataset.cursor === String(wanted)",
            arg=min(place + 1, 3),
        )


def test_the_sidebar_shows_what_the_address_says(page: Page, server: Server) -> None:
    """Also where the sweep ends before the page has been drawn for the first time."""
    for seed in range(101, 105):
        page.goto(f"{server.base}complexity?d=8&m=2&points=3&qmax=0.9&seeds=1&seed={seed}")
        page.get_by_text("3 runs, all measured.").wait_for()
        # The page is drawn once more when the clock has stopped.
        page.wait_for_timeout(700)
        expect(page.locator(".st-key-seed input")).to_have_value(str(seed))


def test_the_chart_stays_while_the_picture_fills(page: Page, server: Server) -> None:
    page.goto(f"{server.base}complexity?d=150&points=8&qmax=0.995&seed=40")
    page.locator('.hg-chart[data-ready="true"]').wait_for()
    page.evaluate("document.querySelector('.hg-chart').dataset.mine = 'yes'")
    page.locator('[data-testid="stProgress"]').wait_for()
    page.wait_for_function(_DONE, arg=24, timeout=3 * TIMEOUT)
    page.get_by_text("24 runs, all measured.").wait_for()
    page.wait_for_timeout(700)
    assert page.locator('.hg-chart[data-mine="yes"]').count() == 1


def test_a_tick_that_comes_late_does_no_harm(page: Page, server: Server) -> None:
    """The clock of a picture that fills may tick when all has been measured."""
    page.add_init_script(_NOTE_SENT)
    said = len(server.output())
    page.goto(f"{server.base}complexity?d=150&points=8&qmax=0.995&seed=41")
    page.wait_for_function(_DONE, arg=24, timeout=3 * TIMEOUT)
    page.get_by_text("24 runs, all measured.").wait_for()
    page.wait_for_timeout(700)
    assert page.evaluate("sent.length") > 2, "The page, and ticks."
    page.evaluate("sent.at(-1)()")
    page.wait_for_timeout(700)
    page.wait_for_function(_DONE, arg=24)
    page.get_by_text("24 runs, all measured.").wait_for()
    assert "fragment" not in server.output()[said:], "Streamlit does not know what has ticked."


def test_a_sweep_is_paused_and_goes_on(page: Page, server: Server) -> None:
    page.goto(f"{server.base}complexity?{LONG}")
    page.locator('[data-testid="stProgress"]').wait_for()
    page.locator(".st-key-stop button").click()
    stopped = page.get_by_text("Paused at")
    stopped.wait_for()
    before = int(stopped.inner_text().split()[2])
    page.locator('.hg-chart[data-ready="true"]').wait_for()
    page.locator(".st-key-again button").click()
    bar = page.locator('[data-testid="stProgress"]')
    bar.wait_for()
    assert int(bar.inner_text().split()[0]) >= before
    # Leaving the page ends the sweep: the next one need not wait for it.
    page.get_by_role("link", name="Explore").click()
    page.get_by_text("How wrong are").wait_for()
