"""Anatomy of the bound: its terms over t, next to the errors, and each term's share of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.chart import Bound as ReadBound
from dashboard.chart import KeyEntry, Narrow, packed
from dashboard.kit.figure.axes import (
    NEARLY_ZERO,
    POWER_SIZE,
    ROUNDING_DASH,
    ROUNDING_NAME,
    Plot,
    bound_traces,
    drawable,
    level_line,
    level_names,
    log_range,
)
from dashboard.kit.figure.drawn import Drawn, annotation
from dashboard.kit.notation import TERM_NAMES
from dashboard.kit.theme import (
    AXIS_SIZE,
    FADED,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    neutral,
    term_color,
)
from dashboard.screens.why.figure.peaks import marked_peaks, peaks, with_headroom
from dashboard.screens.why.figure.shares import TERM_STYLES, share_bands
from hypergrad_core import METHODS, Curve
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import Bound, Term
from hypergrad_core.studies.dissection import Dissection

WHAT_IF_DASHES = ("3px,3px", "10px,3px,2px,3px", "14px,4px")
SHARP_DASH = "3px,3px"
# Of the height: the errors above, the shares below.
ERRORS, SHARES = [0.38, 1.0], [0.0, 0.26]
NARROW_HEIGHT = 620
# Of powers on the axis of errors, where the shares take their part of the height.
MOST_TICKS = 5
# Of the height: below the lowest error.
GROUND = 0.04


@dataclass
class _Ends:
    """Names of lines at their right ends."""

    x: float
    names: list[str]
    y: list[float]
    colors: list[str]

    def add(self, name: str, values: FloatArray, color: str) -> None:
        self.names.append(name)
        self.y.append(max(float(values[-1]), NEARLY_ZERO))
        self.colors.append(color)


def bound_figure(
    dissection: Dissection, curve: Curve, what_if: dict[str, Bound], mode: Mode
) -> Drawn:
    """The paper's bound of one curve, term by term.

    Args:
        dissection: the problem.
        curve: one of its experiment's curves.
        what_if: the same bound for other constants, by what is different.
        mode: light or dark.
    """
    drawn = Drawn()
    norm = dissection.experiment.constants.hypergradient_norm or 1.0
    steps = curve.steps.astype(np.float64)
    style = METHOD_STYLES[curve.method]
    color = style.color(mode)
    label = METHODS[curve.method].label
    rounding = curve.floor / norm
    error = curve.errors / norm
    ends = _Ends(float(steps[-1]), [], [], [])
    others = [other for other in dissection.experiment.curves if other.method != curve.method]
    measured = [error, *(other.errors / norm for other in others)]
    bounded = bool(np.isfinite(curve.paper.values).all())
    paper, sharp = curve.paper.values / norm, curve.sharp.values / norm
    # A term that is zero, as the drift is where no Jacobian changes, has no place in a picture.
    terms = [term for term in curve.paper.terms if bounded and term.values.any()]
    shown = [bound.values / norm for bound in what_if.values()]
    shown += [paper, sharp] if bounded else []
    marks = marked_peaks(dissection, curve)
    low, high = with_headroom(log_range(measured, shown, rounding=rounding), shown, len(marks))
    low = _with_ground(low, high, measured)

    for other in others:
        _other(drawn, other, norm, ends, mode)
    for term in terms:
        _term(drawn, curve, term, norm, ends, mode)
    bounds: list[ReadBound] = []
    lines: list[tuple[str, FloatArray, dict[str, Any]]] = []
    if bounded:
        lines.append(("bound", paper, {"color": color, "width": 3, "dash": style.dash}))
        lines.append(("sharp", sharp, {"color": color, "width": 2, "dash": SHARP_DASH}))
        ends.add("paper’s bound", paper, color)
    for (name, bound), dash in zip(what_if.items(), WHAT_IF_DASHES, strict=False):
        lines.append(
            (name, bound.values / norm, {"color": neutral(mode), "width": 3, "dash": dash})
        )
        ends.add(f"if {name}", bound.values / norm, neutral(mode))
    for name, values, line in lines:
        whole, clear = bound_traces(steps, values, rounding, name=f"{label}, {name}", line=line)
        bounds.append({"name": name, "trace": drawn.add(whole)})
        drawn.add(clear)
    ends.add(label, error, color)
    main = drawn.add(_line(steps, error, label, {"color": color, "width": max(style.width, 4)}))
    drawn.add(_marks(steps, error, style.marker, color, 11))
    drawn.readings.insert(
        0,
        {
            "name": label,
            "color": color,
            "marker": style.marker,
            "trace": main,
            "bounds": bounds,
            "rounding": rounding,
        },
    )
    width = (0.0, max(float(steps[-1]), 1.0))
    drawn.add(level_line(width, rounding, mode, ROUNDING_DASH))
    curves = [(steps, values) for values in (*measured, *shown)]
    plot = Plot(width, (low, high), logarithmic=False)
    names = level_names(plot, {ROUNDING_NAME: rounding}, curves, mode)
    drawn.add(names)
    peaks(drawn, marks, (low, high), mode)
    _end_names(drawn, ends)
    outside = share_bands(drawn, steps, terms, curve.paper.values, mode)
    for axis in ("y", "y2") if terms else ("y",):
        drawn.lines.append(
            {"xaxis": "x", "yaxis": axis, "along": "x", "by": 0, "at": packed(steps)}
        )
    drawn.key = [*_key(bounded, color, style.dash, mode), *outside]
    drawn.figure["layout"] = _layout(dissection, curve, width, (low, high), shares=bool(terms))
    drawn.narrow = _narrow(shares=bool(terms))
    return drawn


def _line(x: FloatArray, y: FloatArray, name: str, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": packed(x),
        "y": drawable(y),
        "line": line,
        "showlegend": False,
    }


def _marks(x: FloatArray, y: FloatArray, symbol: str, color: str, size: int) -> dict[str, Any]:
    """A few markers along a line: the second cue beside its colour."""
    places = np.unique(np.linspace(0, len(x) - 1, 8)[:-1].round().astype(np.int64))
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(x[places]),
        "y": drawable(y[places]),
        "marker": {
            "color": color,
            "symbol": symbol,
            "size": size,
            "line": {"width": 2 if symbol.endswith("-open") else 0, "color": color},
        },
        "showlegend": False,
    }


def _other(drawn: Drawn, other: Curve, norm: float, ends: _Ends, mode: Mode) -> None:
    """The measured error of another method, pale: what the bound is not about."""
    style = METHOD_STYLES[other.method]
    values = other.errors / norm
    steps = other.steps.astype(np.float64)
    label = METHODS[other.method].label
    line = {"color": style.color(mode), "width": style.width}
    drawn.add({**_line(steps, values, f"{label}, error", line), "opacity": FADED})
    ends.add(label, values, style.color(mode))


def _term(drawn: Drawn, curve: Curve, term: Term, norm: float, ends: _Ends, mode: Mode) -> None:
    """One term as a line of its own: on this axis the larger one is above."""
    steps = curve.steps.astype(np.float64)
    color, style = term_color(term.name, mode), TERM_STYLES[term.name]
    values = term.values / norm
    line = {"color": color, "width": 2.5, "dash": style.dash}
    trace = drawn.add(_line(steps, values, term.name, line))
    drawn.add(_marks(steps, values, style.marker, color, 10))
    ends.add(TERM_NAMES[term.name], values, color)
    drawn.readings.append(
        {
            "name": TERM_NAMES[term.name].capitalize(),
            "label": "value",
            "color": color,
            "marker": style.marker,
            "trace": trace,
            "bounds": [],
            "rounding": curve.floor / norm,
            "bounding": True,
        }
    )


def _end_names(drawn: Drawn, ends: _Ends) -> None:
    """Each line's name at its end; the chart finds where it leaves the picture before that."""
    trace = drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [ends.x] * len(ends.names),
            "y": ends.y,
            "text": [f"  <b>{name}</b>" for name in ends.names],
            "textposition": "middle right",
            "textfont": {"size": LABEL_SIZE, "color": ends.colors},
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    drawn.names.append({"trace": trace})


def _with_ground(low: float, high: float, measured: list[FloatArray]) -> float:
    """The lower end of the axis, so that a level at which an error stays is not its edge."""
    seen = np.concatenate([values[values > 10**low] for values in measured])
    near = len(seen) > 0 and np.log10(seen.min()) - low < GROUND * (high - low)
    return low - 1 if near else low


def _key(bounded: bool, color: str, dash: str, mode: Mode) -> list[KeyEntry]:
    entries: list[KeyEntry] = [{"text": "measured", "mark": "solid", "color": color}]
    others: KeyEntry = {
        "text": "other methods, measured",
        "mark": "solid",
        "color": faded(neutral(mode), FADED),
    }
    if bounded:
        entries += [
            {"text": "paper’s bound", "mark": dash, "color": color},
            {"text": "sharp bound", "mark": SHARP_DASH, "color": color},
            {"text": "terms of the paper’s bound", "mark": "16px,5px"},
        ]
    return [*entries, others]


def _headings(y: list[float]) -> list[dict[str, Any]]:
    texts = ("<b>Error, bound and terms of the bound</b>", "<b>Shares of the paper’s bound</b>")
    return [annotation(text, 0, top, LABEL_SIZE) for text, top in zip(texts, y, strict=False)]


def _layout(
    dissection: Dissection,
    curve: Curve,
    width: tuple[float, float],
    exponents: tuple[float, float],
    *,
    shares: bool,
) -> dict[str, Any]:
    low, high = exponents
    layout: dict[str, Any] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 190, "t": 34, "b": 58},
        "showlegend": False,
        "annotations": _headings([ERRORS[1], SHARES[1]] if shares else [1.0]),
        "xaxis": {
            "range": list(width),
            "anchor": "y2" if shares else "y",
            "title": {"text": "Iterations t = k", "font": {"size": AXIS_SIZE}, "standoff": 6},
        },
        "yaxis": {
            "type": "log",
            "domain": ERRORS if shares else [0, 1],
            "range": [low, high],
            "dtick": max(1, math.ceil((high - low) / (MOST_TICKS if shares else 2 * MOST_TICKS))),
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
            "title": {"text": "Relative error", "font": {"size": AXIS_SIZE}},
        },
        "uirevision": f"{dissection.scenario.family} {curve.method}",
    }
    if shares:
        layout["yaxis2"] = {
            "domain": SHARES,
            "anchor": "x",
            "range": [0, 1],
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
            "title": {"text": "Share", "font": {"size": AXIS_SIZE}},
        }
    return layout


def _narrow(*, shares: bool) -> Narrow:
    """The same panels; the names at the ends take less of a small width."""
    return {
        "layout": {"margin": {"l": 70, "r": 165, "t": 34, "b": 58}},
        "height": NARROW_HEIGHT if shares else NARROW_HEIGHT // 2,
    }
