"""The frame of Budget."""

from __future__ import annotations

from dashboard.chart import Column, Frame, Row, Table
from dashboard.kit.figure.describe import BEYOND_THEORY, absent, describe
from dashboard.kit.given_hyper import contraction_of
from dashboard.kit.notation import scientific
from dashboard.kit.page import Shown
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.budget.figure.map import budget_map
from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import BudgetView
from dashboard.screens.budget.words import improvement, pair, unit, verdict
from hypergrad_core import METHODS
from hypergrad_core.studies.experiment import Refusal
from hypergrad_core.studies.plane import Plane, Split, best_split_by

COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "Best split", "help": "t and k with the smallest measured error within the budget."},
    {"label": "On w", "help": "Products spent on inner steps: evaluations of Φ."},
    {"label": "On v", "help": "Products spent on the adjoint system and on the estimate."},
    {"label": "Error there", "help": "Measured error of the best split, divided by ‖∇f(λ)‖."},
    {"label": "Error with k\u00a0=\u00a0t", "help": "For the largest k = t within the budget."},
    {"label": "Improvement", "help": "How many times smaller the error is than with k = t."},
    {
        "label": "Split by the bound",
        "help": "t and k with the smallest paper’s bound within the budget.",
    },
]


BudgetShown = Shown[Maps, tuple[Plane | Refusal, ...], BudgetView]


def budget_frame(shown: BudgetShown, part: str = "") -> Frame:
    """All that the chart shows."""
    view, mode = shown.view, shown.mode
    planes = [item for item in shown.result if isinstance(item, Plane)]
    splits = [item.frontier.within(view.budget) for item in planes]
    steps = [str(step) for step in planes[0].steps] if planes else []
    message = verdict(planes, splits, view.budget)
    drawn = budget_map(planes, splits, view.layer, mode)
    frame: Frame = {
        "link": shown.link(),
        "figure": drawn.figure,
        "steps": [f"t = {step}" for step in steps],
        "at": [int(step) for step in planes[0].steps] if planes else [],
        "title": describe(planes[0]) if planes else "",
        "key": drawn.key,
        "readout": drawn.readings,
        "table": _table(planes, splits, view.budget, mode),
        "message": message,
        "alt": f"Maps of the error over inner steps t and adjoint steps k. {message}",
        "lines": drawn.lines,
        "dots": drawn.dots,
        "moving": drawn.moving,
    }
    if steps:
        frame["other"] = {"name": "Adjoint steps", "steps": [f"k = {step}" for step in steps]}
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if contraction_of(shown.scenario) >= 1:
        frame["warning"] = BEYOND_THEORY
    refused = [item for item in shown.result if isinstance(item, Refusal)]
    if refused:
        frame["absent"] = [absent(item, mode, item.reason) for item in refused]
    return frame


def _table(planes: list[Plane], splits: list[Split], budget: int, mode: Mode) -> Table:
    rows: list[Row] = []
    for item, split in zip(planes, splits, strict=True):
        diagonal = [int(n) for n in item.steps if item.products[n, n] <= budget]
        equal = float(item.errors[diagonal[-1], diagonal[-1]])
        bound = best_split_by(item, item.paper, budget)
        style = METHOD_STYLES[item.method]
        rows.append(
            {
                "color": style.color(mode),
                "marker": style.marker,
                "cells": [
                    METHODS[item.method].label,
                    pair(split),
                    str(split.inner_steps),
                    str(split.on_adjoint),
                    scientific(split.error / unit(item)),
                    scientific(equal / unit(item)),
                    improvement(equal, split.error, item.floor),
                    "–" if bound is None else pair(bound),
                ],
            }
        )
    return {"caption": f"The best use of {budget} products", "columns": COLUMNS, "rows": rows}
