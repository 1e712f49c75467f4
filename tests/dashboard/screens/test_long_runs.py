"""Long runs of Explore: progress, stop, start again, and what is shown meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
from controls_cases import SMALL
from frames import (
    check,
    choose,
    control,
    forget,
    keys,
    link_in,
    open_page,
    payload,
    shown,
    turn_to,
)
from streamlit.testing.v1 import AppTest

from dashboard.kit import compute
from dashboard.kit.jobs import Job
from dashboard.screens.explore.page import preview
from hypergrad_core import METHODS, Experiment, Scenario, run
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.expected import expected_seconds


class SlowRuns:
    """Runs of one seed that take as long as the test wants."""

    SEED = 4242

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.error: BaseException | None = None
        self.started = 0

    def expected(self, scenario: Scenario) -> float:
        """Long for the one seed, quick for the rest."""
        return 60.0 if scenario.seed == self.SEED else 0.01

    def run(self, scenario: Scenario, progress: Progress | None = None) -> Experiment:
        """As the core, in a job after a wait at 30 %."""
        if progress is not None and threading.current_thread().name == "job":
            self.started += 1
            while not self.go_on.wait(0.005):
                progress(0.3)
            if self.error is not None:
                raise self.error
        return run(scenario, progress)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowRuns]:
    runs = SlowRuns()
    monkeypatch.setattr(compute, "expected_seconds", runs.expected)
    monkeypatch.setattr(compute, "run", runs.run)
    forget(monkeypatch, compute.EXPERIMENTS)
    yield runs
    runs.error = None
    runs.go_on.set()


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """What threads failed with, instead of a report on the console."""
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    return seen


def texts(session: AppTest) -> str:
    """All the plain text of the sidebar."""
    return "\n".join(item.value for item in session.sidebar.markdown)


def job_of(session: AppTest) -> Job[Scenario]:
    job = session.session_state["job of explore"]
    assert isinstance(job, Job)
    return job


def finish(session: AppTest) -> None:
    """Wait for the job of the session, then run the page as its timer would."""
    deadline = time.monotonic() + 20
    while job_of(session).running:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    check(session.run())


def test_a_long_run_shows_progress_can_be_stopped_and_started_again(slow: SlowRuns) -> None:
    session = open_page(SMALL)
    before = shown(session)
    choose(session, "seed", SlowRuns.SEED)
    assert session.query_params["seed"] == str(SlowRuns.SEED)
    assert shown(session) == before
    job = job_of(session)
    while job.fraction == 0:
        time.sleep(0.005)
    check(session.run())
    (bar,) = session.get("progress")
    assert bar.proto.value == 30
    assert "30%" in bar.proto.text
    assert "The picture still shows the previous settings." in bar.proto.text

    # The click may come together with that of another control, in a run of the whole page.
    control(session, "stop").click().run()
    check(session)
    finish(session)
    assert job.stopped
    assert job_of(session) is job
    assert "Stopped at 30%" in texts(session)
    assert shown(session) == before
    assert not session.get("progress")

    control(session, "again").click().run()
    check(session)
    assert job_of(session) is not job
    slow.go_on.set()
    finish(session)
    assert link_in(shown(session)) == {**SMALL, "seed": str(SlowRuns.SEED)}
    assert "Stopped" not in texts(session)
    assert not session.get("progress")
    assert slow.started == 2


def test_another_setting_stops_the_long_run(slow: SlowRuns) -> None:
    session = open_page(SMALL)
    choose(session, "seed", SlowRuns.SEED)
    job = job_of(session)
    choose(session, "seed", 5)
    assert job.stopped
    assert link_in(shown(session)) == {**SMALL, "seed": "5"}
    assert session.session_state["job of explore"] is None


def test_leaving_the_page_stops_its_long_run(slow: SlowRuns) -> None:
    session = open_page(SMALL)
    choose(session, "seed", SlowRuns.SEED)
    job = job_of(session)
    assert not job.stopped
    turn_to(session, "why")
    check(session.run())
    assert job.stopped


def test_a_long_run_that_fails_says_so_in_words(
    slow: SlowRuns, failures: list[threading.ExceptHookArgs], caplog: pytest.LogCaptureFixture
) -> None:
    slow.error = RuntimeError("the matrix is singular")
    session = open_page(SMALL)
    slow.go_on.set()
    choose(session, "seed", SlowRuns.SEED)
    finish(session)
    assert "could not be computed, by a fault of the program" in texts(session)
    assert "singular" not in texts(session)
    assert {*keys(session)} >= {"again", "contraction"}
    assert failures == []
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [slow.error]


def test_a_long_run_out_of_memory_says_what_to_do(
    slow: SlowRuns, failures: list[threading.ExceptHookArgs]
) -> None:
    slow.error = MemoryError()
    session = open_page(SMALL)
    slow.go_on.set()
    choose(session, "seed", SlowRuns.SEED)
    finish(session)
    assert "memory" in texts(session)
    assert "smaller d or T" in texts(session)
    assert failures == []


def test_a_session_that_opens_with_a_long_run_shows_a_quick_one_first(slow: SlowRuns) -> None:
    slow_link = {"problem": "quadratic", "seed": str(SlowRuns.SEED), "d": "500", "T": "300"}
    session = open_page(slow_link)
    (bar,) = session.get("progress")
    assert bar.proto.text.endswith(" The picture shows a smaller problem until then.")
    assert "previous" not in bar.proto.text
    # The picture itself says so as well, and only as long as it is so.
    assert payload(session)["pending"] == "Computing d = 500, T = 300 …"
    slow.go_on.set()
    finish(session)
    assert link_in(shown(session)) == slow_link
    assert payload(session)["pending"] == ""


def test_what_stands_in_for_a_long_run_is_quick() -> None:
    every = tuple(METHODS)
    for scenario in (
        Scenario(size=1_000_000, horizon=250, methods=every),
        Scenario(family="logistic", size=1000, samples=2000, horizon=2000, methods=every),
        Scenario(family="logistic", samples=2000, methods=every),
        Scenario(family="logistic", size=200, samples=500, vary="inner", adjoint_steps=2000),
        Scenario(size=100_000, vary="adjoint", inner_steps=2000, horizon=2000),
    ):
        assert expected_seconds(scenario) > compute.JOB_SECONDS
        assert expected_seconds(preview(scenario)) <= compute.JOB_SECONDS


def test_the_payload_has_no_number_that_json_lacks() -> None:
    (component,) = open_page(SMALL).get("bidi_component")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(component.proto.bytes, parse_constant=refuse)
