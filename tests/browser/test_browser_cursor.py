"""The iteration cursor: scrubber, buttons, keys, and the place it keeps in the link."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import NewContext, Server
from explore_page import ExplorePage, number, scale_of
from playwright.sync_api import expect

from dashboard.screens.explore.settings import SETTINGS
from hypergrad_core import METHODS, Experiment, run

pytestmark = pytest.mark.browser

LAST = SETTINGS.scenario.horizon


def check_readout(explore: ExplorePage, experiment: Experiment) -> None:
    """Compare the readout with the core's numbers at the cursor."""
    steps = experiment.scenario.steps()
    at = int(np.flatnonzero(steps == explore.cursor)[0])
    scale = scale_of(experiment, explore.view)
    assert explore.page.locator(".hg-step").inner_text() == f"t = k = {steps[at]}"
    cards = explore.readout
    assert [card.name for card in cards] == [METHODS[c.method].label for c in experiment.curves]
    for card, curve in zip(cards, experiment.curves, strict=True):
        error = float(curve.errors[at])
        assert number(card.error) == pytest.approx(error / scale, rel=6e-3)
        for name, bound in (("sharp", curve.sharp), ("paper", curve.paper)):
            value = float(np.maximum(bound.values[at], curve.floor))
            text, ratio = card.bounds[name]
            assert number(text) == pytest.approx(value / scale, rel=6e-3)
            assert number(ratio) == pytest.approx(value / error, rel=0.06)


def test_scrubbing(explore: ExplorePage) -> None:
    explore.open()
    experiment = run(SETTINGS.scenario)
    check_readout(explore, experiment)
    scrub = explore.page.locator(".hg-scrub")
    box = scrub.bounding_box()
    assert box is not None
    y, seen = box["y"] + box["height"] / 2, {explore.cursor}
    explore.page.mouse.move(box["x"] + 0.2 * box["width"], y)
    explore.page.mouse.down()
    for part in (0.3, 0.45, 0.6, 0.75):
        before = explore.cursor
        explore.page.mouse.move(box["x"] + part * box["width"], y)
        seen.add(explore.wait_for_cursor(f"i !== {before}"))
        check_readout(explore, experiment)
    assert explore.address == {}, "The address changed before the hand was lifted."
    explore.page.mouse.up()
    assert len(seen) == 5
    at = explore.cursor
    assert abs(at - 0.75 * LAST) <= 3
    explore.wait_for_address("at", str(at))
    explore.settle()
    assert explore.cursor == at
    check_readout(explore, experiment)


def test_cursor_keeps_its_place_when_the_curves_change(explore: ExplorePage) -> None:
    explore.open("at=33")
    assert explore.cursor == 33
    with explore.redrawn():
        explore.press("contraction", "ArrowLeft")
    assert explore.cursor == 33
    check_readout(explore, run(replace(SETTINGS.scenario, contraction=0.89)))


def test_play_pause_step_and_reset(explore: ExplorePage) -> None:
    explore.open()
    explore.button("Play").click()
    explore.wait_for_cursor("i >= 25")
    explore.button("Pause").click()
    explore.button("Play").wait_for()
    paused = explore.cursor
    explore.wait_for_address("at", str(paused))
    explore.settle()
    assert explore.cursor == paused

    explore.button("Step forward").click()
    explore.wait_for_cursor(f"i === {paused + 1}")
    explore.button("Step back").click()
    explore.wait_for_cursor(f"i === {paused}")
    explore.button("Back to the start").click()
    explore.wait_for_cursor("i === 0")
    explore.wait_for_address("at", "0")
    explore.settle()
    check_readout(explore, run(SETTINGS.scenario))


def test_play_stops_at_the_end(explore: ExplorePage) -> None:
    explore.open(f"at={LAST - 5}")
    explore.button("Play").click()
    explore.wait_for_cursor(f"i === {LAST}")
    explore.button("Play").wait_for()
    explore.wait_for_address("at", str(LAST))
    explore.button("Play").click()
    explore.wait_for_cursor("i > 0 && i < 50")
    explore.button("Pause").click()


def test_keys_on_the_plot(explore: ExplorePage) -> None:
    explore.open()
    plot, keyboard = explore.page.locator(".hg-plot"), explore.page.keyboard
    plot.focus()
    keyboard.press("ArrowRight")
    explore.wait_for_cursor("i === 21")
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowLeft")
    explore.wait_for_cursor("i === 19")
    keyboard.press("End")
    explore.wait_for_cursor(f"i === {LAST}")
    keyboard.press("Home")
    explore.wait_for_cursor("i === 0")
    keyboard.press("Space")
    explore.button("Pause").wait_for()
    explore.wait_for_cursor("i >= 3")
    keyboard.press("Space")
    explore.button("Play").wait_for()
    explore.wait_for_address("at", str(explore.cursor))
    explore.settle()
    check_readout(explore, run(SETTINGS.scenario))
    assert plot.evaluate("node => node === document.activeElement"), "The focus was lost."


def test_pointing_reads_a_step_and_leaving_returns(explore: ExplorePage) -> None:
    explore.open()
    experiment = run(SETTINGS.scenario)
    box = explore.page.locator(".hg-plot .nsewdrag").bounding_box()
    assert box is not None
    middle = box["y"] + 0.4 * box["height"]
    explore.page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    assert abs(explore.wait_for_cursor("i !== 20") - LAST / 2) <= 1
    check_readout(explore, experiment)
    assert explore.page.locator(".hoverlayer > *").count() == 0, "A box covers the curves."
    explore.page.mouse.move(5, 5)
    explore.wait_for_cursor("i === 20")
    check_readout(explore, experiment)
    # Pressing keeps, and the arrow keys walk on from there.
    explore.page.mouse.move(box["x"] + 0.75 * box["width"], middle)
    explore.wait_for_cursor(f"Math.abs(i - {0.75 * LAST}) <= 1")
    explore.page.mouse.down()
    explore.page.mouse.up()
    explore.page.mouse.move(5, 5)
    kept = explore.wait_for_cursor(f"Math.abs(i - {0.75 * LAST}) <= 1")
    explore.page.keyboard.press("ArrowRight")
    explore.wait_for_cursor(f"i === {kept + 1}")
    explore.wait_for_address("at", str(kept + 1))


def test_a_finger_keeps_a_step_and_draws_no_zoom(new_context: NewContext, server: Server) -> None:
    context = new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    explore = ExplorePage(context.new_page(), server.base)
    explore.open("T=40")
    plot = explore.page.locator(".hg-plot")
    plot.scroll_into_view_if_needed()
    box = explore.page.locator(".hg-plot .nsewdrag").bounding_box()
    assert box is not None
    explore.page.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    at = explore.wait_for_cursor("Math.abs(i - 30) <= 1")
    explore.wait_for_address("at", str(at))
    assert (
        explore.page.evaluate("document.querySelector('.hg-plotly')._fullLayout.dragmode") is False
    )


def test_the_cursor_stays_at_its_step_when_the_horizon_changes(explore: ExplorePage) -> None:
    """Beyond 200 steps not every step is a point of a curve."""
    explore.open("T=200&at=20")
    assert explore.cursor == 20
    explore.open("T=400&at=20")
    assert explore.cursor == 20
    check_readout(explore, run(replace(SETTINGS.scenario, horizon=400)))
    explore.open("T=200&at=150")
    with explore.redrawn():
        explore.press("horizon", "ArrowRight")
    assert explore.drawn["T"] == "250"
    assert abs(explore.cursor - 150) <= 1
    with explore.redrawn(T="100"):
        explore.press("horizon", "ArrowLeft", times=11)
    assert explore.cursor == 100
    # The step is still wanted, and is shown as soon as there is such a step again.
    with explore.redrawn(T="200"):
        explore.press("horizon", "ArrowRight", times=10)
    assert explore.cursor == 150


def test_escape_stops_the_playing(explore: ExplorePage) -> None:
    explore.open()
    explore.page.locator(".hg-plot").focus()
    explore.page.keyboard.press("Space")
    explore.wait_for_cursor("i >= 23")
    explore.page.keyboard.press("Escape")
    explore.button("Play").wait_for()
    at = explore.cursor
    explore.wait_for_address("at", str(at))
    assert explore.cursor == at


def test_escape_closes_the_help_about_keys(explore: ExplorePage) -> None:
    explore.open()
    keys = explore.button("Keys")
    keys.click()
    expect(explore.page.locator(".hg-keys")).to_be_visible()
    explore.page.keyboard.press("Escape")
    expect(explore.page.locator(".hg-keys")).to_be_hidden()
    expect(keys).to_have_attribute("aria-expanded", "false")


def test_steps_are_read_out_at_rest_and_not_while_playing(explore: ExplorePage) -> None:
    explore.open()
    explore.page.evaluate(
        """
        () => {
            window.said = [];
            for (const node of document.querySelectorAll(
                ".hg-transport [role=status], .hg-transport [aria-live], .hg-transport output")) {
                const say = () => window.said.push(node.textContent);
                new MutationObserver(say).observe(node, {
                    childList: true, characterData: true, subtree: true });
            }
        }
        """
    )
    explore.button("Play").click()
    explore.wait_for_cursor("i >= 30")
    assert explore.page.evaluate("window.said") == []
    explore.button("Pause").click()
    explore.page.wait_for_function("() => window.said.length > 0")
    (said,) = explore.page.evaluate("window.said")
    assert said.startswith(f"t = k = {explore.cursor}. ITD: error")


def test_marks_lie_on_the_curves(explore: ExplorePage) -> None:
    """The dots over the plot are where the lines are, also right after the curves have moved."""
    explore.open("at=40")
    gaps = """
        () => {
            const plot = document.querySelector(".hg-plotly");
            const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
            const { xaxis, yaxis } = plot._fullLayout;
            return [...document.querySelectorAll(".hg-dot-measured")].map((dot, n) => {
                const { left, right, top, bottom } = dot.getBoundingClientRect();
                const x = (left + right) / 2 - box.left, y = (top + bottom) / 2 - box.top;
                const lines = [...plot.querySelectorAll("path.js-line")];
                return Math.min(...lines.map(line => {
                    const length = line.getTotalLength();
                    let least = Infinity;
                    for (let i = 0; i <= 2000; i++) {
                        const p = line.getPointAtLength(length * i / 2000);
                        least = Math.min(least, Math.hypot(p.x - x, p.y - y));
                    }
                    return least;
                }));
            });
        }
    """
    assert max(explore.page.evaluate(gaps)) < 2
    with explore.redrawn():
        explore.press("contraction", "ArrowLeft", times=3)
    assert max(explore.page.evaluate(gaps)) < 2
