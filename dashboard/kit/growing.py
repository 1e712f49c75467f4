"""Results that grow piece by piece: shown meanwhile, stopped anywhere, gone on with from there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, Self, TypeVar

from dashboard.kit.compute import ComputedCache, reported_to, reporting_to
from dashboard.kit.results import Key
from hypergrad_core.arrays import Progress


class Growing(Protocol):
    """A result that may be there in part."""

    @property
    def rest(self) -> Any:
        """What it takes to go on: small, and to be pickled. None for a whole result."""

    @property
    def fraction(self) -> float:
        """How much of it is there, in [0, 1]."""

    def joined(self, piece: Self) -> Self:
        """This with the piece that comes next."""
        ...


Grown = TypeVar("Grown", bound=Growing)


class GrowingCache(ComputedCache[Key, Grown]):
    """Results that are made piece by piece.

    Between two pieces nothing of a result is held but what there is of it and its ``rest``: no
    process waits for anybody to go on.

    Args:
        entries: how many results are kept, whole or not.
        go_on: makes the first piece, or with the ``rest`` of what there is the one after that; as
            the work of any ``ComputedCache``. It should take a fraction of a second.
    """

    def __init__(self, entries: int, go_on: Callable[..., Grown]) -> None:
        super().__init__(entries, go_on)
        self._go_on = go_on

    def is_whole(self, result: Grown | None) -> bool:
        """Whether nothing is left."""
        return result is not None and result.rest is None

    def find(self, key: Key) -> Grown | None:
        """The whole result, if it is there."""
        known = self.so_far(key)
        return known if self.is_whole(known) else None

    def so_far(self, key: Key) -> Grown | None:
        """What there is of it."""
        return super().find(key)

    def _make(self, key: Key) -> tuple[Grown, float]:
        """Piece after piece; each is kept as it comes."""
        whole = reported_to() or (lambda fraction: None)
        grown, seconds = self.so_far(key), 0.0
        while grown is None or grown.rest is not None:
            rest, least = (None, 0.0) if grown is None else (grown.rest, grown.fraction)
            with reporting_to(partial(_report_beyond, whole, least)):
                piece, spent = self._place_of_work(key)(partial(self._go_on, rest=rest), key)
            seconds += spent
            grown = piece if grown is None else grown.joined(piece)
            self.put(key, grown)
        return grown, seconds


def _report_beyond(whole: Progress, least: float, fraction: float) -> None:
    """What is there counts as well: a process begins each piece at 0."""
    whole(max(least, fraction))
