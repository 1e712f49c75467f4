"""The picture of a lesson: that of its page, without the curves or with the prediction in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard.chart import Frame, KeyEntry, packed, unpacked
from dashboard.kit.figure.axes import TARGET_DASH
from dashboard.kit.page import Page, Shown
from dashboard.kit.theme import AXIS_SIZE
from dashboard.lessons.lecture.lesson import Lesson, Number, Sketch
from dashboard.screens.lecture.marks import GIVEN, YOURS, mark, mark_number
from dashboard.screens.lecture.settings import ASK, TOLD
from dashboard.screens.lecture.words import heights_at
from hypergrad_core import Scenario

HIDDEN = "The curves are hidden until you have made a prediction."
COLOR_BAR = 118
"""Pixels to the right of a map for its colours."""

LessonShown = Shown[Any, Any, Any]


def lesson_frame(
    lesson: Lesson, page: Page[Any, Any, Any], own: Callable[[], Any], scenario: Scenario
) -> Callable[[LessonShown, str], Frame]:
    """How the picture of a lesson is drawn.

    Args:
        lesson: which.
        page: whose picture it borrows.
        own: the result of the lesson's own run, which the prediction is about.
        scenario: of that run.
    """

    def frame(shown: LessonShown, part: str) -> Frame:
        drawn = page.frame(shown, part)
        drawn["table"] = {"caption": "", "columns": [], "rows": []}
        drawn["steps"] = [step.replace("t = k", lesson.step) for step in drawn["steps"]]
        asked, stage, guess = lesson.prediction, shown.view.stage, shown.view.guess
        if lesson.alone:
            first_panel(drawn)
        if lesson.width is not None:
            axis = drawn["figure"]["layout"]["xaxis"]
            axis["range"] = [axis["range"][0], lesson.width]
        leave_out(drawn, lesson.without)
        (_leave_target if lesson.heading else _name_target)(drawn)
        if shown.scenario.contraction == scenario.contraction:
            # What is so from the start is what the lesson speaks of.
            drawn["warning"] = ""
        if stage == ASK:
            drawn = _withhold(drawn, message=drawn["message"] if lesson.hands_on else HIDDEN)
            if isinstance(asked, Sketch):
                x, y = asked.curve(own())
                places, _ = heights_at(x, y, asked.points)
                first = float(y[0])
                drawn["sketch"] = {
                    "at": places.tolist(),
                    "first": first,
                    "xaxis": "x",
                    "yaxis": "y",
                }
            elif isinstance(asked, Number) and asked.axis in ("x", "y") and not lesson.hands_on:
                mark_number(drawn, asked, {YOURS: guess}, {}, shown.mode)
        else:
            drawn["message"] = lesson.heading or drawn["message"]
            if stage == TOLD and (result := own()) is not None:
                mark(drawn, lesson, guess, result, shown.mode)
        return drawn

    return frame


def _withhold(frame: Frame, *, message: str) -> Frame:
    """Leave of a picture its axes, and what is given."""
    layout = frame["figure"]["layout"]
    data = frame["figure"]["data"]
    given = [trace for trace in data if trace.get("meta") == GIVEN]
    taken = {(trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in given}
    pairs = dict.fromkeys((trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in data)
    # An axis without a trace is not drawn.
    empty = [
        {"type": "scatter", "mode": "lines", "x": [None], "y": [None], "xaxis": x, "yaxis": y}
        for x, y in pairs
        if (x, y) not in taken
    ]
    return {
        **frame,
        "figure": {"data": [*empty, *given], "layout": layout},
        "readout": [],
        "message": message,
        "alt": f"Axes without curves. {message}",
        "lines": [],
        "dots": [],
        "moving": [],
        "names": [],
        "key": [],
        "absent": [],
        "still": True,
    }


def first_panel(frame: Frame) -> None:
    """Leave of a picture the subplot of its first axes, with all the room."""
    figure, layout = frame["figure"], frame["figure"]["layout"]
    for trace in figure["data"]:
        if trace.get("xaxis", "x") != "x":
            # Not taken away: others are known by their number.
            trace.update(visible=False, xaxis="x", yaxis="y")
    others = [name for name in layout if name[:5] in ("xaxis", "yaxis") and name[5:]]
    for name in others:
        del layout[name]
    for name in ("xaxis", "yaxis"):
        layout[name]["domain"] = [0, 1]
    # What stands above a panel says what its height is, where its axis does not.
    headings, layout["annotations"] = layout["annotations"], []
    if "title" not in layout["yaxis"]:
        heading = headings[0]["text"]
        layout["yaxis"]["title"] = {"text": heading, "font": {"size": AXIS_SIZE}, "standoff": 4}
    if "coloraxis" in layout:
        title = {"text": "Relative error", "side": "right", "font": {"size": AXIS_SIZE}}
        bar = {**layout["coloraxis"]["colorbar"], "x": 1.02, "title": title}
        layout["coloraxis"]["colorbar"] = bar
        layout["margin"] = {**layout["margin"], "r": COLOR_BAR}
    kept = [place for place, trace in enumerate(figure["data"]) if "visible" not in trace]
    frame["dots"] = [dot for dot in frame.get("dots", []) if dot["trace"] in kept]
    for card in frame["readout"]:
        card["bounds"] = [bound for bound in card.get("bounds", []) if bound["trace"] in kept]
    frame["lines"] = [line for line in frame.get("lines", []) if line["xaxis"] == "x"]
    frame["names"] = [item for item in frame.get("names", []) if item["trace"] in kept]
    key = frame.get("key", [])
    of_map = any("background" in entry for entry in key)
    frame["key"] = [entry for entry in key if not _is_elsewhere(entry, of_map=of_map)]
    frame["narrow"] = {"layout": {"margin": layout["margin"]}, "height": 270}


def _is_elsewhere(entry: KeyEntry, *, of_map: bool) -> bool:
    """Whether an entry of the key is about another panel: a curve beside a map, or an area."""
    return entry["mark"] == "square" or (of_map and "background" not in entry)


def leave_out(frame: Frame, names: tuple[str, ...]) -> None:
    """Take from a picture what entries of its key stand for, and their cards."""
    data, key = frame["figure"]["data"], frame.get("key", [])
    marks = {entry["mark"] for entry in key if entry["text"] in names}
    marks -= {entry["mark"] for entry in key if entry["text"] not in names}
    for trace in data:
        symbol = trace.get("marker", {}).get("symbol")
        if trace.get("name") in names or (isinstance(symbol, str) and symbol in marks):
            trace["visible"] = False
    frame["key"] = [entry for entry in key if entry["text"] not in names]
    frame["readout"] = [card for card in frame["readout"] if card["name"] not in names]


def _name_target(frame: Frame) -> None:
    """The name of ε stands in the key: in the plot it would lie on curves."""
    for trace in frame["figure"]["data"]:
        if name := _without_target(trace):
            entry: KeyEntry = {"text": name, "mark": TARGET_DASH}
            frame["key"] = [*frame.get("key", []), entry]


def _without_target(trace: dict[str, Any]) -> str:
    """Take the name of ε from a trace of names; returns it, or "" where there is none."""
    texts = trace.get("text")
    if not isinstance(texts, list):
        return ""
    names = [text.strip() for text in texts]
    named = np.array([name.startswith("ε = ") for name in names])
    # A name without a place: one without letters would have no element that could be moved.
    trace["y"] = packed(np.where(named, np.nan, unpacked(trace["y"])))
    return next((name for name in names if name.startswith("ε = ")), "")


def _leave_target(frame: Frame) -> None:
    """Where nothing is said of ε: without its line, its name, and the marks on it."""
    for trace in frame["figure"]["data"]:
        _without_target(trace)
        dashed = trace.get("line", {}).get("dash") == TARGET_DASH
        if dashed or str(trace.get("name")).endswith(" at ε"):
            trace["visible"] = False
    key = [entry for entry in frame.get("key", []) if "ε" not in entry["text"]]
    frame["key"] = key if key[1:] else []
