"""Each lesson is whole, says what its run shows, and hides the curves until they are predicted."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import check, choose, open_page, render_frame
from lesson_cases import KEYS, LECTURE, NAMED, face, facts, own, right, wrong
from streamlit.testing.v1 import AppTest

from dashboard.chart import unpacked
from dashboard.kit.errors import LinkError
from dashboard.kit.glossary import plain, terms_in
from dashboard.kit.page import written_frame as frame_of
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Choice, Lesson, Number, Order, Sketch
from dashboard.pages import PAGES
from dashboard.screens.lecture.ending import onward_link
from dashboard.screens.lecture.frame import HIDDEN
from dashboard.screens.lecture.marks import GIVEN, YOURS
from dashboard.screens.lecture.settings import ASK, SKIPPED, TOLD
from dashboard.screens.lecture.words import answer_of, fill, judge
from hypergrad_core import FAMILIES

every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
MOST_WORDS = 120
# All lessons alone take under 40 minutes.
MOST_WORDS_IN_ALL = 220


def framed(lesson: Lesson, **params: str) -> Any:
    """The frame that the live route answers with."""
    own(lesson.key)  # also of a sweep, which the route does not wait for
    return render_frame({"page": "lecture", "lesson": lesson.key, **params})


def opened(key: str, **link: str) -> AppTest:
    """A session of a lesson."""
    own(key)
    return open_page({"lesson": key, **link}, "lecture")


def test_there_are_twelve_lessons_with_keys_of_their_own() -> None:
    assert len(LESSONS) == len({*KEYS}) == 12
    assert all(re.fullmatch(r"[a-z-]{2,16}", key) for key in KEYS)


def test_every_kind_of_prediction_is_there_and_one_lesson_has_a_goal() -> None:
    kinds = {type(lesson.prediction) for lesson in LESSONS}
    assert kinds == {Number, Order, Choice, Sketch}
    assert [lesson.key for lesson in LESSONS if lesson.goal] == ["budget"]


@every_lesson
def test_texts_are_short_and_their_terms_are_defined(lesson: Lesson) -> None:
    known = facts(lesson.key)
    assert len(plain(fill(lesson.text, known)).split()) <= MOST_WORDS
    told = (lesson.need, lesson.text, lesson.prediction.question, lesson.reveal, lesson.look)
    whole = plain(" ".join((*told, lesson.takeaway)))
    assert len(whole.split()) <= MOST_WORDS_IN_ALL
    assert 8 <= len(plain(lesson.need).split()) <= 60
    assert len(plain(lesson.takeaway).split()) <= 40
    assert 1 <= len(lesson.controls) <= 2
    for text in (lesson.need, lesson.text, lesson.reveal, lesson.look):
        terms_in(text)
    assert len(terms_in(lesson.text)) >= 2


@every_lesson
def test_every_text_can_be_filled_and_no_number_is_missing(lesson: Lesson) -> None:
    known = facts(lesson.key)
    assert all(np.isfinite(value) for value in known.values() if not isinstance(value, str))
    texts = [lesson.text, lesson.reveal, lesson.look]
    texts += [item.text for item in lesson.prediction.misconceptions]
    for text in texts:
        filled = fill(text, known)
        assert "{" not in filled.replace("{{", "")  # what stays on one line
        assert "nan" not in filled.split()
    assert answer_of(lesson, own(lesson.key)) or isinstance(lesson.prediction, Sketch)


@every_lesson
def test_what_is_written_before_the_run_has_no_fields(lesson: Lesson) -> None:
    """A sweep is still on its way when the question is asked."""
    for text in (lesson.need, lesson.prediction.question, lesson.look, lesson.takeaway):
        assert "{" not in text.replace("{{", "")
    if lesson.page == "complexity":
        assert "{" not in lesson.text


@every_lesson
def test_the_link_of_a_lesson_holds_and_is_short(lesson: Lesson) -> None:
    page = face(lesson.key)
    scenario, view = page.settings.scenario, page.settings.view
    assert page.settings.address_of(scenario, view, None) == {"lesson": lesson.key}
    assert page.settings.of_link({"lesson": lesson.key}) == (scenario, view, ())
    assert {*lesson.controls} <= {*page.settings.fields}
    assert all(page.settings.fields[name].widget for name in lesson.controls)
    assert lesson.part in page.parts


@every_lesson
def test_the_way_onward_leads_to_the_same_scenario(lesson: Lesson) -> None:
    named = {page.name: page for page in PAGES}
    page = face(lesson.key)
    key = page.key(page.settings.scenario, page.settings.view)
    shown = page.shown(key, own(lesson.key), page.settings.scenario, page.settings.view, "light")
    if lesson.onward is None:
        name, query = onward_link(lesson, named[lesson.page], shown)
        assert name == lesson.page
    else:
        name, query = lesson.onward
    scenario, _, messages = named[name].settings.of_link(dict(parse_qsl(query)))
    assert messages == ()
    if lesson.onward is None:
        assert scenario == page.settings.scenario


@every_lesson
def test_the_curves_are_absent_until_a_prediction_is_made(lesson: Lesson) -> None:
    frame = framed(lesson)
    json.dumps(frame, allow_nan=False)
    asked = lesson.prediction
    for trace in frame["figure"]["data"]:
        empty = trace["x"] == [None]
        assert empty or trace.get("meta") == GIVEN, trace
    assert frame["readout"] == frame["names"] == frame["moving"] == []
    place = isinstance(asked, Number) and asked.axis in ("x", "y") and not lesson.hands_on
    assert [entry["text"].split(":")[0] for entry in frame["key"]] == [YOURS] * place
    assert frame["still"]
    assert lesson.hands_on or frame["message"] == HIDDEN
    shown = framed(lesson, stage=SKIPPED)
    assert len(shown["figure"]["data"]) > len(frame["figure"]["data"]) or lesson.hands_on
    assert shown["message"] != HIDDEN
    assert shown["link"] != frame["link"]
    assert ("sketch" in frame) == isinstance(lesson.prediction, Sketch)
    assert "sketch" not in shown


@every_lesson
def test_the_right_prediction_is_right_and_others_are_spoken_to(lesson: Lesson) -> None:
    result = own(lesson.key)
    verdict = judge(lesson, right(lesson), result)
    assert verdict.right, verdict
    assert verdict.resolved == ""
    for guess in wrong(lesson):
        verdict = judge(lesson, guess, result)
        assert not verdict.right, guess
        assert verdict.resolved, guess
        assert "{" not in verdict.text + verdict.resolved


@every_lesson
def test_the_prediction_is_marked_on_the_picture(lesson: Lesson) -> None:
    guess = str(wrong(lesson)[0])
    plain_frame = framed(lesson, stage=SKIPPED)
    frame = framed(lesson, stage=TOLD, guess=guess)
    json.dumps(frame, allow_nan=False)
    more = len(frame["figure"]["data"]) - len(plain_frame["figure"]["data"])
    said = [entry["text"] for entry in frame["key"]][len(plain_frame["key"]) :]
    assert any(YOURS in text for text in said)
    asked = lesson.prediction
    if isinstance(asked, Number):
        assert any(text.startswith("measured: ") for text in said)
        assert more == {"x": 4, "y": 4, "path": 1, "above": 1, "": 0}[asked.axis]
    # Nothing is announced that is not drawn.
    marks = [entry["mark"] for entry in frame["key"][len(plain_frame["key"]) :]]
    assert more or not any(marks)
    if isinstance(asked, Sketch):
        drawn = frame["figure"]["data"][-2]
        assert len(unpacked(drawn["y"])) == asked.points


def test_a_mark_stands_where_it_was_said_also_beyond_the_ends_of_the_axis() -> None:
    lesson = NAMED["implicit"]
    asked = lesson.prediction
    assert isinstance(asked, Number)
    for guess in (asked.stops[0], asked.stops[-1]):
        for params in ({"guess": str(guess)}, {"stage": TOLD, "guess": str(guess)}):
            frame = framed(lesson, **params)
            low, high = frame["figure"]["layout"]["yaxis"]["range"]
            assert low < np.log10(guess) < high
            lines = [trace for trace in frame["figure"]["data"] if trace.get("meta") == GIVEN]
            assert any(trace["y"] == [guess, guess] for trace in lines)


@every_lesson
def test_a_lesson_opens_and_is_answered(lesson: Lesson) -> None:
    session = opened(lesson.key)
    headings = [item.value for item in session.main.markdown if item.value.startswith("## ")]
    first = f"## {LESSONS.index(lesson) + 1} of 12 · {lesson.title}"
    assert headings == [first, "## Take home"]
    assert not lesson.hands_on or session.get("select_slider")
    session = check(next(item for item in session.button if item.key == "skip").click().run())
    keys = {getattr(item, "key", None) for item in (*session.main, *session.sidebar)}
    assert {*lesson.controls} <= keys
    said = " ".join(item.proto.body for item in session.get("html"))
    assert html.escape(lesson.takeaway) in said


def test_next_and_previous_walk_through_all_lessons() -> None:
    session = opened(KEYS[0])
    for key in KEYS[1:]:
        own(key)
        session = check(next(b for b in session.button if b.key == "lesson next").click().run())
        assert session.query_params["lesson"] in (key, [key])
    assert next(b for b in session.button if b.key == "lesson next").disabled
    session = check(next(b for b in session.button if b.key == "lesson previous").click().run())
    assert session.query_params["lesson"] in (KEYS[-2], [KEYS[-2]])


def test_the_map_leads_anywhere_and_a_prediction_is_remembered() -> None:
    session = opened("implicit")
    check(next(item for item in session.button if item.key == "commit").click().run())
    assert session.session_state["settings of lecture"]["stage"] == TOLD
    own("wild")
    check(next(item for item in session.button if item.key == "lesson_wild").click().run())
    assert session.session_state["settings of lecture"]["stage"] == ASK
    check(next(item for item in session.button if item.key == "lesson_implicit").click().run())
    assert session.session_state["settings of lecture"]["stage"] == TOLD
    check(next(item for item in session.button if item.key == "again").click().run())
    assert session.session_state["settings of lecture"]["stage"] == ASK


def test_an_order_is_made_by_presses_and_each_can_be_taken_back() -> None:
    session = opened("wild")

    def press(key: str) -> None:
        check(next(item for item in session.button if item.key == f"order_{key}").click().run())

    def commit() -> Any:
        return next(item for item in session.button if item.key == "commit")

    press("itd")
    press("aid-cg")
    press("itd")
    assert commit().disabled
    press("aid-fp")
    press("itd")
    assert session.session_state["settings of lecture"]["guess"] == "aid-cg_aid-fp_itd"
    check(commit().click().run())
    assert session.session_state["settings of lecture"]["stage"] == TOLD


@pytest.mark.parametrize("family", FAMILIES)
def test_any_problem_can_be_chosen_in_the_last_lesson(family: str) -> None:
    session = opened("wild", stage=SKIPPED)
    session = choose(session, "family", family)
    assert [item.value for item in session.warning] == []
    assert session.session_state["settings of lecture"]["family"] == family


def test_a_link_to_an_answer_without_a_prediction_shows_the_curves() -> None:
    for lesson in LESSONS:
        for guess in ("", "itd"):
            link = {"lesson": lesson.key, "stage": TOLD, **({"guess": guess} if guess else {})}
            _, view, _ = face(lesson.key).settings.of_link(link)
            assert view.stage == SKIPPED


@every_lesson
def test_a_prediction_that_was_made_is_judged_wherever_its_link_leads(lesson: Lesson) -> None:
    """Also one that is where the slider begins."""
    settings = face(lesson.key).settings
    guess = lesson.prediction.first if isinstance(lesson.prediction, Number) else wrong(lesson)[0]
    view = replace(settings.view, guess=guess, stage=TOLD)
    for full in (True, False):
        link = settings.link_of(settings.scenario, view, full=full)
        assert settings.of_link(link) == (settings.scenario, view, ())


@every_lesson
def test_every_lesson_states_its_rule_in_general_and_what_it_needs(lesson: Lesson) -> None:
    assert lesson.need.startswith("You need: ")
    assert "In general" in lesson.reveal


def test_names_of_lines_do_not_lie_on_curves() -> None:
    for lesson in LESSONS:
        frame = framed(lesson, stage=SKIPPED)
        seen = [trace for trace in frame["figure"]["data"] if trace.get("visible", True)]
        named = [trace for trace in seen if isinstance(trace.get("text"), list) and trace["x"]]
        texts = [
            text
            for trace in named
            for text, y in zip(trace["text"], unpacked(trace["y"]), strict=True)
            if np.isfinite(y)
        ]
        assert all(texts), lesson.key
        assert not any("ε" in text for text in texts), lesson.key


def test_polynomials_are_those_of_both_solvers_and_no_others() -> None:
    frame = framed(NAMED["polynomials"], stage=SKIPPED)
    assert [entry["text"] for entry in frame["key"]] == ["Fixed point, (1 − z)ᵏ", "CG"]
    assert [card["name"] for card in frame["readout"]] == ["Fixed point, (1 − z)ᵏ", "CG"]
    assert frame["steps"][2] == "k = 2"
    assert framed(NAMED["fixed-point"], stage=SKIPPED)["steps"][2] == "t = 2"


def test_a_map_says_what_its_colours_and_its_height_are() -> None:
    layout = framed(NAMED["budget"], stage=SKIPPED)["figure"]["layout"]
    assert layout["coloraxis"]["colorbar"]["title"]["text"] == "Relative error"
    layout = framed(NAMED["polynomials"], stage=SKIPPED)["figure"]["layout"]
    assert "polynomial" in layout["yaxis"]["title"]["text"]


def test_the_first_number_is_where_one_has_gone_by_hand() -> None:
    session = opened("hypergradient", **{"lambda": "-2"})
    commit = next(item for item in session.button if item.key == "commit")
    assert commit.label == "Commit λ = −2 and show"
    check(commit.click().run())
    kept = session.session_state["settings of lecture"]
    assert (kept["guess"], kept["stage"]) == (-2, TOLD)


def test_another_name_is_told_and_falls_back_to_the_first_lesson() -> None:
    session = open_page({"lesson": "nonsense"}, "lecture")
    assert "nonsense" in session.warning[0].value
    assert "What is a hypergradient" in session.warning[0].value
    with pytest.raises(LinkError, match="not the name of a lesson"):
        frame_of(LECTURE, {"lesson": "nonsense"})


@pytest.mark.parametrize(
    ("key", "guess"),
    [
        ("wild", "itd_itd_itd"),
        ("wild", "itd_nobody"),
        ("failures", "perhaps"),
        ("burn-in", "1_2_3"),
        ("burn-in", "_".join(["-1"] * 21)),
        ("implicit", "1e9"),
    ],
)
def test_a_prediction_that_is_none_is_refused(key: str, guess: str) -> None:
    with pytest.raises(LinkError, match="guess"):
        framed(NAMED[key], guess=guess)
