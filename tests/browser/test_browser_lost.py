"""A connection that is lost in the middle of a drag."""

from __future__ import annotations

import pytest
from conftest import Watcher
from explore_page import TIMEOUT, ExplorePage

pytestmark = pytest.mark.browser

# A line that can be cut: all connections are lost, and there are no new ones until it is mended.
LINE = """
const Real = window.WebSocket;
const open = new Set();
let isCut = false;
window.WebSocket = class extends Real {
    constructor(url, ...rest) {
        super(isCut ? String(url).replace(/(stream|live)$/, "nowhere") : url, ...rest);
        open.add(this);
    }
};
window.cut = (wanted) => {
    isCut = wanted;
    if (isCut) for (const socket of open) socket.close();
    open.clear();
};
window.rest = (code) => {
    const [live] = [...open].filter(({ url }) => url.endsWith("/live"));
    open.delete(live);
    live.onclose({ code });
};
window.liveSockets = () => [...open].filter(({ url }) => url.endsWith("/live")).length;
"""
ASKED = "q => new URLSearchParams(location.search).get('q') === q"


def stop_of(explore: ExplorePage) -> str:
    return (explore.thumb("contraction").get_attribute("aria-valuetext") or "").split(" ")[0]


def test_a_drag_that_is_cut_is_not_lost(explore: ExplorePage, watcher: Watcher) -> None:
    watcher.allowed.append("WebSocket")
    explore.page.add_init_script(LINE)
    explore.open("q=0.8")
    with explore.grabbed("contraction") as (x, y):
        explore.page.mouse.move(x + 20, y, steps=4)
        explore.page.wait_for_timeout(200)
        explore.page.evaluate("cut(true)")
        explore.page.mouse.move(x + 60, y, steps=4)
        explore.page.wait_for_timeout(300)
    explore.page.wait_for_timeout(1000)
    stop = stop_of(explore)
    assert stop != "0.8"
    explore.page.evaluate("cut(false)")
    explore.page.wait_for_function(ASKED, arg=stop, timeout=3 * TIMEOUT)
    explore.settle()
    assert explore.drawn["q"] == stop
    summary = explore.page.get_by_text("The same numbers in Python")
    summary.click()
    expected = f"contraction={stop}"
    explore.page.locator(".stCode", has_text=expected).wait_for()


def test_a_connection_that_rests_comes_back_with_the_hand(explore: ExplorePage) -> None:
    explore.page.add_init_script(LINE)
    explore.open("q=0.8")
    explore.page.evaluate("rest(4000)")
    explore.page.wait_for_timeout(2500)
    assert explore.page.evaluate("liveSockets()") == 0
    with explore.grabbed("contraction") as (x, y):
        explore.page.mouse.move(x + 20, y, steps=4)
        explore.page.wait_for_function("() => liveSockets() === 1")
    explore.page.wait_for_function(ASKED, arg=stop_of(explore))
