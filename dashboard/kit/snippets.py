"""The Python that computes the numbers of a page from the core alone, and prints them as CSV."""

from __future__ import annotations

from dataclasses import fields

from dashboard.kit.export import unit_of
from hypergrad_core import Scenario

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


def call(scenario: Scenario, indent: int = 0) -> str:
    """The call that makes a scenario: what is not default, and makes a difference."""
    base = Scenario()
    uses = scenario.problem_family.uses
    data = scenario.problem_family.data[scenario.data]
    idle = {"spectrum", "hyper_size", "samples", "size"} - uses
    idle |= {"size"} if data.state_size is not None else set()
    idle |= {"samples"} if data.samples is not None else set()
    space = " " * indent
    arguments = "".join(
        f"{space}    {item.name}={getattr(scenario, item.name)!r},\n"
        for item in fields(Scenario)
        if item.name not in idle and getattr(scenario, item.name) != getattr(base, item.name)
    )
    return f"Scenario(\n{arguments}{space})" if arguments else "Scenario()"
