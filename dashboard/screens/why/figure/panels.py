"""Panels beside each other: the layout of the pictures of a spectrum."""

from __future__ import annotations

from typing import Any

from dashboard.chart import Narrow
from dashboard.kit.figure.drawn import Drawn, annotation, shares
from dashboard.kit.theme import AXIS_SIZE, FONT, LABEL_SIZE
from hypergrad_core.studies.dissection import Dissection

NARROW_HEIGHT = 400


def finish(
    drawn: Drawn,
    dissection: Dissection,
    headings: list[str],
    axes: dict[str, Any],
    domains: list[list[float]],
    *,
    right: int = 20,
) -> None:
    """Layout, and its form for little room: all panels in one column."""
    drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 60, "r": right, "t": 34, "b": 58},
        "showlegend": False,
        "annotations": [
            annotation(text, domain[0], 1, LABEL_SIZE)
            for text, domain in zip(headings, domains, strict=True)
        ],
        **axes,
        "uirevision": f"{dissection.scenario.family} {dissection.steps}",
    }
    drawn.narrow = _narrow(headings)


def _narrow(headings: list[str]) -> Narrow:
    rows = shares(len(headings), 0.24 / len(headings))[::-1]
    layout: dict[str, Any] = {
        "annotations": [
            annotation(text, 0, row[1], LABEL_SIZE)
            for text, row in zip(headings, rows, strict=True)
        ]
    }
    for place, row in enumerate(rows):
        suffix = str(place + 1) if place else ""
        layout[f"xaxis{suffix}"] = {"domain": [0, 1]}
        layout[f"yaxis{suffix}"] = {"domain": row}
    return {"layout": layout, "height": NARROW_HEIGHT * len(headings)}
