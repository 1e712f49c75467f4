"""The controls of Explore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls, session
from dashboard.kit.notation import count, scientific
from dashboard.screens.explore.settings import BOUNDS, ERRORS, X_AXES
from hypergrad_core import METHODS
from hypergrad_core.scenario import LARGEST_STEPS, SLICES, TRAJECTORY_FLOATS, truncates

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


STEPS = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    15,
    *range(20, 101, 5),
    120,
    150,
    200,
    300,
    500,
    1000,
    2000,
]
TARGETS = [float(f"{m}e{e}") for e in range(1, -15, -1) for m in (3, 1)]


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """All controls."""
    watched = controls.problem_controls(contraction_at=dial)
    watched += controls.start_controls()
    watched += method_controls()
    return watched + view_controls()


def method_controls() -> list[Watch]:
    """What is compared, and on which slice of the (t, k) plane."""
    watched: list[Watch] = []
    values = session.store()
    controls.methods_control()
    controls.choice("vary", SLICES)
    controls.solver_control(exact=values["vary"] == "adjoint")
    held = values["vary"] == "adjoint"
    watched.append(controls.horizon_control(LARGEST_STEPS if held else most_steps()))
    if held and values["inner"] != "exact":
        watched.append(controls.slider("inner_steps", STEPS, count, most_steps()))
    truncated = truncates(values["vary"], values["methods"])
    if values["vary"] == "inner" or truncated:
        label = "Truncation k" if truncated else ""
        watched.append(controls.slider("adjoint_steps", STEPS, count, label=label))
    return watched


def most_steps() -> int:
    """How many iterates of this size may be kept."""
    return min(LARGEST_STEPS, int(TRAJECTORY_FLOATS // session.store()["size"]) - 1)


def view_controls() -> list[Watch]:
    """How it is looked at."""
    controls.switch("bound", BOUNDS)
    controls.switch("x_axis", X_AXES)
    controls.switch("error", ERRORS)
    return [controls.slider("target", TARGETS, scientific)]


def choose_card(methods: Sequence[str]) -> str:
    """Which method's bound is written out; another, for the time being, if it is not there."""
    wanted = session.store()["card"]
    shown: str = wanted if wanted in methods else methods[-1]
    controls.bare_switch("card", {method: METHODS[method].label for method in methods}, shown)
    return shown
