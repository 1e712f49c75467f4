"""A light for each hyperparameter and outer step: which signs of ∇f are proved."""

from __future__ import annotations

import numpy as np

from dashboard.chart import packed
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.theme import AXIS_SIZE, FONT, METHOD_STYLES, Mode
from dashboard.screens.descent.race import Run
from hypergrad_core import METHODS

# Dark and light as well as blue and orange, so that they differ without colour too.
LIGHTS: dict[Mode, tuple[str, str, str]] = {
    "light": ("#F0A030", "#DFE3E8", "#00568C"),
    "dark": ("#B05A00", "#2A323D", "#7CC8F5"),
}
MOST_TICKS = 6
# More entries than this stand without gaps.
MOST_GAPS = 100


def sign_lights(run: Run | None, mode: Mode) -> Drawn:
    """A map: outer steps to the right, the entries of λ upwards.

    Args:
        run: of one method; None while there is none.
        mode: light or dark.
    """
    drawn = Drawn()
    falling, unknown, rising = LIGHTS[mode]
    axis = {"showgrid": False, "zeroline": False, "nticks": MOST_TICKS, "tickangle": 0}
    drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 20, "t": 14, "b": 58},
        "showlegend": False,
        "xaxis": {**axis, "title": {"text": "Outer step", "font": {"size": AXIS_SIZE}}},
        "yaxis": {**axis, "title": {"text": "Entry j of λ", "font": {"size": AXIS_SIZE}}},
        "uirevision": "signs",
    }
    drawn.key = [
        {"text": "∂f/∂λⱼ > 0 proved", "mark": "square", "color": rising},
        {"text": "∂f/∂λⱼ < 0 proved", "mark": "square", "color": falling},
        {"text": "sign not proved", "mark": "square", "color": unknown},
    ]
    if run is None or run.descent is None:
        return drawn
    signs = np.array([step.certificate.proved_signs for step in run.descent.steps]).T
    entries, steps = signs.shape
    if entries <= MOST_TICKS:
        drawn.figure["layout"]["yaxis"]["dtick"] = 1
    drawn.add(
        {
            "type": "heatmap",
            "x": packed(np.arange(steps)),
            "y": packed(np.arange(1, entries + 1)),
            "z": packed(signs, "f4"),
            "zmin": -1.5,
            "zmax": 1.5,
            "colorscale": [
                *([0, falling], [1 / 3, falling], [1 / 3, unknown]),
                *([2 / 3, unknown], [2 / 3, rising], [1, rising]),
            ],
            "showscale": False,
            "xgap": 1,
            "ygap": 1 if entries <= MOST_GAPS else 0,
            "hoverinfo": "skip",
        }
    )
    drawn.cross("", np.arange(steps))
    style = METHOD_STYLES[run.method]
    drawn.readings.append(
        {
            "name": METHODS[run.method].label,
            "label": f"proved of {entries}",
            "color": style.color(mode),
            "marker": style.marker,
            "trace": drawn.hidden(np.count_nonzero(signs, axis=0)),
            "bounds": [],
        }
    )
    return drawn
