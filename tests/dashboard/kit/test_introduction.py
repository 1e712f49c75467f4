"""Every page begins with a paragraph for a newcomer, and ends with the words that it uses."""

from __future__ import annotations

import re

import pytest
from frames import ROOT

from dashboard.kit import glossary
from dashboard.kit.introduction import CONSTANTS
from dashboard.pages import PAGES
from hypergrad_core import METHODS, Scenario, run

SCREENS = sorted((ROOT / "dashboard" / "screens").glob("*/page.py"))
INTRODUCTIONS = {page.name: page.introduction for page in PAGES}
VOCABULARY = {page.name: page.vocabulary for page in PAGES}
every_page = pytest.mark.parametrize("page", INTRODUCTIONS)


def test_every_page_is_in_the_list_of_pages() -> None:
    assert {path.parent.name for path in SCREENS} == {page.name for page in PAGES}


@every_page
def test_an_introduction_is_short_and_says_what_is_computed(page: str) -> None:
    text = glossary.plain(INTRODUCTIONS[page])
    assert len(text.split()) <= 60
    for part in ("hypergradient", "bilevel problem", "min f(λ) = E(w(λ), λ)", "w(λ) = Φ(w(λ), λ)"):
        assert part in text


@every_page
def test_what_an_introduction_marks_is_in_the_vocabulary(page: str) -> None:
    marked = glossary.terms_in(INTRODUCTIONS[page])
    assert len(marked) >= 8
    listed = {glossary.canonical(term) for term in VOCABULARY[page]}
    assert set(marked) <= listed


@every_page
def test_a_vocabulary_has_definitions_alone(page: str) -> None:
    for term in VOCABULARY[page]:
        assert glossary.definition(term)


@every_page
def test_every_method_of_a_page_is_in_its_vocabulary(page: str) -> None:
    shown = {"itd", "aid-fp", "aid-cg", "aid-cgnr"} if page == "paper" else METHODS
    for key in shown:
        assert METHODS[key].label in VOCABULARY[page]


def test_the_paper_is_named() -> None:
    assert re.search(r"Grazzi, Franceschi, Pontil and Salzo \(ICML 2020\)", INTRODUCTIONS["paper"])


def test_every_symbol_of_the_bound_can_be_pointed_at() -> None:
    experiment = run(Scenario(methods=tuple(METHODS), inner="heavy-ball", size=4, horizon=2))
    symbols = set()
    for curve in experiment.curves:
        for term in curve.paper.terms:
            symbols |= set(re.findall(r"\\(?:mu|nu)_[12]|L_(?:E|\\Phi)|\bD\b", term.formula))
    unicode = {r"\mu": "μ", r"\nu": "ν", r"\Phi": "Φ", "_1": "₁", "_2": "₂"}
    assert len(symbols) == 7
    for symbol in symbols:
        for latex, letter in unicode.items():
            symbol = symbol.replace(latex, letter)
        assert symbol in CONSTANTS
