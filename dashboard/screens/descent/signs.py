"""A light for each hyperparameter and outer step: which signs of ∇f are proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.kit.figure.drawn import Drawn, annotation, shares
from dashboard.kit.theme import AXIS_SIZE, FONT, METHOD_STYLES, Mode
from dashboard.screens.descent.race import Run
from hypergrad_core import METHODS

# Dark and light as well as blue and orange, so that they differ without colour too.
LIGHTS: dict[Mode, tuple[str, str, str]] = {
    "light": ("#F0A030", "#DFE3E8", "#00568C"),
    "dark": ("#B05A00", "#2A323D", "#7CC8F5"),
}
GAP = 0.04
MOST_TICKS = 6


def sign_lights(runs: Sequence[Run], mode: Mode) -> Drawn:
    """A map for each method: outer steps to the right, the entries of λ upwards.

    Args:
        runs: those that have arrived.
        mode: light or dark.
    """
    drawn = Drawn()
    longest = max((len(run.descent.steps) for run in runs if run.descent), default=1)
    falling, unknown, rising = LIGHTS[mode]
    layout: dict[str, Any] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 74, "r": 20, "t": 40, "b": 58},
        "showlegend": False,
        "annotations": [],
        "uirevision": "signs",
    }
    for place, (run, domain) in enumerate(zip(runs, shares(len(runs) or 1, GAP), strict=False)):
        assert run.descent is not None
        suffix = "" if place == 0 else str(place + 1)
        signs = np.array([step.certificate.proved_signs for step in run.descent.steps]).T
        lights = np.full((len(signs), longest), np.nan)
        lights[:, : signs.shape[1]] = signs
        drawn.add(
            {
                "type": "heatmap",
                "x": packed(np.arange(longest)),
                "y": packed(np.arange(1, len(signs) + 1)),
                "z": packed(lights, "f4"),
                "zmin": -1.5,
                "zmax": 1.5,
                "colorscale": [
                    *([0, falling], [1 / 3, falling], [1 / 3, unknown]),
                    *([2 / 3, unknown], [2 / 3, rising], [1, rising]),
                ],
                "showscale": False,
                "xgap": 1,
                "ygap": 1 if len(signs) <= 100 else 0,
                "hoverinfo": "skip",
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
            }
        )
        layout[f"xaxis{suffix}"] = {
            "domain": domain,
            "anchor": f"y{suffix}",
            "title": {"text": "Outer step"},
            "nticks": MOST_TICKS,
            "showgrid": False,
            "tickangle": 0,
            "zeroline": False,
        }
        layout[f"yaxis{suffix}"] = {
            "domain": [0, 1],
            "anchor": f"x{suffix}",
            "showticklabels": place == 0,
            "nticks": MOST_TICKS,
            "showgrid": False,
            "zeroline": False,
            **({"title": {"text": "Entry j of λ"}} if place == 0 else {}),
        }
        layout["annotations"].append(
            annotation(f"<b>{METHODS[run.method].label}</b>", domain[0], 1.0, AXIS_SIZE)
        )
        drawn.cross(suffix, np.arange(longest))
        proved = np.full(longest, np.nan)
        proved[: signs.shape[1]] = np.count_nonzero(signs, axis=0)
        style = METHOD_STYLES[run.method]
        drawn.readings.append(
            {
                "name": METHODS[run.method].label,
                "label": f"proved of {len(signs)}",
                "color": style.color(mode),
                "marker": style.marker,
                "trace": drawn.hidden(proved),
                "bounds": [],
            }
        )
    drawn.figure["layout"] = layout
    drawn.key = [
        {"text": "∂f/∂λⱼ > 0 proved", "mark": "square", "color": rising},
        {"text": "∂f/∂λⱼ < 0 proved", "mark": "square", "color": falling},
        {"text": "sign not proved", "mark": "square", "color": unknown},
    ]
    return drawn
