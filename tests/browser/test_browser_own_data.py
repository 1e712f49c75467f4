"""A table of a visitor's own: given, followed by a hand, and asked for again by a link."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import NewContext, Server
from explore_page import TIMEOUT, ExplorePage
from playwright.sync_api import Locator, Page, expect

from hypergrad_core import read_table

pytestmark = pytest.mark.browser

ROWS = 40
LINES = [f"{i},{i * 7 % 11 / 10},n{i},{i * i % 13 + 0.5}" for i in range(ROWS)]
GOOD = "\n".join(["age,<b>dose</b>,name,y", *LINES])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good file."""
    path = tmp_path / "own.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def place_of(page: Page) -> Locator:
    """Where own data are given, open."""
    place = page.locator(".st-key-own_data")
    if not place.locator('input[type="file"]').count():
        place.get_by_text("Your own data (CSV)").click()
    place.locator('input[type="file"]').wait_for(state="attached", timeout=TIMEOUT)
    return place


def test_a_good_file_is_run_and_followed_and_its_link_asks_for_it_again(
    explore: ExplorePage, new_context: NewContext, server: Server, file: Path
) -> None:
    name = str(read_table(GOOD.encode()))
    page = explore.page
    explore.open("problem=kernel-ridge&T=30&q=0.93")
    place = place_of(page)
    expect(place).to_contain_text("at most 1 MB, 1,000 rows and 200 columns")
    with explore.redrawn(data=name):
        place.locator('input[type="file"]').set_input_files(file)
    expect(place).to_contain_text("40 rows of 2 features")
    expect(place).to_contain_text("Column “name” was left out: row 2 has “n0”")
    expect(place.locator("th").nth(2)).to_have_text("<b>dose</b>")
    # The widget has forgotten the file.
    assert page.locator('[data-testid="stFileUploaderFile"]').count() == 0

    drawn = explore.drawn_link
    with explore.grabbed("contraction") as (x, y):
        page.mouse.move(x - 30, y)
        explore.wait_for_other_link(drawn)
        # Only the live route answers before the hand is lifted.
        assert explore.address["q"] != explore.drawn["q"]
        assert explore.drawn["data"] == name
        held = explore.drawn["q"]
    explore.wait_for_address("q", held)
    explore.settle()
    table, link = explore.table, page.url

    other = ExplorePage(new_context().new_page(), server.base)
    other.open(link.partition("?")[2], committed=False)
    notices = other.page.locator(".st-key-notices")
    expect(notices).to_contain_text(f"somebody's own data, {name}", timeout=TIMEOUT)
    assert other.table != table
    assert "data" not in other.address
    assert other.address["q"] == held
    # The place is open: the link asks for the file.
    with other.redrawn(data=name):
        other.page.locator('.st-key-own_data input[type="file"]').set_input_files(file)
    expect(notices).to_have_count(0)
    assert other.table == table
    assert other.page.url == link


def test_a_bad_file_is_told_and_the_page_goes_on(explore: ExplorePage, file: Path) -> None:
    file.write_text("a;b\n1,5;2", encoding="utf-8")
    explore.open("problem=kernel-ridge&T=30&d=20")
    place = place_of(explore.page)
    place.locator('input[type="file"]').set_input_files(file)
    expect(place.get_by_role("alert")).to_contain_text("separated by semicolons", timeout=TIMEOUT)
    with explore.redrawn():
        explore.press("contraction", "ArrowLeft")
    assert "data" not in explore.address
