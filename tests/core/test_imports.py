"""The core is light, and knows nothing of the page."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hypergrad_core

PACKAGE = Path(hypergrad_core.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGE = {"dashboard", "streamlit", "plotly"}


def modules_after(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter holds once the code has run."""
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    return set(finished.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import hypergrad_core",
        "import hypergrad_core as core; core.run(core.Scenario())",
    ],
)
def test_neither_the_page_nor_scipy_is_imported(code: str) -> None:
    modules = modules_after(code)
    assert "hypergrad_core.studies.experiment" in modules
    roots = {name.split(".")[0] for name in modules}
    assert not roots & (PAGE | {"scipy"})


def test_a_fast_transform_is_imported_when_it_is_needed() -> None:
    code = "import hypergrad_core as core; core.run(core.Scenario(size=2000, horizon=2))"
    modules = modules_after(code)
    assert "scipy.fft" in modules
    # Old versions of SciPy import more of it themselves.
    assert "scipy.linalg" not in modules - modules_after("import scipy.fft")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_source_imports_the_page(path: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    assert not {name.split(".")[0] for name in names} & PAGE


def test_all_sources_are_looked_at() -> None:
    assert {"gmres.py", "implicit.py", "quadratic.py"} <= {path.name for path in SOURCES}
