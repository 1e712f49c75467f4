"""The controls of Explore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.chart import Watch
from dashboard.kit import controls, session
from hypergrad_core import METHODS
from hypergrad_core.scenario import LARGEST_STEPS, TRAJECTORY_FLOATS, truncates

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def sidebar(dial: DeltaGenerator) -> list[Watch]:
    """What is solved, how it starts, what is compared, and on which slice of the (t, k) plane."""
    watched = controls.problem_controls(contraction_at=dial)
    watched += controls.start_controls()
    values = session.store()
    controls.methods_control()
    controls.draw("vary")
    held = values["vary"] == "adjoint"
    controls.solver_control(exact=held)
    watched += controls.draw("horizon", most=LARGEST_STEPS if held else most_steps())
    if held and values["inner"] != "exact":
        watched += controls.draw("inner_steps", most=most_steps())
    truncated = truncates(values["vary"], values["methods"])
    if values["vary"] == "inner" or truncated:
        watched += controls.draw("adjoint_steps", label="Truncation k" if truncated else "")
    return watched


def most_steps() -> int:
    """How many iterates of this size may be kept."""
    return min(LARGEST_STEPS, int(TRAJECTORY_FLOATS // session.store()["size"]) - 1)


def choose_card(methods: Sequence[str]) -> str:
    """Which method's bound is written out; another, for the time being, if it is not there."""
    chosen = session.store()["card"]
    shown: str = chosen if chosen in methods else methods[-1]
    controls.draw_bare("card", {method: METHODS[method].label for method in methods}, shown)
    return shown
