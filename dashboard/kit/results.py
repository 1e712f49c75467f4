"""Results that are kept, up to so many bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

import numpy as np

# What the results of one cache may hold together.
CACHE_BYTES = 100_000_000

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


def held_bytes(result: object) -> int:
    """What the arrays of a result take, each counted once."""
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
    return sum(arrays.values())


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
        self._bytes: dict[Key, int] = {}
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
        held = held_bytes((key, result))
        with self._lock:
            self._stored[key] = result
            self._bytes[key] = held
            self._stored.move_to_end(key)
            while len(self._stored) > self._entries or (
                len(self._stored) > 1 and sum(self._bytes.values()) > self._size
            ):
                oldest, _ = self._stored.popitem(last=False)
                del self._bytes[oldest]
