"""Two dimensions: where the iterates w_t and the adjoint iterates v_k go, over contours."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.figures.drawn import Drawn, annotation, shares
from dashboard.figures.error_curves import describe
from dashboard.theme import AXIS_SIZE, FONT, LABEL_SIZE, METHOD_STYLES, Mode, Style, neutral
from hypergrad_core import METHODS
from hypergrad_core.dissection import Dissection, Plane2D
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import FloatArray

# The lower level belongs to no method.
LOWER_LEVEL = Style("#16191F", "#F0F2F6", "solid", "circle", 3.5)
CONTOUR_POINTS = 61
CONTOURS = 12
ROOM = 1.15


def plane_figure(found: Dissection, mode: Mode) -> Drawn:
    """The lower level on the left, the adjoint of every method on the right."""
    drawn = Drawn()
    left, right = shares(2, 0.13)
    w_path = found.plane.coordinates(found.gaps)
    v_paths = [found.adjoint_plane.coordinates(run.errors) for run in found.runs]
    ranges = [_ranges([w_path]), _ranges(v_paths)]
    drawn.add(_contours(found.plane, ranges[0], "", mode))
    drawn.add(_contours(found.adjoint_plane, ranges[1], "2", mode))
    _path(drawn, w_path, LOWER_LEVEL, "", mode)
    drawn.readings.append(
        {
            "name": "Lower level",
            "label": "distance",
            "color": LOWER_LEVEL.color(mode),
            "trace": drawn.hidden(row_norms(found.gaps)),
            "bounds": [],
        }
    )
    for run, path in zip(found.runs, v_paths, strict=True):
        style = METHOD_STYLES[run.method]
        _path(drawn, path, style, "2", mode)
        forced = " (does not apply)" if run.forced else ""
        drawn.readings.append(
            {
                "name": METHODS[run.method].label + forced,
                "label": "distance",
                "color": style.color(mode),
                "trace": drawn.hidden(row_norms(run.errors)),
                "bounds": [],
            }
        )
    for suffix, name in (("", "w(λ)"), ("2", "v")):
        drawn.add(_solution(suffix, name, mode))
    modes = found.modes is not None
    drawn.figure["layout"] = {
        "title": {"text": describe(found), "font": {"size": LABEL_SIZE}, "x": 0.01, "y": 0.985},
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 74, "r": 20, "t": 70, "b": 58},
        "showlegend": False,
        "hovermode": "closest",
        "annotations": [
            annotation("<b>Lower level</b>: w<sub>t</sub>", left[0], 1, LABEL_SIZE),
            annotation("<b>Adjoint</b> at w(λ): v<sub>k</sub>", right[0], 1, LABEL_SIZE),
        ],
        **_axes("", left, ranges[0], modes),
        **_axes("2", right, ranges[1], modes),
        "uirevision": f"{found.scenario.family} {found.state_size}",
    }
    return drawn


def _ranges(paths: list[FloatArray]) -> list[list[float]]:
    """A window around the solution, which is at 0, that holds all of the paths."""
    points = np.concatenate([*paths, np.zeros((1, 2))])
    points = points[np.isfinite(points).all(axis=1)]
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    # A path along one axis still wants to be seen from both sides.
    half = np.maximum(half, max(0.25 * float(half.max()), 1e-12)) * ROOM
    return [[float(m - h), float(m + h)] for m, h in zip(middle, half, strict=True)]


def _contours(plane: Plane2D, ranges: list[list[float]], suffix: str, mode: Mode) -> dict[str, Any]:
    """Contours of the height over the solution, evenly spaced in its square root."""
    x, y = (np.linspace(low, high, CONTOUR_POINTS) for low, high in ranges)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    # Ellipses of the same shape at equal distances, instead of a crowd far from the solution.
    depth = np.sqrt(np.maximum(plane.heights(grid), 0.0))
    size = max(float(depth.max()) / CONTOURS, 1e-300)
    return {
        "type": "contour",
        "x": packed(x),
        "y": packed(y),
        "z": packed(depth),
        "autocontour": False,
        "contours": {
            "coloring": "none",
            "start": size / 2,
            "end": CONTOURS * size,
            "size": size,
        },
        "line": {"color": neutral(mode), "width": 0.8},
        "opacity": 0.55,
        "showscale": False,
        "hoverinfo": "skip",
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "showlegend": False,
    }


def _path(drawn: Drawn, path: FloatArray, style: Style, suffix: str, mode: Mode) -> None:
    """The whole way faintly, and what has been gone of it, with a dot at the cursor."""
    color = style.color(mode)
    common = {
        "type": "scatter",
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "showlegend": False,
        "hoverinfo": "skip",
    }
    whole = drawn.add(
        {
            **common,
            "mode": "lines",
            "x": packed(path[:, 0]),
            "y": packed(path[:, 1]),
            "line": {"color": color, "width": 1.5, "dash": "3px,3px"},
        }
    )
    trace = drawn.add(
        {
            **common,
            "mode": "lines+markers",
            "x": packed(path[:, 0]),
            "y": packed(path[:, 1]),
            "line": {"color": color, "width": style.width},
            "marker": {"color": color, "symbol": style.marker, "size": 8},
        }
    )
    drawn.moving.append({"trace": trace, "by": 0, "walk": True})
    drawn.dots.append({"trace": whole, "color": color, "by": 0})


def _solution(suffix: str, name: str, mode: Mode) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [0],
        "y": [0],
        "text": [f"  {name}"],
        "textposition": "bottom right",
        "textfont": {"size": LABEL_SIZE, "color": neutral(mode)},
        "marker": {
            "symbol": "cross-thin",
            "size": 16,
            "line": {"width": 3, "color": neutral(mode)},
        },
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _axes(
    suffix: str, domain: list[float], ranges: list[list[float]], modes: bool
) -> dict[str, Any]:
    names = (
        ("mode of the smallest eigenvalue", "mode of the largest")
        if modes
        else ("first direction", "second direction")
    )
    common = {"exponentformat": "power", "nticks": 5, "zeroline": False}
    return {
        f"xaxis{suffix}": {
            **common,
            "domain": domain,
            "anchor": f"y{suffix}",
            "range": ranges[0],
            "title": {"text": names[0], "font": {"size": AXIS_SIZE}, "standoff": 6},
        },
        f"yaxis{suffix}": {
            **common,
            "anchor": f"x{suffix}",
            "range": ranges[1],
            "title": {"text": names[1], "font": {"size": AXIS_SIZE}, "standoff": 4},
        },
    }
