"""What Explore can be set to."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.kit.fields import Declared, Slider, kept, slider, switch
from dashboard.kit.notation import scientific
from dashboard.kit.settings import PageSettings
from hypergrad_core import METHODS, Scenario

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

TARGETS = [float(f"{m}e{e}") for e in range(1, -15, -1) for m in (3, 1)]


@dataclass(frozen=True, kw_only=True)
class View(Declared):
    """How an experiment is drawn."""

    bound: str = switch(
        "both",
        BOUNDS,
        link="bound",
        label="Bound",
        help="**Paper**: from constants only, by Grazzi et al. (2020). **Sharp**: also from what "
        "was measured along this run, or from eigenvalues. The error never exceeds either of them.",
    )
    x_axis: str = switch(
        "steps",
        X_AXES,
        link="x",
        label="Horizontal axis",
        help="**Iterations**: steps t or k. **Products**: Jacobian–vector products and evaluations "
        "of Φ, a measure of cost. **Memory**: numbers held in memory.",
    )
    error: str = switch(
        "relative",
        ERRORS,
        link="error",
        label="Error",
        help="**Relative**: divided by ‖∇f(λ)‖, the length of the exact hypergradient. "
        "**Absolute**: not divided.",
    )
    target: float = slider(
        1e-4,
        (1e-15, 1e6),
        Slider(TARGETS, scientific),
        link="eps",
        label="Target accuracy ε",
        help="How small the error is to become. The table says how many steps each method needs "
        "until its error stays at or below ε.",
    )
    card: str = switch(
        Scenario.methods[-1],
        {key: method.label for key, method in METHODS.items()},
        link="card",
        label="Bound written out",
        help="The method whose bound is written out with its numbers.",
        beside=True,
    )
    cursor: int = kept(20, (0, 2000), link="at", label="Step of the cursor")


# A problem on which the three methods part, and on which conjugate gradient is the faster before
# w_t holds it up. On the quadratic ITD and AID-FP are the same.
SETTINGS = PageSettings(
    "explore", Scenario(family="kernel-ridge", size=30, hyper_size=6, seed=45), View()
)
