"""What the Lecture gives to take home: this lesson, and all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any

import streamlit as st

from dashboard.kit.page import File, Page, Shown
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Lesson
from dashboard.screens.lecture.taken.frames import Taken, taken
from dashboard.screens.lecture.taken.markup import single_file

LARGEST_LESSON, LARGEST_LECTURE = 3, 5
"""Megabytes that a file has at most."""

Faces = Callable[[str], Page[Any, Any, Any]]
_made: dict[str, Taken] = {}
_making = Lock()


def made(lessons: Sequence[Lesson], face: Faces) -> list[Taken]:
    """All pictures of these lessons, computed once."""
    with _making:
        for lesson in lessons:
            if lesson.key not in _made:
                _made[lesson.key] = taken(lesson, face(lesson.key))
        return [_made[lesson.key] for lesson in lessons]


def files_of(lesson: Lesson, face: Faces, shown: Shown[Any, Any, Any]) -> Sequence[File]:
    """This lesson, and the whole lecture, each as one file."""
    address = str(st.context.url or "").split("?")[0]

    def file_of(lessons: Sequence[Lesson]) -> str:
        return single_file(made(lessons, face), address)

    return [
        File(
            "lesson",
            f"This lesson (HTML, at most {LARGEST_LESSON} MB)",
            f"hypergradient-lesson-{lesson.key}.html",
            "text/html",
            partial(file_of, [lesson]),
        ),
        File(
            "lecture",
            f"The whole lecture (HTML, at most {LARGEST_LECTURE} MB)",
            "hypergradient-lecture.html",
            "text/html",
            partial(file_of, LESSONS),
        ),
    ]
