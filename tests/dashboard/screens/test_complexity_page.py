"""The Complexity page: the sweep in the background, controls and links."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from complexity_cases import SCENARIO, VIEW, frame_of, measured
from frames import check, choose, control, forget, keys, open_page, payload, shown
from streamlit.testing.v1 import AppTest

from dashboard.kit.fields import fields_of
from dashboard.kit.jobs import Job
from dashboard.kit.notation import power
from dashboard.kit.theme import METHOD_STYLES
from dashboard.screens.complexity import sweep as complexity
from dashboard.screens.complexity.export import requirements_to_csv
from dashboard.screens.complexity.settings import SETTINGS, ComplexityView
from dashboard.screens.complexity.sweep import SWEEPS, Sweep
from dashboard.screens.complexity.words import gaps, headline
from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.requirements import Requirements, requirements

SECONDS = 60.0
SMALL = {"d": "12", "m": "2", "points": "4", "qmax": "0.9"}


def open_complexity(link: dict[str, str]) -> AppTest:
    """A session of the page, as its address opens it."""
    return open_page(link, "complexity")


def job_of(session: AppTest) -> Job[Sweep] | None:
    job = session.session_state["job of complexity"]
    assert job is None or isinstance(job, Job)
    return job


def finish(session: AppTest) -> AppTest:
    """Wait for the sweep of the session, then run the page as its clock would."""
    deadline = time.monotonic() + SECONDS
    while (job := job_of(session)) is not None and job.running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return check(session.run())


class Runs:
    """Counts the points that are measured, and can hold them up."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.hold_from = 10**6

    def __call__(self, scenario: Scenario, target: float, progress: Progress) -> Requirements:
        while len(self.scenarios) >= self.hold_from and not self.go_on.wait(0.005):
            progress(0.5)
        self.scenarios.append(scenario)
        return requirements(scenario, target)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    counted = Runs()
    monkeypatch.setattr(complexity, "requirements", counted)
    forget(monkeypatch, SWEEPS)
    yield counted
    counted.go_on.set()


def test_the_picture_fills_and_is_there_at_once_the_second_time(runs: Runs) -> None:
    session = open_complexity(SMALL)
    finish(session)
    assert len(runs.scenarios) == 12
    assert job_of(session) is None
    assert any("12 runs, all measured." in item.value for item in session.markdown)
    assert len(shown(session)["readout"]) == 3
    again = open_complexity(SMALL)
    assert job_of(again) is None
    assert shown(again) == shown(session)
    assert len(runs.scenarios) == 12


def test_only_what_is_missing_is_run(runs: Runs) -> None:
    session = finish(open_complexity(SMALL))
    choose(session, "seeds", 5)
    finish(session)
    assert len(runs.scenarios) == 20
    assert len(set(runs.scenarios)) == 20
    choose(session, "axis", "seconds")
    assert job_of(session) is None
    assert len(runs.scenarios) == 20


def test_two_people_do_not_measure_a_point_twice(runs: Runs) -> None:
    runs.hold_from = 3
    runs.go_on.clear()
    sessions = [open_complexity(SMALL), open_complexity(SMALL)]
    runs.go_on.set()
    for session in sessions:
        finish(session)
        assert any("12 runs, all measured." in item.value for item in session.markdown)
    assert len(runs.scenarios) == 12


def test_a_paused_sweep_keeps_what_it_has_and_goes_on(runs: Runs) -> None:
    runs.hold_from = 5
    runs.go_on.clear()
    session = open_complexity(SMALL)
    deadline = time.monotonic() + SECONDS
    # A point counts when it is kept, which is a little after it was begun.
    while len(SWEEPS.parts._stored) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    check(session.run())
    (bar,) = session.get("progress")
    assert bar.proto.text.startswith("5 of 12 runs")
    control(session, "stop").click().run()
    check(session)
    finish(session)
    assert any("Paused at 5 of 12 runs." in item.value for item in session.markdown)
    assert not session.get("progress")
    assert "again" in keys(session)
    assert len(shown(session)["readout"]) == 3
    runs.go_on.set()
    control(session, "again").click().run()
    check(session)
    finish(session)
    assert len(runs.scenarios) == 12
    assert len(set(runs.scenarios)) == 12


def test_other_settings_stop_the_sweep(runs: Runs) -> None:
    runs.hold_from = 0
    runs.go_on.clear()
    session = open_complexity(SMALL)
    first = job_of(session)
    assert first is not None
    choose(session, "target", 1e-2)
    assert first.stopped
    assert job_of(session) is not first


CHANGES: list[tuple[str, Any, dict[str, str]]] = [
    ("axis", "inner", {"axis": "inner"}),
    ("target", 1e-3, {"eps": "0.001"}),
    ("predicted", "hidden", {"predicted": "hidden"}),
    ("smallest", 0.5, {"qmin": "0.5"}),
    ("largest", 0.95, {"qmax": "0.95"}),
    ("points", 6, {"points": "6"}),
    ("seeds", 1, {"seeds": "1"}),
    ("size", 8, {"d": "8"}),
    ("spectrum", "even", {"spectrum": "even"}),
    ("seed", 7, {"seed": "7"}),
    ("methods", ["itd", "aid-cg"], {"methods": "itd.aid-cg"}),
    ("inner", "heavy-ball", {"inner": "heavy-ball"}),
    ("precision", "single", {"precision": "single"}),
    ("start", 2.0, {"start": "2.0"}),
]


@pytest.mark.parametrize(("key", "value", "link"), CHANGES, ids=[change[0] for change in CHANGES])
def test_a_control_changes_picture_and_link_and_the_link_restores_both(
    key: str, value: Any, link: dict[str, str], runs: Runs
) -> None:
    session = finish(open_complexity(SMALL))
    before = shown(session)
    choose(session, key, value)
    finish(session)
    after = shown(session)
    assert after != before
    assert session.query_params == {**SMALL, **link}
    opened = open_complexity(dict(session.query_params))
    assert shown(opened) == after
    assert payload(opened) == payload(session)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"axis": "x"}, "axis"),
        ({"eps": "0"}, "eps"),
        ({"points": "1"}, "points"),
        ({"qmin": "0.9"}, "qmin"),
        ({"qmax": "1"}, "qmax"),
        ({"predicted": "perhaps"}, "predicted"),
        ({"seeds": "11"}, "seeds"),
        ({"d": "5000"}, "d"),
    ],
)
def test_a_bad_value_is_named_and_the_page_goes_on(
    link: dict[str, str], said: str, runs: Runs
) -> None:
    runs.hold_from = 0
    runs.go_on.clear()
    session = open_complexity({**SMALL, **link})
    (warning,) = session.warning
    assert f"{said} = " in warning.value.replace("\\", "")
    assert shown(session)["steps"]


def test_methods_that_never_get_there_say_why(runs: Runs) -> None:
    session = finish(open_complexity({**SMALL, "methods": "itd.one-step", "seeds": "1"}))
    (absent,) = shown(session)["absent"]
    assert absent["name"] == "One-step"
    assert "plateau" in absent["reason"]
    assert absent["marker"] == METHOD_STYLES["one-step"].marker
    session = finish(
        open_complexity({**SMALL, "eps": "1e-12", "seeds": "1", "precision": "single"})
    )
    said = [item.value for item in session.markdown if "rounding" in item.value]
    assert len(said) == 3, "One sentence for each method, not for each point."
    assert "An error of 10⁻¹² is wanted" in said[0]
    assert "e-" not in "".join(said)
    assert "ITD** has no number in 4 of 4 runs, first at κ = 1.857" in said[0]
    assert shown(session)["message"] == "No method was seen to reach this ε: see below."


def test_only_missing_numbers_are_explained() -> None:
    assert gaps(list(measured(Sweep.of(SCENARIO, VIEW)))) == []


def test_too_few_values_of_kappa_have_no_slope() -> None:
    found = list(measured(Sweep.of(SCENARIO, VIEW)))
    assert headline(found, SCENARIO, len(found)).startswith("No power of κ is fitted")


def test_every_point_is_taken_home() -> None:
    sweep = Sweep.of(SCENARIO, VIEW)
    text = requirements_to_csv(list(measured(sweep)))
    assert "# target: 0.0001" in text.splitlines()
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == 12 * 3
    pairs = [(found, item) for found in measured(sweep) for item in found.methods]
    for row, (point, item) in zip(rows, pairs, strict=True):
        assert float(row["contraction"]) == point.scenario.contraction
        assert int(row["seed"]) == point.scenario.seed
        assert row["method"] == item.method
        assert int(row["inner_steps"]) == item.inner.measured
        assert int(row["adjoint_steps_predicted"]) == item.adjoint.predicted
        assert item.costs is not None
        assert int(row["products"]) == item.costs.products
        assert float(row["relative_error"]) == item.costs.error <= 1.5e-4


def test_the_link_of_a_frame_is_that_of_its_settings() -> None:
    link = dict(parse_qsl(frame_of()["link"]))
    assert link.pop("theme") == "light"
    assert link.pop("done") == "12"
    assert SETTINGS.of_link(link) == (SCENARIO, VIEW, ())


def test_every_field_of_the_view_is_checked() -> None:
    bad: dict[str, Any] = {
        "axis": "x",
        "target": 1.0,
        "points": 2,
        "smallest": 0.0,
        "largest": 0.9999,
        "seeds": 0,
        "predicted": "x",
    }
    assert bad.keys() == fields_of(ComplexityView).keys()
    for field, value in bad.items():
        with pytest.raises(ScenarioError) as caught:
            replace(VIEW, **{field: value})
        assert caught.value.field == field


def test_a_power_cannot_be_read_as_a_product() -> None:
    assert power("κ", 0.494) == "κ^0.49"


def test_the_cache_holds_several_sweeps() -> None:
    assert SWEEPS.parts._entries >= 10 * len(Sweep.of(SETTINGS.scenario, SETTINGS.view).scenarios)
