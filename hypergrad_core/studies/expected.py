"""What a run takes, known before it is begun."""

from __future__ import annotations

from hypergrad_core.bounds.expected import path_cost
from hypergrad_core.costs import DEFAULT_MACHINE, Cost, Machine
from hypergrad_core.methods import METHODS
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.experiment import slice_refusal


def expected_cost(scenario: Scenario) -> Cost:
    """What ``run`` takes: set-up, iterates, each method that applies, and the bounds."""
    work = scenario.problem_family.work(scenario)
    steps = int(scenario.points().inner_steps.max())
    solver = scenario.solver
    scheme = solver.scheme(min(scenario.contraction, 0.9999))
    cost = work.setup + solver.work(work, steps)
    bounded = scenario.contraction < 1
    methods = [
        method
        for method in map(METHODS.__getitem__, scenario.methods)
        if not slice_refusal(scenario, method) and method.applies(work)
    ]
    if methods and bounded:
        cost += path_cost(work, steps, scheme, still=not solver.iterative)
    for method in methods:
        points = scenario.points_of(method)
        cost += method.work(work, points, scheme)
        if bounded:
            cost += method.bound_work(work, points, scheme)
    return cost


def expected_seconds(scenario: Scenario, machine: Machine = DEFAULT_MACHINE) -> float:
    """How long ``run`` takes, about."""
    return machine.seconds(expected_cost(scenario))
