"""The Explore frame: one function for the page, the live route and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

import numpy as np

from dashboard.chart import THEME_PARAM, Column, CursorLine, Frame, Row, Table, packed
from dashboard.compute import EXPERIMENTS, SlowError, is_live
from dashboard.figures.error_curves import Line, describe, error_curves, unit
from dashboard.figures.words import listed
from dashboard.notation import count, ratio, scientific
from dashboard.settings import PageSettings
from dashboard.theme import Mode
from dashboard.view import View
from hypergrad_core import METHODS, Curve, Experiment, Scenario
from hypergrad_core.complexity import Crossing

SETTINGS = PageSettings("explore", Scenario(), View())

# Characters that fit on one line above the chart at 1440 pixels.
LONGEST_HEADLINE = 142

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
        "at": experiment.scenario.steps().tolist(),
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
        raise SlowError
    mode = "dark" if params.get(THEME_PARAM) == "dark" else "light"
    return explore_frame(EXPERIMENTS.compute(scenario), view, cast(Mode, mode))


def _table(experiment: Experiment, lines: tuple[Line, ...], view: View, mode: Mode) -> Table:
    rows: list[Row] = []
    thinned = _is_sampled(experiment)
    for line in lines:
        curve = experiment.curve(line.method)
        assert curve is not None
        reached = line.crossing
        at = len(curve.steps) - 1 if reached.index is None else reached.index
        rows.append(
            {
                "color": line.style.color(mode),
                "cells": [
                    line.label,
                    _steps(reached.measured, experiment.scenario.horizon, thinned),
                    *_predictions(experiment, curve, reached, view),
                    *_ratios(experiment, curve, at),
                    count(curve.estimate.products[at]),
                    count(curve.estimate.stored_floats[at]),
                ],
            }
        )
    caption = f"Steps until the error stays at or below ε = {scientific(view.target)}"
    return {"caption": caption, "columns": COLUMNS, "rows": rows}


def _predictions(
    experiment: Experiment, curve: Curve, reached: Crossing, view: View
) -> tuple[str, str]:
    """When the paper's bound and the sharp one reach the target."""
    if experiment.constants.contraction >= 1:
        return "–", "–"
    if view.target * unit(experiment, view) < curve.floor:
        # A bound says nothing of rounding.
        return "below the floor", "below the floor"
    return (
        "never" if reached.paper is None else count(reached.paper),
        _steps(reached.sharp, experiment.scenario.horizon, _is_sampled(experiment)),
    )


def _ratios(experiment: Experiment, curve: Curve, at: int) -> tuple[str, str]:
    """How many times the error the paper's bound and the sharp one are."""
    if experiment.constants.contraction >= 1:
        return "–", "–"
    error = float(curve.errors[at])
    if error <= curve.floor:
        return "rounding", "rounding"
    return (
        ratio(float(curve.paper.values[at]) / error),
        ratio(float(curve.sharp.values[at]) / error),
    )


def _is_sampled(experiment: Experiment) -> bool:
    """Whether the horizon is too long for every step to be a point."""
    return bool((np.diff(experiment.scenario.steps()) > 1).any())


def _steps(step: int | None, horizon: int, thinned: bool) -> str:
    if step is None:
        return f"> {count(horizon)}"
    # A long horizon is sampled: the true step may be a little earlier.
    return f"≤ {count(step)}" if thinned and step > 0 else count(step)


def headline(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    """What the picture shows now, on one line: where there are many methods, the ends alone."""
    said = ranking(experiment, lines, view)
    if len(said) <= LONGEST_HEADLINE:
        return said
    groups, late = _reached(lines)
    at_most = "≤ " if _is_sampled(experiment) else ""
    (first, quickest), (last, slowest) = groups[0], groups[-1]
    parts = [f"{at_most}{first} for {', '.join(quickest)}"]
    if last > first:
        parts.append(f"last {at_most}{last} for {', '.join(slowest)}")
    if late:
        parts.append(f"> {experiment.scenario.horizon} for {', '.join(late)}")
    return f"Steps to ε = {scientific(view.target)}: {'; '.join(parts)}."


def ranking(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    """When each method reaches the target, however long the sentence is."""
    groups, late = _reached(lines)
    goal = f"ε = {scientific(view.target)}"
    if not lines:
        return "No method applies."
    if not groups:
        return f"No method reaches {goal} within {experiment.scenario.horizon} steps."
    at_most = "≤ " if _is_sampled(experiment) else ""
    reached = ", ".join(f"{listed(labels)} after {at_most}{step}" for step, labels in groups)
    rest = f"; {listed(late)} not within {experiment.scenario.horizon}" if late else ""
    return f"{goal} is reached by {reached} steps{rest}."


def _reached(lines: tuple[Line, ...]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Steps in rising order, each with its methods; and the methods that do not get there."""
    groups: dict[int, list[str]] = {}
    late = []
    for line in lines:
        step = line.crossing.measured
        if step is None:
            late.append(line.label)
        else:
            groups.setdefault(step, []).append(line.label)
    return sorted(groups.items()), late


def _alt(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    scale = unit(experiment, view)
    ends = "; ".join(f"{line.label} ends at {scientific(float(line.error[-1]))}" for line in lines)
    floor = max((curve.floor for curve in experiment.curves), default=0.0) / scale
    refused = "".join(
        f" {METHODS[item.method].label} does not apply here." for item in experiment.refusals
    )
    return (
        f"Error of the hypergradient on a logarithmic axis, {describe(experiment)}. {ends}. "
        f"Floating-point floor {scientific(floor)}. {ranking(experiment, lines, view)}{refused}"
    )
