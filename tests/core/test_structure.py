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
# Each package from the ground up. A package within stands for all that is in it.
FLOORS = {
    "hypergrad_core": (
        {"arrays", "errors", "scheme"},
        {"interruption"},
        {"basis", "data", "lemmas", "numerics", "records", "validation"},
        {"constants", "linearisation"},
        {"adjoint", "costs"},
        {"equations", "held_out", "reference"},
        {"problem"},
        {"functions", "problems", "sampling"},
        {"checks"},
        {"inner"},
        {"bounds"},
        {"methods"},
        {"scenario"},
        {"studies"},
    ),
    "dashboard": (
        {"links", "chart", "lessons"},
        {"kit"},
        {"screens"},
        {"pages"},
        {"app", "main", "notebook"},
    ),
}
LONGEST_FILE = 400
LONGEST_PAGE = 120
MOST_PARAMETERS = 6
# The fast transforms of SciPy take longer to import than a small problem to solve.
IMPORTED_WHEN_NEEDED = {"hypergrad_core/basis.py"}


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
    package, part, *rest = name.split(".")
    if rest == ["__main__"]:
        return len(FLOORS[package])  # what is run stands on everything, and nothing on it
    (floor,) = [number for number, names in enumerate(FLOORS[package]) if part in names]
    return floor


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_imports_in_a_circle(package: str) -> None:
    known = modules(package)
    graph = {name: imports(path) & known.keys() - {name} for name, path in known.items()}
    assert len(graph) > 20
    TopologicalSorter(graph).prepare()  # raises a CycleError, which names the circle


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_from_below_only(package: str) -> None:
    known = modules(package)
    for name, path in known.items():
        if "." not in name:
            continue
        above = [
            other
            for other in imports(path) & known.keys() - {package}
            if floor_of(other) > floor_of(name)
        ]
        assert not above, f"{name} imports {above}"


def test_a_page_does_not_know_another() -> None:
    for name, path in modules("dashboard").items():
        _, room, page, *_ = *name.split("."), "", ""
        if room == "screens" and page:
            others = [other.split(".")[2:3] for other in imports(path) if ".screens." in other]
            assert all(other == [page] for other in others), f"{name} imports {others}"


def test_the_core_knows_nothing_of_what_is_built_on_it() -> None:
    for path in modules("hypergrad_core").values():
        tops = {name.split(".")[0] for name in imports(path)}
        assert not tops & {"dashboard", "streamlit", "plotly", "starlette"}, path


def test_frames_are_made_without_streamlit() -> None:
    rooms = {"figure", "frame", "settings", "words", "export", "snippet", "links"}
    names = [name for name in modules("dashboard") if rooms & {*name.split(".")}]
    assert len(names) > 40
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    code += "sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def sources(*packages: str) -> dict[str, Path]:
    """Every file of these packages, by its path in the repository."""
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    return {str(path.relative_to(ROOT)): path for path in files}


def test_no_file_is_long() -> None:
    lengths = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in sources(*PACKAGES, "tests").items()
    }
    long = {name for name, length in lengths.items() if length > LONGEST_FILE}
    assert not long, f"No file has more than {LONGEST_FILE} lines."
    pages = {name: length for name, length in lengths.items() if name.endswith("/page.py")}
    # What a page is, is not a page.
    del pages["dashboard/kit/page.py"]
    long = {name for name, length in pages.items() if length > LONGEST_PAGE}
    assert not long, f"No page.py has more than {LONGEST_PAGE} lines: other files stand beside it."


def test_no_function_has_many_parameters() -> None:
    many = set()
    for name, path in sources(*PACKAGES).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = node.args
                names = [item.arg for item in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
                count = len([item for item in names if item not in {"self", "cls"}])
                if count > MOST_PARAMETERS:
                    many.add(f"{name}:{node.name}")
    assert not many


def test_no_import_hides_in_a_function() -> None:
    hidden = set()
    for name, path in sources(*PACKAGES).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)
            ):
                hidden.add(name)
    assert hidden == IMPORTED_WHEN_NEEDED
