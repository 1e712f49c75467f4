"""What a figure says of a run: one line that names it, and which methods do not apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dashboard.chart import Absent
from dashboard.kit.notation import count, scientific
from dashboard.kit.theme import METHOD_STYLES, Mode
from hypergrad_core import METHODS, Refusal, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import PRECISIONS, SPECTRA

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


def describe(experiment: Described) -> str:
    """One line that names the run, for titles and exports."""
    scenario = experiment.scenario
    lead = [f"q = {scenario.contraction:g}"]
    if scenario.contraction < 1:
        lead.append(f"κ = {scientific(scenario.condition_number)}")
    sizes = {"d": experiment.state_size, "m": experiment.hyper_size}
    return run_title(scenario, lead, sizes, f"seed {scenario.seed}")


def run_title(
    scenario: Scenario,
    lead: Sequence[str],
    sizes: Mapping[str, int],
    seeds: str,
    *,
    sliced: bool = True,
) -> str:
    """One line that names what was run.

    Args:
        scenario: what was run, or what all runs have in common.
        lead: what follows the name of the problem.
        sizes: d, and m where it is known.
        seeds: which.
        sliced: whether the run is of the slice of the (t, k) plane that the scenario names.
    """
    family = scenario.problem_family
    parts = [family.label]
    if len(family.data) > 1:
        # Without the size of the data, because d, m and n follow.
        parts.append(family.data[scenario.data].label.partition(" (")[0])
    parts += [*lead, *(f"{name} = {count(size)}" for name, size in sizes.items())]
    if "samples" in family.uses:
        parts.append(f"n = {count(scenario.sample_size)}")
    if "spectrum" in family.uses:
        parts.append(f"eigenvalues: {_lower(SPECTRA[scenario.spectrum])}")
    if sliced and scenario.vary == "adjoint":
        exact = scenario.inner == "exact"
        parts.append("wₜ exact" if exact else f"t = {scenario.inner_steps}")
    if scenario.inner == "heavy-ball":
        parts.append(_lower(SOLVERS[scenario.inner].label))
    if sliced and scenario.vary == "inner":
        parts.append(f"k = {scenario.adjoint_steps}")
    if sliced and scenario.truncates:
        parts.append(f"truncation k = {scenario.adjoint_steps}")
    if scenario.start > 0:
        parts.append(f"start ‖w₀‖ = {scenario.start:g} ‖w(λ)‖")
    if scenario.precision != "double":
        parts.append(_lower(PRECISIONS[scenario.precision]))
    return " · ".join([*parts, seeds])


def _lower(label: str) -> str:
    """A label within a line."""
    return label[0].lower() + label[1:]
