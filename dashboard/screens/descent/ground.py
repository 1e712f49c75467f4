"""f around the paths of a race, where λ has two entries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dashboard.kit.compute import ComputedCache
from hypergrad_core import Scenario
from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.studies.landscape import objective_plane
from hypergrad_core.studies.outer_steps import Descent

# Values of each hyperparameter, and where f takes longer.
FINE, COARSE = 33, 21
# A problem is small up to this many entries of w, and this many rows of data.
SMALL_STATE, SMALL_DATA = 50, 500
# Width to height.
ASPECT = 1.5
# The part of a side that is left free around the paths.
ROOM = 0.1
# The sides of a window are multiples of a power of two: it stays the same for a while.
UNITS = 8
# A λ with a larger entry has shot up.
LARGEST = 1e9
# First steps that fit in at the least, and before it is known where paths go.
LEAST_STEPS, START_STEPS = 3, 12


@dataclass(frozen=True)
class Window:
    """Where f is to be known.

    Attributes:
        scenario: the problem.
        length: of the first step.
        low, high: the least and the largest λ; None for what is around the λ where paths start.
    """

    scenario: Scenario
    length: float
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Ground:
    """f on a grid.

    Attributes:
        first, second: the values of λ₁ and of λ₂, shapes (C,) and (R,).
        values: f, shape (R, C), nan where it is not defined; None where λ has not two entries.
    """

    first: FloatArray
    second: FloatArray
    values: FloatArray | None

    @property
    def name(self) -> str:
        """Which grid of a problem it is."""
        return " ".join(f"{end:g}" for ends in (self.first, self.second) for end in ends[[0, -1]])


def _survey(window: Window, report: Progress) -> Ground:
    problem = window.scenario.build()
    if problem.hyper_size != 2:
        return Ground(np.zeros(0), np.zeros(0), None)
    if window.low is None or window.high is None:
        window = framed(window, problem.hyper[None], START_STEPS)
    assert window.low is not None
    assert window.high is not None
    small = problem.state_size <= SMALL_STATE and window.scenario.sample_size <= SMALL_DATA
    ends = zip(window.low, window.high, strict=True)
    first, second = (np.linspace(*pair, FINE if small else COARSE) for pair in ends)
    return Ground(first, second, objective_plane(problem, first, second, report))


GROUNDS: ComputedCache[Window, Ground] = ComputedCache(64, _survey)


def framed(window: Window, points: FloatArray, steps: int) -> Window:
    """The same around these λ, shape (P, 2), and no smaller than so many first steps."""
    low, high = points.min(axis=0), points.max(axis=0)
    # Wider than high, as the screen is.
    side = max(float(((high - low) * (1, ASPECT)).max()), steps * window.length)
    unit = 2.0 ** math.ceil(math.log2(side)) / UNITS
    middle = (low + high) / 2
    half = (0.5 + ROOM) * side * np.array([1, 1 / ASPECT])
    ends = np.floor((middle - half) / unit) * unit, np.ceil((middle + half) / unit) * unit
    low_end, high_end = (tuple(end.tolist()) for end in ends)
    return replace(window, low=low_end, high=high_end)


def window_of(start: Window, descents: Sequence[Descent]) -> Window:
    """Around these paths; around where they would start if there is none.

    What a path shoots up to is not in it.
    """
    steps = [step for descent in descents for step in descent.steps]
    if not steps:
        return start
    points = np.array([step.hyper for step in steps])
    heights = np.array([step.objective for step in steps])
    known = np.isfinite(heights) & (np.abs(points) < LARGEST).all(axis=1)
    first = heights[0]
    kept = known & (heights <= first + (first - heights[known].min(initial=first)))
    kept[0] = True
    return framed(start, points[kept], LEAST_STEPS)
