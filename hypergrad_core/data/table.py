"""A table of one's own: numbers to learn a target from, read from a CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.data.sheet import Sheet, TableError, read_sheet, shown
from hypergrad_core.records import Record

LEAST_ROWS = 10
LEAST_FEATURES = 2
MOST_CLASSES = 10
# Squares of what is smaller are finite.
LARGEST_NUMBER = 1e100
# How many of the rows that were left out are named.
MOST_NAMED = 5

# What a target can be learned as.
REGRESSION = "regression"
TWO_CLASSES = "two classes"
CLASSES = "classes"

MISSING = frozenset({"", "-", "?", "na", "n/a", "nan", "none", "null"})
"""What stands for a value that is missing, in small letters."""

# Linear in the length of a cell. Python's own ``float`` reads much more: 1_000, ١٢, infinity.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_OWN = re.compile(r"own-[0-9a-f]{16}")


@dataclass(frozen=True, eq=False, repr=False)
class Table(Record):
    """Numbers to learn a target from. Two are equal if their contents are, whoever gave them.

    Attributes:
        columns: names of the features.
        target_column: name of the target.
        features: shape (n, p), finite.
        target: shape (n,), finite; where the target is text, the place of each value in ``labels``.
        labels: the values of a target that is text, sorted; () if it is numbers.
        left_out: what of the file is not in here and why, a sentence each.
    """

    columns: tuple[str, ...]
    target_column: str
    features: FloatArray
    target: FloatArray
    labels: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of names and numbers, 64 hexadecimal digits."""
        names = (self.columns, self.target_column, self.labels, self.features.shape)
        told = sha256(repr(names).encode())
        for numbers in (self.features, self.target):
            # Without the sign of −0, and the same on every machine.
            told.update((numbers + 0.0).astype("<f8").tobytes())
        return told.hexdigest()

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Table) else NotImplemented

    # Unlike other records it is a part of keys.
    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self.digest)

    def __str__(self) -> str:
        """What links and exports call it: the first digits of the hash of its content."""
        return f"own-{self.digest[:16]}"

    def __repr__(self) -> str:
        return f"<Table {self}>"

    @property
    def label(self) -> str:
        """Name for people."""
        rows, columns = self.features.shape
        return f"Own data {self.digest[:16]} ({rows} × {columns})"

    @property
    def half(self) -> int:
        """How many rows are trained on where the others validate."""
        return len(self.target) // 2

    @property
    def third(self) -> int:
        """How many rows are trained on, and how many validate, where the others are held out."""
        return len(self.target) // 3

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What the target can be learned as, the likeliest first: ``REGRESSION`` and so on."""
        values = np.unique(self.target)
        if len(values) == 2:
            return (TWO_CLASSES, CLASSES)
        if self.labels:
            return (CLASSES,)
        if len(values) > MOST_CLASSES or not (values == np.round(values)).all():
            return (REGRESSION,)
        # Numbers that count from 0 or 1 are names of classes more often than not.
        first = values[0]
        counts = first in (0, 1) and np.array_equal(values, first + np.arange(len(values)))
        return (CLASSES, REGRESSION) if counts else (REGRESSION, CLASSES)

    @cached_property
    def codes(self) -> IntArray:
        """The class of each row where the target is classes: 0, 1, … in order, shape (n,)."""
        return np.unique(self.target, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def classes(self) -> Mapping[str, int]:
        """How many rows each class has, by its name; {} where the target can be none."""
        if CLASSES not in self.kinds:
            return {}
        values, counts = np.unique(self.target, return_counts=True)
        names = [self.labels[int(value)] if self.labels else f"{value:.15g}" for value in values]
        return dict(zip(names, counts.tolist(), strict=True))

    @cached_property
    def blank(self) -> Table:
        """A table of the same shape, for the same uses, with nothing of this one in it."""
        rows, columns = self.features.shape
        names = tuple(str(number) for number in range(1, columns + 1))
        # Numbers that are no classes, or as many classes.
        target = np.arange(rows) % len(self.classes) if self.classes else np.arange(rows) + 0.5
        nothing = np.broadcast_to(0.0, self.features.shape)
        return Table(names, "", nothing, target.astype(np.float64))


def is_own(data: object) -> bool:
    """Whether a text is what links call a table, whoever's."""
    return isinstance(data, str) and _OWN.fullmatch(data) is not None


def read_table(content: bytes, target: str | None = None) -> Table:
    """The table in a CSV file: UTF-8, commas, decimal points, names in the first row.

    Args:
        content: of the file, at most ``LARGEST_BYTES`` of ``hypergrad_core.data.sheet``.
        target: name of the column to be learned; the last if not given.

    Raises:
        TableError: saying where and why, if it cannot be read.
    """
    return table_of(read_sheet(content), target)


def table_of(sheet: Sheet, target: str | None = None) -> Table:
    """The numbers among the cells of a sheet.

    Rows with a missing value are left out, and columns of text, columns that are the same in every
    row, and columns of which more than half is missing; ``Table.left_out`` says which.

    Args:
        sheet: names and cells.
        target: name of the column to be learned; the last if not given. Text is as many classes as
            it has different values.

    Raises:
        TableError: saying where and why, if too little is left, or the target cannot be learned.
    """
    chosen = sheet.names[-1] if target is None else target
    if chosen not in sheet.names:
        raise TableError(f"There is no column {shown(chosen)} that could be the target.")
    columns = [
        _Column(name, sheet.numbers, cells)
        for name, cells in zip(sheet.names, zip(*sheet.rows, strict=True), strict=True)
    ]
    (goal,) = (column for column in columns if column.name == chosen)
    labels = goal.labels()
    others = [column for column in columns if column is not goal]
    kept = [column for column in others if not column.refusal]
    told = [column.refusal for column in others if column.refusal]
    values = np.array([*(column.values for column in kept), goal.codes(labels)]).T
    missing = np.isnan(values)
    told += _incomplete(sheet.numbers, missing, [*kept, goal])
    values = values[~missing.any(axis=1)]
    if len(values) < LEAST_ROWS:
        raise _too_little(
            f"Rows with a value in every column that is used: {len(values)}, and at least "
            f"{LEAST_ROWS} are needed.",
            told,
        )
    varies = np.ptp(values, axis=0) > 0
    if not varies[-1]:
        raise TableError(
            f"The target, column {shown(chosen)}, has one value in all {len(values)} rows that are "
            "used: there is nothing to learn. Choose another column as the target."
        )
    names = [column.name for column in kept]
    told += [
        f"Column {shown(name)} was left out: it is the same in every row."
        for name, used in zip(names, varies[:-1], strict=True)
        if not used
    ]
    used = tuple(name for name, used in zip(names, varies[:-1], strict=True) if used)
    if len(used) < LEAST_FEATURES:
        raise _too_little(
            f"Columns of numbers beside the target, column {shown(chosen)}: {len(used)}, and at "
            f"least {LEAST_FEATURES} are needed.",
            told,
        )
    features = np.ascontiguousarray(values[:, :-1][:, varies[:-1]])
    return Table(used, chosen, features, values[:, -1].copy(), labels, tuple(told))


class _Column:
    """A column, as numbers where it has some.

    Attributes:
        name: in the header.
        values: its numbers, shape (n,); nan where there is none.
        refusal: why it cannot be a feature; "" if it can.
    """

    def __init__(self, name: str, numbers: Sequence[int], cells: Sequence[str]) -> None:
        self.name = name
        self.values = np.array([_number(cell) for cell in cells])
        self._numbers = numbers
        self._cells = cells
        empty = np.isnan(self.values)
        places: list[int] = np.flatnonzero(empty).tolist()
        first = next((place for place in places if cells[place].lower() not in MISSING), None)
        # Where there is text, and what; "" for numbers.
        self._text = "" if first is None else f"row {numbers[first]} has {_what(cells[first])}"
        self.refusal = ""
        if self._text:
            self.refusal = f"Column {shown(name)} was left out: {self._text}."
        elif 2 * empty.sum() > len(cells):
            self.refusal = (
                f"Column {shown(name)} was left out: {empty.sum()} of {len(cells)} values are "
                "missing."
            )

    def labels(self) -> tuple[str, ...]:
        """The values of a target that is text; () if it is numbers.

        Raises:
            TableError: if one is a mistake, or there are too many to be classes.
        """
        if not self._text:
            return ()
        for number, cell in zip(self._numbers, self._cells, strict=True):
            if cell.lower() not in MISSING and _mistake(cell):
                raise TableError(
                    f"The target, column {shown(self.name)}, cannot be learned: row {number} has "
                    f"{_what(cell)}."
                )
        labels = tuple(sorted({cell for cell in self._cells if cell.lower() not in MISSING}))
        if len(labels) > MOST_CLASSES:
            raise TableError(
                f"The target, column {shown(self.name)}, is neither numbers nor at most "
                f"{MOST_CLASSES} classes: {self._text}, and there are {len(labels)} different "
                "values. Choose another column as the target."
            )
        return labels

    def codes(self, labels: tuple[str, ...]) -> FloatArray:
        """Its values as a target: the places of its labels, if it has some."""
        if not labels:
            return self.values
        code = {label: float(place) for place, label in enumerate(labels)}
        return np.array([code.get(cell, np.nan) for cell in self._cells])


def _incomplete(
    numbers: Sequence[int], missing: NDArray[np.bool_], columns: Sequence[_Column]
) -> Iterator[str]:
    """Which rows are left out because a value is missing: of the first few, which value."""
    rows = np.flatnonzero(missing.any(axis=1)).tolist()
    if not rows:
        return
    named = [
        f"row {numbers[row]} in column {shown(columns[int(missing[row].argmax())].name)}"
        for row in rows[:MOST_NAMED]
    ]
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    yield f"Rows left out because a value is missing: {len(rows)}, {', '.join(named)}{more}."


def _too_little(problem: str, told: Sequence[str]) -> TableError:
    return TableError(" ".join([problem, *told[:MOST_NAMED]]))


def _number(cell: str) -> float:
    """The number that a cell holds; nan if it holds none."""
    value = float(cell) if _NUMBER.fullmatch(cell) else np.nan
    return value if abs(value) <= LARGEST_NUMBER else np.nan


def _what(cell: str) -> str:
    """What a cell holds in place of a number."""
    return f"{shown(cell)}{_mistake(cell) or ', which is not a number'}"


def _mistake(cell: str) -> str:
    """Why a cell that is not a number can be no name of a class either; "" if it can."""
    if _NUMBER.fullmatch(cell):
        return f", which is beyond {LARGEST_NUMBER:g}" if np.isnan(_number(cell)) else ""
    if _DECIMAL_COMMA.fullmatch(cell):
        return ": write decimal points, not commas"
    return ": formulas are not computed" if cell[0] in "=+-@" else ""
