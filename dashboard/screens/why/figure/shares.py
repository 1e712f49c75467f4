"""What share of the paper’s bound each of its terms is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dashboard.chart import KeyEntry, packed
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import TERM_NAMES
from dashboard.kit.theme import (
    LABEL_SIZE,
    Mode,
    faded,
    halo,
    term_color,
)
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import Term

# Of the width and of the height of the shares: what a name takes. A band without room for it is
# named in the key.
NAME_WIDTH, NAME_HEIGHT = 0.2, 0.24
# Places along the width at which a band is looked at.
LOOKED_AT = 101


@dataclass(frozen=True)
class TermStyle:
    """How a term is told from the others without its colour."""

    dash: str
    marker: str


TERM_STYLES: dict[str, TermStyle] = {
    "inner problem": TermStyle("5px,3px", "circle-open"),
    "drift": TermStyle("12px,3px,2px,3px", "cross"),
    "adjoint": TermStyle("16px,5px", "square-open"),
}


def share_bands(
    drawn: Drawn, steps: FloatArray, terms: list[Term], total: FloatArray, mode: Mode
) -> list[KeyEntry]:
    """What part of the bound each term is, on a linear axis: here area is size.

    Each name stands in its own band; entries of the key for those that have no room there.
    """
    if not terms:
        return []
    outside: list[KeyEntry] = []
    order = sorted(terms, key=lambda term: -float(term.values[-1]))
    height = np.zeros(len(steps))
    whole = np.where(total > 0, total, 1.0)
    names: dict[str, tuple[float, float]] = {}
    for place, term in enumerate(order):
        color, style = term_color(term.name, mode), TERM_STYLES[term.name]
        part = term.values / whole
        low, height = height, height + part
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"share of {term.name}",
                "x": packed(steps),
                "y": packed(height),
                "line": {"color": color, "width": 2, "dash": style.dash},
                "fill": "tonexty" if place else "tozeroy",
                "fillcolor": faded(color, 0.3),
                "yaxis": "y2",
                "showlegend": False,
            }
        )
        spot = _name_place(steps, low, height)
        if spot is None:
            text = f"{TERM_NAMES[term.name]} (share)"
            outside.append({"text": text, "mark": "area", "color": color})
        else:
            names[term.name] = spot
        card = TERM_NAMES[term.name].capitalize()
        reading = next(item for item in drawn.readings if item["name"] == card)
        share = drawn.hidden(100 * part)
        reading["bounds"].append({"name": "share (%)", "trace": share, "plain": True})
    # Not among the names that the chart keeps apart: bands do not overlap, and a name that is moved
    # may come to stand in another band.
    drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [x for x, _ in names.values()],
            "y": [y for _, y in names.values()],
            "text": [f"<b>{TERM_NAMES[name]}</b>" for name in names],
            "textposition": "middle center",
            "textfont": {
                "size": LABEL_SIZE,
                "color": [term_color(name, mode) for name in names],
                "shadow": halo(mode),
            },
            "yaxis": "y2",
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    return outside


def _name_place(steps: FloatArray, low: FloatArray, high: FloatArray) -> tuple[float, float] | None:
    """The middle of the highest room that a band has for the width of a name, if it is enough."""
    x = np.linspace(steps[0], steps[-1], LOOKED_AT)
    wide = 1 + round(NAME_WIDTH * (LOOKED_AT - 1))
    floor = sliding_window_view(np.interp(x, steps, low), wide).max(axis=1)
    ceiling = sliding_window_view(np.interp(x, steps, high), wide).min(axis=1)
    tall = ceiling - floor
    if tall.max() < NAME_HEIGHT:
        return None
    # The middle of what is as high as the highest, so that an even band is named in its middle.
    best = np.flatnonzero(tall >= 0.98 * tall.max())
    at = int(best[len(best) // 2])
    return float(x[at + wide // 2]), float((floor[at] + ceiling[at]) / 2)
