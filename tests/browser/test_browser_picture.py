"""The picture: at first sight, after a key press, while a hand moves, without the live route."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import NewContext, Server, Watcher
from explore_page import ExplorePage, number, scale_of
from PIL import Image
from playwright.sync_api import Locator

from dashboard.kit.page import Shown
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.explore.frame import explore_frame
from dashboard.screens.explore.settings import SETTINGS, View
from hypergrad_core import FAMILIES, METHODS, Experiment, run
from hypergrad_core.studies.crossing import crossing

pytestmark = pytest.mark.browser

SIZES = [(1440, 900), (1920, 1080)]

# Whether any part of the page or of the chart reaches beyond what holds it.
OVERFLOW = """
() => {
    const found = [];
    const page = document.documentElement;
    const main = document.querySelector('[data-testid="stMain"]');
    if (page.scrollWidth > innerWidth) found.push(`page ${page.scrollWidth}`);
    if (main.scrollWidth > main.clientWidth) found.push(`main ${main.scrollWidth}`);
    const stage = document.querySelector(".hg-plot").getBoundingClientRect();
    const inside = (node, box) => {
        const { left, right } = node.getBoundingClientRect();
        if (right > left && (left < box.left - 1 || right > box.right + 1))
            found.push(`${node.tagName} ${node.textContent} ${left}–${right}`);
    };
    document.querySelectorAll(".hg-plot text").forEach(node => inside(node, stage));
    const whole = { left: 0, right: innerWidth };
    document.querySelectorAll(".hg-chart *, [data-testid=stSidebar] button")
        .forEach(node => node.closest("svg") || inside(node, whole));
    return found;
}
"""

# Whether nothing but the chart itself is over the middle of a part of it.
SEEN = """
node => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return document.querySelector(".hg-chart").contains(seen);
}
"""

SEEN_BOX = """
node => {
    const { top, bottom, left, right } = node.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth;
}
"""


def check_table(explore: ExplorePage, experiment: Experiment) -> None:
    """Compare every number of the table with the core's."""
    scale = scale_of(experiment, explore.view)
    table = explore.table
    assert [row[0] for row in table] == [METHODS[c.method].label for c in experiment.curves]
    horizon = experiment.scenario.horizon
    for row, curve in zip(table, experiment.curves, strict=True):
        reached = crossing(experiment, curve, explore.view.target * scale)
        for text, steps in ((row[1], reached.measured), (row[3], reached.sharp)):
            if steps is None:
                assert text.startswith(">")
                assert number(text[1:]) == horizon
            else:
                assert number(text) == steps
        assert row[2] == "never" if reached.paper is None else number(row[2]) == reached.paper
        at = len(curve.steps) - 1 if reached.index is None else reached.index
        error = curve.errors[at]
        if error <= curve.floor:
            assert row[4:6] == ["rounding", "rounding"]
        else:
            for text, bound in zip(row[4:6], (curve.paper, curve.sharp), strict=True):
                assert number(text) == pytest.approx(bound.values[at] / error, rel=0.051)
        assert number(row[6]) == curve.estimate.costs.products[at]
        assert number(row[7]) == curve.estimate.costs.stored_floats[at]


def pixels_of(explore: ExplorePage, color: str) -> int:
    """How many pixels of the plot have very nearly this colour, once it is at rest."""
    explore.rest()
    shot = explore.page.locator(".hg-plot").screenshot()
    image = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=int)
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(image - wanted).max(axis=2) <= 2).sum())


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_first_picture(
    new_context: NewContext, server: Server, size: tuple[int, int], mode: Mode
) -> None:
    context = new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=mode)
    explore = ExplorePage(context.new_page(), server.base)
    explore.open()
    page = explore.page

    assert explore.drawn == {"theme": mode}
    assert explore.address == {}
    assert page.locator('[data-testid="stException"], [data-testid="stAlert"]').count() == 0
    assert len(explore.paths) > 3
    for key in SETTINGS.scenario.methods:
        assert pixels_of(explore, METHOD_STYLES[key].color(mode)) > 300, METHODS[key].label
    check_table(explore, run(SETTINGS.scenario))
    assert "ε = 10⁻⁴" in explore.labels
    frame = explore_frame(
        Shown(
            SETTINGS, explore.scenario, run(explore.scenario), explore.scenario, explore.view, mode
        )
    )
    assert explore.message == frame["message"]
    assert page.locator(".hg-title").inner_text() == frame["title"]
    assert page.locator(".hg-key li").all_inner_texts() == [item["text"] for item in frame["key"]]
    assert page.evaluate(OVERFLOW) == []
    for part in (".hg-message", ".hg-title", ".hg-key", ".hg-controls", ".hg-readout"):
        assert page.locator(part).evaluate(SEEN), f"{part} is covered or below the fold"
    alt = page.locator(".hg-plot").get_attribute("aria-label") or ""
    assert "AID-CG" in alt


@pytest.mark.parametrize("family", [*FAMILIES])
def test_the_lines_above_the_chart_fit_with_all_methods(explore: ExplorePage, family: str) -> None:
    """They wrap, and nothing of them is cut, with all that a title can have."""
    data = [*FAMILIES[family].data][-1]
    inner = "&inner=heavy-ball" if FAMILIES[family].affine_symmetric else ""
    explore.open(
        f"problem={family}&data={data}&methods={'.'.join(METHODS)}&T=40&q=0.9995&eps=0.3{inner}"
        "&start=2.5&precision=single&seed=9999"
    )
    message = explore.page.locator(".hg-message")
    assert message.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert message.evaluate("node => node.scrollHeight <= node.clientHeight + 1")
    assert "…" not in explore.message
    assert explore.page.evaluate(OVERFLOW) == []


def test_key_press_redraws_in_place(explore: ExplorePage) -> None:
    explore.open()
    explore.page.evaluate("() => { document.querySelector('.hg-plotly').__mine = true; }")
    paths, table = explore.paths, explore.table

    with explore.redrawn():
        explore.press("contraction", "ArrowRight")

    assert explore.drawn["q"] == explore.address["q"] == "0.905"
    assert explore.page.evaluate("() => document.querySelector('.hg-plotly').__mine") is True
    assert explore.paths != paths
    assert explore.table != table
    check_table(explore, run(replace(SETTINGS.scenario, contraction=0.905)))


def test_fast_key_presses_all_count(explore: ExplorePage) -> None:
    explore.open()
    for _ in range(12):
        explore.thumb("contraction").press("ArrowLeft")
    explore.wait_for_address("q", "0.78")
    explore.settle()
    assert explore.drawn["q"] == "0.78"
    check_table(explore, run(replace(SETTINGS.scenario, contraction=0.78)))


def test_zoom_is_kept_and_can_be_reset(explore: ExplorePage) -> None:
    explore.open()
    page = explore.page
    ranges = (
        "() => { const { xaxis, yaxis } = document.querySelector('.hg-plotly').layout;"
        " return [...xaxis.range, ...yaxis.range]; }"
    )
    whole = page.evaluate(ranges)
    box = page.locator(".hg-plot .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function(f"whole => String(({ranges})()) !== String(whole)", arg=whole)
    explore.rest()
    zoomed = page.evaluate(ranges)

    # Far enough for the figure to have another error axis of its own.
    for _ in range(4):
        with explore.redrawn():
            explore.press("contraction", "PageDown")
    explore.settle()
    assert page.evaluate(ranges) == zoomed

    explore.button("Reset zoom").click()
    page.wait_for_function(f"zoomed => String(({ranges})()) !== String(zoomed)", arg=zoomed)
    explore.rest()
    assert page.evaluate(ranges)[:2] == whole[:2]
    assert page.evaluate(ranges)[2:] != whole[2:], "The test moves too little."


def drag(explore: ExplorePage, key: str, param: str, stride: float, moves: int) -> list[str]:
    """Drag a slider, waiting for a new picture at each move; return the values drawn."""
    drawn: list[str] = []
    with explore.grabbed(key) as (x, y):
        before = explore.page.url
        for move in range(1, moves + 1):
            link = explore.drawn_link
            explore.page.mouse.move(x + move * stride, y)
            explore.wait_for_other_link(link)
            drawn.append(explore.drawn.get(param, ""))
            title = explore.page.locator(".hg-title").text_content() or ""
            if param == "q":
                assert f" q = {float(drawn[-1]):g} " in title
        assert explore.page.url == before, "The address changed before the hand was lifted."
        assert explore.page.locator("[data-testid=stSlider] [data-dragging]").count() > 0
    return drawn


@pytest.mark.parametrize(
    ("key", "param", "stride"),
    [
        ("contraction", "q", -12.0),
        ("size", "d", -14.0),
        ("horizon", "T", 16.0),
        ("target", "eps", 20.0),
    ],
)
def test_drawn_while_the_hand_moves(
    explore: ExplorePage, key: str, param: str, stride: float
) -> None:
    explore.open()
    drawn = drag(explore, key, param, stride, moves=6)
    assert len(set(drawn)) == 6
    explore.wait_for_address(param, drawn[-1])
    explore.settle()
    assert explore.drawn[param] == drawn[-1]
    check_table(explore, run(explore.scenario))
    # Opened afresh, Python alone draws: the moved curves must be the same.
    paths = explore.paths
    explore.page.reload()
    explore.page.locator('.hg-chart[data-ready="true"]').wait_for()
    explore.settle()
    assert explore.paths == paths


def test_drawn_on_release_without_the_live_route(explore: ExplorePage, watcher: Watcher) -> None:
    watcher.allowed.append(r"WebSocket connection to '.*/nowhere' failed")
    explore.page.add_init_script(
        """
        const Real = window.WebSocket;
        window.WebSocket = class extends Real {
            constructor(url, ...more) { super(String(url).replace(/live$/, "nowhere"), ...more); }
        };
        """
    )
    explore.open()
    assert any(url.endswith("/nowhere") for url in watcher.requests)
    assert not any(url.endswith("/live") for url in watcher.requests)
    with explore.redrawn():
        explore.press("contraction", "ArrowLeft")
    assert explore.drawn["q"] == "0.89"
    before = explore.drawn_link
    with explore.redrawn(), explore.grabbed("contraction") as (x, y):
        explore.page.mouse.move(x - 90, y, steps=5)
        explore.rest()
        assert explore.drawn_link == before, "Nothing can be drawn while the hand is down."
    assert float(explore.drawn["q"]) < 0.85
    check_table(explore, run(explore.scenario))
    assert any("nowhere" in text for text in watcher.errors)


def test_a_method_that_does_not_apply_says_why(explore: ExplorePage) -> None:
    """In the picture, where its curve would be, and where nothing else is."""
    explore.open("vary=adjoint")
    note = explore.page.locator(".hg-absent")
    assert note.inner_text().startswith("ITD does not apply here:")
    assert len(note.inner_text()) > len("ITD does not apply here: ")
    assert note.locator("svg").count() == 1
    assert note.evaluate("node => node.closest('.hg-plot') !== null")
    assert note.evaluate(SEEN_BOX), "It is below the fold."
    alt = explore.page.locator(".hg-plot").get_attribute("aria-label") or ""
    assert "ITD does not apply here" in alt
    assert [row[0] for row in explore.table] == ["AID-FP", "AID-CG"]


def test_no_method_applies(explore: ExplorePage) -> None:
    explore.open("vary=adjoint&methods=itd")
    assert explore.page.locator(".hg-absent p").count() == 1
    assert explore.message.startswith("No method applies")
    assert explore.page.locator(".hg-table").is_hidden()


def test_pressing_a_card_puts_its_method_in_focus(explore: ExplorePage) -> None:
    """Where there are many methods, the one in focus alone has bounds."""
    explore.open("methods=itd.one-step.aid-fp.aid-cg&T=40")

    def card(name: str) -> Locator:
        return explore.page.locator(".hg-card").filter(
            has=explore.page.locator(".hg-name", has_text=re.compile(f"^{name}$"))
        )

    for name, key in (("AID-FP", "aid-fp"), ("ITD", "itd")):
        with explore.redrawn():
            card(name).click()
        assert explore.address.get("card", View().card) == key
        pressed = explore.page.locator('.hg-card[aria-pressed="true"] .hg-name')
        assert pressed.all_inner_texts() == [name]
        assert [c.name for c in explore.readout if c.bounds] == [name]


def test_theme_changed_while_open(explore: ExplorePage) -> None:
    explore.open()
    background = "() => document.querySelector('.hg-plotly')._fullLayout.paper_bgcolor"
    light = explore.page.evaluate(background)
    explore.page.emulate_media(color_scheme="dark")
    explore.page.wait_for_function(
        "() => document.querySelector('.hg-chart').dataset.drawnLink === 'theme=dark'"
    )
    explore.settle()
    assert explore.page.evaluate(background) != light
    for key in SETTINGS.scenario.methods:
        assert pixels_of(explore, METHOD_STYLES[key].color("dark")) > 300


def test_text_of_the_chart_is_reachable_by_keyboard(explore: ExplorePage) -> None:
    """Every control of the chart has a name and takes the focus."""
    explore.open()
    unnamed: list[Any] = explore.page.locator(
        ".hg-chart button:visible, .hg-chart input:visible, .hg-chart select:visible, .hg-plot"
    ).evaluate_all(
        "nodes => nodes"
        ".filter(n => !(n.getAttribute('aria-label') || n.textContent) || n.tabIndex < 0)"
        ".map(n => n.outerHTML.slice(0, 80))"
    )
    assert unnamed == []
