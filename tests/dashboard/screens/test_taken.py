"""A lesson that is taken home: its pictures, its control, its formula."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from lesson_cases import KEYS, NAMED, face, own

from dashboard.kit.mathml import mathml
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Sketch
from dashboard.screens.lecture.taken.files import LARGEST_LECTURE, LARGEST_LESSON, made
from dashboard.screens.lecture.taken.frames import MOST_STOPS
from dashboard.screens.lecture.taken.markup import folder, single_file
from dashboard.screens.lecture.taken.patches import Step, patch
from dashboard.screens.lecture.words import judge

every_lesson = pytest.mark.parametrize("key", KEYS)


def applied(value: Any, steps: list[Step]) -> Any:
    """As ``patches.js``."""
    value = json.loads(json.dumps(value))
    for path, *rest in steps:
        if not path:
            return rest[0]
        owner = value
        for name in path[:-1]:
            owner = owner[name]
        if not rest:
            del owner[path[-1]]
        elif isinstance(owner, list) and path[-1] == len(owner):
            owner.append(rest[0])
        else:
            owner[path[-1]] = rest[0]
    return value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"a": 1, "b": 2}, {"a": 1, "c": [3]}),
        ([1, 2], [1, 5, {"x": 6}]),
        ([1, 2, 3], [1]),
        ({"a": [{"b": "light"}]}, {"a": [{"b": "dark"}]}),
        ({"a": [1]}, {"a": {"b": 1}}),
        (1, "one"),
    ],
)
def test_a_patch_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    assert applied(before, patch(before, after)) == after


def test_a_patch_says_only_what_differs() -> None:
    assert patch({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == [[["a", 1, "b"], 3]]


def pictures(key: str) -> Any:
    """What the script of the file draws."""
    (item,) = made([NAMED[key]], face)
    return json.loads(gzip.decompress(base64.b64decode(item.pictures)))


@every_lesson
def test_there_is_a_picture_for_each_value_of_the_control(key: str) -> None:
    (item,) = made([NAMED[key]], face)
    told = pictures(key)
    assert 1 < len(item.stops) <= MOST_STOPS
    assert len(set(item.stops)) == len(item.stops)
    assert len(told["told"]) == len(item.stops)
    drawn = {json.dumps(frame["light"]["figure"]) for frame in told["told"]}
    assert len(drawn) == len(item.stops)
    assert told["first"] == item.first


@every_lesson
def test_the_dark_picture_differs_by_its_colours(key: str) -> None:
    for frame in pictures(key)["told"]:
        dark = applied(frame["light"], frame["dark"])
        assert dark != frame["light"]
        assert dark["message"] == frame["light"]["message"]


@every_lesson
def test_nothing_is_shown_before_the_prediction(key: str) -> None:
    for frame in pictures(key)["asked"]:
        assert frame["light"]["readout"] == []
        assert frame["light"]["still"]


@every_lesson
def test_each_prediction_is_judged_as_on_the_page(key: str) -> None:
    lesson, told = NAMED[key], pictures(key)
    if isinstance(lesson.prediction, Sketch):
        assert told["sketch"]["places"]
        assert told["verdicts"] == {}
        return
    assert told["verdicts"].keys() == told["marked"].keys()
    for name, verdict in told["verdicts"].items():
        stops = getattr(lesson.prediction, "stops", None)
        guess = name if stops is None else stops[int(name)]
        assert verdict == vars(judge(lesson, guess, own(key)))


def test_files_are_no_larger_than_they_say() -> None:
    lessons = made(LESSONS, face)
    assert len(single_file(lessons).encode()) < LARGEST_LECTURE * 1e6
    for item in lessons:
        text = single_file([item], "https://example.org/lecture")
        assert len(text.encode()) < LARGEST_LESSON * 1e6
        assert f"https://example.org/lecture?lesson={item.lesson.key}" in text
        assert 'type="file"' not in text


def test_the_folder_has_a_page_for_each_lesson_and_shares_the_rest() -> None:
    files = folder(made(LESSONS, face))
    assert {*files} == {
        "index.html",
        "plotly.js",
        "lesson.js",
        "lesson.css",
        *(f"{key}.html" for key in KEYS),
    }
    for key in KEYS:
        assert f'href="{key}.html"' in files["index.html"]


def test_formulas_are_mathml() -> None:
    made_of = mathml(r"J_{t+1}=\partial_1\Phi^\top\,v")
    assert "<msub><mi>J</mi><mrow><mi>t</mi><mo>+</mo><mn>1</mn></mrow></msub>" in made_of
    assert "<msup><mi>Φ</mi><mi>⊤</mi></msup>" in made_of
    two = mathml(r"\begin{gathered}a\\b\end{gathered}")
    assert two.count("<mtr>") == 2
    with pytest.raises(ValueError, match="frac"):
        mathml(r"\frac12")
