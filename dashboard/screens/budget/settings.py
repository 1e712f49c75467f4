"""What Budget can be set to."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.kit.fields import Declared, Slider, choice, kept, slider, switch
from dashboard.kit.notation import count
from dashboard.kit.settings import SHARED, PageSettings
from dashboard.screens.budget.figure.values import LAYERS
from hypergrad_core import METHODS, Scenario, ScenarioError
from hypergrad_core.studies.plane import plane_methods
from hypergrad_core.validation import require_integer

NONE = "none"
LEFT: dict[str, str] = {key: METHODS[key].label for key in plane_methods()}
RIGHT: dict[str, str] = {**LEFT, NONE: "None"}
LARGEST_BUDGET = 500
LARGEST_HORIZON = 100
LARGEST_SIZE = 200


BUDGETS = [*range(5, 101, 5), *range(110, 201, 10), 250, 300, 400, 500]


@dataclass(frozen=True, kw_only=True)
class BudgetView(Declared):
    """What of the plane is shown."""

    budget: int = slider(
        60,
        (1, LARGEST_BUDGET),
        Slider(BUDGETS, count),
        link="budget",
        label="Budget of products",
        help="Number of products that may be spent in total, on w and on v.",
    )
    left: str = choice(
        Scenario.methods[1],
        LEFT,
        link="left",
        label="Method",
        help="The method of the first map.",
    )
    right: str = choice(
        Scenario.methods[2],
        RIGHT,
        link="right",
        label="Compare with",
        help="The method of the second map, on the same colour scale.",
    )
    layer: str = switch(
        "error",
        LAYERS,
        link="layer",
        label="Colour shows",
        help="The measured relative error, or one of its bounds.",
    )
    row: int = kept(30, (0, LARGEST_HORIZON), link="row", label="Step t of the cursor")
    column: int = kept(15, (0, LARGEST_HORIZON), link="column", label="Step k of the cursor")

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
    if scenario.data_set.state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)


SETTINGS = PageSettings(
    "budget",
    Scenario(family="logistic", size=50, horizon=60),
    BudgetView(),
    check,
    tuple(field for field in SHARED if field != "methods"),
)
