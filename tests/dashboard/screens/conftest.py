"""What tests of pages are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from frames import forget
from paper_cases import Runs

from dashboard.screens.paper import task as paper


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Small panels for Paper."""
    made = Runs()
    monkeypatch.setattr(paper, "panels", made.panels)
    monkeypatch.setattr(paper, "replicate", made.replicate)
    forget(monkeypatch, paper.FIGURES)
    yield made
    made.error = None
    made.go_on.set()
