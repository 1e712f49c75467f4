"""The packages are built in floors: nothing imports in a circle, and nothing from above."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hypergrad_core", "dashboard")
# The core from the ground up. A package stands for all that is in it.
FLOORS = (
    {"arrays", "errors", "scheme"},
    {"numerics", "basis", "data", "link"},
    {"problem"},
    {"precision", "inner", "linear", "theory"},
    {"problems", "methods"},
    {"scenario"},
    {
        *("anatomy", "complexity", "dissection", "experiment", "modes", "paper", "plane"),
        *("replication", "sweep"),
    },
)


def modules(package: str) -> dict[str, Path]:
    """Every module of a package, by its full name."""
    found = {}
    for path in (ROOT / package).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> set[str]:
    """All that a file imports: for types and inside functions as well."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def floor_of(name: str) -> int:
    part = name.split(".")[1]
    (floor,) = [number for number, names in enumerate(FLOORS) if part in names]
    return floor


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_imports_in_a_circle(package: str) -> None:
    known = modules(package)
    graph = {name: imports(path) & known.keys() - {name} for name, path in known.items()}
    assert len(graph) > 20
    TopologicalSorter(graph).prepare()  # raises a CycleError, which names the circle


def test_the_core_imports_from_below_only() -> None:
    known = modules("hypergrad_core")
    for name, path in known.items():
        if "." not in name:
            continue
        above = [
            other
            for other in imports(path) & known.keys() - {"hypergrad_core"}
            if floor_of(other) > floor_of(name)
        ]
        assert not above, f"{name} imports {above}"


def test_the_core_knows_nothing_of_what_is_built_on_it() -> None:
    for path in modules("hypergrad_core").values():
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"dashboard", "streamlit", "plotly", "starlette"}, path


def test_figures_are_made_without_streamlit() -> None:
    names = [name for name in modules("dashboard") if {"figure", "figures"} & {*name.split(".")}]
    assert len(names) > 15
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    code += "sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
