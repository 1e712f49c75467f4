"""What a run takes, known before it is begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hypergrad_core.bounds.expected import path_cost
from hypergrad_core.costs import DEFAULT_MACHINE, Cost, Machine
from hypergrad_core.methods import METHODS, Points
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.experiment import slice_refusal


def expected_cost(scenario: Scenario) -> Cost:
    """What ``run`` takes: set-up, iterates, each method that applies, and the bounds."""
    steps = int(scenario.points().inner_steps.max())
    points = {
        key: scenario.points_of(METHODS[key])
        for key in scenario.methods
        if not slice_refusal(scenario, METHODS[key])
    }
    return _cost(scenario, steps, points)


def expected_plane_cost(scenario: Scenario, methods: Sequence[str]) -> Cost:
    """What ``plane`` takes for these methods together: every t with every k.

    Beside the steps, which are those of a run with k up to T for each t, there is something to be
    read off and bounded at each of all these points.
    """
    steps = np.arange(scenario.horizon + 1)
    t, k = (part.ravel() for part in np.meshgrid(steps, steps, indexing="ij"))
    points = {
        key: METHODS[key].clipped_points(Points(t, k))
        for key in methods
        if not METHODS[key].fixed_adjoint_steps
    }
    return _cost(scenario, scenario.horizon, points)


def _cost(scenario: Scenario, steps: int, points: Mapping[str, Points]) -> Cost:
    """Set-up, so many inner steps, and each method at its points."""
    work = scenario.problem_family.work(scenario)
    solver = scenario.solver
    scheme = solver.scheme(min(scenario.contraction, 0.9999))
    cost = work.setup + solver.work(work, steps)
    bounded = scenario.contraction < 1
    methods = [METHODS[key] for key in points if METHODS[key].applies(work)]
    if methods and bounded:
        cost += path_cost(work, steps, scheme, still=not solver.iterative)
    for method in methods:
        cost += method.work(work, points[method.key], scheme)
        if bounded:
            cost += method.bound_work(work, points[method.key], scheme)
    return cost


def expected_seconds(scenario: Scenario, machine: Machine = DEFAULT_MACHINE) -> float:
    """How long ``run`` takes, about."""
    return machine.seconds(expected_cost(scenario))
