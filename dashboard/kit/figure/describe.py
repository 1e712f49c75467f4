"""What a figure says of a run: one line that names it, and which methods do not apply."""

from __future__ import annotations

from typing import Protocol

from dashboard.chart import Absent
from dashboard.kit.scenario_fields import run_title
from dashboard.kit.theme import METHOD_STYLES, Mode
from hypergrad_core import METHODS, Refusal, Scenario

BEYOND_THEORY = (
    "q is not below 1: Φ need not be a contraction, so the theorems do not apply and no bound is "
    "shown, only what is measured. The iteration may not converge: then no method is accurate, "
    "whatever solves its adjoint system. The fixed point may not be unique."
)


class Described(Protocol):
    """What :func:`describe` names: an experiment, a plane, …"""

    @property
    def scenario(self) -> Scenario:
        """What was run."""

    @property
    def state_size(self) -> int:
        """d of the problem."""

    @property
    def hyper_size(self) -> int:
        """m of the problem."""


def absent(refusal: Refusal, mode: Mode, reason: str) -> Absent:
    """A method that does not apply, as the chart names it; ``reason`` is said of it."""
    style = METHOD_STYLES[refusal.method]
    return {
        "name": METHODS[refusal.method].label,
        "color": style.color(mode),
        "marker": style.marker,
        "reason": reason,
    }


def describe(run: Described) -> str:
    """One line that names the run, for titles and exports."""
    return run_title(run.scenario, {"size": run.state_size, "hyper_size": run.hyper_size})
