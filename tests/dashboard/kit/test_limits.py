"""What the host allows a run to take, and what is said of a run that takes more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from frames import check, choose, control, keys, open_page

from dashboard.kit import compute, limits
from dashboard.kit.compute import ComputedCache
from dashboard.kit.errors import plain
from dashboard.kit.limits import limits_of, read_bytes, read_seconds, what_fits
from dashboard.screens.budget.maps import MAPS, Maps
from dashboard.screens.budget.settings import SETTINGS as BUDGET
from hypergrad_core import HypergradError, Scenario
from hypergrad_core.arrays import Progress


def test_a_host_sets_the_limits() -> None:
    environment = {"HYPERGRAD_SECONDS": "60", "HYPERGRAD_MEMORY": "500", "HYPERGRAD_JOBS": "3"}
    found = limits_of(environment)
    assert (found.seconds, found.memory, found.jobs) == (60, 500e6, 3)
    assert limits_of({**environment, "HYPERGRAD_JOBS": "0"}).jobs == 0


def test_the_defaults_fit_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    found = limits_of({})
    assert found.seconds == 900
    assert found.jobs >= 2
    assert found.jobs * found.memory <= limits.machine_memory() / 2 + 1
    monkeypatch.setattr(limits, "machine_memory", lambda: 1e9)
    assert limits_of({"HYPERGRAD_JOBS": "5"}).memory == pytest.approx(1e8)
    assert limits_of({"HYPERGRAD_JOBS": "0"}).memory == pytest.approx(5e8)
    monkeypatch.setattr(limits, "machine_memory", lambda: 1e12)
    assert limits_of({}).memory == 4e9


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HYPERGRAD_SECONDS", "an hour"),
        ("HYPERGRAD_SECONDS", "0"),
        ("HYPERGRAD_SECONDS", "inf"),
        ("HYPERGRAD_SECONDS", "nan"),
        ("HYPERGRAD_MEMORY", "-1"),
        ("HYPERGRAD_JOBS", "-1"),
    ],
)
def test_a_limit_that_is_none_is_refused(name: str, text: str) -> None:
    with pytest.raises(HypergradError, match=f"{name} is '{text}': it must be a number of at"):
        limits_of({name: text})


def test_time_and_memory_are_said_as_people_do() -> None:
    assert [read_seconds(value) for value in (0.2, 59.6, 100, 4000, 6000, 10**8)] == [
        "1 s", "60 s", "2 min", "67 min", "2 h", "27,778 h",
    ]  # fmt: skip
    assert [read_bytes(value) for value in (1, 2.4e8, 1.5e9)] == ["1 MB", "240 MB", "1.5 GB"]


def test_what_would_fit_is_named() -> None:
    scenario = Scenario(size=300, horizon=120, hyper_size=7)
    assert what_fits(scenario, lambda smaller: smaller.size <= 120) == "d = 100"
    both = what_fits(scenario, lambda smaller: smaller.size * smaller.horizon <= 12_000)
    assert both == "d = 100 or T = 20"
    assert what_fits(scenario, lambda smaller: False) == ""


def test_more_memory_than_the_host_allows_is_refused() -> None:
    def needs(scenario: Scenario) -> float:
        return 8e6 * scenario.size

    def work(scenario: Scenario, report: Progress) -> str:
        return "done"

    results = ComputedCache(3, work, memory=needs, suggest=what_fits)
    small, large = Scenario(size=20), Scenario(size=200_000, horizon=20)
    assert not results.refusal(small)
    assert not results.is_long(small)
    assert results.is_long(Scenario(size=100)), "Its memory is given back by a process."
    assert not results.is_live(Scenario(size=100))
    allowed = read_bytes(limits.LIMITS.memory)
    assert results.refusal(large).startswith(
        f"This run would take about 1 s and 1600.0 GB. This server allows 15 min and {allowed}. "
        "It fits with d = "
    )


def test_the_page_says_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, seconds=2.0))
    monkeypatch.setattr(
        compute, "expected_seconds", lambda scenario: scenario.size * scenario.horizon / 1000
    )
    monkeypatch.setattr(compute, "expected_bytes", lambda scenario: 3e6)
    session = open_page({"problem": "quadratic", "d": "10", "T": "30"})
    choose(session, "size", 1000)
    said = [item.value for item in session.sidebar.markdown if "would take" in item.value]
    allowed = read_bytes(limits.LIMITS.memory)
    refusal = (
        f"This run would take about 30 s and 3 MB. This server allows 2 s and {allowed}. "
        "It fits with d = 50 or T = 2."
    )
    assert said == [f"{plain(refusal)} The picture still shows the previous settings."]
    assert {"stop", "again"}.isdisjoint(keys(session))
    assert control(session, "size").value == "1000"
    choose(session, "size", 10)
    assert not any("would take" in item.value for item in session.sidebar.markdown)
    check(session)


def test_maps_that_are_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, seconds=0.05))
    large: Any = replace(BUDGET.scenario, size=500, horizon=100)
    said = MAPS.refusal(Maps.of(large, BUDGET.view))
    assert "would take" in said
    assert "It fits with d = " in said
