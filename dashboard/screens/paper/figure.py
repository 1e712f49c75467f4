"""The paper's Figure 1: four linked panels, error against t, mean and spread over values of λ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.chart import Bound, KeyEntry, Narrow, packed
from dashboard.kit.figure.axes import (
    POWER_SIZE,
    ROUNDING_DASH,
    ROUNDING_NAME,
    level_line,
    log_range,
)
from dashboard.kit.figure.drawn import Drawn, annotation, shares
from dashboard.kit.theme import AXIS_SIZE, FONT, LABEL_SIZE, METHOD_STYLES, Mode, faded, neutral
from hypergrad_core import Scenario
from hypergrad_core.studies.replication import RESOLUTION, Replication, Track

COLUMNS = 2
LETTERS = "abcd"
X_GAP, Y_GAP = 0.115, 0.2
# In one column, a panel below another.
NARROW_GAP = 0.085
NARROW_HEIGHT = 1080
# The names stand to the left, and above the number at the upper end of the axis.
NAME_SHIFT, NAME_LIFT = -64, 15
MARKERS = 5
PLAIN_KEY = "thin: ITD and AID-FP on the plain map (thick ITD: unrolls heavy ball)"
HELD_WIDTH = 2.5
PLAIN_WIDTH = 1.5
MARKER_SIZE = 12
# Exponents of the ends of the error axis of a panel that is not there yet.
EMPTY_RANGE = (-12, 0)
MOST_TICKS = 5


@dataclass(frozen=True)
class Look:
    """How a curve is drawn. With k held it is thin and dashed, and its markers are hollow.

    On the plain map it is a thin line without markers: it is there for a comparison alone.

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
        if track.plain:
            return cls(style.color(mode), PLAIN_WIDTH, "solid", style.marker)
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
    data = scenario.data_set.label.split(" (")[0]
    return f"{LETTERS[place]} · {family.label}, {data[0].lower()}{data[1:]}"


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
    """Four panels that zoom together, with one cursor and one key for all.

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
            empty = {"type": "scatter", "mode": "lines", "x": [None], "y": [None]}
            drawn.add({**empty, **_axes_of(suffix)})
            continue
        # All bands lie below all lines.
        for track in run.tracks:
            if not track.plain:
                _band(run, track, mode, suffix, drawn)
        for track in run.tracks:
            means[track].append((LETTERS[place], _mean(run, track, mode, suffix, drawn)))
            if not track.plain:
                _markers(run, track, mode, suffix, drawn)
        ends = (0, int(run.steps[-1]))
        drawn.add({**level_line(ends, run.floor, mode, ROUNDING_DASH), **_axes_of(suffix)})
        drawn.cross(suffix, run.steps)
    for track in tracks:
        if not track.plain:
            _read(drawn, track, means[track], Look.of(track, mode))
    drawn.key = _key(runs, values, mode)
    drawn.figure["layout"] = _layout(scenarios, runs)
    drawn.narrow = _narrow(scenarios, runs)
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
            **_axes_of(suffix),
        }
    )


def _key(runs: Sequence[Replication | None], values: int, mode: Mode) -> list[KeyEntry]:
    """What each curve and each kind of line is."""
    tracks = all_tracks(runs)
    if not tracks:
        return []
    key: list[KeyEntry] = []
    for track in tracks:
        if not track.plain:
            look = Look.of(track, mode)
            key.append({"text": track.label, "mark": look.symbol, "color": look.color})
    if any(track.plain for track in tracks):
        # The panels of heavy ball show ITD twice, and the claims are about the thin pair.
        key.append({"text": PLAIN_KEY, "mark": "solid"})
    key.append({"text": f"smallest to largest error over {values} λ", "mark": "area"})
    if any(run.floor > 10 ** _error_range(run)[0] for run in runs if run is not None):
        key.append({"text": ROUNDING_NAME, "mark": ROUNDING_DASH, "color": neutral(mode)})
    return key


def _read(drawn: Drawn, track: Track, means: list[tuple[str, int]], look: Look) -> None:
    """A card of one curve: its mean error in each panel."""
    (letter, first), *others = means
    bounds: list[Bound] = []
    for name, trace in others:
        # A value that is read at a trace of its own gets no second mark.
        values = drawn.figure["data"][trace]
        hidden = {"visible": False, "x": values["x"], "y": values["y"]}
        series = drawn.add({"type": "scatter", "mode": "lines", **hidden})
        bounds.append({"name": name, "trace": series, "plain": True})
        drawn.dots.append({"trace": trace, "color": look.color, "by": 0})
    drawn.readings.append(
        {
            "name": track.label,
            "label": letter,
            "color": look.color,
            "marker": look.symbol,
            "trace": first,
            "bounds": bounds,
        }
    )


def _layout(scenarios: Sequence[Scenario], runs: Sequence[Replication | None]) -> dict[str, Any]:
    rows = math.ceil(len(scenarios) / COLUMNS)
    across, down = shares(COLUMNS, X_GAP), shares(rows, Y_GAP)
    domains = [
        (across[place % COLUMNS], down[rows - 1 - place // COLUMNS])
        for place in range(len(scenarios))
    ]
    names = " ".join(f"{item.family} {item.data}" for item in scenarios)
    return {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 84, "r": 16, "t": 44, "b": 58},
        "showlegend": False,
        "uirevision": f"{names} {scenarios[0].horizon}",
        **_panels(scenarios, runs, domains, titled=range(len(scenarios) - COLUMNS, len(scenarios))),
    }


def _narrow(scenarios: Sequence[Scenario], runs: Sequence[Replication | None]) -> Narrow:
    """One panel below another."""
    count = len(scenarios)
    down = shares(count, NARROW_GAP)
    domains = [([0.0, 1.0], down[count - 1 - place]) for place in range(count)]
    layout = {
        "margin": {"l": 76, "r": 22, "t": 44, "b": 54},
        **_panels(scenarios, runs, domains, titled=[count - 1]),
    }
    return {"layout": layout, "height": NARROW_HEIGHT}


def _panels(
    scenarios: Sequence[Scenario],
    runs: Sequence[Replication | None],
    domains: Sequence[tuple[list[float], list[float]]],
    titled: Sequence[int],
) -> dict[str, Any]:
    """Axes and names of the panels; those of ``titled`` name their x axis."""
    layout: dict[str, Any] = {"annotations": []}
    for place, (scenario, run) in enumerate(zip(scenarios, runs, strict=True)):
        x_domain, y_domain = domains[place]
        layout |= _axes(scenario, run, suffix_of(place), x_domain, y_domain, place in titled)
        family, _, data = panel_title(place, scenario).partition(",")
        name = f"<b>{family}</b>,{data}"
        # A long name begins over the numbers of the axis, where there is room for it.
        layout["annotations"].append(
            annotation(
                name, x_domain[0], y_domain[1], LABEL_SIZE, xshift=NAME_SHIFT, yshift=NAME_LIFT
            )
        )
        if run is None:
            layout["annotations"].append(_placeholder(x_domain, y_domain))
    return layout


def _error_range(run: Replication) -> tuple[float, float]:
    """Exponents of the ends of the error axis of a panel."""
    return log_range([np.maximum(run.errors, RESOLUTION)])


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
    titled: bool,
) -> dict[str, Any]:
    low, top = EMPTY_RANGE if run is None else _error_range(run)
    named = {"font": {"size": AXIS_SIZE}, "standoff": 4}
    return {
        f"xaxis{suffix}": {
            "domain": x_domain,
            "anchor": f"y{suffix}",
            "range": [0, scenario.horizon],
            **({"matches": "x"} if suffix else {}),
            "title": {**named, "text": "Inner steps t" if titled else ""},
        },
        f"yaxis{suffix}": {
            "domain": y_domain,
            "anchor": f"x{suffix}",
            "type": "log",
            "range": [low, top],
            "dtick": max(1, math.ceil((top - low) / MOST_TICKS)),
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
            "title": {**named, "text": "Relative error"},
        },
    }
