"""How one JSON value differs from another: what two pictures share is written once.

``applied`` in ``dashboard/chart/pure/patches.js`` is the way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Step = list[Any]
"""A path and the value there; a path alone where there is nothing any more."""


def patch(before: Any, after: Any) -> list[Step]:
    """The steps that make ``after`` of ``before``."""
    return list(_steps((), before, after))


def _steps(path: tuple[str | int, ...], before: Any, after: Any) -> Iterator[Step]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() - after.keys():
            yield [[*path, name]]
        for name, value in after.items():
            if name in before:
                yield from _steps((*path, name), before[name], value)
            else:
                yield [[*path, name], value]
    elif isinstance(before, list) and isinstance(after, list) and len(before) <= len(after):
        for place, value in enumerate(after):
            if place < len(before):
                yield from _steps((*path, place), before[place], value)
            else:
                yield [[*path, place], value]
    elif before != after:
        yield [[*path], after]
