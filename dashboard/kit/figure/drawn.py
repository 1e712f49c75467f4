"""What a figure builder gives to a page: the figure, and what goes with its cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from dashboard.chart import (
    CursorLine,
    Dot,
    Figure,
    KeyEntry,
    Moving,
    Names,
    Narrow,
    Reading,
    packed,
)


@dataclass
class Drawn:
    """A figure that is being built, and what goes with its cursor.

    Attributes:
        figure: traces and layout.
        readings: what is read at the cursor.
        lines: lines across subplots at the cursor.
        dots: marks on traces at the cursor.
        moving: traces that show something else at each place of the cursor.
        names: text traces that the chart keeps apart.
        key: what kinds of marks mean.
        narrow: what is different where there is little room.
    """

    figure: Figure = field(default_factory=lambda: Figure(data=[], layout={}))
    readings: list[Reading] = field(default_factory=list)
    lines: list[CursorLine] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    moving: list[Moving] = field(default_factory=list)
    names: list[Names] = field(default_factory=list)
    key: list[KeyEntry] = field(default_factory=list)
    narrow: Narrow | None = None

    def add(self, trace: dict[str, Any]) -> int:
        """Add a trace; its index."""
        self.figure["data"].append(trace)
        return len(self.figure["data"]) - 1

    def name(self, trace: dict[str, Any]) -> int:
        """Add a text trace whose texts the chart keeps apart; its index."""
        self.names.append({"trace": self.add(trace)})
        return self.names[-1]["trace"]

    def hidden(self, values: ArrayLike) -> int:
        """Add values that are read at the cursor and not drawn; the index of their trace."""
        series = packed(values)
        return self.add(
            {"type": "scatter", "mode": "lines", "visible": False, "x": series, "y": series}
        )

    def cross(
        self,
        subplot: str,
        at: ArrayLike,
        *,
        along: str = "x",
        by: int = 0,
        dotted: bool = False,
    ) -> None:
        """A line across a subplot, named by the suffix of its axes, at the cursor."""
        self.lines.append(
            {
                "xaxis": f"x{subplot}",
                "yaxis": f"y{subplot}",
                "along": "x" if along == "x" else "y",
                "by": by,
                "at": packed(at),
                "dotted": dotted,
            }
        )


def annotation(text: str, x: float, y: float, size: int, **more: Any) -> dict[str, Any]:
    """Text at a place of the figure, from 0 to 1, above it."""
    return {
        "text": text,
        "font": {"size": size},
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "xanchor": "left",
        "y": y,
        "yanchor": "bottom",
        "yshift": 4,
        **more,
    }


def shares(count: int, gap: float, weights: Sequence[float] | None = None) -> list[list[float]]:
    """Domains of subplots beside each other, ``gap`` apart, as wide as their weights say."""
    weights = weights or [1.0] * count
    room = (1 - gap * (count - 1)) / sum(weights)
    domains, start = [], 0.0
    for weight in weights:
        # Rounding must not lead beyond the end, which Plotly would refuse.
        domains.append([start, min(start + weight * room, 1.0)])
        start += weight * room + gap
    return domains
