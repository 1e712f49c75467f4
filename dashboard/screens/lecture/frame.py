"""The picture of a lesson: that of its page, without the curves or with the prediction in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard.chart import Frame, KeyEntry, packed, unpacked
from dashboard.kit.notation import listed
from dashboard.kit.page import Page, Shown
from dashboard.kit.theme import LABEL_SIZE, Mode, halo
from dashboard.lessons.lecture.lesson import Choice, Lesson, Number, Order, Sketch
from dashboard.screens.lecture.settings import ASK, TOLD, number_writer, parts_of
from dashboard.screens.lecture.words import heights_at, measured_order

GIVEN = "given"
"""What is ``meta`` of a trace that may be seen before the prediction."""
HIDDEN = "The curves are hidden until you have made a prediction."
COLORS = {"light": "#7A0F5C", "dark": "#FFB3E6"}
"""Of what the visitor said: no method has it."""
PAPER = {"light": "#FFFFFF", "dark": "#0F1319"}
DASH = "2px,6px"
COLOR_BAR = 96
"""Pixels to the right of a map for its colours."""
LIFTS = (0.94, 0.85)
"""Of the height of the plot: where the two names of a number stand."""

LessonShown = Shown[Any, Any, Any]


def lesson_frame(
    lesson: Lesson, page: Page[Any, Any, Any], own: Callable[[], Any]
) -> Callable[[LessonShown, str], Frame]:
    """How the picture of a lesson is drawn.

    Args:
        lesson: which.
        page: whose picture it borrows.
        own: the result of the lesson's own run, which the prediction is about.
    """

    def frame(shown: LessonShown, part: str) -> Frame:
        drawn = page.frame(shown, part)
        drawn["table"] = {"caption": "", "columns": [], "rows": []}
        asked, stage, guess = lesson.prediction, shown.view.stage, shown.view.guess
        if lesson.alone:
            first_panel(drawn)
        if stage == ASK:
            drawn = _withhold(drawn, message=drawn["message"] if lesson.hands_on else HIDDEN)
            if isinstance(asked, Sketch):
                x, y = asked.curve(own())
                places, _ = heights_at(x, y, asked.points)
                drawn["sketch"] = {"at": places.tolist(), "xaxis": "x", "yaxis": "y"}
            elif isinstance(asked, Number) and asked.axis in ("x", "y"):
                _mark_number(drawn, asked, {"your prediction": guess}, shown.mode)
        elif stage == TOLD and (result := own()) is not None:
            _mark(drawn, lesson, guess, result, shown.mode)
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


def _mark(frame: Frame, lesson: Lesson, guess: Any, result: Any, mode: Mode) -> None:
    """Put the prediction into the picture, and how far off it was."""
    asked, facts = lesson.prediction, lesson.facts(result)
    if isinstance(asked, Number):
        answer = float(facts["answer"])
        _mark_number(frame, asked, {"your prediction": float(guess), "measured": answer}, mode)
        return
    parts = parts_of(lesson, guess) or []
    if isinstance(asked, Sketch):
        x, y = asked.curve(result)
        _mark_curve(frame, heights_at(x, y, asked.points), np.array(parts), mode)
    elif isinstance(asked, Order):
        said = " < ".join(asked.things[key] for key in parts)
        truth = " < ".join(asked.things[key] for key in measured_order(asked, facts))
        _mark_text(frame, said, truth, mode)
    elif isinstance(asked, Choice):
        answer_key = asked.answer(facts)
        _mark_text(frame, asked.options[parts[0]], asked.options[answer_key], mode)


def _ends(frame: Frame, axis: str) -> tuple[float, float, bool]:
    """The ends of an axis as values, and whether it is logarithmic."""
    layout = frame["figure"]["layout"][f"{axis}axis"]
    low, high = layout["range"]
    logarithmic = layout.get("type") == "log"
    return (10.0**low, 10.0**high, True) if logarithmic else (float(low), float(high), False)


def _between(ends: tuple[float, float, bool], share: float) -> float:
    low, high, logarithmic = ends
    return float(low * (high / low) ** share if logarithmic else low + share * (high - low))


def _mark_number(frame: Frame, asked: Number, values: dict[str, float], mode: Mode) -> None:
    """A line across the picture for each value, with its name and the number."""
    if asked.axis == "path":
        _mark_steps(frame, asked, values, mode)
        return
    if not asked.axis:
        said = [f"{name}: {number_writer(asked)(value)}" for name, value in values.items()]
        entry: KeyEntry = {"text": listed(said), "mark": "star", "color": COLORS[mode]}
        frame["key"] = [*frame.get("key", []), entry]
        return
    along, across = _ends(frame, asked.axis), _ends(frame, "y" if asked.axis == "x" else "x")
    for (name, value), lift in zip(values.items(), LIFTS, strict=False):
        place = min(max(value, min(along[:2])), max(along[:2]))
        lines, text = [across[0], across[1]], _between(across, lift if asked.axis == "x" else 0.02)
        yours = name != "measured"
        color = COLORS[mode]
        shared = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, "meta": GIVEN}
        width = 4 if yours else 2
        stroke = {"color": color, "width": width}
        line = {**shared, "mode": "lines", "line": stroke | ({"dash": DASH} if yours else {})}
        label = {
            **shared,
            "mode": "text",
            "text": [f" {name}: {number_writer(asked)(value)} "],
            "textposition": _side(along, place, asked.axis),
            "textfont": {"size": LABEL_SIZE, "color": color, "shadow": halo(mode)},
            "cliponaxis": False,
        }
        if asked.axis == "x":
            line |= {"x": [place, place], "y": lines}
            label |= {"x": [place], "y": [text]}
        else:
            line |= {"x": lines, "y": [place, place]}
            label |= {"x": [text], "y": [_lifted(along, place, 0.04 if yours else -0.04)]}
        # On a map as well as on the page.
        ground = {
            **line,
            "line": {"color": PAPER[mode], "width": width + 5},
            "opacity": 0.8,
        }
        frame["figure"]["data"] += [ground, line, label]


def _lifted(ends: tuple[float, float, bool], value: float, share: float) -> float:
    """So much of the length of an axis above a value."""
    low, high, logarithmic = ends
    return float(value * (high / low) ** share if logarithmic else value + share * (high - low))


def _mark_steps(frame: Frame, asked: Number, values: dict[str, float], mode: Mode) -> None:
    """A mark on the way at each step: the first trace that has a point for each."""
    count = len(frame["steps"])
    ways = ([unpacked(trace[name]) for name in "xy"] for trace in frame["figure"]["data"])
    x, y = next(way for way in ways if len(way[0]) == count)
    color = COLORS[mode]
    shared = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, "cliponaxis": False}
    steps = [min(round(value), count - 1) for value in values.values()]
    places = {"x": [float(x[step]) for step in steps], "y": [float(y[step]) for step in steps]}
    said = [f" {name}: {number_writer(asked)(value)}" for name, value in values.items()]
    symbols = ["diamond" if name == "measured" else "star" for name in values]
    data = frame["figure"]["data"]
    data += [
        {
            **shared,
            **places,
            "mode": "markers",
            "marker": {"symbol": symbols, "size": 18, "color": color},
        },
        {
            **shared,
            **places,
            "mode": "text",
            "text": said,
            "textposition": "top right",
            "textfont": {"size": LABEL_SIZE, "color": [color] * len(said), "shadow": halo(mode)},
        },
    ]
    frame["names"] = [*frame.get("names", []), {"trace": len(data) - 1}]


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
    layout["annotations"] = []
    if "coloraxis" in layout:
        layout["coloraxis"]["colorbar"] = {**layout["coloraxis"]["colorbar"], "x": 1.02}
        layout["margin"] = {**layout["margin"], "r": COLOR_BAR}
    kept = [place for place, trace in enumerate(figure["data"]) if "visible" not in trace]
    frame["dots"] = [dot for dot in frame.get("dots", []) if dot["trace"] in kept]
    frame["lines"] = [line for line in frame.get("lines", []) if line["xaxis"] == "x"]
    frame["names"] = [item for item in frame.get("names", []) if item["trace"] in kept]
    key = frame.get("key", [])
    of_map = any("background" in entry for entry in key)
    frame["key"] = [entry for entry in key if not _is_elsewhere(entry, of_map=of_map)]
    frame["narrow"] = {"layout": {"margin": layout["margin"]}, "height": 340}


def _is_elsewhere(entry: KeyEntry, *, of_map: bool) -> bool:
    """Whether an entry of the key is about another panel: a curve beside a map, or an area."""
    return entry["mark"] == "square" or (of_map and "background" not in entry)


def _side(ends: tuple[float, float, bool], place: float, axis: str) -> str:
    """Where a name stands at its line: inside the plot."""
    if axis == "y":
        return "middle right"
    return "middle left" if place > _between(ends, 0.6) else "middle right"


def _mark_curve(frame: Frame, truth: tuple[Any, Any], guess: Any, mode: Mode) -> None:
    """The drawn curve, and where it is farthest from the measured one."""
    places, heights = truth
    worst = int(np.abs(np.log10(guess / heights)).argmax())
    shared = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, "meta": GIVEN}
    color = COLORS[mode]
    frame["figure"]["data"] += [
        {
            **shared,
            "mode": "lines",
            "x": packed(places),
            "y": packed(guess),
            "line": {"color": color, "width": 5, "dash": DASH},
        },
        {
            **shared,
            "mode": "lines",
            "x": [places[worst]] * 2,
            "y": [float(guess[worst]), float(heights[worst])],
            "line": {"color": color, "width": 2},
        },
        {
            **shared,
            "mode": "text",
            "x": [places[worst]],
            "y": [float(np.sqrt(guess[worst] * heights[worst]))],
            "text": [" largest gap "],
            "textposition": "middle left" if worst > len(places) / 2 else "middle right",
            "textfont": {"size": LABEL_SIZE, "color": color, "shadow": halo(mode)},
        },
    ]
    frame["key"] = [
        *frame.get("key", []),
        {"text": "your prediction", "mark": DASH, "color": color},
    ]


def _mark_text(frame: Frame, said: str, truth: str, mode: Mode) -> None:
    """What was said and what is so, above the picture."""
    right = "right" if said == truth else f"measured: {truth}"
    frame["key"] = [
        *frame.get("key", []),
        {"text": f"your prediction: {said} ({right})", "mark": "star", "color": COLORS[mode]},
    ]
