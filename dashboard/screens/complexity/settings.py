"""What Complexity can be set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dashboard.kit.settings import SHARED, PageSettings
from dashboard.links import LinkSettings
from dashboard.screens.complexity.growth import AXES
from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.inner import SOLVERS
from hypergrad_core.validation import require_integer, require_number, require_one_of

LARGEST_SIZE = 1000
PREDICTIONS = {"shown": "Shown", "hidden": "Hidden"}


@dataclass(frozen=True, kw_only=True)
class ComplexityView(LinkSettings):
    """Which sweep is run, and how it is drawn.

    Attributes:
        axis: key of ``AXES``.
        target: ε, relative, from 1e-12 to 0.5.
        points: how many values of κ, from 3 to 24.
        smallest: the smallest q, from 0.05 to 0.8.
        largest: the largest q, from 0.85 to 0.9995.
        seeds: how many seeds from the scenario's own on, from 1 to 10.
        predicted: key of ``PREDICTIONS``.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = {
        "axis": "axis",
        "target": "eps",
        "points": "points",
        "smallest": "qmin",
        "largest": "qmax",
        "seeds": "seeds",
        "predicted": "predicted",
    }
    labels: ClassVar[Mapping[str, str]] = {
        "axis": "Vertical axis",
        "target": "Target accuracy ε",
        "points": "Number of κ",
        "smallest": "Smallest q",
        "largest": "Largest q",
        "seeds": "Seeds",
        "predicted": "Predictions",
    }

    axis: str = "adjoint"
    target: float = 1e-4
    points: int = 12
    smallest: float = 0.3
    largest: float = 0.9995
    seeds: int = 3
    predicted: str = "shown"

    def __post_init__(self) -> None:
        require_one_of("axis", self.axis, AXES)
        require_number("target", self.target, 1e-12, 0.5)
        require_integer("points", self.points, 3, 24)
        require_number("smallest", self.smallest, 0.05, 0.8)
        require_number("largest", self.largest, 0.85, 0.9995)
        require_integer("seeds", self.seeds, 1, 10)
        require_one_of("predicted", self.predicted, PREDICTIONS)


def check(scenario: Scenario) -> None:
    """Refuse what is too large for a sweep, or has no t."""
    if scenario.problem_family.data[scenario.data].state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)
    if scenario.inner == "exact":
        solvers = {key: solver for key, solver in SOLVERS.items() if key != "exact"}
        allowed = f"one of {', '.join(solvers)} on this page"
        raise ScenarioError("inner", scenario.inner, allowed, solvers)


SETTINGS = PageSettings(
    "complexity",
    Scenario(spectrum="chebyshev", size=400),
    ComplexityView(),
    check,
    tuple(field for field in SHARED if field != "contraction"),
)
