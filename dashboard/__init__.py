"""The Streamlit app on top of the solver core; ``figure`` makes its pictures in a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["figure"]


def __getattr__(name: str) -> Any:
    # Not imported before it is asked for: figures of pages are made without Streamlit.
    if name == "figure":
        return import_module("dashboard.notebook").figure
    raise AttributeError(f"module 'dashboard' has no attribute {name!r}")
