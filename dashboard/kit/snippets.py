"""The Python that computes the numbers of a page from the core alone, and prints them as CSV."""

from __future__ import annotations

import textwrap
from dataclasses import fields

from dashboard.kit.export import unit_of
from hypergrad_core import Scenario, Table

LONGEST_LINE = 80

INSTALL = """\
# The numbers of this page, computed by the core alone and printed as CSV.
# Install the core first, from the folder of this project:  pip install .
"""


def unit_line(norm: float, asked: str, owner: str) -> tuple[str, str]:
    """The kind of errors, and the line of code that says what they are divided by."""
    kind, _ = unit_of(norm, asked)
    if kind == "relative":
        return kind, f"unit = {owner}.hypergradient_norm  # errors are relative, as in the picture"
    return kind, "unit = 1.0  # errors are absolute, as in the picture"


def beginning(scenario: Scenario) -> str:
    """The first lines of code: what it is, and where it reads a table of one's own."""
    if not isinstance(scenario.data, Table):
        return INSTALL
    table = scenario.data
    return f"""{INSTALL}\
# The data are somebody's own, and not in here: give the path of their CSV file.
from pathlib import Path

from hypergrad_core import read_table

table = read_table(Path("own.csv").read_bytes(), target={table.target_column!r})
assert str(table) == "{table}", f"{{table}} are other data"
"""


def call(scenario: Scenario, indent: int = 0) -> str:
    """The call that makes a scenario: what is not default, and makes a difference."""
    base = Scenario()
    uses = scenario.problem_family.uses
    data = scenario.data_set
    idle = {"spectrum", "hyper_size", "samples", "size"} - uses
    idle |= {"size"} if data.state_size is not None else set()
    idle |= {"hyper_size"} if data.hyper_size is not None else set()
    idle |= {"samples"} if data.samples is not None else set()
    space = " " * indent
    arguments = "".join(
        f"{space}    {item.name}={_written(getattr(scenario, item.name), indent + 4)},\n"
        for item in fields(Scenario)
        if item.name not in idle and getattr(scenario, item.name) != getattr(base, item.name)
    )
    return f"Scenario(\n{arguments}{space})" if arguments else "Scenario()"


def _written(value: object, indent: int) -> str:
    """As in code; the table is read by its first lines."""
    if isinstance(value, Table):
        return "table"
    text = repr(value)
    if len(text) + indent <= LONGEST_LINE or not isinstance(value, tuple):
        return text
    # A λ of many entries.
    space = " " * (indent + 4)
    lines = textwrap.wrap(text[1:-1], LONGEST_LINE - len(space))
    return "(\n" + "".join(f"{space}{line}\n" for line in lines) + f"{' ' * indent})"
