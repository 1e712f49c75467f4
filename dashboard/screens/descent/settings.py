"""What Descent can be set to."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.kit.fields import Declared, Slider, choice, kept, slider, switch
from dashboard.kit.notation import scientific
from dashboard.kit.settings import SHARED, PageSettings
from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError
from hypergrad_core.studies.outer_steps import Rule, Schedule
from hypergrad_core.validation import require_integer

LARGEST_SIZE = 300
MOST_STEPS = 200
STEPS = [1, 2, 5, 10, 20, 50, 100, 200]

HEIGHTS: dict[str, str] = {
    "objective": "Objective f(λ)",
    "gradient": "Slope ‖∇f(λ)‖",
    "error": "Error of h",
    "angle": "Angle between h and ∇f",
    "accuracy": "Held-out accuracy",
}
# Where the problem is of many tasks, accuracy is that on others.
NEW_TASKS = "Accuracy on new tasks"
AGAINST: dict[str, str] = {"products": "Products", "steps": "Outer steps", "seconds": "Seconds"}
RULES: dict[str, str] = {
    Rule.FIXED: "Fixed",
    Rule.BACKTRACKING: "Backtracking",
    Rule.CERTIFIED: "Certified",
}
WARM: dict[str, str] = {"both": "w and v", "state": "w only", "none": "Nothing"}
SCHEDULES: dict[str, str] = {
    Schedule.FIXED: "Fixed",
    Schedule.EXPONENTIAL: "Exponential, 0.9ⁱ",
    Schedule.QUADRATIC: "Quadratic, 1/i²",
    Schedule.CUBIC: "Cubic, 1/i³",
}


@dataclass(frozen=True, kw_only=True)
class DescentView(Declared):
    """Which descent is run, and how it is drawn."""

    height: str = choice(
        "objective",
        HEIGHTS,
        link="height",
        label="Vertical axis",
        help="What is drawn at each λ: f itself, the length of its gradient, or how far the "
        "approximate hypergradient h is from it, in length or in direction. Accuracy is that on "
        "rows that neither Φ nor E has seen; with many tasks, on new tasks.",
    )
    against: str = switch(
        "products",
        AGAINST,
        link="against",
        label="Horizontal axis",
        help="Products are what is paid for: evaluations of Φ and products with its derivatives.",
    )
    rule: str = switch(
        "certified",
        RULES,
        link="rule",
        label="Outer step",
        help="**Fixed**: λ ← λ − αh with the same α. **Backtracking**: α is halved until E(wₜ) "
        "falls. **Certified**: α is halved, and h made more exact, until it is proved that f "
        "falls.",
    )
    length: float = slider(
        0.5,
        (1e-4, 100.0),
        Slider([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0], lambda length: f"{length:g}"),
        link="first",
        label="Length of the first step",
        help="How far λ moves in the first outer step. With fixed steps α stays what it is then.",
    )
    steps: int = slider(
        20,
        (1, MOST_STEPS),
        Slider([5, 10, 20, 30, 50, 100, 200], str),
        link="outer",
        label="Outer steps",
        help="How many steps λ takes at the most.",
    )
    inner_budget: int = slider(
        10,
        (1, 2000),
        Slider(STEPS, str),
        link="ti",
        label="Inner steps t",
        help="Inner steps for one hypergradient, at the most.",
    )
    adjoint_budget: int = slider(
        10,
        (1, 2000),
        Slider(STEPS, str),
        link="ki",
        label="Backward steps k",
        help="Backward steps for one hypergradient, at the most.",
    )
    warm: str = switch(
        "both",
        WARM,
        link="warm",
        label="Warm start of",
        help="What begins where the outer step before has ended: w, and the adjoint v.",
    )
    project: str = switch(
        "no",
        {"no": "No", "yes": "‖A‖ ≤ 0.99"},
        link="project",
        label="Projection",
        help="Whether each new λ is brought back to where Φ surely contracts.",
        when=lambda values: FAMILIES[values["family"]].largest_contraction > 1,
    )
    tolerance: float = slider(
        0.0,
        (0.0, 1.0),
        Slider([0.0, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1], lambda value: scientific(value) or "0"),
        link="tol",
        label="Tolerance",
        help="Steps on w and on v end when their residual is no larger. 0: all t and k are taken.",
    )
    schedule: str = choice(
        "fixed",
        SCHEDULES,
        link="sched",
        label="Tolerance falls",
        help="How the tolerance falls with the outer step i (Pedregosa 2016).",
        when=lambda values: values["tolerance"] > 0,
    )
    seeds: int = slider(
        1,
        (1, 10),
        Slider([1, 3, 5, 10], str),
        link="seeds",
        label="Seeds",
        help="Number of random problems for the table of final values: further ones are drawn from "
        "the seeds that follow. The pictures are of the first.",
        # A λ that is given is that of the problem of one seed.
        when=lambda values: values["hyper"] is None,
    )
    lights: str = choice(
        "best",
        {"best": "The method that ends lowest", **{key: m.label for key, m in METHODS.items()}},
        link="of",
        label="Signs and images of",
        help="Whose signs, and whose images where λ is a set of images, are drawn below.",
    )
    at: int = kept(0, (0, MOST_STEPS), link="i", label="Outer step")


def height_name(view: DescentView, scenario: Scenario) -> str:
    """What is drawn upwards."""
    if view.height == "accuracy" and scenario.problem_family.task_rows:
        return NEW_TASKS
    return HEIGHTS[view.height]


def check(scenario: Scenario) -> None:
    """Refuse what is too large to be solved at every λ."""
    if scenario.data_set.state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)
    if scenario.precision != "double":
        raise ScenarioError(
            "precision", scenario.precision, "double on this page", {"double": "Double"}
        )


SETTINGS = PageSettings(
    "descent",
    Scenario(family="biased", data="digits", contraction=0.9),
    DescentView(),
    check,
    # Not the precision: a certificate says nothing of rounding. Nor a λ: only a link brings
    # one here.
    tuple(name for name in SHARED if name not in ("precision", "start", "hyper")),
)
