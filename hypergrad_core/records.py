"""Results that stay as they are: read-only arrays, compared by value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Record:
    """Base of frozen dataclasses that hold arrays.

    Two records are equal if they are of one type and all fields that are compared are equal,
    arrays in shape and in every number; nan equals nan. Like lists, they have no hash.

    Subclasses are declared ``@dataclass(frozen=True, eq=False)``.
    """

    def __post_init__(self) -> None:
        self._protect(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # An array that has been pickled can be written again.
        self._protect(state)

    def _protect(self, values: dict[str, Any]) -> None:
        for name, value in [*values.items()]:
            if isinstance(value, np.ndarray):
                # A view: who made the array may still write to it.
                value = value.view()
                value.flags.writeable = False
            self.__dict__[name] = value

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            _equal(getattr(self, item.name), getattr(other, item.name))
            for item in fields(self)
            if item.compare
        )

    __hash__ = None  # type: ignore[assignment]


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        floats = one.dtype.kind == "f"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=floats)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other or (one != one and other != other))
