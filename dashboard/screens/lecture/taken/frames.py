"""All pictures that a lesson can show without a server, computed beforehand."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import permutations
from typing import Any

import numpy as np

from dashboard.chart import Frame, packed, unpacked
from dashboard.kit.fields import Choice as ChoiceWidget
from dashboard.kit.fields import Slider, Switch
from dashboard.kit.page import Page, Shown
from dashboard.kit.theme import Mode
from dashboard.lessons.lecture.lesson import Choice, Lesson, Number, Order, Sketch
from dashboard.screens.lecture.ending import score_of
from dashboard.screens.lecture.settings import ASK, BETWEEN, SKIPPED, TOLD
from dashboard.screens.lecture.taken.patches import patch
from dashboard.screens.lecture.words import (
    NEAR_CURVE,
    SKETCH_NEAR,
    SKETCH_SAID,
    answer_of,
    fill,
    heights_at,
    judge,
)
from hypergrad_core import FAMILIES, Scenario, ScenarioError

MOST_STOPS = 11
"""Values of the main control for which there is a picture."""
SINGLE = (1e-37, 1e37)
"""Numbers between these are kept in single precision: the eye sees no difference."""

AnyPage = Page[Any, Any, Any]
AnyShown = Shown[Any, Any, Any]


@dataclass(frozen=True)
class Stop:
    """A value of the main control.

    Attributes:
        name: how it reads.
        scenario, view: the settings with it.
        result: what comes out of them.
    """

    name: str
    scenario: Scenario
    view: Any
    result: Any


@dataclass(frozen=True)
class Taken:
    """A lesson with all that it can show.

    Attributes:
        lesson: which.
        own: the result of its own run, which its texts are about.
        label: of its main control.
        stops: names of the values of that control.
        first: at which of these it begins.
        pictures: what the script of the file draws: JSON, compressed, as text.
    """

    lesson: Lesson
    own: Any
    label: str
    stops: Sequence[str]
    first: int
    pictures: str


def taken(lesson: Lesson, page: AnyPage) -> Taken:
    """Compute all pictures of a lesson.

    Args:
        lesson: which.
        page: the face of the lecture that shows it.
    """
    name = _main_control(lesson)
    stops, first = _stops(lesson, page, name)
    own = stops[first]
    frames = _Frames(lesson, page)
    told = [frames.at(stop, SKIPPED) for stop in stops]
    asked = [frames.at(stop, ASK) for stop in (stops if lesson.hands_on else [own])]
    begun = asked[first if lesson.hands_on else 0]
    guesses = _guesses(lesson)
    view = page.settings.view
    told_data: dict[str, Any] = {
        "told": [_both(pair) for pair in told],
        "asked": [_both(pair) for pair in asked],
        "first": first,
        "cursor": [getattr(view, field) for field in page.cursor],
        "guessed": {
            key: _change(begun, frames.at(own, ASK, guess)) for key, guess in guesses.items()
        }
        if isinstance(lesson.prediction, Number)
        else {},
        "marked": {
            key: _change(told[first], frames.at(own, TOLD, guess)) for key, guess in guesses.items()
        },
        "verdicts": {key: vars(judge(lesson, guess, own.result)) for key, guess in guesses.items()},
        "answer": answer_of(lesson, own.result),
        "goals": [score_of(lesson.goal, stop.result, stop.view) for stop in stops]
        if lesson.goal
        else [],
        "sketch": _sketch(lesson, own.result, frames, own, told[first]),
    }
    label = page.settings.fields[name].label
    names = [stop.name for stop in stops]
    text = json.dumps(told_data, allow_nan=False, separators=(",", ":"))
    packed_text = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
    return Taken(lesson, own.result, label, names, first, packed_text)


def _main_control(lesson: Lesson) -> str:
    """The first control of the lesson; another family would want other data as well."""
    return next(name for name in lesson.controls if name != "family")


def _stops(lesson: Lesson, page: AnyPage, name: str) -> tuple[list[Stop], int]:
    """At most ``MOST_STOPS`` values of a control, evenly over it, and which is that of the lesson.

    What takes long to compute is left out, unless all of it does.
    """
    settings, field = page.settings, page.settings.fields[name]
    in_scenario = name in {item.name for item in fields(Scenario)}
    value = getattr(settings.scenario if in_scenario else settings.view, name)
    if isinstance(field.widget, Slider):
        most = lesson.limits.get(name, np.inf)
        if name == "contraction":
            most = FAMILIES[settings.scenario.family].largest_contraction
        values = sorted({*(stop for stop in field.widget.stops if stop <= most), value})
        named = {stop: field.widget.write(stop) for stop in values}
    else:
        assert isinstance(field.widget, ChoiceWidget | Switch)
        named = dict(field.widget.options)
    begun = page.key(settings.scenario, settings.view)
    is_long = page.results.takes_long(begun)
    keyed = {}
    for stop in named:
        try:
            change = {name: stop}
            scenario = replace(settings.scenario, **(change if in_scenario else {}))
            view = replace(settings.view, **({} if in_scenario else change))
            settings.check(scenario)
        except ScenarioError:
            continue
        key = page.key(scenario, view)
        if stop == value or is_long or not page.results.takes_long(key):
            keyed[stop] = (scenario, view, key)
    chosen = _spread([*keyed], value)
    return [
        Stop(named[stop], scenario, view, page.results.compute(key))
        for stop, (scenario, view, key) in ((stop, keyed[stop]) for stop in chosen)
    ], chosen.index(value)


def _spread(values: Sequence[Any], kept: Any) -> list[Any]:
    """Evenly by their places, with the one that is kept in place of the nearest."""
    places = np.linspace(0, len(values) - 1, min(MOST_STOPS, len(values))).round().astype(int)
    own = values.index(kept)
    places[np.abs(places - own).argmin()] = own
    return [values[place] for place in np.unique(places)]


class _Frames:
    """The picture of a lesson for a light and a dark screen."""

    def __init__(self, lesson: Lesson, page: AnyPage) -> None:
        self._lesson, self._page = lesson, page

    def at(self, stop: Stop, stage: str, guess: Any = None) -> tuple[Frame, Frame]:
        """At a stage of the lesson, with a prediction."""
        given = {} if guess is None else {"guess": guess}
        view = replace(stop.view, stage=stage, **given)
        key = self._page.key(stop.scenario, stop.view)
        modes: tuple[Mode, Mode] = ("light", "dark")
        light, dark = (
            self._page.frame(
                self._page.shown(key, stop.result, stop.scenario, view, mode), self._lesson.part
            )
            for mode in modes
        )
        return _smaller(light), _smaller(dark)


def _smaller(part: Any) -> Any:
    """A copy in single precision, where that is enough."""
    if isinstance(part, dict):
        if part.get("dtype") == "f8":
            values = unpacked(part)
            sizes = np.abs(values[np.isfinite(values) & (values != 0)])
            fits = not sizes.size or (sizes.min() > SINGLE[0] and sizes.max() < SINGLE[1])
            return packed(values, "f4") if fits else part
        return {name: _smaller(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_smaller(value) for value in part]
    return part


def _both(pair: tuple[Frame, Frame]) -> dict[str, Any]:
    light, dark = pair
    return {"light": light, "dark": patch(light, dark)}


def _change(before: tuple[Frame, Frame], after: tuple[Frame, Frame]) -> dict[str, Any]:
    modes = ("light", "dark")
    return {mode: patch(*pair) for mode, *pair in zip(modes, before, after, strict=True)}


def _guesses(lesson: Lesson) -> Mapping[str, Any]:
    """All predictions that can be made, by what the file calls them; none for a drawn curve."""
    asked = lesson.prediction
    if isinstance(asked, Number):
        return {str(place): float(stop) for place, stop in enumerate(asked.stops)}
    if isinstance(asked, Choice):
        return {key: key for key in asked.options}
    if isinstance(asked, Order):
        return {key: key for key in map(BETWEEN.join, permutations(asked.things))}
    return {}


def _sketch(
    lesson: Lesson, result: Any, frames: _Frames, own: Stop, told: tuple[Frame, Frame]
) -> dict[str, Any] | None:
    """What the file judges a drawn curve by; the picture is that of the true curve as drawn."""
    asked = lesson.prediction
    if not isinstance(asked, Sketch):
        return None
    places, heights = heights_at(*asked.curve(result), asked.points)
    guess = BETWEEN.join(f"{height:.4g}" for height in heights)
    facts = lesson.facts(result)
    return {
        "places": places.tolist(),
        "heights": heights.tolist(),
        "near": NEAR_CURVE,
        "said": SKETCH_SAID,
        "praise": SKETCH_NEAR,
        "often": [fill(item.text, facts) for item in asked.misconceptions],
        "marked": _change(told, frames.at(own, TOLD, guess)),
    }
