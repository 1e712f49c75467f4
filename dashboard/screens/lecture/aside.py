"""What stands beside and above the picture of a lesson: map, text, prediction, controls."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.chart import Watch
from dashboard.kit import controls, presenting, session
from dashboard.kit.errors import plain
from dashboard.kit.introduction import write
from dashboard.kit.policy import own
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Choice, Lesson, Number, Order, Sketch
from dashboard.screens.lecture.settings import (
    ASK,
    BETWEEN,
    LESSON_PARAM,
    SKIPPED,
    TOLD,
    number_writer,
    parts_of,
)
from dashboard.screens.lecture.words import answer_of, fill, judge
from hypergrad_core import FAMILIES

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_STYLE = Path(__file__).with_name("lecture.css")
_SCRIPT = own(Path(__file__).with_name("lecture.js").read_text(encoding="utf-8"))
# In the session: the lesson that was drawn last, and what was predicted in each.
_LAST = "lesson drawn last"
_MADE = "predictions"

# In links: the ways from lesson to lesson.
STEPS = "lessons"

Own = Callable[[], Any]
"""The result of the lesson's own run; None while it is not there."""


def go(key: str) -> None:
    """Open a lesson: its address is all that it takes."""
    st.query_params.from_dict({LESSON_PARAM: key})


def top(lesson: Lesson) -> None:
    """Where one is in the lecture, and the ways to the lessons before and after."""
    place = LESSONS.index(lesson)
    with st.container(key="place", horizontal=True, vertical_alignment="center"):
        st.markdown(f"## {place + 1} of {len(LESSONS)} · {lesson.title}", width="stretch")
        if not may_step():
            return
        # They stay together where there is no room beside the title.
        with st.container(horizontal=True, width="content"):
            _step("previous", "Previous", place - 1, ":material/arrow_back:")
            _step("next", "Next", place + 1, ":material/arrow_forward:")


def may_step() -> bool:
    """Whether the link leaves it to the visitor which lesson is shown."""
    return presenting.allows(STEPS, "Lessons: map, previous and next")


def _step(name: str, label: str, place: int, icon: str) -> None:
    there = 0 <= place < len(LESSONS)
    st.button(
        label,
        key=f"lesson {name}",
        icon=icon,
        icon_position="right" if name == "next" else "left",
        on_click=go,
        args=(LESSONS[place].key if there else "",),
        disabled=not there,
        help=LESSONS[place].title if there else None,
    )


def draw_map(lesson: Lesson) -> None:
    """All lessons; the browser marks those that have been done, see ``lecture.js``."""
    with st.container(key="map", gap="xxsmall"):
        for place, item in enumerate(LESSONS):
            st.button(
                f"{place + 1}. {item.title}",
                key=f"lesson_{item.key}",
                type="primary" if item is lesson else "tertiary",
                on_click=go,
                args=(item.key,),
                width="stretch",
            )
    st.html(
        '<p class="lecture-progress"><span class="lecture-count"></span> '
        '<button type="button" class="lecture-forget">Forget my progress</button></p>'
    )


def aside(lesson: Lesson, own: Own) -> Callable[[DeltaGenerator], list[Watch]]:
    """What the page of a lesson draws beside and above its picture."""

    def sidebar(dial: DeltaGenerator) -> list[Watch]:
        if may_step():
            draw_map(lesson)
        _remember(lesson)
        values = session.store()
        # What is not shown here has no control.
        session.drawn().update(session.active().view_fields)
        watched: list[Watch] = []
        with dial:
            with st.container(key="lesson"):
                write(fill(lesson.text, _facts(lesson, own)))
                if lesson.formula:
                    st.latex(lesson.formula)
                with st.container(key="prediction", border=True):
                    if values["stage"] == ASK:
                        watched += _ask(lesson)
                    else:
                        _told(lesson, values, own())
            _tell_browser(lesson, values["stage"])
        _keep(lesson)
        return watched

    return sidebar


def _facts(lesson: Lesson, own: Own) -> Any:
    result = own()
    return {} if result is None else lesson.facts(result)


def _remember(lesson: Lesson) -> None:
    """What was predicted here before, when the lesson is opened again."""
    made = st.session_state.setdefault(_MADE, {})
    if st.session_state.get(_LAST) != lesson.key and lesson.key in made:
        session.store().update(made[lesson.key])
    st.session_state[_LAST] = lesson.key


def _keep(lesson: Lesson) -> None:
    values = session.store()
    st.session_state[_MADE][lesson.key] = {name: values[name] for name in ("guess", "stage")}


def _tell_browser(lesson: Lesson, stage: str) -> None:
    """The browser keeps which lessons have been done."""
    every = " ".join(item.key for item in LESSONS)
    done = "" if stage == ASK else lesson.key
    st.html(
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"
        f'<span class="lecture-now" hidden data-lesson="{lesson.key}" data-done="{done}" '
        f'data-stage="{stage}" data-every="{every}"></span>'
        f"<script>{_SCRIPT}</script>",
        unsafe_allow_javascript=True,
    )


def _ask(lesson: Lesson) -> list[Watch]:
    asked = lesson.prediction
    watched: list[Watch] = []
    st.markdown(f"**Predict first.** {asked.question}")
    ready, chosen = True, session.store()["guess"]
    made: dict[str, Any] = {"stage": TOLD}
    label = "Commit and show"
    if lesson.hands_on and isinstance(asked, Number):
        # Where one is on the picture is what one says.
        made["guess"] = session.store()[lesson.controls[0]]
        label = f"Commit λ = {number_writer(asked)(made['guess'])} and show"
    elif isinstance(asked, Number):
        watched = controls.draw("guess", free=True)
    elif isinstance(asked, Choice):
        ready = _ask_choice(asked, chosen)
    elif isinstance(asked, Order):
        ready = _ask_order(asked, chosen)
    else:
        st.caption(
            "Drag across the picture from left to right. By keyboard: go to the picture with Tab, "
            "then ↑ and ↓ move the curve, ← and → go along it."
        )
    with st.container(horizontal=True):
        if not isinstance(asked, Sketch):
            st.button(
                label,
                key="commit",
                type="primary",
                disabled=not ready,
                on_click=session.keep,
                kwargs=made,
            )
        st.button("Skip, just show", key="skip", on_click=session.keep, kwargs={"stage": SKIPPED})
    return watched


def _ask_choice(asked: Choice, chosen: str) -> bool:
    keys = list(asked.options)
    st.radio(
        "Your prediction",
        keys,
        index=keys.index(chosen) if chosen in keys else None,
        format_func=lambda key: asked.options[key],
        key="choice",
        on_change=lambda: session.keep(guess=st.session_state["choice"]),
        label_visibility="collapsed",
    )
    return chosen in keys


def _ask_order(asked: Order, chosen: str) -> bool:
    """Buttons that take the next place one after the other, and give it back."""
    taken = [key for key in chosen.split(BETWEEN) if key in asked.things]

    def press(key: str) -> None:
        left = [other for other in taken if other != key]
        session.store()["guess"] = BETWEEN.join(left if key in taken else [*taken, key])

    st.caption(f"Press them in order: {asked.first} first, {asked.last} last.")
    with st.container(horizontal=True, key="order"):
        for key, label in asked.things.items():
            rank = f"{taken.index(key) + 1}. " if key in taken else ""
            st.button(
                f"{rank}{label}",
                key=f"order_{key}",
                type="primary" if rank else "secondary",
                on_click=press,
                args=(key,),
            )
    return len(taken) == len(asked.things)


def _told(lesson: Lesson, values: dict[str, Any], result: Any) -> None:
    if result is None:
        st.markdown("The answer comes with the picture, which is still being computed.")
        return
    facts = lesson.facts(result)
    if values["stage"] == TOLD:
        verdict = judge(lesson, values["guess"], result)
        sign = ":material/check_circle:" if verdict.right else ":material/compare_arrows:"
        st.markdown(f"{sign} **{plain(verdict.text)}**")
        if verdict.resolved:
            write(verdict.resolved)
    elif answer := answer_of(lesson, result):
        st.markdown(f"**{plain(answer)}**")
    write(fill(lesson.reveal, facts))
    st.html(f'<p class="lecture-home"><b>To take home.</b> {html.escape(lesson.takeaway)}</p>')
    st.button("Predict again", key="again", on_click=_again, type="tertiary")


def _again() -> None:
    settings = session.active()
    session.keep(stage=ASK, guess=settings.view.guess)


def trial(lesson: Lesson) -> list[Watch]:
    """The controls above the picture, as soon as one may try."""
    watched: list[Watch] = []
    told = session.store()["stage"] != ASK
    fields = session.active().fields
    names = [
        name for name in lesson.controls if presenting.allows(fields[name].link, fields[name].label)
    ]
    if not names or not (lesson.hands_on or told):
        return watched
    with st.container(key="trial", gap="xxsmall"):
        if told:
            write(f"Now you: {lesson.look}")
        columns = st.columns(len(names), vertical_alignment="bottom")
        for column, name in zip(columns, names, strict=True):
            with column:
                if name == "family":
                    _choose_data()
                watched += controls.draw(name, most=_most(lesson, name))
    return watched


def _choose_data() -> None:
    """Another problem has other data: the real ones, where there are some."""
    values = session.store()
    known = FAMILIES[values["family"]].data
    if values["data"] not in known:
        values["data"] = list(known)[-1]


def _most(lesson: Lesson, name: str) -> float | None:
    """The largest value that there is room for."""
    if name == "contraction":
        return FAMILIES[session.store()["family"]].largest_contraction
    return lesson.limits.get(name)


def sketched(lesson: Lesson) -> Callable[[list[float]], None]:
    """What happens when a curve has been drawn."""

    def keep(heights: list[float]) -> None:
        guess = BETWEEN.join(f"{height:.4g}" for height in heights)
        if parts_of(lesson, guess) is not None:
            session.keep(guess=guess, stage=TOLD)

    return keep
