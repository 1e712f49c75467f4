"""A CSV file becomes numbers, or one sentence that says where it does not."""

from __future__ import annotations

import pickle
import random
import re

import numpy as np
import pytest

from hypergrad_core import FAMILIES
from hypergrad_core.data import load
from hypergrad_core.data.sheet import (
    LARGEST_BYTES,
    LARGEST_COLUMNS,
    LARGEST_ROWS,
    LONGEST_NAME,
    TableError,
    read_sheet,
)
from hypergrad_core.data.table import (
    CLASSES,
    LEAST_ROWS,
    REGRESSION,
    TWO_CLASSES,
    Table,
    is_own,
    read_table,
)

COUNT = 12


def csv_of(header: str, rows: list[str], end: str = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in (header, *rows)).encode()


def rows_with(changes: dict[int, str] | None = None) -> list[str]:
    """Rows of a, b and y; in a spreadsheet they have the numbers from 2 on."""
    rows = [f"{i},{i * i / 10},{3 * i + 0.5}" for i in range(COUNT)]
    for number, row in (changes or {}).items():
        rows[number - 2] = row
    return rows


GOOD = csv_of("a,b,y", rows_with())


def test_a_good_file_is_read_whole() -> None:
    table = read_table(GOOD)
    assert table.columns == ("a", "b")
    assert table.target_column == "y"
    i = np.arange(COUNT)
    assert np.array_equal(table.features, np.array([i, i * i / 10]).T)
    assert np.array_equal(table.target, 3 * i + 0.5)
    assert table.kinds == (REGRESSION,)
    assert table.left_out == ()


def test_any_column_can_be_the_target() -> None:
    table = read_table(GOOD, "a")
    assert table.columns == ("b", "y")
    assert np.array_equal(table.target, np.arange(COUNT))
    with pytest.raises(TableError, match="no column “z”"):
        read_table(GOOD, "z")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD,
        csv_of("a,b,y", rows_with(), "\r\n"),
        csv_of("a,b,y", rows_with(), "\r"),
        GOOD.rstrip(b"\n"),
        GOOD.replace(b"\n", b"\n\n"),
        csv_of(" a, b , y", [row.replace(",", " , ") for row in rows_with()]),
        csv_of("a,b,y", rows_with({2: '"0","0e0","+.5"'})),
    ],
    ids=["byte order mark", "CRLF", "CR", "no last line end", "empty lines", "spaces", "quotes"],
)
def test_ways_to_write_the_same_file(content: bytes) -> None:
    assert read_table(content) == read_table(GOOD)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"a,b,y\n", "no row of data"),
        (b"a" * (LARGEST_BYTES + 1), r"1,000,001 bytes: at most 1,000,000"),
        (b"PK\x03\x04...", "a spreadsheet or an archive"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text in UTF-8, see its line 1"),
        (GOOD.decode().encode("utf-16"), "not text in UTF-8, see its line 1"),
        (GOOD + b"1,2,\x00\n", "not text in UTF-8, see its line 14"),
        ("a,b,y\n1,2,é".encode("latin-1"), "not text in UTF-8, see its line 2"),
        (b"," * (LARGEST_BYTES - 1), r"names 1,000,000 columns: at most 200"),
        (csv_of("a,a,y", rows_with()), "Columns 1 and 2 are both called “a”"),
        (csv_of(f"{'a' * (LONGEST_NAME + 1)},b,y", rows_with()), "column 1 has 101 characters"),
        (csv_of("a;b;y", ["1,5;2;3"]), "separated by semicolons"),
        (csv_of("a\tb\ty", ["1\t2\t3"]), "separated by tabs"),
        (
            csv_of("a,b,y", rows_with({5: "1,2"})),
            "Row 5 and the first row have different numbers of cells: 2 and 3",
        ),
        (csv_of("a,b,y", rows_with({5: '1,"2,3'})), "Row 5 is not CSV"),
        (csv_of("a,b,y", rows_with({5: '1,"2"x,3'})), "Row 5 is not CSV"),
        (csv_of("a,b,y", rows_with({5: f"1,{'2' * 140_000},3"})), "Row 5 is not CSV"),
        (csv_of("a,b,y", ["1,2,3"] * (LARGEST_ROWS + 1)), "Row 1002 is one too many"),
        (csv_of("a,b,y", rows_with()[: LEAST_ROWS - 1]), "is used: 9, and at least 10 are needed"),
        (csv_of("y", [str(i) for i in range(COUNT)]), "target, column “y”: 0, and at least 2"),
        (b"<!DOCTYPE html>\n<p>Hello</p>\n", "is used: 1, and at least"),
        (b'{"x": [1, 2]}\n', "Row 1 is not CSV|no row of data"),
    ],
)
def test_what_is_no_table_is_told(content: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        read_table(content)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("Alice", r"row 4 has “Alice”, which is not a number"),
        ("=SUM(A1:A3)", r"row 4 has “=SUM\(A1:A3\)”: formulas are not computed"),
        ("@cmd|' /C calc'!A0", r"row 4 has “@cmd.*formulas are not computed"),
        ('"1,5"', r"row 4 has “1,5”: write decimal points, not commas"),
        ("1e200", r"row 4 has “1e200”, which is beyond 1e\+100"),
        ("inf", r"row 4 has “inf”, which is not a number"),
        ("1_000", r"row 4 has “1_000”, which is not a number"),
        ("٣", r"row 4 has “٣”, which is not a number"),
        ("x" * 10_000, r"row 4 has “x{40}…”, which is not a number"),
        ("a\u202eb", r"row 4 has “ab”, which is not a number"),
    ],
)
def test_a_column_with_text_is_left_out_with_row_and_column(cell: str, message: str) -> None:
    rows = [f"{row},{i}" for i, row in enumerate(rows_with({4: f"{cell},0.4,6.5"}))]
    table = read_table(csv_of("a,b,c,y", rows))
    assert table.columns == ("b", "c")
    (told,) = table.left_out
    assert told.startswith("Column “a” was left out: ")
    assert re.search(message, told)


def test_rows_with_a_missing_value_are_left_out_with_row_and_column() -> None:
    table = read_table(csv_of("a,b,y", rows_with({3: ",1,2", 7: "1,NA,2"})))
    assert len(table.target) == COUNT - 2
    assert table.left_out == (
        "Rows left out because a value is missing: 2, row 3 in column “a”, row 7 in column “b”.",
    )


def test_of_many_such_rows_the_first_are_named() -> None:
    rows = rows_with() * 3
    rows[:8] = [",1,2"] * 8
    (told,) = read_table(csv_of("a,b,y", rows)).left_out
    assert "missing: 8, row 2 in" in told
    assert told.endswith("row 6 in column “a” and 3 more.")


def test_a_column_of_which_most_is_missing_and_one_that_never_changes_are_left_out() -> None:
    rows = [f"{row},5,{i if i < 3 else ''}" for i, row in enumerate(rows_with())]
    table = read_table(csv_of("a,b,y,same,rare", rows), "y")
    assert table.columns == ("a", "b")
    assert len(table.target) == COUNT
    assert table.left_out == (
        "Column “rare” was left out: 9 of 12 values are missing.",
        "Column “same” was left out: it is the same in every row.",
    )


def test_a_column_without_a_name_is_called_by_its_number() -> None:
    assert read_table(csv_of(",b,y", rows_with())).columns == ("column 1", "b")


def test_no_row_of_names_is_one_row_less() -> None:
    """Names that are numbers are allowed, as of years: the preview shows what was understood."""
    assert read_table(csv_of("1990,1991,1992", rows_with())).target_column == "1992"


def with_target(values: list[str]) -> bytes:
    rows = [f"{i},{i * i},{values[i % len(values)]}" for i in range(COUNT)]
    return csv_of("a,b,y", rows)


@pytest.mark.parametrize(
    ("values", "kinds", "target"),
    [
        (["0", "1"], (TWO_CLASSES, CLASSES), [0, 1]),
        (["2", "1"], (TWO_CLASSES, CLASSES), [2, 1]),
        (["yes", "no"], (TWO_CLASSES, CLASSES), [1, 0]),
        (["red", "green", "7"], (CLASSES,), [2, 1, 0]),
        (["1", "2", "3"], (CLASSES, REGRESSION), [1, 2, 3]),
        (["0", "2", "1"], (CLASSES, REGRESSION), [0, 2, 1]),
        (["2", "3", "4"], (REGRESSION, CLASSES), [2, 3, 4]),
        (["1", "2", "4"], (REGRESSION, CLASSES), [1, 2, 4]),
        (["1", "2", "3.5"], (REGRESSION,), [1, 2, 3.5]),
    ],
)
def test_what_a_target_can_be_learned_as(
    values: list[str], kinds: tuple[str, ...], target: list[float]
) -> None:
    table = read_table(with_target(values))
    assert table.kinds == kinds
    assert table.target[: len(target)].tolist() == target


def test_a_target_with_one_value_is_refused() -> None:
    with pytest.raises(TableError, match="column “y”, has one value in all 12 rows"):
        read_table(with_target(["1"]))
    with pytest.raises(TableError, match="column “y”, has one value in all 12 rows"):
        read_table(with_target(["yes"]))


def test_a_target_of_free_text_is_refused_with_row_and_column() -> None:
    with pytest.raises(
        TableError, match=r"column “y”, is neither .* row 2 has “v0”.* 12 different"
    ):
        read_table(with_target([f"v{i}" for i in range(COUNT)]))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("=A2", "row 4 has “=A2”: formulas are not computed"),
        ('"1,5"', "row 4 has “1,5”: write decimal points, not commas"),
        ("1e101", "row 4 has “1e101”, which is beyond 1e+100"),
    ],
)
def test_a_mistake_is_no_class(cell: str, message: str) -> None:
    lines = with_target(["0", "1"]).decode().splitlines()
    lines[3] = f"2,4,{cell}"
    with pytest.raises(TableError, match=re.escape(message)):
        read_table("\n".join(lines).encode())


def test_the_hash_is_of_what_was_read() -> None:
    table = read_table(GOOD)
    same = read_table(GOOD.replace(b"0.1", b"1e-1"))
    assert same == table
    assert hash(same) == hash(table)
    assert str(same) == str(table)
    others = [
        read_table(GOOD.replace(b"0.1", b"0.2")),
        read_table(GOOD.replace(b"a,b,y", b"a,b,z")),
        read_table(GOOD, "a"),
        read_table(with_target(["yes", "no"])),
        read_table(with_target(["1", "0"])),
    ]
    assert len({table, *others}) == 6
    assert table != str(table)


def test_links_call_it_by_its_hash_alone() -> None:
    table = read_table(GOOD)
    assert is_own(str(table))
    assert str(table)[4:] == table.digest[:16]
    assert table.digest[:16] in table.label
    for other in ("synthetic", "own-", "own-12", f"{table}\n", f"own-{'G' * 16}", None, table):
        assert not is_own(other)


def test_it_cannot_be_written_to_and_goes_to_other_processes() -> None:
    table = read_table(GOOD)
    for known in (table, pickle.loads(pickle.dumps(table))):
        assert known == table
        with pytest.raises(ValueError, match="read-only"):
            known.features[0, 0] = 1.0
    assert len(repr(table)) < 40


def test_data_that_come_with_the_package_are_read_as_they_are() -> None:
    features, target = load("wine")
    rows = [",".join(map(repr, row)) for row in np.column_stack([features, target]).tolist()]
    names = [*(f"x{i}" for i in range(features.shape[1])), "cultivar"]
    table = read_table(csv_of(",".join(names), rows))
    assert np.array_equal(table.features, features)
    assert np.array_equal(table.target, target)
    assert table.kinds == (CLASSES, REGRESSION)
    assert table.classes == {"0": 59, "1": 71, "2": 48}


PIECES = [
    *(b"a", b"b", b"1", b"2.5", b"-3e4", b"=A1", b"NA", b"yes", b"1,5", b"\xc3\xa9", b"\xff"),
    *(b",", b";", b"\t", b"\n", b"\r", b"\r\n", b'"', b'""', b"\x00", b" ", b"\xef\xbb\xbf"),
]
"""Of which the random files are made."""

NUMBERS = [f"{i},{i * i % 7}" for i in range(COUNT)]
CELLS = ("red", "Red", "green", "2", "2.0", "", "NA", "-7", "x" * 99, "\u202ea", "<b>*$", "1e9")
"""Of which targets with classes are made, most of them."""


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_is_read_or_told(seed: int) -> None:
    draw = random.Random(seed)
    told = read = 0
    for _ in range(500):
        match draw.randrange(4):
            case 0:
                content = draw.randbytes(draw.randrange(200))
            case 1:
                content = b"".join(draw.choices(PIECES, k=draw.randrange(300)))
            case 2:
                content = csv_of("a,b,y", [f"{row},{draw.choice(CELLS)}" for row in NUMBERS])
            case _:
                content = bytearray(GOOD)
                for _ in range(draw.randrange(4)):
                    place = draw.randrange(len(content))
                    content[place : place + draw.randrange(2)] = draw.choice(PIECES)
        outcome = outcome_of(bytes(content))
        if isinstance(outcome, Table):
            read += 1
            assert np.isfinite(outcome.features).all()
            assert np.isfinite(outcome.target).all()
            assert len(outcome.target) >= LEAST_ROWS
            assert sum(outcome.classes.values()) == (len(outcome.target) if outcome.classes else 0)
            assert any(family.takes(outcome) for family in FAMILIES.values())
        else:
            told += 1
            assert outcome.isprintable()
            assert 10 < len(outcome) < 2000
    assert told > 100
    assert read > 20


def outcome_of(content: bytes) -> Table | str:
    """The table, or what people are told instead."""
    try:
        return read_table(content)
    except TableError as error:
        return str(error)


def test_the_largest_file_is_read() -> None:
    row = ",".join(["1.5", "0.5"] * (LARGEST_COLUMNS // 2))
    other = ",".join(["0.5", "1.5"] * (LARGEST_COLUMNS // 2))
    names = ",".join(f"x{i}" for i in range(LARGEST_COLUMNS))
    content = csv_of(names, [row, other] * (LARGEST_ROWS // 2))
    assert 0.8 * LARGEST_BYTES < len(content) <= LARGEST_BYTES
    assert read_sheet(content).names[-1] == "x199"
    assert read_table(content).features.shape == (LARGEST_ROWS, LARGEST_COLUMNS - 1)
