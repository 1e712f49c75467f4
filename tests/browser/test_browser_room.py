"""In front of a room: projector, keys, links with few controls, the speaker's window, an iframe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import BrowserContext, Frame, Page, expect
from test_browser_axe import violations
from test_browser_layout import DRAWN, LINKS

pytestmark = pytest.mark.browser

PAGES = (
    *("explore", "complexity", "budget", "why", "descent", "paper"),
    *("lecture, asked", "theory"),
)
TWENTY_POINTS = 20 / 0.75
# Texts that are smaller than that; formulas and indices have their own sizes.
SMALL = """
least => {
    const OWN = ".katex, sub, sup, script, style, dialog, .annotation-text tspan tspan";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const { currentNode: node } = walker;
        const parent = node.parentElement;
        if (!node.textContent.trim() || parent.closest(OWN) || !parent.checkVisibility()) continue;
        if (parent.closest('[data-testid="stIconMaterial"], .hg-spoken, .page-name')) continue;
        if (parent.closest('.present-bar')) continue; // as large, and not seen
        if (parent.closest('.annotation-text') && parent.style.fontSize.endsWith("%")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const { width, height } = range.getBoundingClientRect();
        const size = parseFloat(getComputedStyle(parent).fontSize);
        if (!width || height < 4 || size > least - 0.1) continue;
        found.push(`${size} ${node.textContent.trim()}`);
    }
    return found;
}
"""
CHROME = ".stSidebar, .stAppHeader"


@pytest.fixture
def context(new_context: NewContext, watcher: Watcher) -> BrowserContext:
    """A browser as large as a projector."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    made = new_context(viewport={"width": 1920, "height": 1080})
    made.set_default_timeout(TIMEOUT)
    return made


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A fresh page, not yet opened."""
    return context.new_page()


def rest(page: Page | Frame) -> None:
    """Wait until nothing is run or drawn."""
    page.wait_for_timeout(400)
    page.wait_for_function(DRAWN, timeout=3 * TIMEOUT)
    page.wait_for_timeout(400)


def open_link(page: Page, server: Server, link: str) -> None:
    """Open a link, and wait for its picture."""
    page.goto(server.base + link)
    rest(page)


def with_mode(link: str, mode: str) -> str:
    """A link with one parameter more."""
    return f"{link}{'&' if '?' in link else '?'}{mode}"


def expect_asked(page: Page | Frame, **wanted: str | None) -> None:
    """Wait until the address has these parameters; None: until it is without one."""
    page.wait_for_function(
        "wanted => Object.entries(wanted).every(([name, value]) =>"
        " new URLSearchParams(location.search).get(name) === value)",
        arg=wanted,
    )


def expect_lesson(page: Page | Frame, key: str) -> None:
    """Wait until a lesson is shown."""
    expect(page.locator(".lecture-now")).to_have_attribute("data-lesson", key)


def expect_chrome(page: Page | Frame, seen: bool) -> None:
    """Wait until the sidebar and the header are seen, or nothing of them."""
    visible = expect(page.locator(CHROME).filter(visible=True))
    if seen:
        visible.not_to_have_count(0)
    else:
        visible.to_have_count(0)


@pytest.mark.parametrize("name", PAGES)
def test_a_projected_page_has_no_small_text_and_no_chrome(
    page: Page, server: Server, name: str
) -> None:
    open_link(page, server, with_mode(LINKS[name], "projector=1"))
    expect_asked(page, projector="1")
    expect_chrome(page, seen=False)
    page.wait_for_function(f"least => !({SMALL.strip()})(least).length", arg=TWENTY_POINTS)
    page.keyboard.press("p")
    rest(page)
    expect_asked(page, projector=None)
    expect_chrome(page, seen=True)
    page.wait_for_function(f"least => ({SMALL.strip()})(least).length > 0", arg=TWENTY_POINTS)


def test_lines_are_thicker_on_a_projector(page: Page, server: Server) -> None:
    widths = "() => document.querySelector('.hg-plotly')._fullData.map(t => t.line?.width ?? 0)"
    open_link(page, server, "")
    before = max(page.evaluate(widths))
    page.keyboard.press("p")
    page.wait_for_function(f"before => Math.max(...({widths})()) > 1.5 * before", arg=before)


def test_keys_do_what_the_list_says(page: Page, server: Server) -> None:
    open_link(page, server, "?at=20")
    chart = page.locator(".hg-chart")
    page.keyboard.press("ArrowRight")
    expect(chart).to_have_attribute("data-cursor", "21")
    page.keyboard.press("ArrowLeft")
    expect(chart).to_have_attribute("data-cursor", "20")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(chart).not_to_have_attribute("data-cursor", "20")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    rest(page)
    page.keyboard.press("0")
    rest(page)
    expect(page).to_have_url(server.base)
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement === null")
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Keys")
    for text in ("Play and pause", "Step forward", "Next lesson", "Reveal", "Reset", "Projector"):
        expect(box).to_contain_text(text)
    assert not violations(page)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_no_key_is_heard_in_a_text_field(page: Page, server: Server) -> None:
    open_link(page, server, "")
    page.locator(".st-key-seed input").click()
    for key in ("p", "?", "s", "Space", "ArrowRight", "PageDown"):
        page.keyboard.press(key)
    rest(page)
    expect_asked(page, projector=None)
    assert not page.locator("dialog[open]").count()
    expect(page.locator(".hg-chart")).to_have_attribute("data-cursor", "20")


def test_keys_can_be_switched_off(page: Page, server: Server) -> None:
    open_link(page, server, "")
    page.keyboard.press("?")
    page.get_by_label("Keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect_asked(page, projector=None)


def test_a_remote_steps_lessons_and_a_key_reveals(page: Page, server: Server) -> None:
    open_link(page, server, "lecture?lesson=burn-in&projector=1")
    page.keyboard.press("PageDown")
    rest(page)
    expect_lesson(page, "implicit")
    expect_asked(page, projector="1")
    page.keyboard.press("a")
    page.locator(".st-key-again button").wait_for()
    page.wait_for_timeout(1100)  # keys that come faster are one entry in the history
    page.keyboard.press("PageUp")
    rest(page)
    expect_lesson(page, "burn-in")
    page.go_back()
    rest(page)
    expect_lesson(page, "implicit")
    expect_chrome(page, seen=False)


def test_a_link_is_made_by_ticking_and_allows_what_is_ticked(page: Page, server: Server) -> None:
    open_link(page, server, "?T=60")
    page.keyboard.press("s")
    box = page.get_by_role("dialog", name="Share what is shown")
    short = box.get_by_label("Link", exact=True).inner_text()
    assert short.startswith(server.base)
    assert parse_qs(urlsplit(short).query) == {"T": ["60"]}
    box.get_by_label("Only these controls").check()
    box.get_by_label("Contraction constant q").check()
    expect(box.get_by_role("img", name="QR code of the link")).to_be_visible()
    assert not violations(page)
    link = box.get_by_label("Link", exact=True).inner_text()
    assert parse_qs(urlsplit(link).query) == {"T": ["60"], "only": ["q"]}
    page.goto(link)
    rest(page)
    expect_chrome(page, seen=False)
    expect(page.locator(".st-key-contraction")).to_be_visible()
    assert not page.locator(".st-key-family, .st-key-methods, .st-key-horizon").count()
    page.locator(".st-key-contraction input[type=range]").first.focus()
    page.keyboard.press("ArrowLeft")
    rest(page)
    expect_asked(page, only="q")
    expect_asked(page, T="60")


def test_the_visitors_of_a_lesson_predict_though_no_control_is_allowed(
    page: Page, server: Server
) -> None:
    open_link(page, server, "lecture?lesson=fixed-point&only=lessons")
    expect(page.locator(".st-key-guess")).to_be_visible()
    page.locator(".st-key-commit button").click()
    page.locator(".st-key-again button").wait_for()
    rest(page)
    assert not page.locator(".st-key-contraction").count()
    page.keyboard.press("PageDown")
    rest(page)
    expect_lesson(page, "unrolling")
    expect_asked(page, only="lessons")


def test_the_speakers_window_follows_and_leads(
    context: BrowserContext, page: Page, server: Server
) -> None:
    open_link(page, server, "lecture?lesson=burn-in&projector=1")
    with context.expect_page() as opened:
        page.keyboard.press("t")
    speaker = opened.value
    title = speaker.locator("#title")
    expect(title).to_have_text("Why the error can rise first")
    expect(speaker.locator("#teacher")).to_contain_text("drawn curves")
    expect(speaker.locator("#next")).to_contain_text("Implicit differentiation")
    expect(speaker.locator("#spent")).to_contain_text(":")
    assert not violations(speaker)
    page.keyboard.press("PageDown")
    expect(title).to_contain_text("Implicit differentiation")
    rest(page)
    speaker.keyboard.press("PageDown")
    rest(page)
    expect_lesson(page, "polynomials")
    expect_chrome(page, seen=False)
    speaker.get_by_role("button", name="Reveal").click()
    page.locator(".st-key-again button").wait_for()
    expect(speaker.locator("#stage")).to_have_text("The curves are shown.")
    speaker.close()


@pytest.fixture
def course(tmp_path: Path, server: Server) -> Iterator[str]:
    """A page of another origin that embeds a lesson."""
    link = f"{server.base}lecture?lesson=fixed-point&embed=true"
    frame = f'<iframe src="{link}" width="1200" height="800" title="lesson"></iframe>'
    page = f'<!doctype html><link rel="icon" href="data:,"><h1>Course</h1>{frame}'
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/index.html"
        serving.shutdown()


def test_a_course_page_of_another_origin_embeds_a_lesson(page: Page, course: str) -> None:
    page.goto(course)
    page.locator("iframe").wait_for()
    frame = page.frames[1]
    frame.wait_for_selector('.hg-chart[data-ready="true"]', timeout=3 * TIMEOUT)
    rest(frame)
    expect_chrome(frame, seen=False)
    assert not frame.locator(".present-bar").is_visible()
    frame.locator(".st-key-commit button").click()
    frame.locator(".st-key-again button").wait_for()
    rest(frame)
    frame.locator(".st-key-lesson-next button:visible").click()
    rest(frame)
    expect_lesson(frame, "unrolling")
    expect_asked(frame, embed="true")
    expect_chrome(frame, seen=False)


@pytest.mark.parametrize("link", ["lecture?lesson=burn-in", "why?preset=clusters"])
def test_names_in_links_are_short_and_stay(page: Page, server: Server, link: str) -> None:
    open_link(page, server, link)
    assert page.url == server.base + link


def test_pinned_curves_stay_when_the_settings_change(page: Page, server: Server) -> None:
    ghosts = """() => document.querySelector(".hg-plotly")._fullData
        .filter(({ name }) => name.startsWith("pinned")).map(({ y }) => [...y][30])"""
    open_link(page, server, "")
    page.get_by_role("button", name="Pin these curves").click()
    rest(page)
    before = page.evaluate(ghosts)
    assert len(before) == 3
    page.locator(".st-key-contraction input[type=range]").first.focus()
    page.keyboard.press("ArrowLeft")
    rest(page)
    assert page.evaluate(ghosts) == before
    expect(page.locator(".hg-key")).to_contain_text("pinned: q = 0.9")
    page.get_by_role("button", name="Unpin").click()
    rest(page)
    assert not page.evaluate(ghosts)
