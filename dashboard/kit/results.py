"""Results that are kept, up to so many bytes."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

import numpy as np

# What the results of one cache may hold together.
CACHE_BYTES = 100_000_000

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


def held_bytes(result: object) -> int:
    """What the arrays of a result take, each counted once."""
    return sum(held_arrays(result).values())


def held_arrays(result: object) -> dict[int, int]:
    """The arrays of a result, and the bytes of each."""
    arrays: dict[int, int] = {}
    left = [result]
    while left:
        value = left.pop()
        if isinstance(value, np.ndarray):
            if isinstance(value.base, np.ndarray):
                left.append(value.base)
            else:
                arrays[id(value)] = value.nbytes
        elif isinstance(value, (tuple, list)):
            left.extend(value)
        elif isinstance(value, dict):
            left.extend(value.values())
        else:
            # Of a dataclass; its own function that lists them takes several times as long.
            names = getattr(value, "__dataclass_fields__", ())
            left.extend(getattr(value, name) for name in names)
    return arrays


class ResultCache(Generic[Key, Result]):
    """The last results, by what they are of; safe to share between threads.

    Args:
        entries: how many are kept.
        size: bytes that all of them may hold together; the newest is kept at any size.
    """

    def __init__(self, entries: int, size: int = CACHE_BYTES) -> None:
        self._entries = entries
        self._size = size
        self._stored: OrderedDict[Key, Result] = OrderedDict()
        self._arrays: dict[Key, dict[int, int]] = {}
        # How many results hold an array: several are of the same data, which count once.
        self._holders: Counter[int] = Counter()
        self._held = 0
        self._lock = threading.Lock()

    def find(self, key: Key) -> Result | None:
        """The result if it is there."""
        with self._lock:
            result = self._stored.get(key)
            if result is not None:
                self._stored.move_to_end(key)
            return result

    def put(self, key: Key, result: Result) -> None:
        """Keep a result; the oldest go when there are too many, or too large ones.

        What it is of is kept with it, and may have data of its own.
        """
        arrays = held_arrays((key, result))
        with self._lock:
            if key in self._stored:
                self._drop(key)
            self._stored[key] = result
            self._arrays[key] = arrays
            self._held += sum(size for array, size in arrays.items() if not self._holders[array])
            self._holders.update(arrays.keys())
            while len(self._stored) > self._entries or (
                len(self._stored) > 1 and self._held > self._size
            ):
                self._drop(next(iter(self._stored)))

    def _drop(self, key: Key) -> None:
        del self._stored[key]
        for array, size in self._arrays.pop(key).items():
            self._holders[array] -= 1
            if not self._holders[array]:
                del self._holders[array]
                self._held -= size
