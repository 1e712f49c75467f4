"""The paper's Figure 1: four linked panels, error against t, mean and spread over values of λ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.figures.drawn import Drawn, annotation, shares, title
from dashboard.figures.error_curves import POWER_SIZE
from dashboard.theme import AXIS_SIZE, FONT, LABEL_SIZE, METHOD_STYLES, Mode, faded, neutral
from hypergrad_core import Scenario
from hypergrad_core.paper import Replication, Track

COLUMNS = 2
LETTERS = "abcd"
X_GAP, Y_GAP = 0.115, 0.15
MARKERS = 5
HELD_WIDTH = 2.5
MARKER_SIZE = 12
FLOOR_DASH = "2px,5px"
FLOOR_NAME = "floating-point floor"
# Exponents of the ends of the error axis of a panel that is not there yet.
EMPTY_RANGE = (-12, 0)


@dataclass(frozen=True)
class Look:
    """How a curve is drawn. With k held it is thin and dashed, and its markers are hollow.

    Attributes:
        color, width, dash: of the line.
        symbol: of the markers.
    """

    color: str
    width: float
    dash: str
    symbol: str

    @classmethod
    def of(cls, track: Track, mode: Mode) -> Look:
        """In the style of its method."""
        style = METHOD_STYLES[track.method]
        if track.adjoint_steps is None:
            return cls(style.color(mode), style.width, "solid", style.marker)
        return cls(style.color(mode), HELD_WIDTH, style.dash, f"{style.marker}-open")

    @property
    def line(self) -> dict[str, Any]:
        """As Plotly has it."""
        return {"color": self.color, "width": self.width, "dash": self.dash}

    @property
    def marker(self) -> dict[str, Any]:
        """As Plotly has it."""
        hollow = self.symbol.endswith("-open")
        edge = {"width": 2.5 if hollow else 0, "color": self.color}
        return {"color": self.color, "symbol": self.symbol, "size": MARKER_SIZE, "line": edge}


def panel_title(place: int, scenario: Scenario) -> str:
    """Letter, family and data of a panel."""
    family = scenario.problem_family
    # What stands in brackets, the size of the data, would not fit above a panel.
    data = family.data[scenario.data].label.split(" (")[0]
    return f"{LETTERS[place]} · {family.label} · {data}"


def all_tracks(runs: Sequence[Replication | None]) -> tuple[Track, ...]:
    """The curves of all panels, each once."""
    return tuple(dict.fromkeys(track for run in runs if run is not None for track in run.tracks))


def suffix_of(place: int) -> str:
    """What the axes of a panel are called by."""
    return str(place + 1) if place else ""


def paper_panels(
    scenarios: Sequence[Scenario],
    runs: Sequence[Replication | None],
    values: int,
    mode: Mode,
) -> Drawn:
    """Four panels that zoom together, with one cursor and one legend for all.

    Args:
        scenarios: the problem of each panel.
        runs: what came out, None where it is not there yet.
        values: how many λ the mean and the spread are over.
        mode: light or dark.
    """
    drawn = Drawn()
    tracks = all_tracks(runs)
    means: dict[Track, list[tuple[str, int]]] = {track: [] for track in tracks}
    for place, run in enumerate(runs):
        suffix = suffix_of(place)
        if run is None:
            # Without a trace its axes would not be drawn.
            drawn.add({**_entry(""), "showlegend": False, **_axes_of(suffix)})
            continue
        # All bands lie below all lines.
        for track in run.tracks:
            _band(run, track, mode, suffix, drawn)
        for track in run.tracks:
            means[track].append((LETTERS[place], _mean(run, track, mode, suffix, drawn)))
            _markers(run, track, mode, suffix, drawn)
        drawn.add(_floor(run, mode, suffix))
        drawn.cross(suffix, run.steps)
    for track in tracks:
        _read(drawn, track, means[track], Look.of(track, mode).color)
        drawn.add(_legend_entry(track, mode))
    if tracks:
        line = {"color": neutral(mode), "width": 2, "dash": FLOOR_DASH}
        drawn.add({**_entry(FLOOR_NAME), "mode": "lines", "line": line, "legendgroup": "floor"})
    drawn.figure["layout"] = _layout(scenarios, runs, values)
    return drawn


def _axes_of(suffix: str) -> dict[str, str]:
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def _band(run: Replication, track: Track, mode: Mode, suffix: str, drawn: Drawn) -> None:
    """From the smallest error to the largest."""
    color = Look.of(track, mode).color
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": packed(run.steps),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": track.label,
        **_axes_of(suffix),
    }
    low, high = run.band(track)
    drawn.add({**edge, "y": packed(low)})
    drawn.add({**edge, "y": packed(high), "fill": "tonexty", "fillcolor": faded(color, 0.12)})


def _mean(run: Replication, track: Track, mode: Mode, suffix: str, drawn: Drawn) -> int:
    """The geometric mean; the index of its trace."""
    return drawn.add(
        {
            "type": "scatter",
            "mode": "lines",
            "name": track.label,
            "x": packed(run.steps),
            "y": packed(run.mean(track)),
            "line": Look.of(track, mode).line,
            "hovertemplate": f"{track.label} %{{y:.2e}}<extra></extra>",
            "showlegend": False,
            "legendgroup": track.label,
            **_axes_of(suffix),
        }
    )


def _markers(run: Replication, track: Track, mode: Mode, suffix: str, drawn: Drawn) -> None:
    """A few markers along the line: the second cue beside its colour."""
    # Each curve starts at another place, so that coinciding lines all show their markers.
    shift = (run.tracks.index(track) + 0.5) / len(run.tracks)
    last = len(run.steps) - 1
    places = ((np.arange(MARKERS) + shift) / MARKERS * last).round().astype(np.int64)
    drawn.add(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(run.steps[places]),
            "y": packed(run.mean(track)[places]),
            "marker": Look.of(track, mode).marker,
            "hoverinfo": "skip",
            "showlegend": False,
            "legendgroup": track.label,
            **_axes_of(suffix),
        }
    )


def _floor(run: Replication, mode: Mode, suffix: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, int(run.steps[-1])],
        "y": [run.floor, run.floor],
        "line": {"color": neutral(mode), "width": 2, "dash": FLOOR_DASH},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": "floor",
        **_axes_of(suffix),
    }


def _entry(name: str) -> dict[str, Any]:
    """A trace that is in the legend alone."""
    return {"type": "scatter", "name": name, "x": [None], "y": [None], "hoverinfo": "skip"}


def _legend_entry(track: Track, mode: Mode) -> dict[str, Any]:
    """Line and marker of a curve."""
    look = Look.of(track, mode)
    return {
        **_entry(track.label),
        "mode": "lines+markers",
        "line": look.line,
        "marker": look.marker,
        "legendgroup": track.label,
    }


def _read(drawn: Drawn, track: Track, means: list[tuple[str, int]], color: str) -> None:
    """A card of one curve: its mean error in each panel."""
    (letter, first), *others = means
    bounds = []
    for name, trace in others:
        # A value that is read at a trace of its own gets no second mark.
        values = drawn.figure["data"][trace]
        hidden = {"visible": False, "x": values["x"], "y": values["y"]}
        series = drawn.add({"type": "scatter", "mode": "lines", **hidden})
        bounds.append({"name": name, "trace": series, "plain": True})
        drawn.dots.append({"trace": trace, "color": color, "by": 0})
    drawn.readings.append(
        {"name": track.label, "label": letter, "color": color, "trace": first, "bounds": bounds}  # type: ignore[typeddict-item]
    )


def _layout(
    scenarios: Sequence[Scenario], runs: Sequence[Replication | None], values: int
) -> dict[str, Any]:
    first = scenarios[0]
    parts = (
        "Figure 1 of the paper",
        f"q = {first.contraction:g}",
        f"{values} values of λ: mean, and smallest to largest",
        f"seed {first.seed}",
    )
    layout: dict[str, Any] = {
        "title": title(" · ".join(parts), LABEL_SIZE),
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 84, "r": 16, "t": 112, "b": 54},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 0.945,
            "yref": "container",
            "yanchor": "top",
            "itemwidth": 44,
            "font": {"size": LABEL_SIZE},
        },
        "annotations": [],
        "uirevision": f"{' '.join(f'{item.family} {item.data}' for item in scenarios)} "
        f"{first.horizon}",
    }
    rows = math.ceil(len(scenarios) / COLUMNS)
    for place, (scenario, run) in enumerate(zip(scenarios, runs, strict=True)):
        x_domain = shares(COLUMNS, X_GAP)[place % COLUMNS]
        y_domain = shares(rows, Y_GAP)[rows - 1 - place // COLUMNS]
        suffix = suffix_of(place)
        last = place >= len(scenarios) - COLUMNS
        layout |= _axes(scenario, run, suffix, x_domain, y_domain, last=last)
        name = f"<b>{panel_title(place, scenario)}</b>"
        layout["annotations"].append(annotation(name, x_domain[0], y_domain[1], LABEL_SIZE))
        if run is None:
            layout["annotations"].append(_placeholder(x_domain, y_domain))
    return layout


def _placeholder(x_domain: list[float], y_domain: list[float]) -> dict[str, Any]:
    """In the middle of a panel that is empty."""
    return annotation(
        "not computed yet",
        sum(x_domain) / 2,
        sum(y_domain) / 2,
        LABEL_SIZE,
        xanchor="center",
        yanchor="middle",
    )


def _axes(
    scenario: Scenario,
    run: Replication | None,
    suffix: str,
    x_domain: list[float],
    y_domain: list[float],
    *,
    last: bool,
) -> dict[str, Any]:
    low, top = EMPTY_RANGE
    if run is not None:
        top = math.ceil(math.log10(max(float(run.errors.max()), 1e-300)) + 0.2)
        low = math.floor(math.log10(run.floor) - 0.5)
    named = {"font": {"size": AXIS_SIZE}, "standoff": 4}
    return {
        f"xaxis{suffix}": {
            "domain": x_domain,
            "anchor": f"y{suffix}",
            "range": [0, scenario.horizon],
            **({"matches": "x"} if suffix else {}),
            **({"title": {**named, "text": "Inner steps t"}} if last else {}),
        },
        f"yaxis{suffix}": {
            "domain": y_domain,
            "anchor": f"x{suffix}",
            "type": "log",
            "range": [low, top],
            "dtick": max(1, round((top - low) / 5)),
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
            "title": {**named, "text": "Relative error"},
        },
    }
