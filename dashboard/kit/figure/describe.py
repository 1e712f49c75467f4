"""What a figure says of a run: one line that names it, and which methods do not apply."""

from __future__ import annotations

from typing import Protocol

from dashboard.chart import Absent
from dashboard.kit.notation import count, scientific
from dashboard.kit.theme import METHOD_STYLES, Mode
from hypergrad_core import METHODS, Refusal, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import PRECISIONS, SPECTRA


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


def describe(experiment: Described) -> str:
    """One line that names the run, for titles and exports."""
    scenario = experiment.scenario
    family = scenario.problem_family
    parts = [family.label]
    if len(family.data) > 1:
        # Without the size of the data, because d, m and n follow.
        parts.append(family.data[scenario.data].label.partition(" (")[0])
    parts.append(f"q = {scenario.contraction:g}")
    if scenario.contraction < 1:
        parts.append(f"κ = {scientific(scenario.condition_number)}")
    parts.append(f"d = {count(experiment.state_size)}")
    parts.append(f"m = {count(experiment.hyper_size)}")
    if "samples" in family.uses:
        parts.append(f"n = {count(scenario.sample_size)}")
    if "spectrum" in family.uses:
        parts.append(f"eigenvalues: {_lower(SPECTRA[scenario.spectrum])}")
    if scenario.vary == "adjoint":
        exact = scenario.inner == "exact"
        parts.append("wₜ exact" if exact else f"t = {scenario.inner_steps}")
    if scenario.inner == "heavy-ball":
        parts.append(_lower(SOLVERS[scenario.inner].label))
    if scenario.vary == "inner":
        parts.append(f"k = {scenario.adjoint_steps}")
    if scenario.vary == "both" and "itd-truncated" in scenario.methods:
        parts.append(f"truncation k = {scenario.adjoint_steps}")
    if scenario.start > 0:
        parts.append(f"start ‖w₀‖ = {scenario.start:g} ‖w(λ)‖")
    if scenario.precision != "double":
        parts.append(_lower(PRECISIONS[scenario.precision]))
    parts.append(f"seed {scenario.seed}")
    return " · ".join(parts)


def _lower(label: str) -> str:
    """A label within a line."""
    return label[0].lower() + label[1:]
