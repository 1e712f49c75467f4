"""Tables that want an entry for what is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeVar

Entry = TypeVar("Entry")


class Table(dict[str, Entry]):
    """Entries by name. It says what to do where one is missing."""

    def __init__(self, place: str, entries: Mapping[str, Entry]) -> None:
        super().__init__(entries)
        self._place = place

    def __missing__(self, name: str) -> NoReturn:
        raise AssertionError(f"Add an entry for {name!r} to {self._place}.")
