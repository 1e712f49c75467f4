"""The recipes of CONTRIBUTING are complete: each is applied to a copy of the code and run there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.test_structure import PACKAGES, floor_of
from tests.support.texts import CONTRIBUTING, ROOT, run_python

TEXT = CONTRIBUTING.read_text(encoding="utf-8")
RECIPES = {
    heading: text
    for heading, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    if "```" in text
}


# What must hold for all that is there, and what is tested of each thing that the recipes add.
RULES = (
    "tests/core/test_structure.py",
    "tests/dashboard/test_method_names.py",
    "tests/dashboard/kit/test_style.py",
)
ADDED = ("-k", "two-step or damped or cautious or distance")
OF_EACH = (
    "tests/core/test_costs.py",
    "tests/core/test_exponents.py",
    "tests/dashboard/kit/test_introduction.py",
    "tests/dashboard/kit/test_pages.py",
    "tests/dashboard/test_notebook.py",
)


def code_of(recipe: str) -> list[tuple[str, str]]:
    """Language and text of each block of a recipe."""
    return re.findall(r"^```(\w+)\n(.*?)^```", RECIPES[recipe], re.DOTALL | re.MULTILINE)


def apply(recipe: str, folder: Path) -> None:
    """Write the new files of a recipe, and change those that are there."""
    for language, code in code_of(recipe):
        named = re.match(r"(?:# |--- )([\w/]+\.py)\n", code)
        if named is None:
            continue
        path = folder / named[1]
        if language == "diff":
            text = path.read_text(encoding="utf-8")
            for hunk in code[named.end() :].split("@@\n"):
                lines = hunk.splitlines(keepends=True)
                before = "".join(line[1:] for line in lines if line[0] != "+")
                assert text.count(before) == 1, f"{named[1]} has not once:\n{before}"
                text = text.replace(before, "".join(line[1:] for line in lines if line[0] != "-"))
            path.write_text(text, encoding="utf-8")
        else:
            assert not path.exists(), path
            path.parent.mkdir(exist_ok=True)
            path.write_text(code[named.end() :], encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages with all recipes applied."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("hypergrad_core", "dashboard", "tests"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", ".streamlit"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder)
    for recipe in RECIPES:
        apply(recipe, folder)
    return folder


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_a_recipe_adds_works(recipe: str, copy: Path) -> None:
    # What needs a cluster is run in tests/core/test_sweep.py.
    code = [code for _, code in code_of(recipe) if "from distributed" not in code][-1]
    # Python 3.12 and 3.13 fork by default and warn of it where NumPy has threads.
    assert run_python(code, "-W", "ignore:This process:DeprecationWarning", folder=copy)


def test_what_the_recipes_add_passes_the_linter(copy: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "."],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tests", [RULES, (*OF_EACH, *ADDED)], ids=["rules", "of each"])
def test_what_the_recipes_add_passes_the_tests(tests: tuple[str, ...], copy: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_rooms_are_listed_from_the_ground_up() -> None:
    rooms = re.findall(r"^\| `(\w+/\w+)(?:/|\.py)` \|", TEXT, re.MULTILINE)
    for package in PACKAGES:
        floors = [floor_of(room.replace("/", ".")) for room in rooms if room.startswith(package)]
        assert len(floors) > 4
        assert floors == sorted(floors)


def test_the_tables_that_want_an_entry_are_where_it_says() -> None:
    named = re.findall(r"`([A-Z_]+)` in `([\w/]+\.py)`", TEXT)
    assert len(named) > 4
    for name, path in named:
        assert re.search(rf"^{name}\b.*=", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
