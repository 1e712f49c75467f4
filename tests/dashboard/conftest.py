"""What every test of the dashboard leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit runs a script as ``__main__`` and leaves it there; new processes import that."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own
