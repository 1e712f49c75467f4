"""What was predicted and what was measured, marked on the picture and named in its key.

Names stand in the key and not in the plot: there they would lie on curves, on stars or on a map.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.chart import Frame, KeyEntry, packed, unpacked
from dashboard.kit.theme import Mode
from dashboard.lessons.lecture.lesson import Choice, Facts, Lesson, Number, Order, Sketch
from dashboard.screens.lecture.settings import number_writer, parts_of
from dashboard.screens.lecture.words import heights_at, measured_order

GIVEN = "given"
"""What is ``meta`` of a trace that may be seen before the prediction."""
YOURS, MEASURED = "your prediction", "measured"
COLORS = {"light": "#7A0F5C", "dark": "#FFB3E6"}
"""Of what the visitor said: no method has it."""
PAPER = {"light": "#FFFFFF", "dark": "#0F1319"}
DASHES = {YOURS: "2px,6px", MEASURED: "solid"}
WIDTHS = {YOURS: 4, MEASURED: 2}
SYMBOLS = {YOURS: "star", MEASURED: "diamond"}
MARGIN = 0.03
"""Share of an axis that is left beyond a mark outside its ends."""
SHARED = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, "meta": GIVEN}


def mark(frame: Frame, lesson: Lesson, guess: Any, result: Any, mode: Mode) -> None:
    """Put a prediction into the picture, and what was measured."""
    asked, facts = lesson.prediction, lesson.facts(result)
    if isinstance(asked, Number):
        mark_number(
            frame, asked, {YOURS: float(guess), MEASURED: float(facts["answer"])}, facts, mode
        )
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
        _mark_text(frame, asked.options[parts[0]], asked.options[asked.answer(facts)], mode)


def mark_number(
    frame: Frame, asked: Number, values: dict[str, float], facts: Facts, mode: Mode
) -> None:
    """A line across the picture or a point on it for each value; without a place, words."""
    if asked.axis in ("x", "y"):
        _mark_lines(frame, asked.axis, values, mode)
        marks = DASHES
    elif asked.axis:
        places = _on_path if asked.axis == "path" else _above
        frame["figure"]["data"].append(_points(places(frame, values, facts), values, mode))
        marks = SYMBOLS
    else:
        marks = dict.fromkeys(values, "")
    frame["key"] = [
        *frame.get("key", []),
        *(
            KeyEntry(
                text=f"{name}: {number_writer(asked)(value)}", mark=marks[name], color=COLORS[mode]
            )
            for name, value in values.items()
        ),
    ]


def _ends(frame: Frame, axis: str) -> list[float]:
    """The ends of an axis, as values."""
    layout = frame["figure"]["layout"][f"{axis}axis"]
    ends = [float(end) for end in layout["range"]]
    return [10.0**end for end in ends] if layout.get("type") == "log" else ends


def _make_room(frame: Frame, axis: str, values: list[float]) -> None:
    """Let an axis reach as far as what is marked on it."""
    layout = frame["figure"]["layout"][f"{axis}axis"]
    low, high = layout["range"]
    ends = np.log10(values) if layout.get("type") == "log" else np.array(values)
    margin = MARGIN * (high - low)
    if ends.min() < low:
        low = float(ends.min()) - margin
    if ends.max() > high:
        high = float(ends.max()) + margin
    layout["range"] = [low, high]


def _mark_lines(frame: Frame, axis: str, values: dict[str, float], mode: Mode) -> None:
    other = "y" if axis == "x" else "x"
    _make_room(frame, axis, list(values.values()))
    across = _ends(frame, other)
    for name, value in values.items():
        line = {**SHARED, "mode": "lines", axis: [value, value], other: across}
        stroke = {"color": COLORS[mode], "width": WIDTHS[name], "dash": DASHES[name]}
        # To be seen on a map as well as on the page.
        ground = {"color": PAPER[mode], "width": WIDTHS[name] + 5}
        frame["figure"]["data"] += [
            {**line, "line": ground, "opacity": 0.8},
            {**line, "line": stroke},
        ]


Places = list[tuple[float, float]]


def _on_path(frame: Frame, values: dict[str, float], facts: Facts) -> Places:
    """On the way that the picture shows: the first trace that has a point for each step."""
    count = len(frame["steps"])
    ways = ([unpacked(trace[name]) for name in "xy"] for trace in frame["figure"]["data"])
    x, y = next(way for way in ways if len(way[0]) == count)
    steps = [min(round(value), count - 1) for value in values.values()]
    return [(float(x[step]), float(y[step])) for step in steps]


def _above(frame: Frame, values: dict[str, float], facts: Facts) -> Places:
    """So many times the height of a point."""
    return [(float(facts["at"]), float(facts["base"]) * value) for value in values.values()]


def _points(places: Places, values: dict[str, float], mode: Mode) -> dict[str, Any]:
    return {
        **SHARED,
        "mode": "markers",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "marker": {
            "symbol": [SYMBOLS[name] for name in values],
            "size": 18,
            "color": COLORS[mode],
            "line": {"color": PAPER[mode], "width": 1.5},
        },
        "cliponaxis": False,
    }


def _mark_curve(frame: Frame, truth: tuple[Any, Any], guess: Any, mode: Mode) -> None:
    """The drawn curve, and where it is farthest from the measured one."""
    places, heights = truth
    worst = int(np.abs(np.log10(guess / heights)).argmax())
    color = COLORS[mode]
    frame["figure"]["data"] += [
        {
            **SHARED,
            "mode": "lines",
            "x": packed(places),
            "y": packed(guess),
            "line": {"color": color, "width": 5, "dash": DASHES[YOURS]},
        },
        {
            **SHARED,
            "mode": "lines",
            "x": [places[worst]] * 2,
            "y": [float(guess[worst]), float(heights[worst])],
            "line": {"color": color, "width": 2},
        },
    ]
    frame["key"] = [
        *frame.get("key", []),
        {"text": YOURS, "mark": DASHES[YOURS], "color": color},
        {"text": "the largest gap", "mark": "solid", "color": color},
    ]


def _mark_text(frame: Frame, said: str, truth: str, mode: Mode) -> None:
    """What was said and what is so, above the picture."""
    right = "right" if said == truth else f"{MEASURED}: {truth}"
    frame["key"] = [
        *frame.get("key", []),
        {"text": f"{YOURS}: {said} ({right})", "mark": "", "color": COLORS[mode]},
    ]
