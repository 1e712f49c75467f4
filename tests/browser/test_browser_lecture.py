"""The lecture as a person takes it: forward and back, predicted, revealed and kept."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import Page, WebSocketRoute, expect

from dashboard.lessons.lecture import LESSONS

pytestmark = pytest.mark.browser

KEYS = [lesson.key for lesson in LESSONS]
TITLES = {lesson.key: lesson.title for lesson in LESSONS}
KEPT = "hypergradients: lessons done"

_REST = """
key => {
    const chart = document.querySelector('.hg-chart[data-ready="true"]');
    const app = document.querySelector('[data-testid="stApp"]');
    const now = document.querySelector('.lecture-now');
    return chart && app.dataset.testScriptState === "notRunning" && now
        && (!key || now.dataset.lesson === key)
        && chart.dataset.drawnLink.includes(`lesson=${now.dataset.lesson}`)
        && document.querySelector('[data-testid="stProgress"]') === null;
}
"""
_POINTS = """
() => document.querySelector(".hg-plotly")._fullData.filter(trace =>
    trace.visible === true && trace.meta !== "given" && [...trace.x].length > 1).length
"""


class Lecture:
    """Handles of the page."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base

    def open(self, key: str = "", **more: str) -> None:
        """A lesson by its link."""
        query = "&".join(f"{name}={value}" for name, value in {"lesson": key, **more}.items())
        self.page.goto(f"{self.base}lecture?{query}" if key else f"{self.base}lecture")
        self.rest(key)

    def rest(self, key: str = "") -> None:
        """Wait for the picture of a lesson."""
        self.page.wait_for_function(_REST, arg=key, timeout=3 * TIMEOUT)

    def press(self, name: str, key: str = "") -> None:
        """A button by its key."""
        self.page.locator(f".st-key-{name} button:visible").click()
        self.page.wait_for_timeout(150)
        self.rest(key)

    @property
    def curves(self) -> int:
        """How many measured curves are in the picture."""
        count: int = self.page.evaluate(_POINTS)
        return count

    @property
    def link(self) -> dict[str, list[str]]:
        """The address."""
        return parse_qs(urlsplit(self.page.url).query)

    def told(self) -> None:
        """Wait until the curves are there."""
        self.page.locator(".st-key-again button").wait_for()
        self.page.wait_for_function(f"() => ({_POINTS})() > 0")

    @property
    def box(self) -> str:
        """What stands in the box of the prediction."""
        return self.page.locator(".st-key-prediction").inner_text()


@pytest.fixture
def lecture(new_context: NewContext, server: Server, watcher: Watcher) -> Lecture:
    """A fresh page, not yet opened."""
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.set_default_timeout(TIMEOUT)
    return Lecture(page, server.base)


def heading(lecture: Lecture, key: str) -> None:
    """The lesson is there, under its title, at its top and without its curves."""
    place = KEYS.index(key) + 1
    expect(lecture.page.locator(".st-key-place h2")).to_have_text(f"{place} of 12 · {TITLES[key]}")
    assert lecture.link == {"lesson": [key]}
    assert lecture.page.evaluate("document.querySelector('.stMain').scrollTop") == 0


def test_all_lessons_forward_by_mouse_and_back_by_keys(lecture: Lecture) -> None:
    lecture.open()
    heading(lecture, KEYS[0])
    for key in KEYS[1:]:
        lecture.press("lesson-next", key)
        heading(lecture, key)
        assert lecture.curves == 0
    expect(lecture.page.locator(".st-key-lesson-next button:visible")).to_be_disabled()
    for key in KEYS[-2::-1]:
        lecture.page.keyboard.press("Shift+ArrowLeft")
        lecture.rest(key)
        heading(lecture, key)
    expect(lecture.page.locator(".st-key-lesson-previous button:visible")).to_be_disabled()


def test_back_and_forward_of_the_browser_walk_through_lessons(lecture: Lecture) -> None:
    lecture.open("implicit")
    lecture.press("lesson-next", "polynomials")
    lecture.press("lesson_wild", "wild")
    for key in ("polynomials", "implicit"):
        lecture.page.go_back()
        lecture.rest(key)
        heading(lecture, key)
    lecture.page.go_forward()
    lecture.rest("polynomials")
    heading(lecture, "polynomials")


def test_a_number_is_predicted_and_marked(lecture: Lecture) -> None:
    lecture.open("implicit")
    assert lecture.curves == 0
    slider = lecture.page.locator(".st-key-guess input[type=range]")
    slider.focus()
    for _ in range(4):
        lecture.page.keyboard.press("ArrowLeft")
    lecture.page.wait_for_timeout(400)
    lecture.rest("implicit")
    said = slider.get_attribute("aria-valuetext")
    assert lecture.curves == 0
    key = lecture.page.locator(".hg-key")
    expect(key).to_contain_text(f"your prediction: {said}")
    lecture.press("commit")
    lecture.told()
    assert f"You said {said}" in lecture.box
    assert "plateau" in lecture.box
    expect(key).to_contain_text(f"your prediction: {said}")
    expect(key).to_contain_text("measured: ")
    assert lecture.link == {"lesson": ["implicit"]}


def test_an_order_is_predicted(lecture: Lecture) -> None:
    lecture.open("memory")
    commit = lecture.page.locator(".st-key-commit button")
    for key in ("itd", "aid-cg", "aid-fp", "itd-forward"):
        expect(commit).to_be_disabled()
        lecture.press(f"order_{key}")
    expect(lecture.page.locator(".st-key-order_aid-fp button")).to_have_text("3. AID-FP")
    assert lecture.curves == 0
    lecture.press("commit")
    lecture.told()
    assert "You said: ITD, AID-CG, AID-FP, Forward ITD." in lecture.box
    assert "Nothing else in this list grows with t" in lecture.box
    expect(lecture.page.locator(".hg-key")).to_contain_text("your prediction: ITD < AID-CG")


def test_a_choice_is_predicted_by_keys_alone(lecture: Lecture) -> None:
    lecture.open("failures")
    lecture.page.locator(".st-key-choice input").first.focus()
    lecture.page.keyboard.press("Space")
    lecture.page.wait_for_timeout(300)
    lecture.rest("failures")
    lecture.page.locator(".st-key-commit button").focus()
    lecture.page.keyboard.press("Enter")
    lecture.told()
    assert "It falls, only more slowly than before. The answer: It grows and grows." in lecture.box
    assert "Above 1 a product may enlarge v" in lecture.box


def test_a_curve_is_drawn_by_hand(lecture: Lecture) -> None:
    lecture.open("burn-in")
    sketch = lecture.page.locator(".hg-sketch")
    commit = lecture.page.locator(".hg-commit")
    expect(commit).to_be_disabled()
    sketch.scroll_into_view_if_needed()
    box = sketch.bounding_box()
    assert box is not None
    lecture.page.mouse.move(box["x"] + 2, box["y"] + 0.3 * box["height"])
    lecture.page.mouse.down()
    for part in range(1, 21):
        x, y = box["x"] + box["width"] * part / 20, box["y"] + box["height"] * (0.3 + part / 50)
        lecture.page.mouse.move(x, y)
    lecture.page.mouse.up()
    assert lecture.curves == 0
    commit.click()
    lecture.told()
    assert re.search(r"On average your curve is off by a factor of \d", lecture.box)
    assert "each early step adds its own error to J" in lecture.box
    expect(lecture.page.locator(".hg-key")).to_contain_text("your prediction")
    expect(sketch).to_be_hidden()


def test_a_curve_is_drawn_by_keys(lecture: Lecture) -> None:
    lecture.open("burn-in")
    sketch = lecture.page.locator(".hg-sketch")
    sketch.focus()
    heights = []
    for key in ("ArrowUp", "ArrowRight", "PageUp", "ArrowRight", "ArrowDown"):
        lecture.page.keyboard.press(key)
        heights.append(int(sketch.get_attribute("aria-valuenow") or -1))
    assert [height - heights[0] for height in heights] == [0, 0, 10, 10, 8]
    assert re.fullmatch(r"at 14: [\d.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", sketch.get_attribute("aria-valuetext") or "")
    lecture.page.keyboard.press("Enter")
    lecture.told()
    assert "On average your curve is off" in lecture.box


def test_skipping_shows_the_curves_and_counts_as_done(lecture: Lecture) -> None:
    lecture.open("kappa")
    lecture.press("skip")
    lecture.told()
    assert "You said" not in lecture.box
    assert "Measured: 67 steps." in lecture.box
    count = lecture.page.locator(".lecture-count")
    said = "node => getComputedStyle(node, '::before').content"
    assert count.evaluate(said) == '"1 of 12 lessons done"'
    lecture.press("again")
    assert lecture.page.locator(".st-key-commit button").count() == 1


def test_a_late_answer_does_not_hide_the_curves_again(lecture: Lecture) -> None:
    """What was asked while a prediction was made is of no use when the curves are there."""
    asked: list[str | bytes] = []
    answers: list[Any] = []

    def hold(page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def ask(message: str | bytes) -> None:
            asked.append(message)
            server_side.send(message)

        page_side.on_message(ask)
        server_side.on_message(lambda answer: answers.append((page_side, answer)))

    lecture.page.route_web_socket(re.compile("/live$"), hold)
    lecture.open("bounds")
    # The thumb moves, and Streamlit has not told Python yet.
    lecture.page.locator(".st-key-guess input[type=range]").evaluate(
        "slider => { slider.value = 3; slider.setAttribute('aria-valuetext', '32'); }"
    )
    lecture.page.wait_for_timeout(300)
    assert asked
    lecture.press("skip")
    lecture.told()
    assert answers
    for page_side, answer in answers:
        page_side.send(answer)
    lecture.page.wait_for_timeout(300)
    assert lecture.curves > 0


def test_progress_is_kept_in_the_browser_and_can_be_forgotten(lecture: Lecture) -> None:
    lecture.open("bounds")
    lecture.press("skip")
    lecture.told()
    lecture.open("wild")
    mark = "node => getComputedStyle(node, '::after').content"
    done = lecture.page.locator(".st-key-lesson_bounds button")
    assert "✓" in done.evaluate(mark)
    assert lecture.page.locator(".st-key-lesson_wild button").evaluate(mark) in ("none", "normal")
    kept: Any = lecture.page.evaluate(f"localStorage.getItem({KEPT!r})")
    assert json.loads(kept) == ["bounds"]
    lecture.page.get_by_role("button", name="Forget my progress").click()
    assert done.evaluate(mark) in ("none", "normal")
    assert json.loads(lecture.page.evaluate(f"localStorage.getItem({KEPT!r})")) == []


def test_a_control_moves_the_picture_while_the_prediction_stays(lecture: Lecture) -> None:
    lecture.open("implicit")
    lecture.press("commit")
    lecture.told()
    before = lecture.page.locator(".hg-chart").get_attribute("data-drawn-link")
    lecture.page.locator(".st-key-inner_steps input[type=range]").focus()
    for _ in range(5):
        lecture.page.keyboard.press("ArrowRight")
    lecture.page.wait_for_function(
        "before => document.querySelector('.hg-chart').dataset.drawnLink !== before", arg=before
    )
    lecture.page.wait_for_timeout(500)
    lecture.rest("implicit")
    assert {*lecture.link} == {"lesson", "t"}
    assert "You said 1" in lecture.box
    onward = lecture.page.get_by_role("link", name="Go on in Explore").get_attribute("href") or ""
    assert f"t={lecture.link['t'][0]}" in onward
    # Another lesson begins as it is, and this one is found as it was left.
    lecture.press("lesson-next", "polynomials")
    assert lecture.link == {"lesson": ["polynomials"]}
    lecture.page.go_back()
    lecture.rest("implicit")
    assert {*lecture.link} == {"lesson", "t"}
    assert "You said 1" in lecture.box


def test_the_goal_counts_the_products_of_the_cell_that_is_pressed(lecture: Lecture) -> None:
    lecture.open("budget")
    lecture.press("skip")
    lecture.told()
    score = lecture.page.get_by_text("Score: ")
    before = score.inner_text()
    assert re.search(r"Here the error is [\d.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+, for \d+ products", before)
    lecture.page.locator(".hg-plot").focus()
    for _ in range(30):
        lecture.page.keyboard.press("ArrowUp")
    expect(score).to_contain_text(": reached. ")


def test_the_way_onward_opens_the_full_page(lecture: Lecture) -> None:
    lecture.open("unrolling")
    with lecture.page.expect_popup() as opened:
        lecture.page.get_by_role("link", name="Go on in Explore").click()
    other = opened.value
    other.locator('.hg-chart[data-ready="true"]').wait_for(timeout=3 * TIMEOUT)
    assert other.title().startswith("Explore")
    expect(other.locator(".hg-message")).to_contain_text("ITD and Forward ITD")
    expect(other.get_by_text("were not allowed")).to_have_count(0)


def test_another_page_and_back_keeps_the_lesson(lecture: Lecture) -> None:
    lecture.open("implicit")
    lecture.press("lesson-next", "polynomials")
    lecture.page.get_by_role("link", name="Why").first.click()
    lecture.page.locator(".stMain h1", has_text="Why").wait_for()
    lecture.page.get_by_role("link", name="Lecture").first.click()
    lecture.rest("polynomials")
    heading(lecture, "polynomials")
