"""Anatomy of the bound: its terms over t, next to the errors, and each term's share of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dashboard.chart import Bound as ReadBound
from dashboard.chart import KeyEntry, Narrow, packed
from dashboard.kit.figure.axes import (
    NEARLY_ZERO,
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
from dashboard.kit.notation import TERM_NAMES, ratio
from dashboard.kit.theme import (
    AXIS_SIZE,
    FADED,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    halo,
    neutral,
    term_color,
)
from dashboard.screens.explore.figure.curves import POWER_SIZE
from hypergrad_core import METHODS, Curve
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import Bound, Term
from hypergrad_core.studies.anatomy import error_burn_in, jacobian_burn_in
from hypergrad_core.studies.dissection import Dissection

WHAT_IF_DASHES = ("3px,3px", "10px,3px,2px,3px", "14px,4px")
SHARP_DASH = "3px,3px"
# Of the height: the errors above, the shares below.
ERRORS, SHARES = [0.38, 1.0], [0.0, 0.26]
NARROW_HEIGHT = 620
# Of powers on the axis of errors, where the shares take their part of the height.
MOST_TICKS = 5
# Of the height: where the first name of a peak stands, and from one to the next.
PEAK_TOP, PEAK_GAP = 0.05, 0.085
# Of the height: below the lowest error.
GROUND = 0.04
# Of the width and of the height of the shares: what a name takes. A band without room for it is
# named in the key.
NAME_WIDTH, NAME_HEIGHT = 0.2, 0.24
# Places along the width at which a band is looked at.
LOOKED_AT = 101


@dataclass(frozen=True)
class TermStyle:
    """How a term is told from the others without its colour."""

    dash: str
    marker: str


TERM_STYLES: dict[str, TermStyle] = {
    "inner problem": TermStyle("5px,3px", "circle-open"),
    "drift": TermStyle("12px,3px,2px,3px", "cross"),
    "adjoint": TermStyle("16px,5px", "square-open"),
}


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


def bound_figure(found: Dissection, curve: Curve, what_if: dict[str, Bound], mode: Mode) -> Drawn:
    """The paper's bound of one curve, term by term.

    Args:
        found: the problem.
        curve: one of its experiment's curves.
        what_if: the same bound for other constants, by what is different.
        mode: light or dark.
    """
    drawn = Drawn()
    norm = found.experiment.constants.hypergradient_norm or 1.0
    steps = curve.steps.astype(np.float64)
    style = METHOD_STYLES[curve.method]
    color = style.color(mode)
    label = METHODS[curve.method].label
    rounding = curve.floor / norm
    error = curve.errors / norm
    ends = _Ends(float(steps[-1]), [], [], [])
    others = [other for other in found.experiment.curves if other.method != curve.method]
    measured = [error, *(other.errors / norm for other in others)]
    bounded = bool(np.isfinite(curve.paper.values).all())
    paper, sharp = curve.paper.values / norm, curve.sharp.values / norm
    # A term that is zero, as the drift is where no Jacobian changes, has no place in a picture.
    terms = [term for term in curve.paper.terms if bounded and term.values.any()]
    shown = [bound.values / norm for bound in what_if.values()]
    shown += [paper, sharp] if bounded else []
    marks = _marked_peaks(found, curve)
    low, high = _with_headroom(log_range(measured, shown, rounding=rounding), shown, len(marks))
    low = _with_ground(low, high, measured)

    for other in others:
        _other(drawn, other, norm, ends, mode)
    for term in terms:
        _term(drawn, steps, term, norm, rounding, ends, mode)
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
    _peaks(drawn, marks, (low, high), mode)
    _end_names(drawn, ends)
    outside = _shares(drawn, steps, terms, curve.paper.values, mode)
    for axis in ("y", "y2") if terms else ("y",):
        drawn.lines.append(
            {"xaxis": "x", "yaxis": axis, "along": "x", "by": 0, "at": packed(steps)}
        )
    drawn.key = [*_key(bounded, color, style.dash, mode), *outside]
    drawn.figure["layout"] = _layout(found, curve, width, (low, high), shares=bool(terms))
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


def _term(
    drawn: Drawn,
    steps: FloatArray,
    term: Term,
    norm: float,
    rounding: float,
    ends: _Ends,
    mode: Mode,
) -> None:
    """One term as a line of its own: on this axis the larger one is above."""
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
            "rounding": rounding,
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


def _shares(
    drawn: Drawn, steps: FloatArray, terms: list[Term], total: FloatArray, mode: Mode
) -> list[KeyEntry]:
    """What part of the bound each term is, on a linear axis: here area is size.

    Each name stands in its own band; entries of the key for those that have no room there.
    """
    if not terms:
        return []
    outside: list[KeyEntry] = []
    order = sorted(terms, key=lambda term: -float(term.values[-1]))
    height = np.zeros(len(steps))
    whole = np.where(total > 0, total, 1.0)
    names: dict[str, tuple[float, float]] = {}
    for place, term in enumerate(order):
        color, style = term_color(term.name, mode), TERM_STYLES[term.name]
        part = term.values / whole
        low, height = height, height + part
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"share of {term.name}",
                "x": packed(steps),
                "y": packed(height),
                "line": {"color": color, "width": 2, "dash": style.dash},
                "fill": "tonexty" if place else "tozeroy",
                "fillcolor": faded(color, 0.3),
                "yaxis": "y2",
                "showlegend": False,
            }
        )
        spot = _name_place(steps, low, height)
        if spot is None:
            text = f"{TERM_NAMES[term.name]} (share)"
            outside.append({"text": text, "mark": "area", "color": color})
        else:
            names[term.name] = spot
        card = TERM_NAMES[term.name].capitalize()
        reading = next(item for item in drawn.readings if item["name"] == card)
        share = drawn.hidden(100 * part)
        reading["bounds"].append({"name": "share (%)", "trace": share, "plain": True})
    # Not among the names that the chart keeps apart: bands do not overlap, and a name that is moved
    # may come to stand in another band.
    drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [x for x, _ in names.values()],
            "y": [y for _, y in names.values()],
            "text": [f"<b>{TERM_NAMES[name]}</b>" for name in names],
            "textposition": "middle center",
            "textfont": {
                "size": LABEL_SIZE,
                "color": [term_color(name, mode) for name in names],
                "shadow": halo(mode),
            },
            "yaxis": "y2",
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    return outside


def _name_place(steps: FloatArray, low: FloatArray, high: FloatArray) -> tuple[float, float] | None:
    """The middle of the highest room that a band has for the width of a name, if it is enough."""
    x = np.linspace(steps[0], steps[-1], LOOKED_AT)
    wide = 1 + round(NAME_WIDTH * (LOOKED_AT - 1))
    floor = sliding_window_view(np.interp(x, steps, low), wide).max(axis=1)
    ceiling = sliding_window_view(np.interp(x, steps, high), wide).min(axis=1)
    tall = ceiling - floor
    if tall.max() < NAME_HEIGHT:
        return None
    # The middle of what is as high as the highest, so that an even band is named in its middle.
    best = np.flatnonzero(tall >= 0.98 * tall.max())
    at = int(best[len(best) // 2])
    return float(x[at + wide // 2]), float((floor[at] + ceiling[at]) / 2)


def _marked_peaks(found: Dissection, curve: Curve) -> list[tuple[float, str]]:
    """Where ITD's error rises first, and where R14 says that it may: steps and what to write."""
    constants = found.experiment.constants
    if not METHODS[curve.method].whole or constants.contraction >= 1:
        return []
    peaks = []
    # Not how far they rise: that is from other values than the measured error rises from.
    for name, burn_in in (
        ("bound on ‖wₜ′(λ) − w′(λ)‖", jacobian_burn_in(constants)),
        ("paper’s bound", error_burn_in(constants)),
    ):
        if burn_in.rises and burn_in.peak_step <= curve.steps[-1]:
            peaks.append((burn_in.peak_step, f"{name} peaks at t = {burn_in.peak_step:.3g}"))
    measured = int(np.argmax(curve.errors))
    if measured > 0 and curve.errors[0] > 0:
        growth = ratio(float(curve.errors[measured] / curve.errors[0]))
        step = float(curve.steps[measured])
        peaks.append((step, f"measured error peaks at t = {step:.3g} ({growth} its first value)"))
    return peaks


def _with_headroom(
    exponents: tuple[float, float], shown: list[FloatArray], lines: int
) -> tuple[float, float]:
    """The axis with room for so many lines of text above all curves."""
    low, high = exponents
    if not lines:
        return low, high
    tallest = max(float(np.log10(values.max())) for values in shown if values.max() > 0)
    taken = PEAK_TOP + PEAK_GAP * lines
    return low, max(high, float(np.ceil((tallest - taken * low) / (1 - taken))))


def _with_ground(low: float, high: float, measured: list[FloatArray]) -> float:
    """The lower end of the axis, so that a level at which an error stays is not its edge."""
    seen = np.concatenate([values[values > 10**low] for values in measured])
    near = len(seen) > 0 and np.log10(seen.min()) - low < GROUND * (high - low)
    return low - 1 if near else low


def _peaks(
    drawn: Drawn, marks: list[tuple[float, str]], ends: tuple[float, float], mode: Mode
) -> None:
    """A line across at each peak, and what it is."""
    if not marks:
        return
    span = ends[1] - ends[0]
    tops = [10 ** (ends[1] - span * (PEAK_TOP + PEAK_GAP * row)) for row in range(len(marks))]
    for (step, _), top in zip(marks, tops, strict=True):
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [step, step],
                "y": [NEARLY_ZERO, top],
                "line": {"color": neutral(mode), "width": 2, "dash": "5px,4px"},
                "showlegend": False,
            }
        )
    trace = drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [step for step, _ in marks],
            "y": tops,
            "text": [f"  {text}" for _, text in marks],
            "textposition": "middle right",
            "textfont": {"size": LABEL_SIZE, "color": neutral(mode), "shadow": halo(mode)},
            "showlegend": False,
        }
    )
    drawn.names.append({"trace": trace})


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
    found: Dissection,
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
        "uirevision": f"{found.scenario.family} {curve.method}",
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
