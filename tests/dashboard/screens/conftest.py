"""What tests of pages are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from paper_cases import Runs

from dashboard.kit.compute import ResultCache
from dashboard.screens.paper import task as paper


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Small panels for Paper."""
    made = Runs()
    monkeypatch.setattr(paper, "panels", made.panels)
    monkeypatch.setattr(paper, "replicate", made.replicate)
    monkeypatch.setattr(paper, "FIGURES", ResultCache(16))
    monkeypatch.setattr(paper, "PANELS", ResultCache(64))
    yield made
    made.error = None
    made.go_on.set()
