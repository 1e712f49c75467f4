"""Marks and names on the curves: where each method meets the target, and which curve is whose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.chart import KeyEntry, packed
from dashboard.kit.figure.axes import Plot, drawable
from dashboard.kit.notation import count, scientific
from dashboard.kit.theme import LABEL_SIZE, METHOD_STYLES, Mode
from dashboard.screens.explore.figure.lines import Line

# Markers along a curve: the second cue beside its colour.
ALONG = 7
# So many methods have their markers evenly apart; those of more stand between them.
APART = 8
# Of the width of the plot: marks that are nearer than this stand on top of each other.
MARK_WIDTH = 0.022
# Of the height of the plot: from the middle of a mark to that of the next one.
MARK_HEIGHT = 0.058
KINDS = ("measured", "predicted", "beyond")
# Of a pale line in the key, on a light page and on a dark one.
PALE = "rgba(128, 128, 128, 0.6)"
# Room between the end of a curve and its name.
INDENT = "  "


def shift(method: str) -> float:
    """Where the markers of a method start, from 0 to 1 of the way from one to the next.

    Each has a place of its own, so that coinciding lines all show their markers, and keeps it
    however many methods there are.
    """
    rounds, place = divmod(list(METHOD_STYLES).index(method), APART)
    return (place + rounds / (rounds + 1)) / APART


def along(line: Line, mode: Mode) -> dict[str, Any]:
    """A few markers along the measured line."""
    starts = (np.arange(ALONG) + shift(line.method)) / ALONG
    places = np.unique((starts * (len(line.x) - 1)).round().astype(np.int64))
    return {
        "type": "scatter",
        "mode": "markers",
        "legendgroup": line.method,
        "showlegend": False,
        "x": packed(line.x[places]),
        "y": drawable(line.error[places]),
        "marker": {
            "color": line.style.color(mode),
            "symbol": line.style.marker,
            "size": 11,
            "line": {"width": 0},
        },
        "hoverinfo": "skip",
    }


def crossings(
    lines: tuple[Line, ...], target: float, plot: Plot, mode: Mode, *, steps: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Where each method meets the target: filled as measured, hollow as its bound predicts.

    Marks that would lie on each other are stacked around the target. What is predicted beyond the
    horizon stands at the right edge, its step in the margin beside it.

    Returns:
        the marks, and the names of those at the edge.
    """
    x = {kind: np.full(len(lines), np.nan) for kind in KINDS}
    for number, line in enumerate(lines):
        if line.crossing.index is not None:
            x["measured"][number] = line.x[line.crossing.index]
        if line.predicted is not None:
            x["predicted"][number] = line.x[line.predicted]
        if line.beyond is not None:
            x["beyond"][number] = plot.ends[1]
    places = plot.place(np.concatenate([x[kind] for kind in KINDS]))
    heights = np.array([plot.lifted(target, lift) for lift in _stacked(places.tolist())])
    traces = []
    for kind, y in zip(KINDS, np.split(heights, len(KINDS)), strict=True):
        colors = [line.style.color(mode) for line in lines]
        open_ = "" if kind == "measured" else "-open"
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"{kind} at ε",
                "x": packed(x[kind]),
                "y": packed(y),
                "marker": {
                    "symbol": [line.style.marker + open_ for line in lines],
                    "color": colors,
                    "size": 17,
                    "line": {"width": 3, "color": colors},
                },
                "hoverinfo": "skip",
                "cliponaxis": False,
                "showlegend": False,
            }
        )
    numbers = ["" if line.beyond is None else _number(line.beyond, steps) for line in lines]
    edge = traces[-1]
    return traces, _names(lines, edge["x"], edge["y"], [f" {INDENT}{n}" for n in numbers], mode)


def _stacked(places: Sequence[float]) -> list[float]:
    """How far each mark is lifted, of the height of the plot, so that none lies on another."""
    lifts = [0.0] * len(places)
    order = sorted(
        (number for number, place in enumerate(places) if math.isfinite(place)),
        key=lambda number: (places[number], number),
    )
    stack: list[int] = []
    for number in order:
        if stack and places[number] - places[stack[-1]] > MARK_WIDTH:
            stack = []
        stack.append(number)
        for floor, member in enumerate(sorted(stack)):
            # The first method on top, as in the table.
            lifts[member] = ((len(stack) - 1) / 2 - floor) * MARK_HEIGHT
    return lifts


def _number(step: int, steps: bool) -> str:
    number = count(step) if step < 10**5 else scientific(step)
    # On an axis of costs a number alone would be read as a cost.
    return f"{number} →" if steps else f"{number} steps →"


def end_names(lines: tuple[Line, ...], plot: Plot, mode: Mode) -> dict[str, Any]:
    """The name of each method at the end of its line."""
    low, high = (10**exponent for exponent in plot.y)
    return _names(
        lines,
        packed([line.x[-1] for line in lines]),
        packed([min(max(float(line.error[-1]), low), high) for line in lines]),
        [f"{INDENT}<b>{line.label}</b>" for line in lines],
        mode,
    )


def _names(lines: tuple[Line, ...], x: Any, y: Any, text: list[str], mode: Mode) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": y,
        "text": text,
        "textposition": "middle right",
        "textfont": {
            "size": LABEL_SIZE,
            "color": [line.style.color(mode) for line in lines],
        },
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def key_of(lines: tuple[Line, ...], bound: str, horizon: int) -> list[KeyEntry]:
    """What the kinds of marks mean that are in the picture."""
    bounded = [line for line in lines if line.bounds]
    alone = bool(bounded) and len(bounded) < len(lines)
    only = f" (of {bounded[0].label} only)" if alone else ""
    entries: list[KeyEntry] = [{"text": "measured", "mark": "solid"}]
    names = {"paper": f"paper’s bound{only}", "sharp": f"sharp bound{only}"}
    marks = {"paper": "10px,5px", "sharp": "3px,3px"}
    drawn = bounded[0].bounds if bounded else {}
    entries += [{"text": names[name], "mark": marks[name]} for name in names if name in drawn]
    if alone:
        entries[-1]["hint"] = "press the card of another method to see its bounds"
    if any((values < line.rounding).any() for line in bounded for values in line.bounds.values()):
        mark = next(marks[name] for name in marks if name in drawn)
        entries.append({"text": "pale bound: less than rounding", "mark": mark, "color": PALE})
    reached = sum(line.crossing.index is not None for line in lines)
    if reached:
        moved = " (marks that would overlap stand above each other)" if reached > 1 else ""
        entries.append({"text": f"error reaches ε{moved}", "mark": "square"})
    if bounded:
        late = f" (→ after T = {horizon})" if any(line.beyond for line in lines) else ""
        who = "sharp" if bound == "sharp" else "paper’s"
        entries.append({"text": f"{who} bound reaches ε{late}", "mark": "square-open"})
    return entries
