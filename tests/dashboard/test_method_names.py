"""Pages ask the methods: no file of the dashboard names one by its key but for style and choice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from hypergrad_core import METHODS

ROOT = Path(__file__).resolve().parents[2] / "dashboard"
# Colours, and the settings that a lesson shows.
ALLOWED = {ROOT / "kit" / "theme.py", *(ROOT / "lessons").rglob("*.py")}
FILES = sorted({*ROOT.rglob("*.py")} - ALLOWED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_method_is_named_by_its_key(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [
        f"line {node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in METHODS
    ]
    assert not named


def test_the_files_that_may_are_there() -> None:
    assert len(FILES) > 30
    assert all(path.exists() for path in ALLOWED)
