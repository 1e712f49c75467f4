"""Curves of a descent: what is lowered, against what is paid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dashboard.chart import Bound, KeyEntry, packed
from dashboard.kit.figure.axes import POWER_SIZE
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.theme import (
    AXIS_SIZE,
    BOUND_DASH,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
)
from dashboard.screens.descent.race import Run
from dashboard.screens.descent.settings import AGAINST, DescentView
from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.outer_steps import Descent, OuterStep

BLIND_DASH = "2px,5px"
PROVED: dict[Mode, str] = {"light": "#00A65A", "dark": "#3DDC84"}
# From here on f is drawn on a logarithmic axis: so many times the least is the largest.
LOGARITHMIC = 30.0

READ: dict[str, Callable[[OuterStep], float]] = {
    "objective": lambda step: step.objective,
    "gradient": lambda step: float(np.linalg.norm(step.true_hypergradient)),
    "error": lambda step: step.error,
    "angle": lambda step: step.angle,
    "accuracy": lambda step: step.accuracy,
}


def series(descent: Descent, height: str) -> FloatArray:
    """What is drawn of each step, shape (S,)."""
    return np.array([READ[height](step) for step in descent.steps])


def places(descent: Descent, against: str) -> FloatArray:
    """Where along the axis, shape (S,)."""
    if against == "steps":
        return np.arange(len(descent.steps), dtype=np.float64)
    return np.array([getattr(step, against) for step in descent.steps], dtype=np.float64)


def descent_curves(runs: Sequence[Run], view: DescentView, mode: Mode, height: str) -> Drawn:
    """A curve for each method, a thin one beside it for fixed steps at the same price.

    Args:
        runs: those that have arrived.
        view: what is drawn.
        mode: light or dark.
        height: what that is called.
    """
    drawn = Drawn()
    longest = max((len(run.descent.steps) for run in runs if run.descent), default=1)
    names: list[tuple[str, float, float, str]] = []
    for run in runs:
        _method(drawn, run, view, mode, longest, names)
    drawn.names.append({"trace": drawn.add(_names(names))})
    drawn.key = _key(view, mode)
    low, high, logarithmic = _range(runs, view)
    left = _left(low, high, logarithmic)
    narrow = {"margin": {"l": left - 18, "r": 96, "t": 14, "b": 54}}
    drawn.narrow = {"layout": narrow, "height": 320}
    heading = height + (", degrees" if view.height == "angle" else "")
    drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": left, "r": 130, "t": 14, "b": 58},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {
            "title": {"text": AGAINST[view.against], "font": {"size": AXIS_SIZE}},
            "range": _reach(runs, view),
            "tickangle": 0,
            "zeroline": False,
        },
        "yaxis": {
            "type": "log" if logarithmic else "linear",
            "range": [low, high],
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
            "title": {"text": heading, "font": {"size": AXIS_SIZE}, "standoff": 6},
            "zeroline": False,
        },
        "uirevision": f"{view.height} {view.against}",
    }
    return drawn


def _method(
    drawn: Drawn,
    run: Run,
    view: DescentView,
    mode: Mode,
    longest: int,
    names: list[tuple[str, float, float, str]],
) -> None:
    assert run.descent is not None
    style, label = METHOD_STYLES[run.method], METHODS[run.method].label
    color = style.color(mode)
    common = {"type": "scatter", "showlegend": False, "hoverinfo": "skip"}
    heights, x = series(run.descent, view.height), places(run.descent, view.against)

    def padded(values: FloatArray) -> Any:
        rest = np.full(longest - len(values), np.nan)
        return packed(np.concatenate([values, rest]))

    if run.blind is not None:
        drawn.add(
            {
                **common,
                "mode": "lines",
                "x": packed(places(run.blind, view.against)),
                "y": packed(series(run.blind, view.height)),
                "line": {"color": faded(color, 0.75), "width": 2, "dash": BLIND_DASH},
            }
        )
    proved = [step.proved for step in run.descent.steps]
    fills = [PROVED[mode] if item else color for item in proved]
    trace = drawn.add(
        {
            **common,
            "mode": "lines+markers",
            "name": label,
            "x": padded(x),
            "y": padded(heights),
            "line": {"color": color, "width": style.width},
            "marker": {
                "color": fills + [color] * (longest - len(fills)),
                "symbol": style.marker,
                "size": 11,
                "line": {"width": 2, "color": color},
            },
        }
    )
    bounds: list[Bound] = []
    told = bound_of(run.descent, view.height)
    if told is not None:
        bound = drawn.add(
            {
                **common,
                "mode": "lines",
                "x": padded(x),
                "y": padded(told),
                "line": {"color": color, "width": 2.5, "dash": style.dash},
            }
        )
        bounds.append({"name": "certified", "trace": bound})
    drawn.readings.append(
        {
            "name": label,
            "label": "measured",
            "color": color,
            "marker": style.marker,
            "trace": trace,
            "bounds": bounds,
        }
    )
    if np.isfinite(heights[-1]):
        names.append((f"<b>{label}</b>", float(x[-1]), float(heights[-1]), color))


def bound_of(descent: Descent, height: str) -> FloatArray | None:
    """What is certified of what is drawn, shape (S,); None if nothing is."""
    told = [step.certificate for step in descent.steps]
    if height == "error":
        values = np.array([certificate.bound for certificate in told])
    elif height == "objective":
        values = np.array([certificate.value + certificate.value_bound for certificate in told])
    else:
        return None
    return np.where(np.isfinite(values), values, np.nan)


def _names(names: Sequence[tuple[str, float, float, str]]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": packed([x for _, x, _, _ in names]),
        "y": packed([y for _, _, y, _ in names]),
        "text": [f"  {text}" for text, *_ in names],
        "textposition": "middle right",
        "textfont": {"size": LABEL_SIZE, "color": [color for *_, color in names]},
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _key(view: DescentView, mode: Mode) -> list[KeyEntry]:
    key: list[KeyEntry] = [{"text": "measured", "mark": "solid"}]
    if view.height in ("objective", "error"):
        key.append({"text": "certified: at most", "mark": BOUND_DASH})
    if view.rule == "certified":
        key.append({"text": "step with proof (green)", "mark": "solid", "color": PROVED[mode]})
        key.append({"text": "fixed steps, no more products", "mark": BLIND_DASH})
    return key


def _left(low: float, high: float, logarithmic: bool) -> int:
    """Pixels for the numbers and the name of the vertical axis: numbers far from 0 are long."""
    most = max(abs(low), abs(high))
    if logarithmic or not most:
        return 92
    figures = 2 + math.ceil(math.log10(most / (high - low)))
    power = 4 if most >= 1e4 or most < 1e-3 else 0
    return max(92, 40 + 10 * (figures + power))


def _range(runs: Sequence[Run], view: DescentView) -> tuple[float, float, bool]:
    """Ends of the vertical axis, exponents if it is logarithmic, and whether it is.

    What fixed steps reach below is in it; what they shoot up to is not.
    """
    values: list[float] = []
    for run in runs:
        assert run.descent is not None
        own = series(run.descent, view.height)
        own = own[np.isfinite(own)]
        values += own.tolist()
        told = bound_of(run.descent, view.height)
        if told is not None and view.height == "error":
            values += told[np.isfinite(told)].tolist()
        if run.blind is not None and len(own):
            beside = series(run.blind, view.height)
            values += beside[np.isfinite(beside) & (beside < own.max())].tolist()
    positive = [value for value in values if value > 0]
    if view.height == "accuracy":
        return 0.0, 1.0, False
    if view.height == "angle":
        return -2.0, max(10.0, 1.1 * max(values, default=90.0)), False
    if not positive:
        return (0.0, 1.0, False)
    least, most = min(positive), max(positive)
    if view.height == "objective" and most < LOGARITHMIC * least:
        room = 0.06 * (most - least) or 0.5 * most
        return least - room, most + room, False
    return math.floor(math.log10(least) - 0.05), math.ceil(math.log10(most) + 0.05), True


def _reach(runs: Sequence[Run], view: DescentView) -> list[float]:
    ends = [places(run.descent, view.against)[-1] for run in runs if run.descent is not None]
    if view.against == "steps" and any(run.rest is not None for run in runs):
        # It stays where it is while the picture fills.
        ends.append(float(view.steps))
    most = max(ends, default=1.0) or 1.0
    return [-0.02 * most, 1.02 * most]
