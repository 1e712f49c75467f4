"""When a sequence of errors reaches a target and stays there: searched, and predicted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray

# Beyond this many steps a prediction is of no use to anybody.
FARTHEST = 2**24

# Where a prediction looks first: every step at the beginning, then by about a fifth farther.
GRID = np.concatenate([[0], np.unique(np.geomspace(1, FARTHEST, 97).astype(np.int64))])

# Where the search begins that no bound ends; doubled until the error stays below the target.
FIRST_HORIZON = 128

# The first pass of a search looks at so many pairs of neighbouring steps at the least, and at more
# if that makes no more than so many steps to be run, one row of a block each.
FEWEST_PAIRS = 16

FIRST_PASS_STEPS = 2**15


def first_to_stay(values: FloatArray, target: float) -> int | None:
    """Index from which ``values`` of shape (P,) stay at or below ``target``; None if it does not.

    What comes before does not count: an error may dip below the target and come back.
    """
    above = np.flatnonzero(~(values <= target))
    if len(above) == 0:
        return 0
    last = int(above[-1])
    return None if last == len(values) - 1 else last + 1


def predicted_steps(bound: Callable[[IntArray], FloatArray], target: float) -> int | None:
    """Smallest step from which a bound stays at or below the target, or None.

    Args:
        bound: step numbers of shape (P,) → bounds of shape (P,); falls for good after at most
            one rise, as every bound of the paper does.
        target: positive.
    """
    grid, values = GRID, bound(GRID)
    peak = int(np.argmax(values))
    if 0 < peak < len(grid) - 1:
        # A short rise above the target may hide between two steps of the grid.
        grid = np.union1d(grid, _peak(bound, grid[peak - 1], grid[peak + 1]))
        values = bound(grid)
    while True:
        index = first_to_stay(values, target)
        if index is None:
            return None
        if index == 0 or grid[index] - grid[index - 1] <= 1:
            return int(grid[index])
        grid = _between(grid[index - 1], grid[index])
        values = bound(grid)


def _peak(bound: Callable[[IntArray], FloatArray], low: int, high: int) -> int:
    """The step where a bound that falls for good after at most one rise is largest."""
    while True:
        grid = _between(low, high)
        index = int(np.argmax(bound(grid)))
        if len(grid) > high - low:
            return int(grid[index])
        low, high = int(grid[max(index - 1, 0)]), int(grid[min(index + 1, len(grid) - 1)])


def _between(low: int, high: int) -> IntArray:
    """Every step from one to another, or 65 of them."""
    if high - low < 65:
        return np.arange(low, high + 1)
    return np.linspace(low, high, 65).astype(np.int64)


def search_steps(
    errors: Callable[[IntArray], FloatArray], target: float, cap: int, proved: int | None
) -> int | None:
    """The first step from which an error stays at or below the target, or None.

    Args:
        errors: increasing step numbers of shape (P,) → errors of shape (P,).
        target: positive.
        cap: no step beyond it is asked for; at least 1.
        proved: a step from which the error surely stays below the target, if one is known.
    """
    ends = proved is not None and proved < cap
    horizon = proved + 1 if proved is not None and proved < cap else min(FIRST_HORIZON, cap)
    steps = _spread(0, horizon)
    values = errors(steps)
    while True:
        above = np.flatnonzero(~(values <= target))
        low = int(steps[above[-1]]) if len(above) else -1
        # The first of two neighbours that are both below: so are even and odd steps from there on.
        settled = np.flatnonzero((steps[:-1] > low) & (np.diff(steps) == 1))
        if not ends and horizon < cap and 2 * low >= horizon:
            start, horizon = horizon, min(2 * horizon, cap)
            more = _spread(start, horizon)
        elif not len(settled):
            return None
        else:
            high = int(steps[settled[0]])
            if high == low + 1:
                return high
            ends_of_gap = values[above[-1]], values[settled[0]]
            more = _crowded(low, high, _interpolated(low, high, *ends_of_gap, target))
        more = np.setdiff1d(more, steps)
        values = np.concatenate([values, errors(more)])
        steps = np.concatenate([steps, more])
        order = np.argsort(steps)
        steps, values = steps[order], values[order]


def _spread(low: int, high: int) -> IntArray:
    """Pairs of neighbours evenly spread over low … high, the last ending there; or every step."""
    pairs = max(FEWEST_PAIRS, FIRST_PASS_STEPS // high)
    if high - low <= 2 * pairs:
        return np.arange(low, high + 1)
    first = np.linspace(low, high - 1, pairs).astype(np.int64)
    return np.union1d(first, first + 1)


def _interpolated(low: int, high: int, above: float, below: float, target: float) -> int:
    """Where an error that falls geometrically from ``above`` to ``below`` meets the target."""
    if not np.isfinite(above) or below <= 0:
        return (low + high) // 2
    share = np.log(above / target) / np.log(above / below)
    return low + int(share * (high - low))


def _crowded(low: int, high: int, guess: int) -> IntArray:
    """Pairs of neighbours within low … high, the closer to the guess the denser."""
    reach = 4 ** np.arange((high - low).bit_length() // 2 + 1)
    first = np.concatenate([guess - reach, [guess], guess + reach])
    first = first[(first >= low) & (first < high)]
    return np.union1d(first, first + 1)
