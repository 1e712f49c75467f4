"""What the README says is so: its code runs, its commands are the ones in use, its labels exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from frames import ROOT

from dashboard.kit.fields import Declared, fields_of
from dashboard.kit.links import SCENARIO_LINKS, links_of
from dashboard.kit.theme import METHOD_STYLES
from dashboard.pages import PAGES
from dashboard.screens.budget.settings import BudgetView
from dashboard.screens.complexity.settings import ComplexityView
from dashboard.screens.explore.settings import View
from dashboard.screens.paper.settings import PaperView
from dashboard.screens.why.settings import WhyView
from hypergrad_core import FAMILIES, METHODS

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "hypergrad_core").rglob("*.py"))


def blocks(language: str) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def run_python(code: str, *options: str) -> str:
    """What a block of the README prints in a fresh interpreter where warnings are errors."""
    assert len(code.splitlines()) <= 12
    return subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout


def test_the_python_runs() -> None:
    first, pool, cluster = blocks("python")
    printed = run_python(first)
    for method in ("itd", "aid-fp", "aid-cg"):
        assert f"{method}: error " in printed
    assert "None" not in printed
    # Python 3.12 and 3.13 fork by default and warn of it where NumPy has threads.
    printed = run_python(pool, "-W", "ignore:This process:DeprecationWarning")
    assert printed.count("κ = ") == printed.count("'aid-cg': ") == 12
    assert "None" not in printed
    # It needs a cluster: tests/core/test_sweep.py runs it on one.
    assert "from distributed import Client" in cluster


def test_the_test_command_is_the_one_of_the_checks() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    found = re.search(r"commands=\$\(awk '(.*?)' README\.md\)", script.read_text(encoding="utf-8"))
    assert found
    extracted = subprocess.run(
        ["awk", found[1], "README.md"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    (block,) = [code for code in blocks("bash") if "pytest" in code]
    assert extracted == block
    assert "tests/requirements.txt" in block


def test_the_page_is_opened_with_what_is_there() -> None:
    first, *_ = blocks("bash")
    assert "-r requirements.txt" in first
    assert "-m streamlit run dashboard/app.py" in first


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_label_that_the_core_cites_is_defined(path: Path) -> None:
    for label in set(re.findall(r"\b[RLC]\d{1,2}\b", path.read_text(encoding="utf-8"))):
        assert f"**{label}**" in TEXT, label


def test_files_that_are_named_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).is_file(), target
    for name in re.findall(r"`([\w./-]+\.(?:py|txt|md|json|npz))`", TEXT):
        assert list(ROOT.rglob(name)) or (ROOT / name).exists(), name


def test_names_in_links_are_listed() -> None:
    for names in (SCENARIO_LINKS.link_names, links_of(View).link_names):
        assert f"`{' '.join(names.values())}`" in TEXT


@pytest.mark.parametrize("view", [ComplexityView, BudgetView, WhyView, PaperView])
def test_names_in_links_of_other_pages_are_listed(view: type[Declared]) -> None:
    listed = {name for names in re.findall(r"`([\w ]+)`", TEXT) for name in names.split()}
    assert {field.link for field in fields_of(view).values()} <= listed


def test_every_page_and_every_family_is_told_of() -> None:
    for page in PAGES[1:]:
        assert f"### The {page.title} page" in TEXT
    for family in FAMILIES.values():
        assert f"\n| {family.label.split(',')[0]}" in TEXT


def test_the_words_are_those_of_the_pages() -> None:
    for old in ("made-up", "lower-level", "floating-point floor"):
        assert old not in TEXT.lower()


def test_every_method_is_told_of() -> None:
    for method in METHODS.values():
        assert f"\n| {method.label} |" in TEXT
    assert "METHOD_STYLES" in TEXT
    assert len(METHOD_STYLES) == len(METHODS)


def test_formulas_are_closed() -> None:
    prose = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    assert prose.count("$$") % 2 == 0
    for line in prose.replace("$$", "").splitlines():
        assert line.count("$") % 2 == 0, line
