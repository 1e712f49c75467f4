"""What is taken home is opened again: numbers by upload and by drop, lessons without a server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT, NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Locator, Page, expect
from test_browser_axe import violations
from test_browser_layout import MODES

from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Choice, Number, Order, Sketch
from dashboard.pages import HOME, LECTURE, PAGES
from dashboard.screens.lecture.settings import LESSON_PARAM
from dashboard.screens.lecture.taken.files import LARGEST_LECTURE, LARGEST_LESSON, made
from dashboard.screens.lecture.taken.markup import folder, single_file

pytestmark = pytest.mark.browser

QUICK = {
    "explore": "d=5&T=8",
    "budget": "d=6&n=9&T=8",
    "why": "d=5&T=8",
    "lecture": "stage=skipped",
}
KEYS = [lesson.key for lesson in LESSONS]
KINDS = {Number: "hypergradient", Choice: "unrolling", Order: "wild", Sketch: "burn-in"}
LINES = """
root => [...root.querySelectorAll(".js-line")].map(path => path.getAttribute("d")).join(" ")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for a static host, and the single files beside it."""
    target = tmp_path_factory.mktemp("site")
    lessons = made(LESSONS, lambda key: LECTURE.at({LESSON_PARAM: key}))
    for name, text in folder(lessons).items():
        (target / name).write_text(text, encoding="utf-8")
    (target / "whole.html").write_text(single_file(lessons), encoding="utf-8")
    for item in lessons:
        (target / f"one-{item.lesson.key}.html").write_text(single_file([item]), encoding="utf-8")
    return target


@pytest.fixture
def host(site: Path) -> Iterator[str]:
    """A plain static host of that folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *told: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def opened(page: Page, address: str) -> Locator:
    """A lesson without a server, when its picture is there."""
    page.goto(address)
    lesson = page.locator("article.lesson:visible")
    lesson.locator('.hg-chart[data-ready="true"]').wait_for(timeout=TIMEOUT)
    return lesson


def lines(lesson: Locator) -> str:
    """The curves as they are drawn."""
    return str(lesson.locator(".hg-plotly").evaluate(LINES))


def move(lesson: Locator, selector: str, value: int) -> None:
    """A slider to one of its values."""
    draws = lesson.locator(".hg-chart").get_attribute("data-draws")
    lesson.locator(selector).fill(str(value))
    expect(lesson.locator(".hg-chart")).not_to_have_attribute("data-draws", str(draws))


def save(page: Page, key: str, folder: Path) -> Path:
    """Press a button of the menu, and save what comes."""
    button = page.locator(f".st-key-download_{key} button")
    button.wait_for(timeout=3 * TIMEOUT)
    with page.expect_download(timeout=3 * TIMEOUT) as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("name", [page.name for page in PAGES])
def test_every_page_has_the_same_menu(
    new_context: NewContext, server: Server, watcher: Watcher, name: str
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    path = "" if name == HOME.name else name
    page.goto(f"{server.base}{path}?{QUICK.get(name, '')}")
    menu = page.locator(".st-key-take_home")
    menu.wait_for(timeout=3 * TIMEOUT)
    menu.locator(".st-key-download_bib button").wait_for(timeout=3 * TIMEOUT)
    page.locator(".st-key-take").get_by_text("Open a saved file").wait_for(timeout=3 * TIMEOUT)
    labels = menu.get_by_role("button").all_inner_texts()
    for ending in ("(CSV)", "(JSON)", "(HTML)", "(SVG)", "(PNG)", "Python", "BibTeX"):
        assert any(label.endswith(ending) for label in labels), ending
    for entry in ("A link to this", "How to cite", "Open a saved file"):
        assert page.locator(".st-key-take").get_by_text(entry).count() == 1


def test_numbers_open_again_by_upload_and_by_drop(
    new_context: NewContext, server: Server, watcher: Watcher, tmp_path: Path
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.goto(f"{server.base}?problem=quadratic&q=0.93&d=20&T=30&seed=5&methods=itd.aid-cg")
    saved = save(page, "json", tmp_path)
    headline = page.locator(".hg-message").inner_text()
    told = json.loads(saved.read_text(encoding="utf-8"))
    assert len(told["tables"][0]["columns"]["method"]) == 2 * 31

    def arrived() -> None:
        expect(page.locator(".hg-message")).to_have_text(headline, timeout=TIMEOUT)
        asked = parse_qs(urlsplit(page.url).query)
        assert asked["q"] == ["0.93"]
        assert asked["seed"] == ["5"]

    page.goto(f"{server.base}theory")
    page.get_by_text("Open a saved file").click()
    page.locator('input[type="file"]').set_input_files(saved)
    arrived()
    page.goto(f"{server.base}budget?d=6&n=9&T=8")
    page.get_by_text("Open a saved file").click()
    zone = page.locator('[data-testid="stFileUploaderDropzone"]')
    zone.wait_for()
    data = page.evaluate_handle(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name, { type: "application/json" }));
            return data;
        }""",
        [saved.name, saved.read_text(encoding="utf-8")],
    )
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": data})
    arrived()


def test_a_bad_file_is_told(
    new_context: NewContext, server: Server, watcher: Watcher, tmp_path: Path
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": "hypergradients", "version": 1, "page": "**none**"}')
    page.goto(f"{server.base}theory")
    page.get_by_text("Open a saved file").click()
    page.locator('input[type="file"]').set_input_files(bad)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This file cannot be opened. The file names no page")
    # It is not kept.
    assert page.locator('[data-testid="stFileUploaderFile"]').count() == 0


def test_the_menu_saves_every_chart(
    new_context: NewContext, server: Server, tmp_path: Path
) -> None:
    page = new_context().new_page()
    page.goto(f"{server.base}?d=5&T=8")
    page.locator('.hg-chart[data-ready="true"]').wait_for(timeout=TIMEOUT)
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator(f'[data-save-charts="{kind}"]').click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert path.suffix == f".{kind}"
        assert path.read_bytes().startswith(start)


def test_a_lesson_is_saved_from_its_page_and_works_offline(
    new_context: NewContext, server: Server, watcher: Watcher, tmp_path: Path
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.goto(f"{server.base}lecture?lesson=burn-in")
    path = save(page, "lesson", tmp_path)
    assert path.name == "hypergradient-lesson-burn-in.html"
    assert path.stat().st_size < LARGEST_LESSON * 1e6
    alone = new_context(offline=True).new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    lesson = opened(alone, path.as_uri())
    link = lesson.locator(".back a").get_attribute("href") or ""
    assert link.endswith("lecture?lesson=burn-in")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert alone.locator('input[type="file"]').count() == 0


@pytest.mark.parametrize("key", KEYS)
def test_every_lesson_scrubs_and_its_slider_moves_offline(
    new_context: NewContext, site: Path, key: str
) -> None:
    page = new_context(offline=True).new_page()
    assert (site / f"one-{key}.html").stat().st_size < LARGEST_LESSON * 1e6
    lesson = opened(page, (site / f"one-{key}.html").as_uri())
    lesson.locator(".skip").click()
    expect(lesson.locator(".told")).to_be_visible()
    range_ = lesson.locator(".control input")
    first, last = int(range_.input_value()), int(range_.get_attribute("max") or 0)
    before, text = lines(lesson), lesson.locator(".hg-heading").inner_text()
    move(lesson, ".control input", 0 if first else last)
    page.wait_for_timeout(400)
    assert (lines(lesson), lesson.locator(".hg-heading").inner_text()) != (before, text)
    cursor = lesson.locator(".hg-chart").get_attribute("data-cursor")
    scrub = lesson.locator(".hg-scrub")
    if scrub.is_visible():
        lesson.locator(".hg-plot").focus()
        page.keyboard.press("Home" if cursor != "0" else "ArrowRight")
        expect(lesson.locator(".hg-chart")).not_to_have_attribute("data-cursor", str(cursor))


@pytest.mark.parametrize("key", KINDS.values())
def test_each_kind_of_prediction_is_made_and_revealed_offline(
    new_context: NewContext, site: Path, key: str
) -> None:
    page = new_context(offline=True).new_page()
    lesson = opened(page, (site / f"one-{key}.html").as_uri())
    form, commit = lesson.locator(".predict"), lesson.locator(".predict .commit")
    assert lesson.locator(".hg-readout .hg-card").count() == 0
    if key == KINDS[Number]:
        move(lesson, ".predict input", 3)
    elif key == KINDS[Choice]:
        expect(commit).to_be_disabled()
        form.locator("input").first.check()
    elif key == KINDS[Order]:
        for button in form.locator("[data-thing]").all():
            expect(commit).to_be_disabled()
            button.click()
    else:
        box = lesson.locator(".hg-sketch").bounding_box()
        assert box is not None
        left, width, top, height = box["x"], box["width"], box["y"], box["height"]
        page.mouse.move(left + 3, top + 0.3 * height)
        page.mouse.down()
        page.mouse.move(left + width - 3, top + 0.9 * height, steps=12)
        page.mouse.up()
        commit = lesson.locator(".hg-commit")
    commit.click()
    expect(lesson.locator(".verdict")).to_contain_text(re.compile(r"You said|On average"))
    marks = lesson.locator(".hg-key, .hg-plot").filter(has_text="your prediction")
    expect(marks).not_to_have_count(0)
    assert lesson.locator(".home").is_visible()
    lesson.locator(".again").click()
    expect(form).to_be_visible()
    expect(lesson.locator(".verdict")).to_be_hidden()


def test_the_whole_lecture_is_walked_offline(new_context: NewContext, site: Path) -> None:
    assert (site / "whole.html").stat().st_size < LARGEST_LECTURE * 1e6
    page = new_context(offline=True).new_page()
    lesson = opened(page, (site / "whole.html").as_uri())
    for key, following in pairwise(KEYS):
        assert lesson.get_attribute("id") == key
        lesson.locator(".skip").click()
        if following == KEYS[1]:
            page.keyboard.press("PageDown")
        else:
            lesson.get_by_role("link", name="Next").click()
        lesson = page.locator(f"#{following}:visible")
        lesson.locator('.hg-chart[data-ready="true"]').wait_for(timeout=TIMEOUT)
    page.go_back()
    page.locator(f"#{KEYS[-2]}:visible .hg-chart").wait_for()
    expect(page.locator(f"#{KEYS[-2]} .told")).to_be_visible()


def test_the_folder_is_walked_on_a_static_host(
    new_context: NewContext, site: Path, host: str
) -> None:
    page = new_context().new_page()
    page.goto(host)
    assert page.locator(".contents li").count() == len(LESSONS)
    assert violations(page) == []
    page.locator(".contents a").first.click()
    for place, lesson in enumerate(LESSONS):
        shown = page.locator("article.lesson")
        shown.locator('.hg-chart[data-ready="true"]').wait_for(timeout=TIMEOUT)
        expect(page.locator("h1")).to_contain_text(lesson.title)
        shown.locator(".skip").click()
        expect(shown.locator(".home")).to_contain_text(lesson.takeaway)
        if place + 1 < len(LESSONS):
            page.get_by_role("link", name="Next").click()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("h1")).to_contain_text(LESSONS[-2].title)


def test_the_folder_is_written_by_a_command(site: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dashboard.lessons", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    chosen = KEYS[::5]
    done = run(str(tmp_path / "new"), *chosen)
    assert done.returncode == 0, done.stderr
    shared = {path.name for path in site.iterdir()} - {f"{key}.html" for key in KEYS}
    shared = {name for name in shared if not name.startswith(("one-", "whole"))}
    assert {"index.html", "plotly.js"} <= shared
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == shared | {f"{key}.html" for key in chosen}
    (tmp_path / "file").write_text("")
    done = run(str(tmp_path / "file"))
    assert done.returncode == 1
    assert done.stderr.startswith("The folder cannot be written")
    done = run(str(tmp_path / "new"), "magic")
    assert done.returncode == 2
    assert "no lesson is called 'magic'; there are: hypergradient, " in done.stderr


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_and_layout_of_lessons_taken_home(
    new_context: NewContext, site: Path, mode: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    page = new_context(offline=True, color_scheme=mode, viewport=size).new_page()
    for name in ("one-hypergradient", "one-implicit", "one-wild", "whole"):
        lesson = opened(page, (site / f"{name}.html").as_uri())
        assert violations(page) == [], name
        lesson.locator(".skip").click()
        page.wait_for_timeout(300)
        assert violations(page) == [], name
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("mode", MODES)
def test_a_lesson_prints_as_one_page(
    new_context: NewContext, server: Server, watcher: Watcher, site: Path, mode: str
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context(color_scheme=mode).new_page()

    def prints(text: str, title: str) -> None:
        made = page.pdf()
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", made)) == 1
        page.emulate_media(media="print")
        for part in (page.get_by_text(text).first, page.get_by_text(title).last):
            assert part.is_visible()
        box = page.locator(".hg-plot").bounding_box()
        assert box is not None
        assert 200 < box["width"] <= 703
        assert page.locator(".hg-controls").is_hidden()
        page.emulate_media(media="null")

    # A page is printed in the light theme, whatever the screen has.
    for lesson in LESSONS if mode == MODES[0] else LESSONS[::4]:
        opened(page, (site / f"one-{lesson.key}.html").as_uri()).locator(".skip").click()
        page.wait_for_timeout(300)
        prints("To take home.", lesson.title)
    for lesson in LESSONS[3:5]:
        page.goto(f"{server.base}lecture?lesson={lesson.key}&stage=skipped")
        page.locator('.hg-chart[data-ready="true"]').wait_for(timeout=3 * TIMEOUT)
        page.locator(".st-key-take_home").wait_for()
        prints("To take home.", lesson.title)
        assert page.locator(".stSidebar").is_visible()
