"""What every test of the dashboard leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dashboard.kit import jobs, limits


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit runs a script as ``__main__`` and leaves it there; new processes import that."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long runs go on in threads here, so that a test can put its own work in their place."""
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, jobs=0))


@pytest.fixture(autouse=True)
def own_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All tests are the same visitor, who may have two long runs: none is left to the next test."""
    queue = jobs.Turns()
    monkeypatch.setattr(jobs, "TURNS", queue)
    yield
    for job in (*queue._waiting, *queue._running):
        job.stop()
