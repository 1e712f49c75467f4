"""What Complexity can be set to."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.kit.fields import Declared, Slider, choice, slider, switch
from dashboard.kit.notation import scientific
from dashboard.kit.settings import SHARED, PageSettings
from dashboard.screens.complexity.growth import AXES
from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.inner import SOLVERS
from hypergrad_core.validation import require_integer

LARGEST_SIZE = 1000
PREDICTIONS = {"shown": "Shown", "hidden": "Hidden"}


TARGETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10]
SMALLEST = [0.1, 0.3, 0.5, 0.7, 0.8]
LARGEST = [0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995]
POINTS = [4, 6, 8, 10, 12, 16, 20, 24]
SEEDS = [1, 3, 5, 10]


@dataclass(frozen=True, kw_only=True)
class ComplexityView(Declared):
    """Which sweep is run, and how it is drawn."""

    axis: str = choice(
        "adjoint",
        AXES,
        link="axis",
        label="Vertical axis",
        help="What is counted until the relative error stays at or below ε.",
    )
    predicted: str = switch(
        "shown",
        PREDICTIONS,
        link="predicted",
        label="Predictions",
        help="Steps after which the paper’s bound guarantees ε. The bound predicts t and k only, "
        "not products, memory or seconds.",
    )
    target: float = slider(
        1e-4,
        (1e-12, 0.5),
        Slider(TARGETS, scientific),
        link="eps",
        label="Target accuracy ε",
        help="How small the error is to become. The table says how many steps each method needs "
        "until its error stays at or below ε.",
    )
    smallest: float = slider(
        0.3,
        (0.05, 0.8),
        Slider(SMALLEST, lambda q: f"{q:g}"),
        link="qmin",
        label="Smallest q",
        help="The contraction constant at the left end of the sweep. κ = (1 + q)/(1 − q).",
    )
    largest: float = slider(
        0.9995,
        (0.85, 0.9995),
        Slider(LARGEST, lambda q: f"{q:g}"),
        link="qmax",
        label="Largest q",
        help="The contraction constant at the right end of the sweep. κ = (1 + q)/(1 − q).",
    )
    points: int = slider(
        12,
        (3, 24),
        Slider(POINTS, str),
        link="points",
        label="Number of κ",
        help="Number of values of κ at which the problem is solved, evenly spaced on a logarithmic "
        "scale.",
    )
    seeds: int = slider(
        3,
        (1, 10),
        Slider(SEEDS, str),
        link="seeds",
        label="Seeds",
        help="Number of random problems at each κ. Lines are their geometric means, bands reach "
        "from the smallest value to the largest.",
    )


def check(scenario: Scenario) -> None:
    """Refuse what is too large for a sweep, or has no t."""
    if scenario.data_set.state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)
    if scenario.inner == "exact":
        solvers = {key: solver for key, solver in SOLVERS.items() if key != "exact"}
        allowed = f"one of {', '.join(solvers)} on this page"
        raise ScenarioError("inner", scenario.inner, allowed, solvers)
    if scenario.hyper is not None:
        allowed = "no λ on this page: each q makes a problem with another one"
        raise ScenarioError("hyper", scenario.hyper, allowed)


SETTINGS = PageSettings(
    "complexity",
    Scenario(spectrum="chebyshev", size=400),
    ComplexityView(),
    check,
    tuple(field for field in SHARED if field not in ("contraction", "hyper")),
)
