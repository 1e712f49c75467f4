"""The Paper page in a browser: its figure, its cursor, its zoom, and all that it asks for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TWO_FRAMES, number
from playwright.sync_api import FloatRect, Page, Response, expect

from dashboard.screens.paper.settings import SETTINGS
from dashboard.screens.paper.task import FIGURES, Task
from hypergrad_core.studies.claims import Verdict, claims
from hypergrad_core.studies.replication import Replication

pytestmark = pytest.mark.browser

FIRST_RUN = 120_000
"""Milliseconds for four panels, on a machine that is busy."""

QUERY = "?T=50&kind=networks&values=3"
LABELS = ["ITD", "AID-FP, k = t", "AID-CGNR, k = t", "AID-FP, k = 10", "AID-CGNR, k = 10"]

# Of a page with an address of its own, Streamlit asks below it for these two, then at the root.
PROBES = {"/paper/_stcore/health", "/paper/_stcore/host-config"}
NOT_FOUND = r"status of 404 \(Not Found\)"

_WHOLE = """
() => {
    const chart = document.querySelector('.hg-chart[data-ready="true"]');
    return chart !== null && chart.dataset.drawnLink !== undefined
        && !chart.dataset.drawnLink.includes("panels=");
}
"""

_RANGES = """
() => [1, 2, 3, 4].map(n => {
    const plot = document.querySelector(".hg-plotly");
    return [...plot._fullLayout[n === 1 ? "xaxis" : `xaxis${n}`].range];
})
"""


def note_missing(page: Page) -> list[str]:
    """The paths of all answers that are errors, as they come."""
    missing: list[str] = []

    def note(answer: Response) -> None:
        if answer.status >= 400:
            missing.append(urlsplit(answer.url).path)

    page.on("response", note)
    return missing


@pytest.fixture
def paper(new_context: NewContext, server: Server, watcher: Watcher) -> Page:
    """The Paper page by its address, with the whole figure drawn."""
    watcher.allowed.append(NOT_FOUND)
    page = new_context().new_page()
    missing = note_missing(page)
    page.goto(f"{server.base}paper{QUERY}")
    page.wait_for_function(_WHOLE, timeout=FIRST_RUN)
    page.get_by_text("The paper says — measured here").wait_for()
    assert set(missing) <= PROBES
    assert len(missing) <= len(PROBES)
    # The settings are those of the link: no control has come to life with another value.
    assert urlsplit(page.url).query == QUERY.removeprefix("?")
    # What the console calls "not found" is this and nothing else.
    complaints = [text for text in watcher.errors if re.search(NOT_FOUND, text)]
    assert len(complaints) == len(missing)
    return page


def replications() -> tuple[Replication, ...]:
    """The panels on the screen, computed here."""
    scenario, view, bad = SETTINGS.of_link({"kind": "networks", "T": "50", "values": "3"})
    assert not bad
    return FIGURES.compute(Task.of(scenario, view))


def cards(page: Page) -> dict[str, list[tuple[str, float]]]:
    """What is read at the cursor: panel and value, by curve."""
    found: dict[str, list[tuple[str, float]]] = {}
    for card in page.locator(".hg-card").all():
        names = card.locator(".hg-label").all_inner_texts()
        values = [number(text) for text in card.locator(".hg-value").all_inner_texts()]
        found[card.locator(".hg-name").inner_text()] = list(zip(names, values, strict=True))
    return found


def check_readout(page: Page, t: int) -> None:
    """The cards say what the four panels have at this step."""
    page.wait_for_function(
        "t => document.querySelector('.hg-step').textContent === `t = ${t}`", arg=t
    )
    # The cards follow with the next screen frame.
    page.evaluate(TWO_FRAMES)
    read = cards(page)
    assert [*read] == LABELS
    for place, run in enumerate(replications()):
        for track in run.tracks:
            panel, value = read[track.label][place]
            assert panel == "abcd"[place]
            assert value == pytest.approx(run.mean(track)[t], rel=6e-3)


def areas(page: Page) -> list[FloatRect]:
    """Where the four panels are."""
    boxes = [item.bounding_box() for item in page.locator(".hg-plot .nsewdrag").all()]
    assert len(boxes) == 4
    return [box for box in boxes if box is not None]


def test_the_claims_beside_the_figure(paper: Page) -> None:
    table = paper.locator(".st-key-paper_claims table")
    rows = table.locator("tbody tr")
    runs = replications()
    said = [claim.text for claim in claims(runs[0])]
    texts = [row.locator("td").all_inner_texts() for row in rows.all()]
    assert [row[0].replace("\u00a0", " ") for row in texts] == said
    signs = {
        Verdict.HOLDS: "✓",
        Verdict.FAILS: "✗",
        Verdict.OPEN: "?",
        Verdict.ELSEWHERE: "–",
    }
    for place, run in enumerate(runs):
        shown = [row[place + 1].strip()[0] for row in texts]
        assert shown == [signs[claim.verdict] for claim in claims(run)]
    widths = [
        box["width"] for cell in rows.first.locator("td").all() if (box := cell.bounding_box())
    ]
    assert max(widths) - min(widths) < 2


def test_the_figure_is_told_to_those_who_do_not_see_it(paper: Page) -> None:
    said = paper.locator(".hg-plot").get_attribute("aria-label") or ""
    assert "4 panels" in said
    assert paper.locator(".hg-message").inner_text() in said
    assert "AID-CGNR takes its place" in said
    titles = paper.locator(".hg-plot .annotation-text").all_text_contents()
    assert [title[0] for title in titles] == [*"abcd"]
    entries = [text.strip() for text in paper.locator(".hg-key li").all_inner_texts()]
    assert entries[:5] == LABELS
    assert all(entry.locator("svg").count() == 1 for entry in paper.locator(".hg-key li").all())
    assert paper.locator(".hg-title").inner_text().startswith("Grazzi, Franceschi, Pontil, Salzo")
    link = paper.locator('a[href="https://proceedings.mlr.press/v119/grazzi20a.html"]')
    assert link.count() == 1


OVERLAPS = """
() => {
    const boxes = [...document.querySelectorAll(".hg-plot .annotation-text")]
        .map(text => text.getBoundingClientRect());
    const frame = document.querySelector(".hg-plot").getBoundingClientRect();
    const apart = (a, b) => a.right <= b.left || b.right <= a.left
        || a.bottom <= b.top || b.bottom <= a.top;
    const cut = boxes.filter(box => box.left < frame.left - 1 || box.right > frame.right + 1);
    const on = boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => !apart(a, b)));
    return [boxes.length, cut.length, on.length];
}
"""


@pytest.mark.parametrize(
    ("width", "height", "columns"),
    [(1440, 900, 2), (1280, 720, 2), (1180, 800, 2), (1024, 768, 1), (390, 844, 1)],
)
def test_the_names_of_panels_are_whole_and_apart_on_every_screen(
    paper: Page, width: int, height: int, columns: int
) -> None:
    paper.set_viewport_size({"width": width, "height": height})
    paper.wait_for_function(
        """columns => {
            const { xaxis, xaxis2 } = document.querySelector(".hg-plotly")._fullLayout;
            return (xaxis.domain[0] === xaxis2.domain[0]) === (columns === 1);
        }""",
        arg=columns,
    )
    paper.wait_for_timeout(400)
    assert paper.evaluate(OVERLAPS) == [4, 0, 0]
    table = paper.locator(".st-key-paper_claims")
    assert table.evaluate("table => table.scrollWidth <= table.clientWidth + 1")


def test_one_cursor_steps_through_all_panels(paper: Page) -> None:
    check_readout(paper, 50)
    paper.get_by_role("button", name="Back to the start").click()
    check_readout(paper, 0)
    paper.locator(".hg-plot").focus()
    for _ in range(4):
        paper.keyboard.press("ArrowRight")
    check_readout(paper, 4)
    lines = paper.locator(".hg-cursor-line")
    assert lines.count() == 4
    boxes = areas(paper)
    for line, box in zip(lines.all(), boxes, strict=True):
        at = line.evaluate("line => line.getBoundingClientRect().x")
        assert at == pytest.approx(box["x"] + box["width"] * 4 / 50, abs=2)
    # It is in the link.
    paper.wait_for_function("() => new URLSearchParams(location.search).get('at') === '4'")
    paper.reload()
    paper.wait_for_function(_WHOLE, timeout=FIRST_RUN)
    check_readout(paper, 4)


def test_the_panels_zoom_together_and_keep_it(paper: Page) -> None:
    assert paper.evaluate(_RANGES) == [[0, 50]] * 4
    box = areas(paper)[0]
    y = box["y"] + box["height"] / 2
    paper.mouse.move(box["x"] + 0.2 * box["width"], y)
    paper.mouse.down()
    paper.mouse.move(box["x"] + 0.6 * box["width"], y, steps=4)
    paper.mouse.up()
    paper.wait_for_function(f"() => ({_RANGES})()[0][0] > 5")
    zoomed = paper.evaluate(_RANGES)
    for low, high in zoomed:
        assert (low, high) == pytest.approx((10, 30), abs=0.5)
    # Another run of the page, here because the cursor was moved, does not undo it.
    paper.get_by_role("button", name="Step back").click()
    paper.wait_for_function("() => new URLSearchParams(location.search).has('at')")
    assert paper.evaluate(_RANGES) == zoomed
    paper.get_by_role("button", name="Reset zoom").click()
    paper.wait_for_function(f"() => ({_RANGES})()[0][0] === 0")
    assert paper.evaluate(_RANGES) == [[0, 50]] * 4


def test_the_figure_is_remembered_and_the_navigation_leads_to_it(
    paper: Page, new_context: NewContext, server: Server
) -> None:
    claimed = paper.locator(".st-key-paper_claims table").inner_text()
    link = paper.locator(".hg-chart").get_attribute("data-drawn-link")

    # Somebody else comes by the navigation.
    other = new_context().new_page()
    missing = note_missing(other)
    other.goto(server.base)
    other.locator('.hg-chart[data-ready="true"]').wait_for()
    other.get_by_role("link", name="Paper").click()
    other.wait_for_url("**/paper")
    other.locator(".st-key-values").wait_for()
    other.get_by_role("link", name="Explore").click()
    other.locator(".st-key-target").wait_for()
    other.locator('.hg-chart[data-ready="true"]').wait_for()
    assert missing == []

    # And with the link: at once, without progress.
    third = new_context().new_page()
    third.goto(f"{server.base}paper{QUERY}")
    third.wait_for_function(_WHOLE)
    assert third.locator(".hg-chart").get_attribute("data-drawn-link") == link
    assert third.locator('[data-testid="stProgress"]').count() == 0
    third.locator(".st-key-paper_claims table").wait_for()
    assert third.locator(".st-key-paper_claims table").inner_text() == claimed


def test_a_bad_link_says_so(new_context: NewContext, server: Server, watcher: Watcher) -> None:
    watcher.allowed.append(NOT_FOUND)
    page = new_context().new_page()
    missing = note_missing(page)
    page.goto(f"{server.base}paper?kind=Real+data&T=50&values=3")
    page.get_by_text("kind = “Real data” is not allowed").wait_for()
    assert set(missing) <= PROBES
    page.wait_for_function("() => !new URLSearchParams(location.search).has('kind')")
    kinds = page.locator(".st-key-kind button:not(.stTooltipHoverTarget > *)")
    for button in kinds.all():
        box = button.bounding_box()
        first = kinds.first.bounding_box()
        assert box is not None
        assert first is not None
        assert box["y"] == first["y"], "All kinds are in one row."


def test_after_a_stop_nothing_is_said_to_be_computed(paper: Page) -> None:
    """Over the picture, which is still that of the last settings, and beside it."""
    drawn = paper.locator(".hg-chart").get_attribute("data-drawn-link")
    veil = paper.locator(".hg-veil-text")
    for key in ("values", "horizon"):
        paper.locator(f".st-key-{key} input[type=range]").press("End")
        expect(veil).to_contain_text("Computing")
    paper.wait_for_url("**T=200**")
    paper.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    paper.locator(".st-key-stop button").click()
    expect(veil).to_have_text("Stopped. The picture still shows the previous settings.")
    expect(paper.locator(".st-key-again button")).to_be_visible()
    assert "Computing" not in paper.locator('[data-testid="stApp"]').inner_text()
    assert paper.locator(".hg-chart").get_attribute("data-drawn-link") == drawn
    # Started again, it says so again.
    paper.locator(".st-key-again button").click()
    expect(veil).to_contain_text("Computing")
    paper.locator(".st-key-stop button").click()
    expect(veil).to_contain_text("Stopped")
