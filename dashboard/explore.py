"""The Explore frame: one function for the page, the live route and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

import numpy as np

from dashboard.chart import THEME_PARAM, Column, CursorLine, Frame, Row, Table, packed
from dashboard.compute import EXPERIMENTS, is_live
from dashboard.figures.error_curves import Line, describe, error_curves, unit
from dashboard.notation import count, ratio, scientific
from dashboard.settings import PageSettings
from dashboard.theme import Mode
from dashboard.view import View
from hypergrad_core import METHODS, Experiment, Scenario

SETTINGS = PageSettings("explore", Scenario(), View())

COLUMNS: list[Column] = [
    {"label": "Method"},
    {
        "label": "Steps to ε",
        "help": "First step from which the measured error stays at or below ε.",
    },
    {
        "label": "Paper predicts",
        "help": "The same for the paper’s bound, followed beyond the horizon if need be.",
    },
    {"label": "Sharp predicts", "help": "The same for the sharp bound, within the horizon."},
    {
        "label": "Paper’s bound ÷ error",
        "help": "At that step, or at the last step if ε is not reached.",
    },
    {
        "label": "Sharp bound ÷ error",
        "help": "At that step, or at the last step if ε is not reached.",
    },
    {
        "label": "Products",
        "help": "Evaluations of Φ and products with its Jacobians up to that step, counted.",
    },
    {"label": "Memory", "help": "Numbers kept at once at that step, beyond the data."},
]


def explore_frame(
    experiment: Experiment, view: View, mode: Mode, *, asked: Scenario | None = None
) -> Frame:
    """All that the chart shows.

    Args:
        experiment: what is drawn.
        view: how.
        mode: light or dark.
        asked: the scenario that the frame stands in for, if it is not the experiment's own.
    """
    figure, readings, lines = error_curves(experiment, view, mode)
    steps = experiment.scenario.points()
    link = SETTINGS.link_of(asked or experiment.scenario, view)
    names = {
        "both": [f"t = k = {t}" for t in steps.inner_steps],
        "adjoint": [f"k = {k}" for k in steps.adjoint_steps],
        "inner": [f"t = {t}" for t in steps.inner_steps],
    }
    return {
        "link": urlencode({**link, THEME_PARAM: mode}),
        "figure": figure,
        "steps": names[experiment.scenario.vary],
        "readout": readings,
        "table": _table(experiment, lines, view, mode),
        "message": headline(experiment, lines, view),
        "alt": _alt(experiment, lines, view),
        "lines": _cursor_lines(lines),
    }


def _cursor_lines(lines: tuple[Line, ...]) -> list[CursorLine]:
    """One line across the plot makes sense only where all curves are at the same x."""
    if not lines or any(not np.array_equal(line.x, lines[0].x) for line in lines):
        return []
    return [{"xaxis": "x", "yaxis": "y", "along": "x", "by": 0, "at": packed(lines[0].x)}]


def render_frame(params: Mapping[str, str]) -> Frame:
    """The frame of a link.

    Raises:
        ValueError: with a message for people, if a value is bad or the run takes too long to
            follow a moving hand.
    """
    scenario, view, messages = SETTINGS.of_link(params)
    if messages:
        raise ValueError(" ".join(messages))
    if not is_live(scenario):
        raise ValueError("This setting takes longer: it is computed when you let go.")
    mode = "dark" if params.get(THEME_PARAM) == "dark" else "light"
    return explore_frame(EXPERIMENTS.compute(scenario), view, cast(Mode, mode))


def _table(experiment: Experiment, lines: tuple[Line, ...], view: View, mode: Mode) -> Table:
    rows: list[Row] = []
    thinned = _is_sampled(experiment)
    below = view.target * unit(experiment, view)
    for line in lines:
        curve = experiment.curve(line.method)
        assert curve is not None
        reached = line.crossing
        at = len(curve.steps) - 1 if reached.index is None else reached.index
        error = max(float(curve.errors[at]), 1e-300)
        paper, sharp = float(curve.paper.values[at]), float(curve.sharp.values[at])
        rounding = error <= curve.floor
        rows.append(
            {
                "color": line.style.color(mode),
                "cells": [
                    line.label,
                    _steps(reached.measured, experiment.scenario.horizon, thinned),
                    *(
                        # A bound says nothing of rounding.
                        ["below the floor"] * 2
                        if below < curve.floor
                        else [
                            "never" if reached.paper is None else count(reached.paper),
                            _steps(reached.sharp, experiment.scenario.horizon, thinned),
                        ]
                    ),
                    "rounding" if rounding else ratio(paper / error),
                    "rounding" if rounding else ratio(sharp / error),
                    count(curve.estimate.products[at]),
                    count(curve.estimate.stored_floats[at]),
                ],
            }
        )
    caption = f"Steps until the error stays at or below ε = {scientific(view.target)}"
    return {"caption": caption, "columns": COLUMNS, "rows": rows}


def _is_sampled(experiment: Experiment) -> bool:
    """Whether the horizon is too long for every step to be a point."""
    return bool((np.diff(experiment.scenario.steps()) > 1).any())


def _steps(step: int | None, horizon: int, thinned: bool) -> str:
    if step is None:
        return f"> {count(horizon)}"
    # A long horizon is sampled: the true step may be a little earlier.
    return f"≤ {count(step)}" if thinned and step > 0 else count(step)


def headline(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    """One sentence on what the picture shows now."""
    at_most = "≤ " if _is_sampled(experiment) else ""
    reached = [(line.crossing.measured, line.label) for line in lines]
    first = sorted((step, label) for step, label in reached if step is not None)
    refused = "".join(
        f" {METHODS[item.method].label} does not apply here." for item in experiment.refusals
    )
    goal = f"ε = {scientific(view.target)}"
    if not lines:
        return f"No method applies.{refused}"
    if not first:
        return f"No method reaches {goal} within {experiment.scenario.horizon} steps.{refused}"
    ranking = ", ".join(f"{label} after {at_most}{step}" for step, label in first)
    late = [label for step, label in reached if step is None]
    rest = f"; {' and '.join(late)} not within {experiment.scenario.horizon}" if late else ""
    return f"{goal} is reached by {ranking} steps{rest}.{refused}"


def _alt(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    scale = unit(experiment, view)
    ends = "; ".join(f"{line.label} ends at {scientific(float(line.error[-1]))}" for line in lines)
    floor = max((curve.floor for curve in experiment.curves), default=0.0) / scale
    return (
        f"Error of the hypergradient on a logarithmic axis, {describe(experiment)}. {ends}. "
        f"Floating-point floor {scientific(floor)}. {headline(experiment, lines, view)}"
    )
