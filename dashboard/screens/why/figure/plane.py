"""Two dimensions: where the iterates w_t and the adjoint iterates v_k go, over contours."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.chart import KeyEntry, Narrow, packed
from dashboard.kit.figure.drawn import Drawn, annotation, shares
from dashboard.kit.theme import (
    AXIS_SIZE,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    Style,
    halo,
    neutral,
)
from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.numerics import row_norms
from hypergrad_core.studies.dissection import Dissection, Projection
from hypergrad_core.studies.modes import AdjointRun

# The inner problem belongs to no method.
INNER = Style("#16191F", "#F0F2F6", "solid", "circle", 3.5)
ELLIPSE_POINTS = 73
CONTOURS = 12
ROOM = 1.15
# Beyond this step the ways are too close to the solution for a name.
NAMED_STEPS = 40
KEY: list[KeyEntry] = [
    {"text": "steps so far", "mark": "solid"},
    {"text": "all steps up to T", "mark": "3px,3px"},
]
NARROW_HEIGHT = 640


def plane_figure(dissection: Dissection, mode: Mode) -> Drawn:
    """The inner problem on the left, the adjoint of every method on the right."""
    drawn = Drawn()
    left, right = shares(2, 0.13)
    w_path = dissection.projection.coordinates(dissection.gaps)
    v_paths = [dissection.adjoint_projection.coordinates(run.errors) for run in dissection.runs]
    ranges = [_ranges([w_path]), _ranges(_followed(dissection, v_paths))]
    drawn.add(_contours(dissection.projection, ranges[0], "", mode))
    drawn.add(_contours(dissection.adjoint_projection, ranges[1], "2", mode))
    _path(drawn, w_path, INNER, "", mode)
    _reading(drawn, "Inner problem", dissection.gaps, INNER, mode)
    for run, path in zip(dissection.runs, v_paths, strict=True):
        style = METHOD_STYLES[run.method]
        _path(drawn, path, style, "2", mode)
        _reading(drawn, _label(run), run.errors, style, mode)
    for suffix in ("", "2"):
        drawn.add(_solution(suffix, mode))
    points = {"w(λ)": np.zeros(2), "w₀": w_path[0]}
    _names(drawn, points, {}, "", mode)
    named = {_label(run): point for run, point in _named_points(dissection, v_paths, ranges[1])}
    styles = {_label(run): METHOD_STYLES[run.method] for run in dissection.runs}
    start = {"v₀ = 0": v_paths[0][0]} if v_paths else {}
    _names(drawn, {"v": np.zeros(2), **start, **named}, styles, "2", mode)
    drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 74, "r": 20, "t": 34, "b": 58},
        "showlegend": False,
        "annotations": _headings([left[0], right[0]], [1, 1]),
        **_axes("", left, ranges[0], modes=dissection.modes is not None),
        **_axes("2", right, ranges[1], modes=dissection.modes is not None),
        "uirevision": f"{dissection.scenario.family} {dissection.state_size}",
    }
    drawn.key = KEY
    drawn.narrow = _narrow()
    return drawn


def _label(run: AdjointRun) -> str:
    label = METHODS[run.method].label
    return f"{label} (does not apply)" if run.forced else label


def _followed(dissection: Dissection, paths: list[FloatArray]) -> list[FloatArray]:
    """The ways that a window must hold: not those of a method that does not apply."""
    applied = [path for run, path in zip(dissection.runs, paths, strict=True) if not run.forced]
    return applied or paths


def _reading(drawn: Drawn, name: str, gaps: FloatArray, style: Style, mode: Mode) -> None:
    distances = row_norms(gaps)
    drawn.readings.append(
        {
            "name": name,
            "label": "share of the distance",
            "color": style.color(mode),
            "marker": style.marker,
            "trace": drawn.hidden(distances / (distances[0] or 1.0)),
            "bounds": [],
        }
    )


def _ranges(paths: list[FloatArray]) -> list[list[float]]:
    """A window around the solution, which is at 0, that holds all of the paths."""
    points = np.concatenate([*paths, np.zeros((1, 2))])
    points = points[np.isfinite(points).all(axis=1)]
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2
    # A path along one axis still wants to be seen from both sides.
    half = np.maximum(half, max(0.25 * float(half.max()), 1e-12)) * ROOM
    return [[float(m - h), float(m + h)] for m, h in zip(middle, half, strict=True)]


def _contours(
    plane: Projection, ranges: list[list[float]], suffix: str, mode: Mode
) -> dict[str, Any]:
    """Contours of the height over the solution, evenly spaced in its square root.

    Ellipses of the same shape at equal distances, instead of a crowd far from the solution.
    """
    corners = np.array([[x, y] for x in ranges[0] for y in ranges[1]])
    farthest = np.sqrt(plane.heights(corners).max())
    depths = farthest * (np.arange(CONTOURS) + 0.5) / CONTOURS
    curves = plane.level_curves(depths**2, np.linspace(0, 2 * np.pi, ELLIPSE_POINTS))
    # One trace for all of them: a gap after each.
    gaps = np.full((CONTOURS, 1, 2), np.nan)
    x, y = np.concatenate([curves, gaps], axis=1).reshape(-1, 2).T
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(x, "f4"),
        "y": packed(y, "f4"),
        "line": {"color": neutral(mode), "width": 0.8},
        "opacity": 0.5,
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
    drawn.add(
        {
            **common,
            "mode": "markers",
            "x": [float(path[0, 0])],
            "y": [float(path[0, 1])],
            "marker": {
                "symbol": "circle-open",
                "size": 13,
                "color": color,
                "line": {"width": 2, "color": color},
            },
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


def _solution(suffix: str, mode: Mode) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [0],
        "y": [0],
        "marker": {
            "symbol": "cross-thin",
            "size": 18,
            "line": {"width": 3, "color": neutral(mode)},
        },
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "showlegend": False,
    }


def _named_points(
    dissection: Dissection, paths: list[FloatArray], ranges: list[list[float]]
) -> list[tuple[AdjointRun, FloatArray]]:
    """Where to write the name of each way: where it is farthest from the others and their ends.

    At one of its points, or half way between two: a way may consist of one step.
    """
    sizes = np.array([high - low for low, high in ranges])
    middle = np.array([(low + high) / 2 for low, high in ranges])
    candidates = []
    for path in paths:
        early = path[: NAMED_STEPS + 1]
        candidates.append(np.concatenate([early, (early[1:] + early[:-1]) / 2]))
    places = [points / sizes for points in candidates]
    named = []
    for number, (run, path) in enumerate(zip(dissection.runs, places, strict=True)):
        others = [other for place, other in enumerate(places) if place != number]
        # The start and the solution have names of their own.
        taken = np.concatenate([*others, np.zeros((1, 2)), path[:1]])
        apart = np.linalg.norm(path[:, None] - taken, axis=-1).min(axis=1)
        inside = (np.abs(path - middle / sizes) < 0.5 / ROOM).all(axis=1)
        apart[~inside] = -1.0
        named.append((run, candidates[number][int(np.argmax(apart))]))
    return named


def _names(
    drawn: Drawn,
    points: dict[str, FloatArray],
    styles: dict[str, Style],
    suffix: str,
    mode: Mode,
) -> None:
    """Names of ways and of points, which the chart keeps apart."""
    colors = [styles[name].color(mode) if name in styles else neutral(mode) for name in points]
    trace = drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [float(point[0]) for point in points.values()],
            "y": [float(point[1]) for point in points.values()],
            "text": [f"<b>{name}</b>" for name in points],
            "textposition": ["top right" if name in styles else "bottom right" for name in points],
            "textfont": {"size": LABEL_SIZE, "color": colors, "shadow": halo(mode)},
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    drawn.names.append({"trace": trace})


def _headings(x: list[float], y: list[float]) -> list[dict[str, Any]]:
    texts = (
        "<b>Inner problem</b>: w<sub>t</sub>",
        "<b>Adjoint system</b> at w(λ): v<sub>k</sub>",
    )
    return [
        annotation(text, *place, LABEL_SIZE)
        for text, place in zip(texts, zip(x, y, strict=True), strict=True)
    ]


def _axes(
    suffix: str, domain: list[float], ranges: list[list[float]], *, modes: bool
) -> dict[str, Any]:
    names = (
        ("eigenvector of the largest eigenvalue of ∂₁Φ", "that of the smallest eigenvalue")
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
            "domain": [0, 1],
            "anchor": f"x{suffix}",
            "range": ranges[1],
            "title": {"text": names[1], "font": {"size": AXIS_SIZE}, "standoff": 4},
        },
    }


def _narrow() -> Narrow:
    """The two planes in one column."""
    upper, lower = [0.575, 1.0], [0.0, 0.425]
    return {
        "layout": {
            "xaxis": {"domain": [0, 1]},
            "yaxis": {"domain": upper},
            "xaxis2": {"domain": [0, 1]},
            "yaxis2": {"domain": lower},
            "annotations": _headings([0, 0], [upper[1], lower[1]]),
        },
        "height": NARROW_HEIGHT,
    }
