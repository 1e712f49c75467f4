"""What the tests of Paper share."""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from frames import check, open_page, payload
from streamlit.testing.v1 import AppTest

from dashboard.kit.jobs import Job
from dashboard.screens.paper.settings import (
    KINDS,
)
from dashboard.screens.paper.task import Task
from hypergrad_core import Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.replication import Replication, replicate

SECONDS = 60.0
VALUES = 3
TINY = (
    Scenario(family="logistic", size=5, samples=12, contraction=0.8, horizon=30),
    Scenario(family="kernel-ridge", size=8, hyper_size=3, contraction=0.8, horizon=30),
    Scenario(family="biased", size=5, samples=12, contraction=0.8, horizon=30, inner="heavy-ball"),
    Scenario(family="equilibrium", size=8, samples=4, contraction=0.8, horizon=30),
)


@cache
def tiny_runs() -> tuple[Replication, ...]:
    """The four panels of a small figure; run once for all tests."""
    return tuple(replicate(scenario, VALUES) for scenario in TINY)


class Runs:
    """Small panels instead of those of the page, which take as long as the test wants."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: BaseException | None = None
        self.asked: list[tuple[str, float, int, int]] = []
        self.started = 0
        # How many panels are let through before the others wait.
        self.free = 0

    def panels(
        self, kind: str, contraction: float, horizon: int, seed: int
    ) -> tuple[Scenario, ...]:
        """As the page's, but small; what differs between kinds and horizons is told apart."""
        self.asked.append((kind, contraction, horizon, seed))
        number = [*KINDS].index(kind)
        return tuple(
            Scenario(
                family=scenario.family,
                size=scenario.size,
                samples=scenario.samples + number,
                hyper_size=scenario.hyper_size,
                inner=scenario.inner,
                contraction=min(contraction, scenario.problem_family.largest_contraction),
                horizon=horizon // 2,
                seed=seed,
            )
            for scenario in TINY
        )

    def replicate(
        self, scenario: Scenario, values: int = 20, progress: Progress | None = None
    ) -> Replication:
        """As the core, after a wait at 40 % of each panel; two values of λ are enough."""
        self.started += 1
        assert progress is not None
        while self.started > self.free and not self.go_on.wait(0.005):
            progress(0.4)
        if self.error is not None:
            raise self.error
        return replicate(scenario, 2, progress)


def open_paper(link: dict[str, str] | None = None) -> AppTest:
    """A session of the page, as its address opens it."""
    return open_page(link, "paper")


def job_of(session: AppTest) -> Job[Task]:
    job = session.session_state["job of paper"]
    assert isinstance(job, Job)
    return job


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def finish(session: AppTest, job: Job[Task] | None = None) -> None:
    """Wait for the job of the session, then run the page as its timer would."""
    running = job or job_of(session)
    wait_until(lambda: not running.running)
    check(session.run())


def frame(session: AppTest) -> dict[str, Any]:
    """The frame that the chart received."""
    found: dict[str, Any] = payload(session)["frame"]
    return found


def link(session: AppTest) -> dict[str, str]:
    """The settings that the chart says it shows, without the theme."""
    found = dict(parse_qsl(frame(session)["link"], strict_parsing=True))
    assert found.pop("theme") == "light"
    return found


def tables(session: AppTest) -> list[list[list[str]]]:
    """The cells of each table of claims, the head first."""
    found = [item.value for item in session.main.markdown if item.value.startswith("| The paper")]
    return [
        [
            [cell.strip() for cell in row.strip("|").split("|")]
            for row in text.splitlines()
            if not row.startswith("|---")
        ]
        for text in found
    ]


def plain(cell: str) -> str:
    """A cell with spaces that may be broken."""
    return cell.replace("\u00a0", " ")
