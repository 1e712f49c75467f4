"""The outer objective along a line of hyperparameters: f and its slope at each point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.records import Record
from hypergrad_core.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Landscape(Record):
    """f(λ) where all components of λ are equal.

    Attributes:
        scenario: the problem.
        hyper: the common value of the components, rising, shape (P,).
        values: f there, shape (P,).
        slopes: the derivative of f by the common value, 1ᵀ∇f, shape (P,).
    """

    scenario: Scenario
    hyper: FloatArray
    values: FloatArray
    slopes: FloatArray

    @property
    def best(self) -> int:
        """Where f is smallest: an index of ``hyper``."""
        return int(np.argmin(self.values))


def landscape(
    scenario: Scenario, hyper: FloatArray, report: Progress = lambda fraction: None
) -> Landscape:
    """f and its slope at λ = s (1, …, 1) for each s of ``hyper``, from exact solutions.

    Args:
        scenario: names the problem; its own λ does not matter.
        hyper: the values s, shape (P,).
        report: told the fraction that is done.

    Raises:
        HypergradError: if a solution is not reached.
    """
    problem = scenario.build()
    values, slopes = np.empty(len(hyper)), np.empty(len(hyper))
    for place, value in enumerate(hyper):
        report(place / len(hyper))
        there = problem.at(np.full(problem.hyper_size, value))
        values[place] = there.objective()
        slopes[place] = there.reference.hypergradient.sum()
    return Landscape(scenario, hyper, values, slopes)
