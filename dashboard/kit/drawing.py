"""Pictures that are drawn where their results are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from dashboard.kit.worker import Work, timed
from hypergrad_core.arrays import Progress


@dataclass
class Drawing:
    """A picture of a result, drawn where that is computed: it leaves the interpreter to the pages.

    Attributes:
        draw: draws a result; can be pickled.
        result: that which was drawn; None for none.
        drawn: the picture, as text.
    """

    draw: Callable[[Any], str]
    result: Any = None
    drawn: str = ""

    def of(self, result: Any) -> str:
        """The picture of a result, drawn now if it is not there."""
        return self.drawn if self.result is result else self.draw(result)


_drawing: ContextVar[Drawing | None] = ContextVar("drawing", default=None)


@contextmanager
def drawing(draw: Callable[[Any], str]) -> Iterator[Drawing]:
    """Where this thread has a result computed in another process, have it drawn there as well."""
    mine = Drawing(draw)
    token = _drawing.set(mine)
    try:
        yield mine
    finally:
        _drawing.reset(token)


def asked_for() -> Drawing | None:
    """What this thread wants to have drawn."""
    return _drawing.get()


def work_and_draw(task: tuple[Work, Any, Callable[[Any], str]], report: Progress) -> Any:
    """A result, how many seconds it took, and its picture."""
    work, key, draw = task
    result, seconds = timed(work, key, report)
    return result, seconds, draw(result)
