"""Lecture: lessons that ask for a prediction first. Each borrows the picture of another page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from dashboard.kit.glossary import terms_in
from dashboard.kit.introduction import BOUND_TERMS, EVERYWHERE, METHOD_TERMS
from dashboard.kit.page import Export, Page, Picture, Shown
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Lesson
from dashboard.screens.lecture.aside import Own, aside, sketched, top, trial
from dashboard.screens.lecture.ending import ending, goal_of
from dashboard.screens.lecture.frame import lesson_frame
from dashboard.screens.lecture.objective import PAGE as OBJECTIVE
from dashboard.screens.lecture.settings import ASK, LESSON_PARAM, LessonSettings
from dashboard.screens.lecture.taken.files import files_of

AnyPage = Page[Any, Any, Any]
HEIGHTS = {True: (380, 410), False: (320, 560)}
"""While a prediction is asked for, and later, when controls and a key stand above the picture: its
least height, and the pixels of the window that are left to what is above and below it."""


def lecture(pages: Sequence[AnyPage]) -> AnyPage:
    """The page of all lessons.

    Args:
        pages: those whose pictures lessons may borrow.
    """
    known = {page.name: page for page in (*pages, OBJECTIVE)}
    lessons = {lesson.key: lesson for lesson in LESSONS}

    @cache
    def face(key: str) -> AnyPage:
        lesson = lessons[key]
        page = page_of(lesson, known[lesson.page])
        return replace(page, faces=faces, files=partial(files_of, lesson, face))

    def faces(link: Mapping[str, str]) -> AnyPage:
        key = link.get(LESSON_PARAM)
        return face(key if key in lessons else LESSONS[0].key)

    return faces({})


def page_of(lesson: Lesson, page: AnyPage) -> AnyPage:
    """A page as a lesson shows it: one of its pictures, with other words and few controls."""
    settings = LessonSettings.of(lesson, page.settings)
    own = own_run(page, settings)
    return replace(
        page,
        title="Lecture",
        icon=":material/school:",
        settings=settings,
        introduction=lesson.need,
        vocabulary=_vocabulary(lesson),
        sidebar=aside(lesson, own),
        pictures=partial(_pictures, lesson, page),
        frame=lesson_frame(lesson, page, own, settings.scenario),
        export=partial(_export, page),
        parts={lesson.part: page.parts[lesson.part]},
        heading="Lecture",
        progress=None,
        above=lambda shown, picture: None,
        beneath=goal_of(lesson),
        below=ending(lesson, page),
        face=lesson.key,
        beside=partial(trial, lesson),
        top=partial(top, lesson),
        sketched=sketched(lesson),
    )


def own_run(page: AnyPage, settings: LessonSettings) -> Own:
    """What the texts of a lesson are about: the result for the settings that it begins with."""
    key = page.key(settings.scenario, settings.view)

    def own() -> Any:
        return page.results.find(key) if page.results.is_long(key) else page.results.compute(key)

    return own


def _pictures(lesson: Lesson, page: AnyPage, shown: Shown[Any, Any, Any]) -> Sequence[Picture]:
    height, rest = HEIGHTS[shown.view.stage == ASK]
    return [
        replace(picture, height=height, rest=rest, filename=f"hypergradient-{lesson.key}")
        for picture in page.pictures(shown)
        if picture.part == lesson.part
    ]


def _export(page: AnyPage, shown: Shown[Any, Any, Any]) -> Export | None:
    """As of the page, once the curves are shown."""
    return None if shown.view.stage == ASK else page.export(shown)


def _vocabulary(lesson: Lesson) -> tuple[str, ...]:
    texts = " ".join((lesson.need, lesson.text, lesson.reveal, lesson.look))
    return (*dict.fromkeys((*terms_in(texts), *EVERYWHERE, *METHOD_TERMS, *BOUND_TERMS)),)
