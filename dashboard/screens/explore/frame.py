"""The frame of Explore."""

from __future__ import annotations

from dashboard.chart import Column, Frame, Row, Table
from dashboard.kit.compute import EXPERIMENTS
from dashboard.kit.figure.describe import BEYOND_THEORY, absent, describe
from dashboard.kit.notation import count, ratio, scientific
from dashboard.kit.page import Shown
from dashboard.kit.theme import Mode
from dashboard.screens.explore.figure.curves import error_curves
from dashboard.screens.explore.figure.lines import Line, extract_lines, unit
from dashboard.screens.explore.headline import headline, is_sampled
from dashboard.screens.explore.settings import View
from hypergrad_core import METHODS, Curve, Experiment, Scenario
from hypergrad_core.studies.crossing import Crossing

ROUNDING = "rounding"


def columns(view: View) -> list[Column]:
    """The headings of the table."""
    error = f"{view.error} error"
    at = "At the step in the second column; at the last step if ε is not reached."
    return [
        {"label": "Method"},
        {
            "label": "Steps, measured",
            "help": f"First step from which the measured {error} stays at or below ε.",
        },
        {
            "label": "Steps by paper’s bound",
            "help": "First step from which the paper’s bound stays at or below ε, also if that "
            "is after T.",
        },
        {
            "label": "Steps by sharp bound",
            "help": "First step up to T from which the sharp bound stays at or below ε.",
        },
        {"label": "Paper’s bound ÷ error", "help": at},
        {"label": "Sharp bound ÷ error", "help": at},
        {
            "label": "Products",
            "help": "Evaluations of Φ and products with its Jacobians up to that step, counted.",
        },
        {
            "label": "Memory",
            "help": "Floating-point numbers held in memory at that step, not counting the data.",
        },
    ]


ExploreShown = Shown[Scenario, Experiment, View]


def explore_frame(shown: ExploreShown, part: str = "") -> Frame:
    """All that the chart shows."""
    experiment, view, mode = shown.result, shown.view, shown.mode
    lines = extract_lines(experiment, view)
    drawn = error_curves(experiment, lines, view, mode)
    steps = experiment.steps
    name = {"both": "t = k", "adjoint": "k", "inner": "t"}[experiment.scenario.vary]
    frame: Frame = {
        "link": shown.link(),
        "figure": drawn.figure,
        "steps": [f"{name} = {step}" for step in steps],
        "at": steps.tolist(),
        "readout": drawn.readings,
        "table": _table(experiment, lines, view, mode),
        "message": headline(experiment, lines, view),
        "title": describe(experiment),
        "key": drawn.key,
        "names": drawn.names,
        "absent": [absent(refusal, mode, refusal.short) for refusal in experiment.refusals],
        "alt": _alt(experiment, lines, view),
        "lines": drawn.lines,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if experiment.constants.contraction >= 1:
        frame["warning"] = BEYOND_THEORY
    if experiment.draft:
        # Other than that of the link, which has all points, and read as the same.
        frame["link"] += "&draft="
        frame["title"] += " · drawn at fewer steps"
        frame["draft"] = EXPERIMENTS.is_live(experiment.scenario)
    return frame


def _table(experiment: Experiment, lines: tuple[Line, ...], view: View, mode: Mode) -> Table:
    rows: list[Row] = []
    thinned = is_sampled(experiment)
    for line in lines:
        curve = experiment.curve(line.method)
        reached = line.crossing
        at = len(curve.steps) - 1 if reached.index is None else reached.index
        rows.append(
            {
                "color": line.style.color(mode),
                "marker": line.style.marker,
                "cells": [
                    line.label,
                    _steps(reached.measured, experiment.scenario.horizon, thinned),
                    *_predictions(experiment, curve, reached, view),
                    *_ratios(experiment, curve, at),
                    count(curve.estimate.costs.products[at]),
                    count(curve.estimate.costs.stored_floats[at]),
                ],
            }
        )
    caption = f"Steps until the {view.error} error stays at or below ε = {scientific(view.target)}"
    return {"caption": caption, "columns": columns(view), "rows": rows}


def _predictions(
    experiment: Experiment, curve: Curve, reached: Crossing, view: View
) -> tuple[str, str]:
    """When the paper's bound and the sharp one reach the target."""
    if experiment.constants.contraction >= 1:
        return "–", "–"
    if view.target * unit(experiment, view) < curve.floor:
        # A bound says nothing of rounding.
        return ROUNDING, ROUNDING
    return (
        "never" if reached.paper is None else count(reached.paper),
        _steps(reached.sharp, experiment.scenario.horizon, is_sampled(experiment)),
    )


def _ratios(experiment: Experiment, curve: Curve, at: int) -> tuple[str, str]:
    """How many times the error the paper's bound and the sharp one are."""
    if experiment.constants.contraction >= 1:
        return "–", "–"
    error = float(curve.errors[at])
    if error <= curve.floor:
        return ROUNDING, ROUNDING
    return (
        ratio(float(curve.paper.values[at]) / error),
        ratio(float(curve.sharp.values[at]) / error),
    )


def _steps(step: int | None, horizon: int, thinned: bool) -> str:
    if step is None:
        return f"> {count(horizon)}"
    # A long horizon is sampled: the true step may be a little earlier.
    return f"≤ {count(step)}" if thinned and step > 0 else count(step)


def _alt(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    ends = "; ".join(f"{line.label} ends at {scientific(float(line.error[-1]))}" for line in lines)
    rounding = max((line.rounding for line in lines), default=0.0)
    refused = "".join(
        f" {METHODS[item.method].label} does not apply here: it {item.short}."
        for item in experiment.refusals
    )
    return (
        f"{view.error.capitalize()} error of the hypergradient on a logarithmic axis, "
        f"{describe(experiment)}. {ends}. An upper estimate of rounding is "
        f"{scientific(rounding)}. {headline(experiment, lines, view)}{refused}"
    )
