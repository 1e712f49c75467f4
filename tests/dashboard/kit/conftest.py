"""What tests of the kit are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from compute_cases import Runs

from dashboard.kit import compute
from dashboard.kit.compute import ExperimentCache


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Runs of scenarios that are counted, in an empty cache."""
    counted = Runs()
    monkeypatch.setattr(compute, "run", counted)
    monkeypatch.setattr(compute, "EXPERIMENTS", ExperimentCache(8))
    yield counted
    counted.go_on.set()
