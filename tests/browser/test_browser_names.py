"""Names in a picture: the chart's own script, in a page with nothing else."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dashboard.chart import FOLDER
from dashboard.chart.scripts import joined

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 800, 400
# A plot with one subplot: 100 to 600 across, 20 to 360 down.
SETUP = """
() => {
    const axis = (id, offset, length, range) =>
        ({ _id: id, _offset: offset, _length: length, range, type: "linear" });
    window.plot = { _fullLayout: {
        width: 800, height: 400, font: { family: "sans-serif", size: 17, color: "black" },
        xaxis: axis("x", 100, 500, [0, 10]), yaxis: axis("y", 20, 340, [0, 1]),
    } };
    window.names = new Names(window.plot);
    names.layer.style = "position: absolute; left: 0; top: 0; overflow: visible";
    document.body.append(names.layer);
}
"""
PAINT = """
([ends, range]) => {
    const line = (y) => ({ type: "scatter", mode: "lines", x: [0, 5, 10], y: [1, (1 + y) / 2, y] });
    const data = [...ends.map(([, y]) => line(y)), {
        type: "scatter", mode: "text", x: ends.map(() => 10), y: ends.map(([, y]) => y),
        text: ends.map(([name]) => `<b>${name}</b>`), textposition: "middle right",
        textfont: { size: 17, color: "black" },
    }];
    plot._fullLayout.xaxis.range = range;
    names.paint({ figure: { data }, names: [{ trace: ends.length }] }, 1, "white");
    return [...names.layer.querySelectorAll(".textpoint")]
        .filter(node => node.style.display !== "none")
        .map(node => {
            const { left, right, top, bottom } = node.querySelector("text").getBoundingClientRect();
            const leader = node.querySelector("path");
            return { text: node.textContent, left, right, top, bottom,
                led: leader.style.display !== "none" };
        });
}
"""

Ends = list[tuple[str, float]]


@pytest.fixture
def scripts(browser: Browser) -> Any:
    """An empty page with the script that writes names."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_content("<body style='margin: 0'></body>")
    page.add_script_tag(content=joined(FOLDER / "names.js"))
    page.evaluate(SETUP)
    yield page
    page.close()


def paint(page: Page, ends: Ends, shown: tuple[float, float] = (0, 10)) -> list[dict[str, Any]]:
    """The names as they are written, from top to bottom."""
    found: list[dict[str, Any]] = page.evaluate(PAINT, [ends, list(shown)])
    return sorted(found, key=lambda name: float(name["top"]))


def check_apart(names: list[dict[str, Any]]) -> None:
    for one, other in combinations(names, 2):
        apart = one["bottom"] <= other["top"] + 3 or other["bottom"] <= one["top"] + 3
        assert apart or one["right"] <= other["left"] or other["right"] <= one["left"], (one, other)
    for name in names:
        assert min(name["left"], WIDTH - name["right"]) >= 0, name
        assert min(name["top"] - 20, 360 - name["bottom"]) >= -2, name


@pytest.mark.parametrize("height", [0.0, 0.5, 1.0])
def test_names_at_one_point_are_kept_apart_and_led_to_it(scripts: Page, height: float) -> None:
    names = paint(scripts, [(f"Method {n}", height) for n in range(8)])
    assert len(names) == 8
    check_apart(names)
    assert sum(name["led"] for name in names) >= 6


def test_a_name_alone_stands_at_its_point(scripts: Page) -> None:
    (name,) = paint(scripts, [("ITD", 0.5)])
    assert not name["led"]
    assert abs((name["top"] + name["bottom"]) / 2 - 190) < 6
    assert 600 < name["left"] < 625


def test_a_small_change_swaps_no_names(scripts: Page) -> None:
    def order(first: float, second: float) -> list[str]:
        return [name["text"] for name in paint(scripts, [("ITD", first), ("AID-FP", second)])]

    assert order(0.52, 0.50) == ["ITD", "AID-FP"]
    assert order(0.50, 0.51) == ["ITD", "AID-FP"]
    assert order(0.50, 0.60) == ["AID-FP", "ITD"]
    assert order(0.52, 0.50) == ["AID-FP", "ITD"]


def test_names_move_little_when_their_points_move_little(scripts: Page) -> None:
    before = None
    for step in range(60):
        names = paint(scripts, [("A", 0.5), ("B", 0.49), ("C", 0.3 + 0.006 * step), ("D", 0.51)])
        check_apart(names)
        tops = {name["text"]: name["top"] for name in names}
        if before is not None and [*tops] == [*before]:
            assert max(abs(tops[name] - before[name]) for name in tops) < 4
        before = tops


def test_a_name_stays_with_its_curve_when_the_end_is_out_of_sight(scripts: Page) -> None:
    (whole,) = paint(scripts, [("ITD", 0.0)])
    (zoomed,) = paint(scripts, [("ITD", 0.0)], shown=(0, 5))
    # Half way along, half way down, at the right edge of the subplot.
    assert abs((zoomed["top"] + zoomed["bottom"]) / 2 - 190) < 6
    assert zoomed["left"] == pytest.approx(whole["left"], abs=1)
    assert paint(scripts, [("ITD", 0.0)], shown=(20, 30)) == []
    assert len(paint(scripts, [("ITD", 0.0)])) == 1


def test_a_long_name_does_not_leave_the_frame(scripts: Page) -> None:
    names = paint(scripts, [("A method with a name that is far too long", 0.5), ("ITD", 0.5)])
    check_apart(names)
