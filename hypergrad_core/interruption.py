"""How a run is stopped wherever it is: every loop asks now and then, set-up included.

Who started the run is asked by its ``progress``, which may raise. What is deep inside, and is not
handed one, calls ``ask``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hypergrad_core.arrays import Progress

# Multiplications between two questions, about: well below 0.2 seconds, on a busy machine as well.
WORK_BETWEEN = 2**28

_asked: ContextVar[Callable[[], None] | None] = ContextVar("asked", default=None)


def ask() -> None:
    """Ask whoever runs this whether to go on; whatever that raises stops the run."""
    asked = _asked.get()
    if asked is not None:
        asked()


@contextmanager
def asking(progress: Progress | None) -> Iterator[Progress]:
    """While this is open, ``ask`` tells ``progress`` again what it was told last, at first 0.

    Yields:
        what is to be told of the fraction done.
    """
    if progress is None:
        # What runs around this one goes on being asked.
        around = _asked.get()
        yield lambda fraction: around() if around is not None else None
        return
    told, last = progress, 0.0

    def report(fraction: float) -> None:
        nonlocal last
        last = fraction
        told(fraction)

    token = _asked.set(lambda: told(last))
    try:
        yield report
    finally:
        _asked.reset(token)
