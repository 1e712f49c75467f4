"""The paper's Figure 1: four linked panels, error against t, mean and spread over values of λ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dashboard.chart import Figure, packed
from dashboard.theme import AXIS_SIZE, FONT, LABEL_SIZE, METHOD_STYLES, Mode, faded, neutral
from hypergrad_core.paper import Replication, Track

COLUMNS = 2
GAP = 0.09


def panel_title(run: Replication) -> str:
    """Family and data of a panel."""
    family = run.scenario.problem_family
    # What stands in brackets, the size of the data, would not fit above a panel.
    data = family.data[run.scenario.data].label.split(" (")[0]
    return f"{family.label} · {data}"


def paper_panels(runs: tuple[Replication, ...], mode: Mode) -> Figure:
    """Four panels whose horizontal axes move together; one legend for all."""
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "font": {"family": FONT, "size": AXIS_SIZE, "color": neutral(mode)},
        "margin": {"l": 78, "r": 16, "t": 84, "b": 56},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.075, "yanchor": "bottom"},
        "annotations": [],
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "uirevision": "paper",
    }
    named: set[str] = set()
    rows = math.ceil(len(runs) / COLUMNS)
    for place, run in enumerate(runs):
        suffix = "" if place == 0 else str(place + 1)
        x_domain = _share(place % COLUMNS, COLUMNS)
        y_domain = _share(rows - 1 - place // COLUMNS, rows)
        for track in run.tracks:
            data += _track(run, track, mode, suffix, shown=track.label not in named)
            named.add(track.label)
        data.append(_floor(run, mode, suffix))
        layout |= _axes(
            run, suffix, x_domain, y_domain, last=place >= len(runs) - COLUMNS, mode=mode
        )
        layout["annotations"].append(
            {
                "text": f"<b>{panel_title(run)}</b>",
                "font": {"size": LABEL_SIZE},
                "showarrow": False,
                "xref": "paper",
                "yref": "paper",
                "x": x_domain[0],
                "xanchor": "left",
                "y": y_domain[1],
                "yanchor": "bottom",
                "yshift": 4,
            }
        )
    return {"data": data, "layout": layout}


def _share(place: int, count: int) -> list[float]:
    width = (1 - GAP * (count - 1)) / count
    start = place * (width + GAP)
    return [start, start + width]


def _track(
    run: Replication, track: Track, mode: Mode, suffix: str, *, shown: bool
) -> list[dict[str, Any]]:
    """The band from the smallest to the largest error, and the mean over it."""
    style = METHOD_STYLES[track.method]
    color = style.color(mode)
    low, high = (np.maximum(edge, run.floor / 100) for edge in run.band(track))
    x = packed(run.steps.astype(np.float64))
    common = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "legendgroup": track.label,
    }
    edge = {**common, "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    held = track.adjoint_steps is not None
    return [
        {**edge, "y": packed(low)},
        {**edge, "y": packed(high), "fill": "tonexty", "fillcolor": faded(color, 0.14)},
        {
            **common,
            "name": track.label,
            "showlegend": shown,
            "y": packed(np.maximum(run.mean(track), run.floor / 100)),
            "line": {
                "color": color,
                "width": 2.5 if held else 4,
                "dash": "7px,4px" if held else "solid",
            },
            "hovertemplate": f"{track.label} %{{y:.1e}}<extra></extra>",
        },
    ]


def _floor(run: Replication, mode: Mode, suffix: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, int(run.steps[-1])],
        "y": [run.floor, run.floor],
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "line": {"color": neutral(mode), "width": 1.5, "dash": "2px,5px"},
        "name": "floating-point floor",
        "legendgroup": "floor",
        "showlegend": suffix == "",
        "hoverinfo": "skip",
    }


def _axes(
    run: Replication,
    suffix: str,
    x_domain: list[float],
    y_domain: list[float],
    *,
    last: bool,
    mode: Mode,
) -> dict[str, Any]:
    top = math.ceil(math.log10(max(float(run.errors.max()), 1e-300)) + 0.2)
    low = math.floor(math.log10(run.floor) - 0.5)
    x_axis: dict[str, Any] = {
        "domain": x_domain,
        "anchor": f"y{suffix}",
        "range": [0, int(run.steps[-1])],
    }
    grid = faded(neutral(mode), 0.25)
    x_axis["gridcolor"] = grid
    if suffix:
        x_axis["matches"] = "x"
    if last:
        x_axis["title"] = {"text": "t", "standoff": 4}
    return {
        f"xaxis{suffix}": x_axis,
        f"yaxis{suffix}": {
            "domain": y_domain,
            "anchor": f"x{suffix}",
            "type": "log",
            "range": [low, top],
            "dtick": max(1, round((top - low) / 6)),
            "exponentformat": "power",
            "gridcolor": grid,
        },
    }
