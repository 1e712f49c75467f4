"""The types of arrays, and how large a block of them may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = slice | IntArray
Progress: TypeAlias = Callable[[float], None]

# Rows of a block are taken in chunks of about this many numbers, to stay in cache and in memory.
BLOCK_FLOATS = 2**20
