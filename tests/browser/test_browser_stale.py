"""A picture that is not that of the controls looks so, and only as long as it is not."""

from __future__ import annotations

import pytest
from explore_page import ExplorePage
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# Answers of the live route come this late.
HELD = """
const Real = window.WebSocket;
window.held = 0;
window.WebSocket = class extends Real {
    set onmessage(receive) {
        super.onmessage = event => setTimeout(() => receive(event), window.held);
    }
};
"""

# What the chart shows at every screen frame: its veil, its picture and the thumb.
WATCH = """
() => {
    window.seen = [];
    const chart = document.querySelector(".hg-chart");
    const look = () => {
        const { stale, drawnLink } = chart.dataset;
        const thumb = document.querySelector(".st-key-contraction input[type=range]");
        const stop = thumb.getAttribute("aria-valuetext").split(" ")[0];
        window.seen.push([stale, new URLSearchParams(drawnLink).get("q"), stop]);
        requestAnimationFrame(look);
    };
    look();
}
"""


def veil(explore: ExplorePage) -> str:
    """What the veil says."""
    return explore.page.locator(".hg-veil-text").inner_text()


def wait_until_stale(explore: ExplorePage, stale: bool) -> None:
    explore.page.wait_for_function(
        "stale => document.querySelector('.hg-chart').dataset.stale === String(stale)", arg=stale
    )


def test_a_late_answer_veils_the_picture_until_it_comes(explore: ExplorePage) -> None:
    explore.page.add_init_script(HELD)
    explore.open()
    assert explore.page.locator(".hg-chart").get_attribute("data-stale") == "false"
    explore.page.evaluate("() => { window.held = 1500; }")
    with explore.grabbed("contraction") as (x, y):
        explore.page.mouse.move(x - 40, y)
        wait_until_stale(explore, True)
        stop = explore.thumb("contraction").get_attribute("aria-valuetext") or ""
        assert veil(explore) == f"Computing q = {stop.split(' ')[0]} …"
        assert "q" not in explore.drawn
        opacity = "node => Number(getComputedStyle(node).opacity)"
        explore.page.wait_for_timeout(200)
        assert explore.page.locator(".hg-veil").evaluate(opacity) == 1
        wait_until_stale(explore, False)
        assert explore.drawn["q"] == stop.split(" ")[0]
        assert veil(explore) == ""
    explore.settle()


def test_takes_longer_belongs_to_its_value_alone(explore: ExplorePage) -> None:
    """The thumb goes where a run takes too long to follow it, and on to where it does not."""
    explore.open("q=0.99&T=1000")
    with explore.grabbed("size") as (x, y):
        explore.page.mouse.move(x + 140, y, steps=4)
        wait_until_stale(explore, True)
        expect(explore.page.locator(".hg-veil-text")).to_contain_text("when you let go")
        explore.page.mouse.move(x - 20, y, steps=4)
        wait_until_stale(explore, False)
        stop = explore.thumb("size").get_attribute("aria-valuetext") or ""
        assert explore.drawn["d"] == stop.replace(" ", "").replace("\u202f", "")
        assert veil(explore) == ""
        assert "longer" not in explore.message
    explore.settle()


def test_a_slow_answer_does_not_hold_up_a_quick_one(explore: ExplorePage) -> None:
    """Of two requests the older is answered last, and is dropped."""
    explore.page.add_init_script(
        """
        const Real = window.WebSocket;
        window.slow = [];
        window.WebSocket = class extends Real {
            send(text) {
                if (window.catching) window.slow.push(JSON.parse(text).id);
                super.send(text);
            }
            set onmessage(receive) {
                super.onmessage = event => {
                    const isSlow = window.slow.includes(JSON.parse(event.data).id);
                    setTimeout(() => receive(event), isSlow ? 2000 : 0);
                };
            }
        };
        """
    )
    explore.open()
    explore.page.evaluate("() => { window.catching = true; }")
    with explore.grabbed("contraction") as (x, y):
        explore.page.mouse.move(x - 40, y)
        explore.page.wait_for_function("() => window.slow.length > 0")
        explore.page.evaluate(WATCH)
        explore.page.evaluate("() => { window.catching = false; }")
        explore.page.mouse.move(x - 60, y)
        stop = (explore.thumb("contraction").get_attribute("aria-valuetext") or "").split(" ")[0]
        explore.page.wait_for_function(
            "stop => new URLSearchParams(document.querySelector('.hg-chart').dataset.drawnLink)"
            ".get('q') === stop",
            arg=stop,
            timeout=1500,
        )
        explore.page.wait_for_timeout(2500)
        assert explore.drawn["q"] == stop, "A late answer was drawn over a newer one."
        drawn = {q for _, q, _ in explore.page.evaluate("window.seen")}
        assert drawn == {None, stop}
    explore.settle()


def test_a_run_of_the_page_veils_the_picture(explore: ExplorePage) -> None:
    """Another control than a slider is heard of by Python alone."""
    explore.open()
    explore.page.evaluate(
        """
        () => {
            window.veils = [];
            const chart = document.querySelector(".hg-chart");
            new MutationObserver(() => window.veils.push(chart.dataset.stale))
                .observe(chart, { attributeFilter: ["data-stale"] });
            // A slow page: the script is seen to run for a while before its answer comes.
            const app = document.querySelector('[data-testid="stApp"]');
            document.querySelector(".st-key-methods button").dispatchEvent(
                new PointerEvent("pointerup", { bubbles: true }));
            app.dataset.testScriptState = "running";
        }
        """
    )
    wait_until_stale(explore, True)
    assert veil(explore) == "Computing …"
    explore.page.evaluate(
        "() => { document.querySelector('[data-testid=\"stApp\"]')"
        ".dataset.testScriptState = 'notRunning'; }"
    )
    wait_until_stale(explore, False)


def test_a_step_of_the_cursor_veils_nothing(explore: ExplorePage) -> None:
    explore.open()
    explore.page.evaluate(WATCH)
    explore.page.locator(".hg-plot").focus()
    for _ in range(3):
        explore.page.keyboard.press("ArrowRight")
    explore.wait_for_address("at", "23")
    explore.settle()
    assert {stale for stale, *_ in explore.page.evaluate("window.seen")} == {"false"}


def test_a_picture_that_is_that_of_the_hand_has_no_veil(explore: ExplorePage) -> None:
    explore.open()
    with explore.grabbed("contraction") as (x, y):
        explore.page.evaluate(WATCH)
        for move in range(1, 9):
            link = explore.drawn_link
            explore.page.mouse.move(x - 12 * move, y)
            explore.wait_for_other_link(link)
        wait_until_stale(explore, False)
    explore.settle()
    wait_until_stale(explore, False)
    seen = explore.page.evaluate("window.seen")
    assert len({q for _, q, _ in seen}) > 4
    assert [item for item in seen if item[0] == "true" and item[1] == item[2]] == []
