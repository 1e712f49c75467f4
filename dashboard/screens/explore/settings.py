"""What Explore can be set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dashboard.kit.settings import PageSettings
from dashboard.links import LinkSettings
from hypergrad_core import METHODS, Scenario
from hypergrad_core.validation import require_integer, require_number, require_one_of

X_AXES: dict[str, str] = {
    "steps": "Iterations",
    "products": "Products",
    "floats": "Memory",
}
ERRORS: dict[str, str] = {"relative": "Relative", "absolute": "Absolute"}
BOUNDS: dict[str, str] = {
    "none": "None",
    "paper": "Paper",
    "sharp": "Sharp",
    "both": "Both",
}

LINK_NAMES: dict[str, str] = {
    "x_axis": "x",
    "error": "error",
    "bound": "bound",
    "target": "eps",
    "card": "card",
    "cursor": "at",
}


@dataclass(frozen=True, kw_only=True)
class View(LinkSettings):
    """How an experiment is drawn.

    Attributes:
        x_axis: key of ``X_AXES``.
        error: key of ``ERRORS``: ‖error‖ divided by ‖∇f(λ)‖, or not.
        bound: key of ``BOUNDS``.
        target: ε, in the units of the error that is shown, from 1e-15 to 1e6.
        card: key of the method whose bound is written out.
        cursor: the step that the cursor reads, from 0 to 2000.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = LINK_NAMES
    labels: ClassVar[Mapping[str, str]] = {
        "x_axis": "Horizontal axis",
        "error": "Error",
        "bound": "Bound",
        "target": "Target accuracy ε",
        "card": "Bound written out",
        "cursor": "Step of the cursor",
    }

    x_axis: str = "steps"
    error: str = "relative"
    bound: str = "both"
    target: float = 1e-4
    card: str = Scenario.methods[-1]
    cursor: int = 20

    def __post_init__(self) -> None:
        require_one_of("x_axis", self.x_axis, X_AXES)
        require_one_of("error", self.error, ERRORS)
        require_one_of("bound", self.bound, BOUNDS)
        require_number("target", self.target, 1e-15, 1e6)
        require_one_of("card", self.card, METHODS)
        require_integer("cursor", self.cursor, 0, 2000)


# A problem on which the three methods part, and on which conjugate gradient is the faster before
# w_t holds it up. On the quadratic ITD and AID-FP are the same.
SETTINGS = PageSettings(
    "explore", Scenario(family="kernel-ridge", size=30, hyper_size=6, seed=45), View()
)
