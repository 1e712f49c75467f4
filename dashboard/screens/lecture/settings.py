"""What a lesson can be set to: the settings of the page whose picture it is, and the prediction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import make_dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from dashboard.kit.fields import Declared, Options, Slider, kept_text, slider
from dashboard.kit.links import NOTHING_HELD, Held, given
from dashboard.kit.notation import count, scientific
from dashboard.kit.settings import PageSettings
from dashboard.lessons.lecture.lesson import Choice, Lesson, Number, Order, Sketch
from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.validation import require_one_of

NAME = "lecture"
LESSON_PARAM = "lesson"
GUESS_PARAM = "guess"
ASK, TOLD, SKIPPED = "ask", "told", "skipped"
STAGES: Options = {
    ASK: "The curves are hidden",
    TOLD: "A prediction was made, and the curves are shown",
    SKIPPED: "The curves are shown without a prediction",
}
# Between the parts of a prediction in a link.
BETWEEN = "_"


def view_type(lesson: Lesson, base: type[Declared]) -> type[Declared]:
    """The view of the page that the lesson borrows, with the prediction in it."""
    stage = kept_text(ASK, link="stage", label="Stage", check=_stage)
    made: type[Declared] = make_dataclass(
        f"{lesson.key.title().replace('-', '')}View",
        [("guess", _kind(lesson), _guess(lesson)), ("stage", str, stage)],
        bases=(base,),
        frozen=True,
        kw_only=True,
    )
    return made


def _kind(lesson: Lesson) -> type[Any]:
    return float if isinstance(lesson.prediction, Number) else str


def _guess(lesson: Lesson) -> Any:
    asked = lesson.prediction
    if isinstance(asked, Number):
        return slider(
            float(asked.first),
            (float(asked.stops[0]), float(asked.stops[-1])),
            Slider([float(stop) for stop in asked.stops], number_writer(asked)),
            link=GUESS_PARAM,
            label=asked.label,
            help="Your prediction. The curves appear when you have committed to it.",
        )
    return kept_text(
        "", link=GUESS_PARAM, label="Prediction", check=lambda _, value: _parts(lesson, value)
    )


def number_writer(asked: Number) -> Any:
    """How a number on the slider reads: whole numbers with thin spaces, powers as powers."""
    whole = all(float(stop).is_integer() for stop in asked.stops)
    return count if whole and asked.stops[0] >= 0 else signed


def signed(value: float) -> str:
    """As ``scientific``, with the sign that belongs to a number in a text."""
    text = scientific(value)
    return text.replace("-", "−", 1) if value < 0 else text


def _stage(name: str, value: str) -> str:
    return require_one_of(name, value, STAGES)


def _parts(lesson: Lesson, value: str) -> str:
    """A prediction as a text, or the beginning of an order.

    Raises:
        ScenarioError: if it is none.
    """
    asked = lesson.prediction
    if isinstance(value, str):
        parts = value.split(BETWEEN)
        begun = (
            isinstance(asked, Order) and len({*parts}) == len(parts) and {*parts} <= {*asked.things}
        )
        if value == "" or begun or parts_of(lesson, value) is not None:
            return value
    raise ScenarioError("guess", value, "a prediction that this lesson asks for")


def parts_of(lesson: Lesson, guess: str) -> list[Any] | None:
    """What a prediction says: a key, keys in order, or heights; None if it is none."""
    asked, parts = lesson.prediction, guess.split(BETWEEN)
    if isinstance(asked, Choice):
        return parts if len(parts) == 1 and parts[0] in asked.options else None
    if isinstance(asked, Order):
        return parts if sorted(parts) == sorted(asked.things) else None
    if isinstance(asked, Sketch):
        try:
            heights = [float(part) for part in parts]
        except ValueError:
            return None
        fine = len(heights) == asked.points and all(0 < height < 1e300 for height in heights)
        return heights if fine else None
    return [float(guess)]


def is_made(lesson: Lesson, guess: Any, said: str | None) -> bool:
    """Whether a prediction is whole, and what a link said: a slider stands somewhere anyway."""
    if isinstance(lesson.prediction, Number):
        with suppress(TypeError, ValueError):
            return bool(float(said or "") == guess)
        return False
    return parts_of(lesson, guess) is not None


class LessonSettings(PageSettings[Any]):
    """Settings whose links begin with the name of the lesson."""

    lesson: Lesson

    @classmethod
    def of(cls, lesson: Lesson, page: PageSettings[Any]) -> LessonSettings:
        """The settings of a lesson on that page's picture, which is set as its link says.

        Raises:
            ScenarioError: if its link is not allowed there.
        """
        scenario, view, messages = page.of_link(dict(parse_qsl(lesson.link)))
        if messages:
            raise ScenarioError("link", lesson.link, " ".join(messages))
        values = {name: getattr(view, name) for name in page.view_fields}
        kind = view_type(lesson, type(view))
        made = cls(NAME, scenario, kind(**values), page.check, (), LESSON_PARAM, page.help)
        object.__setattr__(made, "lesson", lesson)
        return made

    def link_of(self, scenario: Scenario, view: Any, *, full: bool = False) -> dict[str, str]:
        """As of any page, with the name of the lesson."""
        link = super().link_of(scenario, view, full=full)
        if view.stage == TOLD:
            # Also where it is what the slider begins with: without it nothing was predicted.
            link[GUESS_PARAM] = super().link_of(scenario, view, full=True)[GUESS_PARAM]
        return {LESSON_PARAM: self.lesson.key, **link}

    def address_of(self, scenario: Scenario, view: Any, chosen: str | None) -> dict[str, str]:
        """Without the prediction: whoever gets the link makes his own."""
        plain = replace(view, guess=self.view.guess, stage=ASK)
        return self.link_of(scenario, plain)

    def of_link(
        self, link: Mapping[str, str], held: Held = NOTHING_HELD
    ) -> tuple[Scenario, Any, tuple[str, ...]]:
        """As of any page; another lesson's name is told."""
        scenario, view, messages = super().of_link(link, held)
        if view.stage == TOLD and not is_made(self.lesson, view.guess, link.get(GUESS_PARAM)):
            # Nothing was predicted.
            view = replace(view, stage=SKIPPED)
        key = link.get(LESSON_PARAM, self.lesson.key)
        if key != self.lesson.key:
            error = ScenarioError(LESSON_PARAM, key, "")
            told = f"Lesson: {LESSON_PARAM} = {given(error)} is not the name of a lesson."
            messages = (f"{told} Used instead: {self.lesson.title}.", *messages)
        return scenario, view, messages
