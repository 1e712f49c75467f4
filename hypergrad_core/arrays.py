"""The types of arrays, and how large a block of them may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = slice | IntArray
# The same by their numbers: a range where they are consecutive.
RowNumbers: TypeAlias = range | IntArray
Progress: TypeAlias = Callable[[float], None]

# What all rows of a block gather and keep, at the most, unless one row alone is more: 64 MiB.
KEPT_FLOATS = 2**23
# Rows of a block are taken in chunks of about this many numbers, to stay in cache and in memory.
BLOCK_FLOATS = 2**20


def as_slice(rows: RowNumbers) -> Rows:
    """A run of consecutive rows, at least one, as a slice, which is a view and not a copy."""
    if isinstance(rows, range):
        return slice(rows.start, rows.stop)
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows
