"""The Budget frame: one function for the page, the live route and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from dashboard.chart import PAGE_PARAM, THEME_PARAM, Column, Frame, Row, Table
from dashboard.figures.budget_map import budget_map
from dashboard.kit.compute import LIVE_SECONDS, SlowError
from dashboard.kit.errors import LinkError
from dashboard.kit.figure.describe import BEYOND_THEORY, absent, describe
from dashboard.kit.notation import scientific
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.budget.maps import MAPS, Maps
from dashboard.screens.budget.settings import SETTINGS, BudgetView
from dashboard.screens.budget.words import improvement, pair, unit, verdict
from hypergrad_core import METHODS, Scenario
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


def budget_frame(
    found: tuple[Plane | Refusal, ...],
    scenario: Scenario,
    view: BudgetView,
    mode: Mode,
) -> Frame:
    """All that the chart shows.

    Args:
        found: as ``Maps.run`` gives them.
        scenario: what was asked for.
        view: how it is looked at.
        mode: light or dark.
    """
    planes = [item for item in found if isinstance(item, Plane)]
    splits = [item.frontier.within(view.budget) for item in planes]
    link = {**SETTINGS.link_of(scenario, view), THEME_PARAM: mode}
    steps = [str(step) for step in planes[0].steps] if planes else []
    message = verdict(planes, splits, view.budget)
    drawn = budget_map(planes, splits, view.layer, mode)
    frame: Frame = {
        "link": urlencode(link),
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
    if scenario.contraction >= 1:
        frame["warning"] = BEYOND_THEORY
    refused = [absent(item, mode, item.reason) for item in found if isinstance(item, Refusal)]
    if refused:
        frame["absent"] = refused
    return frame


def render_frame(params: Mapping[str, str]) -> Frame:
    """The frame of a link.

    Raises:
        LinkError: if a value is bad.
        SlowError: if the run takes too long to follow a moving hand.
    """
    scenario, view, messages = SETTINGS.of_link(params)
    if messages:
        raise LinkError(" ".join(messages))
    maps = Maps.of(scenario, view)
    if MAPS.find(maps) is None and maps.seconds > LIVE_SECONDS:
        raise SlowError
    mode: Mode = "dark" if params.get(THEME_PARAM) == "dark" else "light"
    return budget_frame(MAPS.compute(maps), scenario, view, mode)


def live_params(scenario: Scenario, view: BudgetView, mode: Mode) -> dict[str, str]:
    """What the live route is asked with."""
    link = SETTINGS.link_of(scenario, view, full=True)
    return {**link, THEME_PARAM: mode, PAGE_PARAM: SETTINGS.name}


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
