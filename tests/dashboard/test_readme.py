"""What the README says is so, and what all texts name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.kit.fields import fields_of
from dashboard.kit.links import SCENARIO_LINKS
from dashboard.pages import PAGES
from hypergrad_core import FAMILIES, METHODS
from tests.support.texts import README, ROOT, TEXTS, anchor, blocks, prose, run_python, sections

TEXT = README.read_text(encoding="utf-8")
LONGEST = 140
LONGEST_BLOCK = 25
every_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)


def wanted(words: str) -> None:
    """Fail, with a readable message, where the README does not have these words."""
    assert words in TEXT, f"README.md wants: {words.strip()} …"


def test_it_is_short() -> None:
    # A new method or family has a row in a table.
    lines = [line for line in TEXT.splitlines() if not line.startswith("|")]
    assert len(lines) <= LONGEST, f"README has {len(lines)} lines beside its tables."
    for code in blocks(README, "python"):
        assert len(code.splitlines()) <= LONGEST_BLOCK


def test_the_python_runs() -> None:
    first, *others = (run_python(code) for code in blocks(README, "python"))
    for method in ("itd", "aid-fp", "aid-cg"):
        assert f"{method}: error " in first
    for printed in (first, *others):
        assert printed
        assert "None" not in printed


def test_the_problem_of_ones_own_is_the_example_that_is_tested() -> None:
    example = (ROOT / "tests" / "examples" / "own_ridge.py").read_text(encoding="utf-8")
    assert example.endswith(blocks(README, "python")[2])


def test_the_page_is_opened_with_what_is_there() -> None:
    first, *_ = blocks(README, "bash")
    assert "-r requirements.txt" in first
    assert "-m streamlit run dashboard/app.py" in first


@every_text
def test_files_and_sections_that_are_named_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^):]+)\)", prose(path)):
        name, _, place = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        assert linked.is_file(), target
        assert not place or place in {anchor(heading) for heading in sections(linked)}, target
    for name in re.findall(r"`([\w./-]+\.(?:py|txt|md|json|npz|css|js|toml|yaml))`", text):
        assert (ROOT / name).exists() or list(ROOT.glob(f"*/**/{name}")), name
    for name in re.findall(r"`((?:hypergrad_core|dashboard|tests)/[\w/]*)`", text):
        assert (ROOT / name).exists(), name


def test_names_in_links_are_listed() -> None:
    assert f"`{' '.join(SCENARIO_LINKS.link_names.values())}`" in TEXT
    for page in PAGES:
        listed = re.search(rf"`([\w ]+)` on {page.title}", TEXT)
        preset = {page.settings.preset} - {""}
        assert listed, f"README.md wants the names in links: `…` on {page.title}"
        own = {field.link for field in fields_of(type(page.settings.view)).values()}
        assert set(listed[1].split()) >= own | preset


def test_every_page_has_a_picture_and_every_family_is_told_of() -> None:
    for page in PAGES:
        wanted(f"- **{page.title}**")
        wanted(f"![The {page.title} page: ")
        wanted(f"](.readme/{page.name}.png)")
    for family in FAMILIES.values():
        wanted(f"\n| {family.label.split(',')[0]}")


@every_text
def test_the_words_are_those_of_the_pages(path: Path) -> None:
    words = path.read_text(encoding="utf-8").lower()
    for old in ("made-up", "lower-level", "floating-point floor", "one file a"):
        assert old not in words


def test_every_method_is_told_of() -> None:
    for method in METHODS.values():
        wanted(f"\n| {method.label} |")


@every_text
def test_formulas_come_through_markdown_as_they_are(path: Path) -> None:
    """Between dollars Markdown takes escapes, emphasis and tags for its own; a block is safe."""
    for line in prose(path).splitlines():
        assert line.count("$") % 2 == 0, line
        for formula in re.findall(r"\$([^$]*)\$", line):
            assert formula, "a block begins with ```math"
            assert formula == formula.strip(), formula
            assert not re.search(r"\\[^A-Za-z\s]", formula), formula
            assert not re.search(r"(?:^|[^\w\\])_|\*|<[A-Za-z]", formula), formula
