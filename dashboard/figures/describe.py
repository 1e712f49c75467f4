"""One line that names a run, in the words of the menus."""

from __future__ import annotations

from typing import Protocol

from dashboard.notation import count, scientific
from hypergrad_core import Scenario
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
