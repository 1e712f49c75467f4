"""The outer objective over hyperparameters: along a line, and on a plane of two of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.problem import Problem
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


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def objective_plane(
    problem: Problem,
    first: FloatArray,
    second: FloatArray,
    report: Progress = lambda fraction: None,
) -> FloatArray:
    """f at each λ = (first[c], second[r]), from exact solutions: shape (R, C).

    It is nan where the problem is not meant at λ, and where w(λ) is not reached.

    Args:
        problem: one with two hyperparameters; its own λ does not matter.
        first, second: the values of both, shapes (C,) and (R,).
        report: told the fraction that is done.

    Raises:
        HypergradError: if the problem has not two hyperparameters.
    """
    if problem.hyper_size != 2:
        raise HypergradError(
            f"A plane takes two hyperparameters: the problem has {problem.hyper_size}."
        )
    values = np.full((len(second), len(first)), np.nan)
    for place in np.ndindex(values.shape):
        report((place[0] * len(first) + place[1]) / values.size)
        hyper = np.array([first[place[1]], second[place[0]]])
        if problem.admits(hyper):
            with suppress(HypergradError):
                values[place] = problem.at(hyper).objective()
    return values
