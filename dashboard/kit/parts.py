"""Results that are made part by part."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Generic, TypeVar

from dashboard.kit.compute import ComputedCache, reported_to, reporting_to
from dashboard.kit.results import Key
from hypergrad_core.arrays import Progress

PartKey = TypeVar("PartKey", bound=Hashable)
Part = TypeVar("Part")


class PartsCache(ComputedCache[Key, tuple[Part | None, ...]], Generic[Key, PartKey, Part]):
    """Results that are made part by part, and can be shown before all parts are there.

    Parts are kept by themselves, so that results share those that they have in common.

    Args:
        parts_of: the keys of the parts of a result, in order.
        parts: makes them, and keeps them.
    """

    def __init__(
        self,
        parts_of: Callable[[Key], Sequence[PartKey]],
        parts: ComputedCache[PartKey, Part],
    ) -> None:
        super().__init__(0, lambda key, report: self.compute(key), lambda key: math.inf)
        self.parts = parts
        self._parts_of = parts_of

    def so_far(self, key: Key) -> tuple[Part | None, ...]:
        """What there is of each part, None for nothing."""
        return tuple(self.parts.so_far(part) for part in self._parts_of(key))

    def refusal(self, key: Key) -> str:
        """Never: how long all parts take is seen when some are there."""
        return ""

    def find(self, key: Key) -> tuple[Part | None, ...] | None:
        """All parts, if they are there."""
        known = tuple(self.parts.find(part) for part in self._parts_of(key))
        return None if any(part is None for part in known) else known

    def live(self, key: Key, *, whole: bool) -> tuple[Part | None, ...]:
        """What is there."""
        return self.so_far(key)

    def compute(self, key: Key) -> tuple[Part | None, ...]:
        """All parts, one after the other; each is kept as it comes."""
        parts = self._parts_of(key)
        whole = reported_to() or (lambda fraction: None)
        made: list[Part] = []
        while True:
            done = len(made)
            with reporting_to(partial(_report_done, whole, done, len(parts))):
                self.make_beside(key, done)
            if done == len(parts):
                return tuple(made)
            with reporting_to(partial(_report_part, whole, done, len(parts))):
                made.append(self.parts.compute(parts[done]))

    def make_beside(self, key: Key, done: int) -> None:
        """The first parts are there, so many of them: what follows from them can be made."""


def _report_done(whole: Progress, done: int, count: int, fraction: float) -> None:
    """So many parts are done, and something that is not a part is made meanwhile."""
    whole(done / count)


def _report_part(whole: Progress, number: int, count: int, fraction: float) -> None:
    """Of so many parts this one is done to a fraction."""
    whole((number + fraction) / count)
