"""Pictures follow the hand: what is drawn while it moves, and that it is what Plotly would draw."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import ExplorePage

pytestmark = pytest.mark.browser

# Notes what each picture shows at once, before Plotly may have drawn it again.
RECORD = """
() => {
    const root = document.querySelector(".hg-chart");
    const react = Plotly.react;
    let reacts = 0;
    Plotly.react = (...all) => { reacts += 1; return react(...all); };
    const all = (selector, name) =>
        [...root.querySelectorAll(selector)].map(node => node.getAttribute(name));
    window.__shown = () => ({
        images: all(".hm image", "href"),
        contours: all(".contourlayer .contour:nth-child(1) .contourlines path", "d"),
    });
    window.__pictures = [];
    let link = root.dataset.drawnLink;
    new MutationObserver(() => {
        if (root.dataset.drawnLink === link) return;
        link = root.dataset.drawnLink;
        window.__pictures.push({ link, reacts, ...window.__shown() });
        reacts = 0;
    }).observe(root, { attributeFilter: ["data-drawn-link"] });
}
"""
# The largest difference of a channel between two images, and the largest distance of a point of
# our lines from those of Plotly, in pixels.
COMPARE = """
async ([ours, theirs]) => {
    const pixels = async href => {
        const image = new Image();
        image.src = href;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height).data;
    };
    let color = 0;
    for (const [k, href] of ours.images.entries()) {
        const [a, b] = [await pixels(href), await pixels(theirs.images[k])];
        if (a.length !== b.length) return null;
        a.forEach((value, i) => { color = Math.max(color, Math.abs(value - b[i])); });
    }
    const points = paths => paths.flatMap(d => {
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        path.setAttribute("d", d);
        const length = path.getTotalLength();
        return Array.from({ length: Math.ceil(length) + 1 }, (_, s) => path.getPointAtLength(s));
    });
    const [a, b] = [points(ours.contours), points(theirs.contours)];
    const gap = (p, others) => Math.min(...others.map(o => Math.hypot(p.x - o.x, p.y - o.y)));
    const far = (from, to) => Math.max(...from.filter(p => p.x || p.y).map(p => gap(p, to)));
    return { color, line: Math.max(far(a, b), far(b, a)), points: a.length };
}
"""

# The thumb says its value first, then what κ that is.
AT_THE_HAND = """
() => {
    const thumb = document.querySelector(".st-key-contraction input[type=range]");
    const drawn = new URLSearchParams(document.querySelector(".hg-chart").dataset.drawnLink);
    return Number(drawn.get("q")) === parseFloat(thumb.getAttribute("aria-valuetext"));
}
"""


def open_page(
    new_context: NewContext, server: Server, watcher: Watcher, path: str, query: str
) -> ExplorePage:
    """A fresh page, opened and at rest."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = ExplorePage(new_context().new_page(), f"{server.base}{path}")
    page.open(query)
    page.rest()
    return page


def pictures(page: ExplorePage) -> list[dict[str, Any]]:
    """What was drawn since ``RECORD``."""
    found: list[dict[str, Any]] = page.page.evaluate("() => window.__pictures")
    return found


def test_a_map_is_moved_to_what_plotly_draws(
    new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    # The scale of the colours is the same for some way from here.
    budget = open_page(new_context, server, watcher, "budget", "d=12&n=20&T=20&budget=24&q=0.77")
    budget.page.evaluate(RECORD)
    with budget.grabbed("contraction") as (x, y):
        link = budget.drawn_link
        budget.page.mouse.move(x - 8, y)
        budget.wait_for_other_link(link)
    budget.settle()
    budget.rest()
    moved = pictures(budget)
    assert moved[-1]["reacts"] == 0, "Plotly was not asked."
    assert moved[-1]["link"] == budget.drawn_link
    drawn = budget.page.evaluate("() => window.__shown()")
    gap = budget.page.evaluate(COMPARE, [moved[-1], drawn])
    assert gap["points"] > 50
    assert gap["color"] <= 3
    assert gap["line"] < 4


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", "problem=equilibrium"),
        ("", "problem=logistic&data=breast_cancer"),
        ("budget", ""),
    ],
)
def test_the_picture_follows_the_hand_and_ends_where_it_is(
    new_context: NewContext, server: Server, watcher: Watcher, path: str, query: str
) -> None:
    page = open_page(new_context, server, watcher, path, query)
    page.page.evaluate(RECORD)
    with page.grabbed("contraction") as (x, y):
        for move in range(60):
            page.page.mouse.move(x - 2 * move, y)
            page.page.wait_for_timeout(40)
        page.page.wait_for_function(AT_THE_HAND)
        seen, held = pictures(page), page.drawn["q"]
    assert len(seen) >= 3
    page.wait_for_address("q", held)
    page.settle()
    assert page.drawn["q"] == held, "It was that of the hand before the hand let go."


def test_the_picture_of_a_single_value_waits_for_no_screen_frame(
    new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    page = open_page(new_context, server, watcher, "", "problem=quadratic&d=20&m=2&T=20")
    link = page.drawn_link
    # Screen frames come late on a busy machine; here they do not come at all.
    page.page.evaluate("() => { window.requestAnimationFrame = () => 0; }")
    page.thumb("contraction").press("ArrowLeft")
    page.page.wait_for_function(
        "link => document.querySelector('.hg-chart').dataset.drawnLink !== link",
        arg=link,
        polling=20,
    )


def test_beyond_the_theory_the_bounds_go_while_the_hand_still_moves(
    new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    page = open_page(
        new_context, server, watcher, "", "problem=equilibrium&d=20&n=5&T=40&q=0.99&bound=both"
    )
    warning = page.page.locator(".hg-warning")
    assert warning.is_hidden()
    assert "Paper’s bound" in page.page.locator(".hg-key").inner_text().replace("paper", "Paper")
    with page.grabbed("contraction") as (x, y):
        page.page.mouse.move(x + 200, y, steps=10)
        warning.wait_for(state="visible")
        page.page.wait_for_function(AT_THE_HAND)
        assert float(page.drawn["q"]) > 1
        assert "bound" not in page.page.locator(".hg-key").inner_text()
        page.page.mouse.move(x - 60, y, steps=10)
        warning.wait_for(state="hidden")
        assert float(page.drawn["q"]) < 1
    page.settle()
