"""What the host of the server allows a run to take.

Environment variables, read when the server starts:

- ``HYPERGRAD_SECONDS``: the longest run, 900 by default.
- ``HYPERGRAD_MEMORY``: the most memory of a run in megabytes; by default at most 4000, and no more
  than that all runs that go on at once have half of the machine's.
- ``HYPERGRAD_JOBS``: how many long runs go on at once, each in a process of its own; by default
  half as many as there are processors, and at least 2. With 0 there are no processes: one run at a
  time goes on in a thread of the server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypergrad_core import HypergradError, Scenario, ScenarioError

MEGABYTE = 10**6
LEAST_JOBS = 2
MOST_MEMORY = 4000 * MEGABYTE
# What can be made smaller so that a run fits, by its symbol.
SIZES = {"size": "d", "horizon": "T", "samples": "n", "hyper_size": "m", "adjoint_steps": "k"}
MOST_OFFERED = 2


@dataclass(frozen=True)
class Limits:
    """What a run may take.

    Attributes:
        seconds: how long it may go on.
        memory: bytes.
        jobs: how many go on at once, each in a process; 0 for one in a thread.
    """

    seconds: float
    memory: float
    jobs: int


def _number(environment: Mapping[str, str], name: str, default: float, least: float) -> float:
    text = environment.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        raise HypergradError(f"{name} is {text!r}: it must be a number of at least {least:g}.")
    return value


def machine_memory() -> float:
    """Bytes that the machine has."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):  # not on every system
        return 2.0 * MOST_MEMORY


def limits_of(environment: Mapping[str, str]) -> Limits:
    """The limits that the environment sets.

    Raises:
        HypergradError: if one is no number, or too small.
    """
    usual = max(LEAST_JOBS, (os.cpu_count() or 1) // 2)
    jobs = int(_number(environment, "HYPERGRAD_JOBS", usual, 0))
    share = min(MOST_MEMORY, machine_memory() / 2 / max(jobs, 1))
    memory = _number(environment, "HYPERGRAD_MEMORY", share / MEGABYTE, 50)
    return Limits(_number(environment, "HYPERGRAD_SECONDS", 900, 1), memory * MEGABYTE, jobs)


LIMITS = limits_of(os.environ)


def read_seconds(seconds: float) -> str:
    """As people say it."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if seconds < 100 * 60:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600):,} h"


def read_bytes(size: float) -> str:
    """As people say it."""
    return f"{max(1, round(size / MEGABYTE))} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def told(seconds: float, size: float) -> str:
    """Time and memory, where this is known."""
    return " and ".join([read_seconds(seconds), *([read_bytes(size)] if size else [])])


def what_fits(scenario: Scenario, fits: Callable[[Scenario], bool]) -> str:
    """Sizes with which it fits, each with all others as they are; "" if there are none."""
    offers = []
    for field, symbol in SIZES.items():
        for value in _smaller(getattr(scenario, field)):
            changed = _with(scenario, field, value)
            if changed is not None and fits(changed):
                offers.append(f"{symbol} = {value:,}")
                break
    return " or ".join(offers[:MOST_OFFERED])


def _smaller(value: int) -> list[int]:
    """Round numbers below, the largest first."""
    decades = range(len(str(value)) - 1, -1, -1)
    rounded = (lead * 10**decade for decade in decades for lead in (5, 2, 1))
    return [number for number in rounded if number < value]


def _with(scenario: Scenario, field: str, value: int) -> Scenario | None:
    """The scenario with that value, if it is allowed."""
    changes: dict[str, Any] = {field: value}
    try:
        return replace(scenario, **changes)
    except ScenarioError:
        return None
