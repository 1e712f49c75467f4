"""The Budget frame: one function for the page, the live route and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

from dashboard.chart import PAGE_PARAM, THEME_PARAM, Column, Frame, Row, Table
from dashboard.figures.budget_map import LAYERS, budget_map
from dashboard.kit.compute import CACHE_ENTRIES, LIVE_SECONDS, ComputedCache, SlowError
from dashboard.kit.errors import LinkError
from dashboard.kit.figure.describe import absent, describe
from dashboard.kit.notation import ratio, scientific
from dashboard.kit.settings import SHARED, PageSettings
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.links import LinkSettings
from dashboard.screens.explore.words import BEYOND_THEORY
from hypergrad_core import METHODS, Scenario, ScenarioError
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.experiment import Refusal, expected_seconds
from hypergrad_core.studies.plane import Plane, Split, best_split_by, plane, plane_methods
from hypergrad_core.studies.prepared import prepare
from hypergrad_core.validation import require_integer, require_one_of

NONE = "none"
LEFT: dict[str, str] = {key: METHODS[key].label for key in plane_methods()}
RIGHT: dict[str, str] = {**LEFT, NONE: "None"}
LARGEST_BUDGET = 500
LARGEST_HORIZON = 100
LARGEST_SIZE = 200

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


@dataclass(frozen=True, kw_only=True)
class BudgetView(LinkSettings):
    """What of the plane is shown.

    Attributes:
        left: key of the method of the first map.
        right: key of the method of the second map, or "none".
        layer: key of ``LAYERS``: what the colours mean.
        budget: products that may be spent.
        row, column: t and k of the cell that is read.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = {
        "left": "left",
        "right": "right",
        "layer": "layer",
        "budget": "budget",
        "row": "row",
        "column": "column",
    }
    labels: ClassVar[Mapping[str, str]] = {
        "left": "Method",
        "right": "Compare with",
        "layer": "Colour shows",
        "budget": "Budget of products",
        "row": "Step t of the cursor",
        "column": "Step k of the cursor",
    }

    left: str = "aid-fp"
    right: str = "aid-cg"
    layer: str = "error"
    budget: int = 60
    row: int = 30
    column: int = 15

    def __post_init__(self) -> None:
        require_one_of("left", self.left, LEFT)
        require_one_of("right", self.right, RIGHT)
        require_one_of("layer", self.layer, LAYERS)
        require_integer("budget", self.budget, 1, LARGEST_BUDGET)
        require_integer("row", self.row, 0, LARGEST_HORIZON)
        require_integer("column", self.column, 0, LARGEST_HORIZON)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are mapped."""
        return tuple(dict.fromkeys(key for key in (self.left, self.right) if key != NONE))


def check(scenario: Scenario) -> None:
    """Refuse what is too large for a whole plane."""
    if scenario.horizon > LARGEST_HORIZON:
        raise ScenarioError(
            "horizon",
            scenario.horizon,
            f"a whole number from 1 to {LARGEST_HORIZON} on this page",
        )
    if scenario.problem_family.data[scenario.data].state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)


SETTINGS = PageSettings(
    "budget",
    Scenario(family="logistic", size=50, horizon=60),
    BudgetView(),
    check,
    tuple(field for field in SHARED if field != "methods"),
)


@dataclass(frozen=True)
class Maps:
    """What the page computes: the planes of these methods on one problem.

    Attributes:
        scenario: the problem; only what is common to all planes.
        methods: keys of ``METHODS``.
    """

    scenario: Scenario
    methods: tuple[str, ...]

    @classmethod
    def of(cls, scenario: Scenario, view: BudgetView) -> Maps:
        """Without what makes no difference to a plane, so that it is computed once."""
        base = Scenario()
        plain = replace(
            scenario,
            methods=base.methods,
            vary=base.vary,
            inner="fixed-point" if scenario.inner == "exact" else scenario.inner,
            inner_steps=base.inner_steps,
            adjoint_steps=base.adjoint_steps,
        )
        return cls(plain, view.methods)

    def seen_by(self, view: BudgetView) -> BudgetView:
        """The view, of these methods."""
        right = self.methods[1] if len(self.methods) > 1 else NONE
        return replace(view, left=self.methods[0], right=right)

    def run(self, progress: Progress | None = None) -> tuple[Plane | Refusal, ...]:
        """The plane of each method, or why there is none."""
        report = progress or (lambda fraction: None)
        found: list[Plane | Refusal] = []
        prepared = prepare(self.scenario, self.scenario.horizon)
        for place, method in enumerate(self.methods):
            report(place / len(self.methods))
            found.append(plane(self.scenario, method, prepared=prepared))
        return tuple(found)

    @property
    def seconds(self) -> float:
        """A rough guess of how long it takes."""
        horizon = self.scenario.horizon
        column = replace(self.scenario, vary="inner", adjoint_steps=horizon, methods=("aid-fp",))
        return len(self.methods) * expected_seconds(column)


MAPS: ComputedCache[Maps, tuple[Plane | Refusal, ...]] = ComputedCache(CACHE_ENTRIES, Maps.run)


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


def verdict(planes: list[Plane], splits: list[Split], budget: int) -> str:
    """How to spend the budget, in words."""
    if not planes:
        return "There is no map: the method does not apply to this problem."
    parts = []
    for item, split in zip(planes, splits, strict=True):
        spent = f"{split.inner_steps} products on w, {split.on_adjoint} on v"
        error = f"error {scientific(split.error / _unit(item))}"
        if split.error <= item.floor:
            error += ", which is rounding"
        label = METHODS[item.method].label
        parts.append(f"{label} {_pair(split)} ({spent}; {error})")
    said = f"Best use of {budget} products: {'; '.join(parts)}."
    if any(_at_the_edge(*pair) for pair in zip(planes, splits, strict=True)):
        said += f" The map ends at T = {planes[0].steps[-1]}."
    return said


def _at_the_edge(item: Plane, split: Split) -> bool:
    """Whether a larger map would have had a use for what is left of the budget."""
    ends = int(item.steps[-1]) in (split.inner_steps, split.adjoint_steps)
    return ends and split.products < split.budget and split.error > item.floor


def _unit(item: Plane) -> float:
    return item.hypergradient_norm if item.hypergradient_norm > 0 else 1.0


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
                    _pair(split),
                    str(split.inner_steps),
                    str(split.on_adjoint),
                    scientific(split.error / _unit(item)),
                    scientific(equal / _unit(item)),
                    improvement(equal, split.error, item.floor),
                    "–" if bound is None else _pair(bound),
                ],
            }
        )
    return {"caption": f"The best use of {budget} products", "columns": COLUMNS, "rows": rows}


def _pair(split: Split) -> str:
    # Broken, if at all, between the two.
    return f"t\u00a0=\u00a0{split.inner_steps}, k\u00a0=\u00a0{split.adjoint_steps}"


def improvement(equal: float, best: float, floor: float) -> str:
    """How many times smaller the best error is; of errors within rounding there is no ratio."""
    if equal <= floor:
        return "rounding"
    if best <= floor:
        return f"at least {ratio(equal / floor)}"
    return ratio(equal / best)
