"""The runs behind Descent: every method from the same λ, under the same rule."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import numpy as np

from dashboard.kit.growing import GrowingCache
from dashboard.kit.parts import PartsCache
from dashboard.screens.descent.ground import GROUNDS, Ground, Window, window_of
from dashboard.screens.descent.settings import DescentView
from hypergrad_core import METHODS, Refusal, Scenario
from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.interruption import asking
from hypergrad_core.studies.descent import Descending, Truth, Waiting
from hypergrad_core.studies.final_values import FinalValues, final_values, repeats
from hypergrad_core.studies.outer_steps import (
    Budget,
    Descent,
    Outer,
    OuterStep,
    Rule,
    Schedule,
)

# A run ends when it has spent so many: a certificate may ask for more and more.
MOST_PRODUCTS = 100_000
# Steps arrive on the page about so often.
PIECE_SECONDS = 0.2


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
class Rest:
    """What is left of a run.

    Attributes:
        fraction: how much of the run is there, in [0, 1].
        blind: whether it is among the fixed steps beside a certified descent.
        products: that those may take.
        waiting: where it goes on; None at the start.
    """

    fraction: float = 0.0
    blind: bool = False
    products: int = 0
    waiting: Waiting | None = None


@dataclass(frozen=True)
class Run:
    """What came out of one way, or has so far.

    Attributes:
        method: its key.
        descent: None where the method was refused.
        blind: where steps are certified: fixed steps for no more products.
        refusal: why there is no descent.
        images: λ at each outer step where it is a set of images, shape (S, c, rows, columns).
        endings: final values of the descent, and of the one beside it, where these have ended.
        rest: what is left of it; None for nothing.
    """

    method: str
    descent: Descent | None
    blind: Descent | None = None
    refusal: Refusal | None = None
    images: FloatArray | None = None
    endings: tuple[FinalValues, ...] = ()
    rest: Rest | None = None

    @property
    def fraction(self) -> float:
        """How much of it is there, in [0, 1]."""
        return 1.0 if self.rest is None else self.rest.fraction

    def joined(self, piece: Run) -> Run:
        """This with the steps that come next."""
        return replace(
            self,
            descent=_joined(self.descent, piece.descent),
            blind=_joined(self.blind, piece.blind),
            images=_stacked(self.images, piece.images),
            endings=self.endings + piece.endings,
            rest=piece.rest,
        )


def _stacked(one: FloatArray | None, other: FloatArray | None) -> FloatArray | None:
    return one if one is None or other is None else np.concatenate([one, other])


def _joined(one: Descent | None, other: Descent | None) -> Descent | None:
    if one is None or other is None:
        return other or one
    return Descent(one.method, one.steps + other.steps)


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

    @cached_property
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
            # A λ that is given is that of the problem of one seed.
            1 if scenario.hyper is not None else view.seeds,
        )


def _go_on(way: Way, report: Progress, rest: Rest | None = None) -> Run:
    """The outer steps of the next moment, one at the least."""
    ends = time.monotonic() + PIECE_SECONDS
    rest = rest or Rest()
    problem, method = way.scenario.build(), METHODS[way.method]
    reason = method.refusal(problem)
    if reason:
        refusal = None if way.brief else Refusal(way.method, reason)
        return Run(way.method, None, refusal=refusal)
    outer = way.outer
    if rest.blind:
        # As long as the products last, not as many steps as were proved.
        outer = outer.unproved(rest.products)
    truth: Truth = "last" if way.brief else True
    descending = Descending(problem, method, way.budget, outer, truth=truth)
    if rest.waiting is not None:
        descending.resume(rest.waiting)
    certified = way.outer.rule is Rule.CERTIFIED

    def fraction() -> float:
        return (rest.blind + descending.fraction) / (2 if certified else 1)

    steps: list[OuterStep] = []
    with asking(report) as tell:
        tell(fraction())
        for step in descending:
            steps.append(step)
            tell(fraction())
            if time.monotonic() > ends:
                break
    left: Rest | None = None
    if not descending.ended:
        left = replace(rest, fraction=fraction(), waiting=descending.waiting)
    elif certified and not rest.blind:
        left = Rest(fraction(), blind=True, products=steps[-1].products)
    path = Descent(way.method, tuple(steps))
    endings: tuple[FinalValues, ...] = ()
    if descending.ended:
        # This piece has the last of all steps.
        ending = final_values(problem, path, outer.rule, way.scenario.seed)
        endings = (replace(ending, steps=descending.taken),)
    if way.brief:
        return Run(way.method, None, endings=endings, rest=left)
    if rest.blind:
        return Run(way.method, None, path, endings=endings, rest=left)
    images = None
    if problem.images is not None:
        images = np.array([problem.at(step.hyper).images for step in steps])
    return Run(way.method, path, images=images, endings=endings, rest=left)


RUNS: GrowingCache[Way, Run] = GrowingCache(2000, _go_on)


class Races(PartsCache[Race, Way, Run]):
    """The runs of a race, and f around their paths where λ has two entries."""

    def __init__(self) -> None:
        super().__init__(lambda race: race.parts, RUNS)

    def find(self, key: Race) -> tuple[Run | None, ...] | None:
        """All runs, if they are there, and f around all of them if it is drawn."""
        runs = super().find(key)
        if runs is None or not has_ground(arrived(runs)):
            return runs
        return None if GROUNDS.find(window_around(key, runs)) is None else runs

    def make_beside(self, key: Race, done: int) -> None:
        """Find f around the first paths, which stays known while the others go on."""
        if done and not has_ground(arrived(self.so_far(key))):
            return
        GROUNDS.compute(window_around(key, self.so_far(key)[:done]))


RACES = Races()


def window_around(race: Race, runs: Sequence[Run | None]) -> Window:
    """Where f is drawn for these runs."""
    way = race.ways[0]
    # The methods make no difference to f.
    start = Window(replace(way.scenario, methods=Scenario().methods), way.outer.length)
    paths = [path for run in runs if run is not None for path in (run.descent, run.blind)]
    return window_of(start, [path for path in paths if path is not None])


def has_ground(runs: Sequence[Run]) -> bool:
    """Whether λ has two entries."""
    sizes = (run.descent.last.hyper.size for run in runs if run.descent is not None)
    return next(sizes, 0) == 2


def ground_of(race: Race, runs: Sequence[Run | None]) -> Ground | None:
    """f around as many of the paths as it is known around; None where it is not known."""
    whole = list(takewhile(lambda run: run is not None and run.rest is None, runs))
    windows = (window_around(race, whole[:count]) for count in range(len(whole), -1, -1))
    return next(filter(None, map(GROUNDS.find, windows)), None)


def arrived(runs: tuple[Run | None, ...]) -> list[Run]:
    """The descents of which something is there, in the order of the methods."""
    return [run for run in runs if run is not None and run.descent is not None]


def ended(runs: tuple[Run | None, ...]) -> list[Run]:
    """Those of which nothing is left, refused ones among them."""
    return [run for run in runs if run is not None and run.rest is None]


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
