"""The cells of somebody's CSV file, or a message that says why there are none.

A cell is text here and nothing else: none is evaluated. What is too large is refused before it is
taken apart, and every other limit before the next row is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypergrad_core.errors import HypergradError

# While a file of more than a mebibyte comes, a server writes it to its disk; a smaller one never.
LARGEST_BYTES = 1_000_000
LARGEST_ROWS = 1000
LARGEST_COLUMNS = 200
LONGEST_NAME = 100
# A message shows no more of a cell than this many characters.
LONGEST_SHOWN = 40


class TableError(HypergradError):
    """A file that cannot be read as a table; the message names the row and the column."""


@dataclass(frozen=True)
class Sheet:
    """The cells of a file.

    Attributes:
        names: of the columns, no two the same.
        numbers: of the rows, as a spreadsheet shows them: the names are in row 1.
        rows: their cells, one for each column.
    """

    names: tuple[str, ...]
    numbers: Sequence[int] = field(repr=False)
    rows: Sequence[Sequence[str]] = field(repr=False)


def read_sheet(content: bytes) -> Sheet:
    """The cells of a CSV file: UTF-8, commas, names of the columns in the first row.

    Args:
        content: of the file, at most ``LARGEST_BYTES``.

    Raises:
        TableError: saying where and why, if it cannot be read.
    """
    records = _records(_decoded(content))
    _, header = next(records, (0, []))
    if not header:
        raise TableError("The file is empty.")
    names = _names(header)
    numbers: list[int] = []
    rows: list[Sequence[str]] = []
    for number, cells in records:
        if len(cells) != len(names):
            raise TableError(
                f"Row {number} and the first row have different numbers of cells: {len(cells)} "
                f"and {len(names)}."
            )
        if len(rows) == LARGEST_ROWS:
            raise TableError(
                f"Row {number} is one too many: at most {LARGEST_ROWS:,} rows of data are read."
            )
        numbers.append(number)
        rows.append(cells)
    if not rows:
        raise TableError("The file has names in its first row, and no row of data below it.")
    return Sheet(names, numbers, rows)


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_BYTES:
        raise TableError(
            f"The file has {len(content):,} bytes: at most {LARGEST_BYTES:,} are read."
        )
    if content.startswith(b"PK\x03\x04"):
        raise TableError("The file is a spreadsheet or an archive: save it as CSV.")
    try:
        text = content.decode("utf-8-sig")
        bad = content.find(b"\x00")
    except UnicodeDecodeError as error:
        bad = error.start
    if bad >= 0:
        line = content.count(b"\n", 0, bad) + 1
        raise TableError(
            f"The file is not text in UTF-8, see its line {line}: save it as CSV in UTF-8."
        )
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their numbers from 1."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            if cells:
                yield number, [cell.strip() for cell in cells]
    except csv.Error:
        raise TableError(
            f"Row {number + 1} is not CSV: a quotation mark is not closed, or stands beside a cell "
            "and not around it, or a cell is far too long."
        ) from None


def _names(header: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns; one without a name is called by its number."""
    if len(header) > LARGEST_COLUMNS:
        raise TableError(
            f"The first row names {len(header):,} columns: at most {LARGEST_COLUMNS} are read."
        )
    if len(header) == 1:
        for sign, called in ((";", "semicolons"), ("\t", "tabs")):
            if sign in header[0]:
                raise TableError(
                    f"The first row is separated by {called}. Commas between cells and points in "
                    "numbers are read: save the file again in that form."
                )
    known: dict[str, int] = {}
    for place, cell in enumerate(header, 1):
        name = visible(cell) or f"column {place}"
        if len(name) > LONGEST_NAME:
            raise TableError(
                f"The name of column {place} has {len(name):,} characters: at most {LONGEST_NAME} "
                "are read."
            )
        if name in known:
            raise TableError(f"Columns {known[name]} and {place} are both called {shown(name)}.")
        known[name] = place
    return tuple(known)


def visible(text: str) -> str:
    """A text on one line, without signs that cannot be seen."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def shown(text: str) -> str:
    """A text in quotation marks, and no more of it than a sentence has room for."""
    seen = visible(text)
    return f"“{seen[:LONGEST_SHOWN]}{'…' if len(seen) > LONGEST_SHOWN else ''}”"
