"""Images that are learned, as they form."""

from __future__ import annotations

import numpy as np

from dashboard.chart import packed
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.theme import AXIS_SIZE, FONT, Mode
from dashboard.screens.descent.race import Run
from hypergrad_core.arrays import FloatArray

# Rows of images at the most: the first outer step, the last, and some between them.
MOST_ROWS = 4
GAP = 1
# Grey values beyond these are as black or as white.
DARKEST, LIGHTEST = -0.1, 1.1


def chosen_steps(count: int) -> list[int]:
    """The outer steps whose images are drawn, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(MOST_ROWS, count))})


def strip(images: FloatArray) -> FloatArray:
    """A row of images beside each other with gaps, upside down: (c, r, s) → (r + 1, c (s + 1))."""
    padded = np.pad(images, ((0, 0), (0, GAP), (0, GAP)), constant_values=np.nan)
    return np.asarray(np.hstack([*padded])[::-1])


def image_rows(run: Run | None, mode: Mode) -> Drawn:
    """All images at a few outer steps, a row for each.

    Args:
        run: of one method; None while there is none.
        mode: light or dark.
    """
    drawn = Drawn()
    axis = {"showgrid": False, "zeroline": False}
    layout = drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 20, "t": 14, "b": 58},
        "showlegend": False,
        "xaxis": {**axis, "title": {"text": "Class", "font": {"size": AXIS_SIZE}}},
        "yaxis": {**axis, "title": {"text": "Outer step", "font": {"size": AXIS_SIZE}}},
        "uirevision": "images",
    }
    if run is None or run.images is None:
        return drawn
    steps = chosen_steps(len(run.images))
    rows = [strip(run.images[step]) for step in steps]
    height = len(rows[0])
    # The first step at the top.
    values = np.vstack(rows[::-1])
    drawn.add(
        {
            "type": "heatmap",
            "z": packed(values, "f4"),
            "x": packed(np.arange(values.shape[1])),
            "y": packed(np.arange(len(values))),
            "zmin": DARKEST,
            "zmax": LIGHTEST,
            # Ink on paper, in the dark as well: an image is no chart.
            "colorscale": [[0, "#FFFFFF"], [1, "#000000"]],
            "showscale": False,
            "hoverinfo": "skip",
        }
    )
    layout["yaxis"]["tickvals"] = [height * (place + 0.5) for place in range(len(steps))][::-1]
    layout["yaxis"]["ticktext"] = [str(step) for step in steps]
    classes = run.images.shape[1]
    width = values.shape[1] / classes
    layout["xaxis"]["tickvals"] = [width * (place + 0.5) - GAP for place in range(classes)]
    layout["xaxis"]["ticktext"] = [str(place) for place in range(classes)]
    layout["xaxis"]["tickangle"] = 0
    return drawn
