"""What Budget can be set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dashboard.figures.budget_map import LAYERS
from dashboard.kit.settings import SHARED, PageSettings
from dashboard.links import LinkSettings
from hypergrad_core import METHODS, Scenario, ScenarioError
from hypergrad_core.studies.plane import plane_methods
from hypergrad_core.validation import require_integer, require_one_of

NONE = "none"
LEFT: dict[str, str] = {key: METHODS[key].label for key in plane_methods()}
RIGHT: dict[str, str] = {**LEFT, NONE: "None"}
LARGEST_BUDGET = 500
LARGEST_HORIZON = 100
LARGEST_SIZE = 200


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

    left: str = Scenario.methods[1]
    right: str = Scenario.methods[2]
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
