"""The runs behind Descent: every method from the same λ, under the same rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dashboard.kit.parts import PartsCache
from dashboard.screens.descent.settings import DescentView
from hypergrad_core import METHODS, Refusal, Scenario
from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.studies.descent import minimize
from hypergrad_core.studies.final_values import FinalValues, final_values, outcome, repeats
from hypergrad_core.studies.outer_steps import Budget, Descent, Outer, Rule, Schedule

# A run ends when it has spent so many: a certificate may ask for more and more.
MOST_PRODUCTS = 100_000


@dataclass(frozen=True)
class Way:
    """One method on its way.

    Attributes:
        scenario: the problem, with this method alone.
        budget, outer: as ``minimize`` takes them.
        brief: whether only final values are wanted.
    """

    scenario: Scenario
    budget: Budget
    outer: Outer
    brief: bool = False

    @property
    def method(self) -> str:
        """Its key."""
        return self.scenario.methods[0]


@dataclass(frozen=True)
class Run:
    """What came out of one way.

    Attributes:
        method: its key.
        descent: None where the method was refused.
        blind: where steps are certified: fixed steps for no more products.
        refusal: why there is no descent.
        images: λ at each outer step where it is a set of images, shape (S, c, rows, columns).
        endings: final values of the descent, and of the one beside it.
    """

    method: str
    descent: Descent | None
    blind: Descent | None = None
    refusal: Refusal | None = None
    images: FloatArray | None = None
    endings: tuple[FinalValues, ...] = ()


@dataclass(frozen=True)
class Race:
    """All methods of a scenario.

    Attributes:
        ways: one for each, which are drawn.
        seeds: how many there are final values of.
    """

    ways: tuple[Way, ...]
    seeds: int = 1

    @property
    def scenario(self) -> Scenario:
        """The problem, with all methods."""
        first = self.ways[0].scenario
        return replace(first, methods=tuple(way.method for way in self.ways))

    @property
    def parts(self) -> tuple[Way, ...]:
        """The ways, and then those of further seeds."""
        first = self.ways[0]
        further = repeats(self.scenario, self.seeds)[len(self.ways) :]
        return (*self.ways, *(replace(first, scenario=each, brief=True) for each in further))

    @classmethod
    def of(cls, scenario: Scenario, view: DescentView) -> Race:
        """The race of these settings, without what makes no difference to it."""
        base = Scenario()
        plain = replace(
            scenario,
            vary=base.vary,
            inner=base.inner,
            horizon=base.horizon,
            inner_steps=base.inner_steps,
            adjoint_steps=base.adjoint_steps,
        )
        budget = Budget(
            view.inner_budget,
            view.adjoint_budget,
            warm_state=view.warm != "none",
            warm_adjoint=view.warm == "both",
            tolerance=view.tolerance,
            schedule=Schedule(view.schedule),
        )
        outer = Outer(
            Rule(view.rule),
            view.steps,
            view.length,
            MOST_PRODUCTS,
            # What cannot be chosen makes no difference.
            project=view.project == "yes" and scenario.problem_family.largest_contraction > 1,
        )
        return cls(
            tuple(Way(replace(plain, methods=(key,)), budget, outer) for key in scenario.methods),
            view.seeds,
        )


def _go(way: Way, report: Progress) -> Run:
    if way.brief:
        found = outcome(way.scenario, way.budget, way.outer, report)
        return Run(way.method, None, endings=found)
    problem = way.scenario.build()
    reason = METHODS[way.method].refusal(problem)
    if reason:
        return Run(way.method, None, refusal=Refusal(way.method, reason))
    certified = way.outer.rule is Rule.CERTIFIED
    share = 0.5 if certified else 1.0
    descent = minimize(
        problem,
        way.method,
        way.budget,
        way.outer,
        progress=lambda fraction: report(share * fraction),
    )
    blind = None
    if certified:
        # As long as the products last, not as many steps as were proved.
        spent = descent.last.products
        blind = minimize(
            problem,
            way.method,
            way.budget,
            way.outer.unproved(spent),
            progress=lambda fraction: report(share * (1 + fraction)),
        )
    images = None
    if problem.images is not None:
        images = np.array([problem.at(step.hyper).images for step in descent.steps])
    seed = way.scenario.seed
    endings = [final_values(problem, descent, way.outer.rule, seed)]
    if blind is not None:
        endings.append(final_values(problem, blind, Rule.FIXED, seed))
    return Run(way.method, descent, blind, images=images, endings=tuple(endings))


RACES: PartsCache[Race, Way, Run] = PartsCache(200, lambda race: race.parts, _go)


def arrived(runs: tuple[Run | None, ...]) -> list[Run]:
    """The descents that are there, in the order of the methods."""
    return [run for run in runs if run is not None and run.descent is not None]


def run_of(runs: Sequence[Run], method: str) -> Run | None:
    """The run of a method, or the one that ends lowest; None while there is none."""
    known = [run for run in runs if run.descent is not None]
    for run in known:
        if run.method == method:
            return run

    def end(run: Run) -> float:
        value = run.descent.last.objective if run.descent else np.nan
        return float(np.where(np.isfinite(value), value, np.inf))

    return min(known, key=end, default=None)


def refusals(runs: tuple[Run | None, ...]) -> list[Refusal]:
    """Why others are not."""
    return [run.refusal for run in runs if run is not None and run.refusal is not None]
