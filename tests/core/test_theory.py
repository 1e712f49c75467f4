"""THEORY.md defines each label that the code cites, once, and says of costs what is counted."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from hypergrad_core import METHODS, Scenario, run
from tests.support.texts import ROOT, THEORY, sections

LABEL = r"\b[RLC]\d{1,2}\b"
SECTIONS = sections(THEORY)
DEFINED = [found[1] for name in SECTIONS if (found := re.match(rf"({LABEL})\. ", name))]
SOURCES = sorted(
    path for package in ("hypergrad_core", "dashboard") for path in (ROOT / package).rglob("*.py")
)
CITED = {path: set(re.findall(LABEL, path.read_text(encoding="utf-8"))) for path in SOURCES}


def section(label: str) -> str:
    (text,) = (text for name, text in SECTIONS.items() if name.startswith(f"{label}. "))
    return text


def test_every_label_is_defined_once_and_in_order() -> None:
    headings = re.findall(rf"^### ({LABEL})\. ", THEORY.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == DEFINED
    assert len(set(DEFINED)) == len(DEFINED)
    for kind in "LRC":
        numbers = [int(label[1:]) for label in DEFINED if label[0] == kind]
        assert numbers
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_label_that_is_cited_is_defined(path: Path) -> None:
    assert CITED[path] <= set(DEFINED)


@pytest.mark.parametrize("label", DEFINED)
def test_every_label_is_used_or_said_to_be_background(label: str) -> None:
    used = any(label in labels for labels in CITED.values())
    assert used != section(label).startswith("\n*Background.*")


@pytest.mark.parametrize("label", DEFINED)
def test_every_lemma_and_result_is_proved_or_has_a_source(label: str) -> None:
    text = section(label)
    assert set(re.findall(LABEL, text)) <= set(DEFINED)
    if label[0] in "LR" and label not in {"R11", "R22", "R23"}:
        assert re.search(r"\*Proof\.\*.*∎|\*Source\.\*", text, re.DOTALL)


def test_it_comes_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "THEORY.md" in project["tool"]["setuptools"]["package-data"]["hypergrad_core"]


def value(formula: str, **symbols: int) -> int:
    """What a cell of the table of costs says, such as $(k+4)d+k^2+m$."""
    product = re.sub(r"(?<=[\w)])(?=[a-z(])", "*", formula.strip("$ ")).replace("^", "**")
    return int(eval(product, {"__builtins__": {}}, symbols))


def test_costs_are_those_that_are_counted() -> None:
    rows = re.findall(r"^\| (.+) \|$", section("R23"), re.MULTILINE)[1:]
    told = {}
    for row in rows:
        names, *cells = row.split(" | ")
        told.update(dict.fromkeys(names.split(", "), cells))
    assert {name.lower() for name in told} == {method.label.lower() for method in METHODS.values()}
    scenario = Scenario(size=40, hyper_size=3, methods=tuple(METHODS), adjoint_steps=4, horizon=9)
    for curve in run(scenario, steps=np.array([9])).curves:
        label = METHODS[curve.method].label
        cells = next(cells for name, cells in told.items() if name.lower() == label.lower())
        estimate = curve.estimate
        (k,) = estimate.points.adjoint_steps
        counted = (
            *(estimate.costs.map_evaluations[0], estimate.costs.state_products[0]),
            *(estimate.costs.hyper_products[0], estimate.costs.stored_floats[0]),
        )
        assert tuple(value(cell, t=9, k=int(k), d=40, m=3) for cell in cells) == counted, label
