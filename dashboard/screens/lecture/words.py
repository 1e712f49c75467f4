"""Texts of lessons with their numbers in them, and how far off a prediction was.

A field of a text is ``{name}`` or ``{name:style}``, with a style of ``STYLES`` or one of Python's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

import numpy as np

from dashboard.kit.notation import count, percent, ratio, scientific, times
from dashboard.lessons.lecture.lesson import Choice, Facts, Lesson, Number, Order, Prediction
from dashboard.screens.lecture.settings import number_writer, parts_of, signed
from hypergrad_core.arrays import FloatArray

STYLES: Mapping[str, Callable[[Any], str]] = {
    # Its thin spaces could end a line.
    "count": lambda value: count(round(value)).replace("\u2009", "\u202f"),
    "scientific": scientific,
    "percent": percent,
    "times": times,
    "ratio": ratio,
    "signed": signed,
}
# Of a decade: a drawn curve that is nearer than this on average is right.
NEAR_CURVE = 0.25
SKETCH_SAID = "On average your curve is off by a factor of {}."
SKETCH_NEAR = "Very good."


class _Fields(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        style = STYLES.get(format_spec)
        return str(format(value, format_spec)) if style is None else style(value)


def fill(text: str, facts: Facts) -> str:
    """A text with its numbers.

    Raises:
        KeyError: if a field is not among the facts.
    """
    return _Fields().vformat(text, (), facts)


@dataclass(frozen=True)
class Verdict:
    """What is said of a prediction.

    Attributes:
        right: whether it was right.
        text: what was predicted, what was measured, and how far off that is.
        resolved: the sentence on the misconception behind it, or "".
    """

    right: bool
    text: str
    resolved: str


def judge(lesson: Lesson, guess: Any, result: Any) -> Verdict:
    """Compare a prediction with what came out.

    Args:
        lesson: whose prediction it is.
        guess: the number, or the text that stands for the rest.
        result: of the lesson's own run.
    """
    asked, facts = lesson.prediction, lesson.facts(result)
    if isinstance(asked, Number):
        return _number(asked, float(guess), facts)
    parts = parts_of(lesson, guess) or []
    if isinstance(asked, Choice):
        return _choice(asked, parts[0], facts)
    if isinstance(asked, Order):
        return _order(asked, parts, facts)
    x, y = asked.curve(result)
    return _sketch(asked, heights_at(x, y, asked.points)[1], np.array(parts), facts)


def answer_of(lesson: Lesson, result: Any) -> str:
    """The true answer, in words."""
    asked, facts = lesson.prediction, lesson.facts(result)
    if isinstance(asked, Number):
        return f"Measured: {_quantity(asked, float(facts['answer']))}."
    if isinstance(asked, Choice):
        return f"The answer: {asked.options[asked.answer(facts)]}"
    if isinstance(asked, Order):
        return f"Measured: {', '.join(asked.things[key] for key in measured_order(asked, facts))}."
    return ""


def measured_order(asked: Order, facts: Facts) -> list[str]:
    """The keys in the order of what was measured."""
    return sorted(asked.things, key=lambda key: float(facts[key]))


def heights_at(x: FloatArray, y: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """A curve at evenly spread places: x and y, each of shape (points,)."""
    places = np.linspace(x[0], x[-1], points)
    return places, np.asarray(np.exp(np.interp(places, x, np.log(np.maximum(y, 1e-300)))))


def _resolved(asked: Prediction, guess: Any, facts: Facts) -> str:
    found = (item.text for item in asked.misconceptions if item.when(guess, facts))
    return fill(next(found, ""), facts)


def _quantity(asked: Number, value: float) -> str:
    return f"{number_writer(asked)(value)} {asked.unit}".strip()


def _number(asked: Number, guess: float, facts: Facts) -> Verdict:
    answer = float(facts["answer"])
    said = f"You said {_quantity(asked, guess)}; measured: {_quantity(asked, answer)}."
    if asked.ratio:
        off = max(guess / answer, answer / guess)
        how = f"That is {times(off)} too {'much' if guess > answer else 'little'}."
    else:
        off = abs(guess - answer)
        how = f"That is {scientific(off)} too {'high' if guess > answer else 'low'}."
    right = off <= asked.near * (1 + 1e-9)
    if right:
        return Verdict(
            True, f"{said} {'Exactly.' if guess == answer else 'Close enough: right.'}", ""
        )
    return Verdict(False, f"{said} {how}", _resolved(asked, guess, facts))


def _choice(asked: Choice, guess: str, facts: Facts) -> Verdict:
    answer = asked.answer(facts)
    if guess == answer:
        return Verdict(True, f"You said: {asked.options[guess]} Right.", "")
    said = f"You said: {asked.options[guess]} The answer: {asked.options[answer]}"
    return Verdict(False, said, _resolved(asked, guess, facts))


def _order(asked: Order, guess: list[str], facts: Facts) -> Verdict:
    truth = measured_order(asked, facts)
    # Two that measured the same may stand either way.
    hits = sum(facts[one] == facts[other] for one, other in zip(guess, truth, strict=True))
    said = f"You said: {', '.join(asked.things[key] for key in guess)}."
    if hits == len(truth):
        return Verdict(True, f"{said} Right.", "")
    measured = ", ".join(asked.things[key] for key in truth)
    where = f"{hits} of {len(truth)} stand in the right place."
    return Verdict(False, f"{said} Measured: {measured}. {where}", _resolved(asked, guess, facts))


def _sketch(asked: Prediction, truth: FloatArray, guess: FloatArray, facts: Facts) -> Verdict:
    gaps = np.abs(np.log10(guess / truth))
    mean, place = float(gaps.mean()), int(gaps.argmax())
    said = SKETCH_SAID.format(scientific(10**mean))
    if mean <= NEAR_CURVE:
        return Verdict(True, f"{said} {SKETCH_NEAR}", "")
    worst = f"The largest gap, a factor of {scientific(10 ** gaps[place])}, is where yours is too "
    worst += "high." if guess[place] > truth[place] else "low."
    return Verdict(False, f"{said} {worst}", _resolved(asked, guess, facts))
