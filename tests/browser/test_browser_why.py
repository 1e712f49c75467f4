"""The Why page in a browser: three charts that step together, and presets."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import numpy as np
import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT, number
from playwright.sync_api import Locator, Page, expect

from dashboard.lessons.why import PRESETS
from dashboard.screens.why.settings import SETTINGS, preset_named
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.modes import fixed_point_polynomials

pytestmark = pytest.mark.browser

QUERY = "d=8&T=20&at=2"

# The first row of each card: what it is of, and its value; and the rows of bounds below it.
_CARDS = """
() => [...document.querySelectorAll('.hg-chart')].map(chart => Object.fromEntries(
    [...chart.querySelectorAll('.hg-card')].map(card => [
        card.querySelector('.hg-name').textContent.trim(),
        [...card.querySelectorAll('.hg-value')].map(value => value.textContent),
    ])))
"""

_READY = """
count => {
    const charts = [...document.querySelectorAll('.hg-chart[data-ready="true"]')];
    const app = document.querySelector('[data-testid="stApp"]');
    return charts.length === count && app.dataset.testScriptState === "notRunning";
}
"""

_CURSORS = """
wanted => {
    const charts = [...document.querySelectorAll('.hg-chart')];
    return charts.every(chart => chart.dataset.cursor === String(wanted));
}
"""


@pytest.fixture
def why(new_context: NewContext, server: Server, watcher: Watcher) -> Page:
    """A fresh Why page, opened, with its three charts."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.set_default_timeout(TIMEOUT)
    page.goto(f"{server.base}why?{QUERY}")
    page.wait_for_function(_READY, arg=3)
    # What stands last on the page is there, so nothing will move any more.
    page.locator(".st-key-take_home").wait_for()
    return page


def curves(chart: Locator) -> list[str]:
    found: list[str] = chart.locator("path.js-line").evaluate_all(
        "paths => paths.map(path => path.getAttribute('d'))"
    )
    return found


def test_the_three_views_step_together(why: Page) -> None:
    why.wait_for_function(_CURSORS, arg=2)
    charts = why.locator(".hg-chart")
    before = [curves(charts.nth(place)) for place in range(3)]
    charts.nth(1).locator(".hg-plot").focus()
    for _ in range(3):
        why.keyboard.press("ArrowRight")
    why.wait_for_function(_CURSORS, arg=5)
    # The ways and the polynomials move with the step; the bound's curves stay where they are.
    why.wait_for_function(
        "before => [0, 1].every(place => String([...document.querySelectorAll('.hg-chart')[place]"
        ".querySelectorAll('path.js-line')].map(path => path.getAttribute('d')))"
        " !== String(before[place]))",
        arg=before,
    )
    assert curves(charts.nth(2)) == before[2]
    # A step in any other view moves all of them as well, and back.
    charts.nth(2).locator(".hg-plot").focus()
    for _ in range(3):
        why.keyboard.press("ArrowLeft")
    why.wait_for_function(_CURSORS, arg=2)


@pytest.mark.parametrize("place", [0, 2])
def test_the_step_is_in_the_link_whichever_view_it_was_taken_in(why: Page, place: int) -> None:
    why.locator(".hg-chart").nth(place).locator(".hg-plot").focus()
    for _ in range(5):
        why.keyboard.press("ArrowRight")
    why.wait_for_function("() => new URLSearchParams(location.search).get('at') === '7'")
    why.wait_for_function(_CURSORS, arg=7)
    why.reload()
    why.wait_for_function(_READY, arg=3)
    why.wait_for_function(_CURSORS, arg=7)


def test_one_clock_and_one_set_of_controls_move_all_views(why: Page) -> None:
    controls = why.get_by_role("group", name="Step of all three views", exact=True)
    assert controls.count() == 1
    assert why.get_by_role("button", name="Play", exact=True).count() == 1
    assert why.locator(".hg-scrub").count() == 1
    why.get_by_role("button", name="Play", exact=True).click()
    why.wait_for_function("() => document.querySelector('.hg-chart').dataset.cursor >= 6")
    seen = why.evaluate(
        """
        () => new Promise(done => {
            const seen = [];
            const look = () => {
                seen.push([...document.querySelectorAll(".hg-chart")].map(c => c.dataset.cursor));
                if (seen.length < 30) requestAnimationFrame(look); else done(seen);
            };
            look();
        })
        """
    )
    assert all(len(set(cursors)) == 1 for cursors in seen), seen
    why.get_by_role("button", name="Pause", exact=True).click()
    at = why.locator(".hg-chart").first.get_attribute("data-cursor")
    why.wait_for_function("at => new URLSearchParams(location.search).get('at') === at", arg=at)
    why.wait_for_function(_CURSORS, arg=int(at or -1))


def test_the_controls_stay_in_sight_with_the_last_view(why: Page) -> None:
    controls = why.locator(".hg-transport")
    last = why.locator(".hg-plot").nth(2)
    last.evaluate("plot => plot.scrollIntoView({ block: 'end' })")
    expect(last).to_be_in_viewport(ratio=0.5)
    expect(controls).to_be_in_viewport(ratio=0.99)
    # Playwright clicks on the middle, as soon as the page has come to rest.
    why.locator(".hg-scrub").click()
    why.wait_for_function(_CURSORS, arg=10)


def test_all_views_follow_the_hand(why: Page) -> None:
    links = why.locator(".hg-chart").evaluate_all("all => all.map(c => c.dataset.drawnLink)")
    thumb = why.locator(".st-key-contraction input[type=range]")
    box = thumb.locator("xpath=../..").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    why.mouse.move(x, y)
    why.mouse.down()
    why.mouse.move(x - 24, y)
    changed = (
        "([links, count]) => [...document.querySelectorAll('.hg-chart')]"
        ".filter((chart, place) => chart.dataset.drawnLink !== links[place]).length === count"
    )
    why.wait_for_function(changed, arg=[links, 2])
    why.wait_for_timeout(1000)
    assert why.evaluate(changed, [links, 2]), "The third is far out of sight."
    why.locator(".hg-chart").nth(2).evaluate("chart => chart.scrollIntoView()")
    why.wait_for_function(changed, arg=[links, 3])
    drawn = why.locator(".hg-chart").evaluate_all("all => all.map(c => c.dataset.drawnLink)")
    assert len({dict(parse_qsl(link)).get("q") for link in drawn}) == 1
    why.mouse.up()


def open_at(page: Page, server: Server, watcher: Watcher, link: str, step: int, views: int) -> None:
    """Open the page with so many views, and wait until their cursors are at the step."""
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page.set_default_timeout(TIMEOUT)
    page.goto(f"{server.base}why?{link}&at={step}")
    page.wait_for_function(_READY, arg=views)
    page.wait_for_function(_CURSORS, arg=step)


@pytest.mark.parametrize(("horizon", "step"), [(40, 17), (400, 50), (400, 300), (250, 190)])
def test_what_is_read_is_of_the_step_that_is_named(
    new_context: NewContext, server: Server, watcher: Watcher, horizon: int, step: int
) -> None:
    """However many steps there are, and in all three views."""
    page = new_context().new_page()
    open_at(page, server, watcher, f"T={horizon}", step, views=3)
    labels = page.locator(".hg-step").all_text_contents()
    assert f"t = k = {step}" in labels
    assert {label for label in labels if label} == {f"t = k = {step}"}
    plane, spectrum, bound = page.evaluate(_CARDS)
    alone = dissect(replace(SETTINGS.scenario, horizon=step))
    norm = alone.experiment.constants.hypergradient_norm
    curve = alone.experiment.curve("itd")
    distances = np.linalg.norm(alone.gaps, axis=1)
    wanted = [
        (bound["ITD"][0], curve.errors[-1] / norm),
        (bound["ITD"][1], curve.paper.values[-1] / norm),
        (plane["Inner problem"][0], distances[-1] / distances[0]),
    ]
    assert alone.modes is not None
    worst = abs(fixed_point_polynomials(alone.modes.values, step)[-1]).max()
    wanted.append((spectrum["Fixed point, (1 − z)ᵏ"][0], worst))
    for text, value in wanted:
        assert number(text) == pytest.approx(value, rel=0.006)


def test_a_term_below_rounding_is_no_number_and_a_measured_error_is_one(
    new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    page = new_context().new_page()
    open_at(page, server, watcher, "preset=rounding", 395, views=1)
    (bound,) = page.evaluate(_CARDS)
    assert number(bound["ITD"][0]) > 0
    assert bound["ITD"][1] == "rounding"
    assert bound["Inner-problem term"][0] == bound["Adjoint term"][0] == "rounding"
    # Its share of the bound is told all the same.
    assert float(bound["Adjoint term"][1]) > 0


def test_a_preset_keeps_its_name_and_its_text_while_its_problem_is_looked_at(why: Page) -> None:
    """Pressing another method is how one checks what the text says."""
    wanted = preset_named("curse")
    box = why.locator(".st-key-preset input[role=combobox]")
    box.click()
    why.get_by_role("option", name=wanted.title, exact=True).click()
    why.wait_for_function(_READY, arg=1)
    text = why.get_by_text(wanted.text)
    text.wait_for()
    why.locator(".st-key-method").get_by_text("AID-CG", exact=True).click()
    expect(why.locator(".hg-message")).to_contain_text("AID-CG at t = 150")
    expect(text).to_be_visible()
    expect(box).to_have_value(wanted.title)
    # Another problem is no longer the preset's.
    why.locator(".st-key-contraction input[type=range]").press("ArrowLeft")
    expect(text).to_have_count(0)
    expect(box).to_have_value("")


def test_a_preset_is_chosen(why: Page) -> None:
    wanted = PRESETS[0]
    why.locator(".st-key-preset input[role=combobox]").click()
    why.get_by_role("option", name=wanted.title, exact=True).click()
    why.get_by_text(wanted.text).wait_for()
    why.wait_for_function(_READY, arg=1)
    assert dict(parse_qsl(why.url.split("?")[1])) == {"preset": wanted.key}
    # Until the thumbs have come to rest, the live route may answer for some of them only.
    expect(why.locator(".hg-message")).to_contain_text("AID-CG 2")


def test_the_controls_of_one_view_take_its_width_after_those_of_three(why: Page) -> None:
    why.locator(".hg-plot").nth(2).scroll_into_view_if_needed()
    why.locator(".hg-transport.hg-docked").wait_for()
    why.locator(".st-key-preset input[role=combobox]").click()
    why.get_by_role("option", name=PRESETS[0].title, exact=True).click()
    why.wait_for_function(_READY, arg=1)
    slot, controls = (
        why.locator(name).bounding_box() for name in (".hg-transport-slot", ".hg-transport")
    )
    assert slot is not None
    assert controls is not None
    assert controls["width"] == pytest.approx(slot["width"], abs=1)
