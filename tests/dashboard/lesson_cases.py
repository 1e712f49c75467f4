"""What the tests of lessons share: the page of each, its own result, right and wrong answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from dashboard.kit.page import Page
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Choice, Facts, Lesson, Number, Order
from dashboard.pages import PAGES
from dashboard.screens.lecture.settings import BETWEEN, LESSON_PARAM
from dashboard.screens.lecture.words import heights_at, measured_order

LECTURE = next(page for page in PAGES if page.faces is not None)
KEYS = [lesson.key for lesson in LESSONS]
NAMED = {lesson.key: lesson for lesson in LESSONS}


@cache
def face(key: str) -> Page[Any, Any, Any]:
    """The page of a lesson."""
    return LECTURE.at({LESSON_PARAM: key})


@cache
def own(key: str) -> Any:
    """What came out of the run that a lesson is about; also of a sweep, which is long."""
    page = face(key)
    return page.results.compute(page.key(page.settings.scenario, page.settings.view))


def facts(key: str) -> Facts:
    """The facts of a lesson."""
    return NAMED[key].facts(own(key))


def right(lesson: Lesson) -> Any:
    """The right prediction."""
    asked, known = lesson.prediction, facts(lesson.key)
    if isinstance(asked, Number):
        return min(asked.stops, key=lambda stop: abs(stop - float(known["answer"])))
    if isinstance(asked, Choice):
        return asked.answer(known)
    if isinstance(asked, Order):
        return BETWEEN.join(measured_order(asked, known))
    x, y = asked.curve(own(lesson.key))
    return BETWEEN.join(f"{value:.6g}" for value in heights_at(x, y, asked.points)[1])


def wrong(lesson: Lesson) -> list[Any]:
    """Predictions that are far from right, of every kind that there is."""
    asked, known = lesson.prediction, facts(lesson.key)
    if isinstance(asked, Number):
        return [asked.stops[0], asked.stops[-1], asked.first]
    if isinstance(asked, Choice):
        return [key for key in asked.options if key != asked.answer(known)]
    if isinstance(asked, Order):
        truth = measured_order(asked, known)
        return [BETWEEN.join(order) for order in (truth[::-1], [*truth[1:], truth[0]])]
    flat, falling = np.full(asked.points, 1.0), np.geomspace(1, 1e-3, asked.points)
    return [BETWEEN.join(f"{value:.4g}" for value in heights) for heights in (flat, falling)]
