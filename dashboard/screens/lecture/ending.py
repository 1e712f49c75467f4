"""What stands below the picture of a lesson: the goal, and where to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.kit import session
from dashboard.kit.notation import count, scientific
from dashboard.kit.page import Page, Picture, Shown
from dashboard.lessons.lecture.lesson import Goal, Lesson
from dashboard.screens.lecture.settings import ASK


def score_of(goal: Goal, result: Any, view: Any) -> str:
    """How far it is."""
    score = goal.score(result, view)
    reached = score.error <= goal.target
    now = f"Here the error is {scientific(score.error)}, for {count(score.spent)} products: "
    now += "reached." if reached else "not yet reached."
    if reached and score.best is not None:
        more = score.spent - score.best
        now += " Nobody can do better on this map." if more <= 0 else f" {more} more than needed."
    if score.bound is not None:
        now += f" The bound alone would have asked for {count(score.bound)} products."
    return now


def goal_of(lesson: Lesson) -> Callable[[Shown[Any, Any, Any], Picture], None]:
    """What stands under the picture: how the goal of the lesson stands, once curves are shown."""

    def beneath(shown: Shown[Any, Any, Any], picture: Picture) -> None:
        if lesson.goal is not None and shown.view.stage != ASK:
            st.markdown(f"**A goal.** {lesson.goal.task}")
            st.markdown(f"Score: **{score_of(lesson.goal, shown.result, shown.view)}**")

    return beneath


def ending(lesson: Lesson, page: Page[Any, Any, Any]) -> Callable[[Shown[Any, Any, Any]], None]:
    """What stands below the picture: where to go on, and the teacher's note."""

    def below(shown: Shown[Any, Any, Any]) -> None:
        onward, note = st.columns(2)
        name, query = onward_link(lesson, page, shown)
        onward.link_button(
            f"Go on in {name.title()}",
            session.href(name, query),
            icon=":material/open_in_new:",
            width="stretch",
        )
        with note.expander("For the teacher"):
            st.markdown(lesson.teacher)

    return below


def onward_link(
    lesson: Lesson, page: Page[Any, Any, Any], shown: Shown[Any, Any, Any]
) -> tuple[str, str]:
    """Name and query string of the full page with what is shown here."""
    if lesson.onward is not None:
        return lesson.onward
    view = type(page.settings.view)(
        **{name: getattr(shown.view, name) for name in page.settings.view_fields}
    )
    return page.name, urlencode(page.settings.link_of(shown.scenario, view))
