"""The Budget page as a person handles it: point at a cell, press it, walk from it, drag q."""

from __future__ import annotations

import re

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TWO_FRAMES, ExplorePage, number
from playwright.sync_api import FloatRect, expect

from dashboard.screens.budget.figure.map import INK, PATCH
from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import SETTINGS, BudgetView
from hypergrad_core import METHODS
from hypergrad_core.studies.plane import Plane

pytestmark = pytest.mark.browser

QUERY = "d=12&n=20&T=20&budget=24"


@pytest.fixture
def budget(new_context: NewContext, server: Server, watcher: Watcher) -> ExplorePage:
    """A fresh Budget page, opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = ExplorePage(new_context().new_page(), f"{server.base}budget")
    page.open(QUERY)
    page.rest()
    return page


def planes(budget: ExplorePage) -> list[Plane]:
    """The planes on the screen, computed here."""
    scenario, view, bad = SETTINGS.of_link(budget.drawn)
    assert not bad
    return [item for item in Maps.of(scenario, view).run() if isinstance(item, Plane)]


def area(budget: ExplorePage, subplot: int) -> FloatRect:
    """Where a subplot is: the two maps first."""
    box = budget.page.locator(".hg-plot .nsewdrag").nth(subplot).bounding_box()
    assert box is not None
    return box


def point_at(budget: ExplorePage, subplot: int, t: int, k: int, horizon: int = 20) -> None:
    """Move the mouse to the middle of a cell."""
    box = area(budget, subplot)
    x = box["x"] + box["width"] * (k + 0.5) / (horizon + 1)
    y = box["y"] + box["height"] * (1 - (t + 0.5) / (horizon + 1))
    budget.page.mouse.move(x - 3, y + 3)
    budget.page.mouse.move(x, y, steps=3)


def cell(budget: ExplorePage) -> tuple[int, int]:
    """The t and k that are read."""
    texts = [budget.page.locator(f".{name}").inner_text() for name in ("hg-step", "hg-step-other")]
    t, k = (int(text.split("=")[1]) for text in texts)
    return t, k


def wait_for_cell(budget: ExplorePage, t: int, k: int) -> None:
    budget.page.wait_for_function(
        "([t, k]) => document.querySelector('.hg-step').textContent === t"
        " && document.querySelector('.hg-step-other').textContent === k",
        arg=[f"t = {t}", f"k = {k}"],
    )
    # The cards follow with the next screen frame.
    budget.page.evaluate(TWO_FRAMES)


def check_readout(budget: ExplorePage) -> None:
    """The cards say what the planes have at this cell."""
    at = cell(budget)
    for card, item in zip(budget.readout, planes(budget), strict=True):
        assert card.name == METHODS[item.method].label
        norm = item.hypergradient_norm
        assert number(card.error) == pytest.approx(item.errors[at] / norm, rel=6e-3)
        for name, values in (("paper", item.paper), ("sharp", item.sharp)):
            assert number(card.bounds[name][0]) == pytest.approx(values[at] / norm, rel=6e-3)
        assert number(card.bounds["products"][0]) == item.products[at]


def test_pointing_at_a_cell_reads_it_and_draws_its_row_and_column(budget: ExplorePage) -> None:
    view = BudgetView()
    assert cell(budget) == (20, view.column)
    check_readout(budget)
    paths, link = budget.paths, budget.page.url
    for subplot, t, k in ((0, 12, 5), (1, 4, 16)):
        point_at(budget, subplot, t, k)
        wait_for_cell(budget, t, k)
        check_readout(budget)
        assert f"error at t = {t}" in budget.labels
        assert f"error at k = {k}" in budget.labels
    assert budget.paths != paths
    budget.page.mouse.move(5, 5)
    wait_for_cell(budget, 20, view.column)
    check_readout(budget)
    budget.settle()
    assert budget.page.url == link, "Pointing alone changes no setting."


def test_a_pressed_cell_is_in_the_link_and_keys_walk_from_it(budget: ExplorePage) -> None:
    point_at(budget, 0, 7, 9)
    wait_for_cell(budget, 7, 9)
    budget.page.mouse.down()
    budget.page.mouse.up()
    budget.wait_for_address("row", "7")
    budget.wait_for_address("column", "9")
    budget.page.mouse.move(5, 5)
    budget.page.locator(".hg-plot").focus()
    # As the map has them: k along its horizontal axis, t along the vertical one.
    for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
        budget.page.keyboard.press(key)
    wait_for_cell(budget, 9, 10)
    said = budget.page.locator(".hg-transport [role=status]")
    expect(said).to_have_text(re.compile(r"^t = 9, k = 10\. AID-FP: error "))
    budget.wait_for_address("row", "9")
    budget.wait_for_address("column", "10")
    budget.page.reload()
    budget.page.locator('.hg-chart[data-ready="true"]').wait_for()
    budget.settle()
    assert cell(budget) == (9, 10)
    check_readout(budget)


def test_the_maps_follow_the_hand(budget: ExplorePage) -> None:
    drawn = []
    with budget.grabbed("contraction") as (x, y):
        for move in range(1, 4):
            link = budget.drawn_link
            budget.page.mouse.move(x - 12 * move, y)
            budget.wait_for_other_link(link)
            drawn.append(budget.drawn["q"])
    assert len(set(drawn)) == 3
    budget.wait_for_address("q", drawn[-1])
    budget.settle()
    check_readout(budget)


def test_a_method_that_does_not_apply_says_why(budget: ExplorePage) -> None:
    budget.open("problem=nonsymmetric&d=10&m=2&T=10&budget=12")
    note = budget.page.locator(".hg-absent")
    note.get_by_text("does not apply here").wait_for()
    assert len(budget.readout) == 1
    # Above the map, not on it.
    said = note.bounding_box()
    assert said is not None
    assert said["y"] + said["height"] <= area(budget, 0)["y"]


def test_the_key_shows_what_lies_on_the_maps_as_on_the_maps(budget: ExplorePage) -> None:
    entry = budget.page.locator(".hg-key li", has_text="white line")
    assert entry.locator("rect").get_attribute("fill") == PATCH
    assert entry.locator("line").get_attribute("stroke") == INK


@pytest.mark.parametrize("path", ["", "budget"])
def test_nothing_is_empty_between_key_and_plot_on_a_phone(
    new_context: NewContext, server: Server, watcher: Watcher, path: str
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    context = new_context(viewport={"width": 390, "height": 844})
    page = ExplorePage(context.new_page(), f"{server.base}{path}")
    page.open()
    page.rest()
    key, plot = (page.page.locator(name).bounding_box() for name in (".hg-key", ".hg-plot"))
    assert key is not None
    assert plot is not None
    assert plot["y"] - key["y"] - key["height"] < 12
