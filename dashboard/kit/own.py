"""Tables of their own that visitors have given: each is for its visitor, and for nobody else.

A table is never looked up by its name. It is reached in two ways:

- A page finds it in its session.
- The live route, which knows no session, is told a token with each request: 128 random bits that
  are drawn for the table, and told to the page of the visitor only. It is in no link and no export.

Links and exports name a table by a hash of its content, which opens nothing: who has the link alone
is asked for the file. From there on the table itself is a part of the scenario that is run. A cache
that all visitors share finds the result of a table only for who has a table of the same content.

Nothing is written to a disk. A table is in memory as long as its session, which Streamlit gives up
when another one ends, two minutes after its page has gone; and in the results that are kept of it
until others take their place.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from dashboard.kit.links import NOTHING_HELD, Held
from hypergrad_core import HypergradError, Table
from hypergrad_core.data.sheet import TableError, read_sheet
from hypergrad_core.data.table import table_of

OWN_PARAM = "own"
"""By what the live route finds the table of the page that asks; in no address."""

LARGEST_BYTES = 200_000_000
"""Of the tables of all sessions, about."""

FULL = "This server keeps no more tables of visitors at present. Try again in a few minutes."


@dataclass(frozen=True, eq=False, kw_only=True)
class Given:
    """A file that a visitor has given, and what was understood of it.

    Attributes:
        content: of the file.
        names: of its columns.
        target: which of them is to be learned.
        table: what was read; None if the column that was chosen cannot be the target.
        problem: why it cannot; or "".
        token: opens it to the live route.
    """

    content: bytes = field(repr=False)
    names: tuple[str, ...]
    target: str
    table: Table | None
    problem: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    @property
    def held(self) -> Held:
        """The table, by what links call it."""
        return NOTHING_HELD if self.table is None else {str(self.table): self.table}

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.content) + (0 if self.table is None else self.table.features.nbytes)


_lock = threading.Lock()
# A session holds what it was given: what no session holds any more is gone from here as well.
_given: WeakValueDictionary[str, Given] = WeakValueDictionary()


def take(content: bytes, target: str | None = None) -> Given:
    """Read a file, and keep it as long as somebody holds what is returned.

    Args:
        content: of the file.
        target: name of the column to be learned; the last if not given.

    Raises:
        TableError: if it is no table at all, whichever column is to be learned.
        HypergradError: if there are too many tables.
    """
    sheet = read_sheet(content)
    chosen = sheet.names[-1] if target is None else target
    table, problem = None, ""
    try:
        table = table_of(sheet, chosen)
    except TableError as error:
        problem = str(error)
    made = Given(content=content, names=sheet.names, target=chosen, table=table, problem=problem)
    with _lock:
        if made.size + sum(other.size for other in _given.values()) > LARGEST_BYTES:
            raise HypergradError(FULL)
        _given[made.token] = made
    return made


def forget(mine: Given) -> None:
    """The token of a table opens it no more."""
    with _lock:
        _given.pop(mine.token, None)


def held_by(token: str | None) -> Held:
    """The table that a token opens."""
    with _lock:
        found = None if token is None else _given.get(token)
    return NOTHING_HELD if found is None else found.held
