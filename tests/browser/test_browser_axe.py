"""axe-core finds nothing to complain of, and what it cannot see: headings, titles, focus."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page, expect
from test_browser_layout import DRAWN, LINKS, MODES
from test_browser_policy import NOTED

from dashboard.kit.theme import Mode

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

# Every rule, also those that are no part of a standard; or some.
RUN = """
async rules => {
    const only = rules && { runOnly: { type: "rule", values: rules } };
    const { violations } = await axe.run(document, { resultTypes: ["violations"], ...only });
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(node =>
        `${impact} ${id}: ${node.target} ${node.html.slice(0, 200)} ${node.failureSummary}`));
}
"""
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# Page and charts have the theme that is wanted, and no run goes on, of which Streamlit has a sign.
THEMED = """
mode => getComputedStyle(document.querySelector(".stApp")).colorScheme === mode
    && document.querySelector(".stApp").dataset.testScriptState === "notRunning"
    && [...document.querySelectorAll(".hg-chart")].every(
        ({ dataset }) => dataset.dark === String(mode === "dark"))
"""
PAGES = ("explore", "complexity", "budget", "why", "descent", "paper", "lecture")
OF_TEXT = ("theory",)
STATES = (
    *PAGES,
    *OF_TEXT,
    "theory, a chapter",
    "explore, every method and bounds",
    "explore, a network beyond q = 1",
    "explore, a method refused",
    "why, every what-if",
    "why, a method refused",
    "lecture, asked",
    "lecture, asked for a curve",
    "lecture, asked for an order",
    "lecture, a choice",
)


@pytest.fixture
def page(new_context: NewContext, watcher: Watcher) -> Page:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    context = new_context()
    context.add_init_script(NOTED)
    opened = context.new_page()
    opened.set_default_timeout(TIMEOUT)
    return opened


def open_link(page: Page, server: Server, name: str) -> None:
    """Open one of the links of the layout's tests, and wait for its picture."""
    page.goto(server.base + LINKS[name])
    page.wait_for_function(DRAWN, timeout=3 * TIMEOUT)


def unfold(page: Page) -> None:
    """Open all expanders."""
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    page.wait_for_function(DRAWN, timeout=3 * TIMEOUT)


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page as it is, by these rules or by all."""
    # What fades in, or from one colour to another, is judged when it is there.
    page.wait_for_function(
        "() => document.getAnimations().every(({ playState }) => playState !== 'running')"
    )
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, rules)
    return found


def check_headings(page: Page, name: str) -> None:
    """The page has its title, one heading above all others, and leaves out no level."""
    title = name.capitalize()
    expect(page.locator("main h1")).to_have_count(1)
    assert page.title() == f"{title} · Hypergradients"
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
        "nodes => nodes.map(node => Number(node.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert page.locator("main h1").text_content() == title
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(page: Page, server: Server, name: str) -> None:
    open_link(page, server, name)
    check_headings(page, name.split(",")[0])
    unfold(page)
    assert page.evaluate("window.violated ?? []") == [], "No page wants more than it may have."
    check_themes(page)


def test_axe_finds_nothing_in_own_data(page: Page, server: Server, tmp_path: Path) -> None:
    """A wide table, of which something is left out, and after it a file that is refused."""
    page.goto(f"{server.base}?data=own-0123456789abcdef&T=20")
    names = ["text", *(f"column {i}" for i in range(20))]
    rows = [["a", *(str((i * j + i) % 7) for j in range(20))] for i in range(20)]
    file = tmp_path / "own.csv"
    file.write_text("\n".join(",".join(row) for row in (names, *rows)), encoding="utf-8")
    place = page.locator(".st-key-own_data")
    place.locator('input[type="file"]').set_input_files(file)
    preview = place.locator(".own-preview")
    preview.wait_for()
    wide, seen = preview.evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert wide > seen, "It scrolls by itself."
    file.write_text("a;b", encoding="utf-8")
    place.locator('input[type="file"]').set_input_files(file)
    place.get_by_text("This file cannot be read").wait_for()
    check_themes(page)


def check_themes(page: Page) -> None:
    """Axe-core finds nothing in the light, nor in the dark."""
    found: dict[Mode, list[str]] = {}
    for mode in MODES:
        page.emulate_media(color_scheme=mode)
        page.wait_for_function(THEMED, arg=mode)
        page.wait_for_timeout(1000)
        # The themes differ in colours alone.
        found[mode] = violations(page, None if mode == MODES[0] else OF_COLOURS)
    said = [f"{mode}: {text}" for mode, texts in found.items() for text in texts]
    assert not said, "\n".join(["", *said])


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_the_picture_taken_home(
    page: Page, server: Server, new_context: NewContext, tmp_path: Path, name: str
) -> None:
    open_link(page, server, name)
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture (HTML)").first.click()
    path = tmp_path / "picture.html"
    download.value.save_as(path)
    for mode in MODES:
        taken = new_context(color_scheme=mode).new_page()
        taken.goto(path.as_uri())
        taken.locator("svg.main-svg").first.wait_for()
        assert not violations(taken), mode
