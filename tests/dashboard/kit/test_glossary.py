"""The glossary: every method, symbol and setting is in it, and what is marked can be read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from frames import ROOT

from dashboard.kit import glossary
from dashboard.kit.page import Page
from dashboard.pages import PAGES
from hypergrad_core import METHODS
from hypergrad_core.inner import SOLVERS
from hypergrad_core.studies.step_search import first_to_stay

HELPS = {
    f"setting {page.name}.{name}": page.settings.help_of(name)
    for page in PAGES
    for name, field in page.settings.fields.items()
    # The methods and inner solvers are listed, each with its definition.
    if field.help and name not in ("methods", "inner")
}
SUMMARIES = {f"**{solver.label}**": f"{solver.summary}." for solver in SOLVERS.values()}
every_text = pytest.mark.parametrize(
    "text",
    [*glossary.TERMS.values(), *HELPS.values(), *(": ".join(item) for item in SUMMARIES.items())],
    ids=[*glossary.TERMS, *HELPS, *SUMMARIES],
)
SYMBOLS = (
    *("Φ", "∂₁Φ", "∂₂Φ", "λ", "w", "w(λ)", "w₀", "wₜ", "v", "vₖ", "t", "k", "T", "d", "m", "n"),
    *("f", "E", "∇₁E", "∇₂E", "∇f(λ)", "q", "q̂", "κ", "κ_M", "ε", "M", "μ₁", "μ₂", "ν₁", "ν₂"),
    *("L_E", "L_Φ", "D", "r", "ρ(t)"),
)


def test_every_method_is_defined() -> None:
    for method in METHODS.values():
        assert method.label in glossary.TERMS
        assert f"**{method.label}**: {glossary.definition(method.label)}" in glossary.methods_help()
    assert glossary.methods_help(["itd"]) == f"- **ITD**: {glossary.definition('ITD')}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_inner_solver_is_explained_where_it_can_be_chosen(page: Page[Any, Any, Any]) -> None:
    first, blank, *lines = page.settings.help_of("inner").splitlines()
    assert (first, blank) == ("How the inner problem is solved.", "")
    assert lines == [f"- {name}: {summary}" for name, summary in SUMMARIES.items()]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_symbol_is_defined(symbol: str) -> None:
    assert glossary.definition(symbol)


def test_every_symbol_of_an_inner_solver_that_lasts_is_defined() -> None:
    for solver in SOLVERS.values():
        if "r" in solver.symbols(0.9):
            assert glossary.definition("r")


@every_text
def test_definitions_are_one_or_two_sentences_of_plain_text(text: str) -> None:
    assert text[0].isupper() or text[:1] in "(q*" or text.startswith(("κ", "r", "MᵀM")), text
    assert text.endswith((".", ")"))
    assert len(text) <= 320
    assert "[[" not in text
    for idiom in ("made-up", "dear", "lower level", "in the median", "length of λ", "length of w"):
        assert idiom not in text.lower()


def test_no_definition_uses_a_symbol_of_the_bounds_without_an_entry() -> None:
    symbols = set(re.findall(r"[μν][₁₂]|L_[EΦ]|∂[₁₂]Φ|∇[₁₂]E", " ".join(glossary.TERMS.values())))
    assert symbols
    for symbol in symbols:
        assert symbol in glossary.TERMS


def test_other_spellings_lead_to_an_entry() -> None:
    for target in glossary.ALSO.values():
        assert target in glossary.TERMS
    assert glossary.canonical("Hypergradients") == "hypergradient"
    assert glossary.canonical("products") == "product"
    assert glossary.canonical("Hypergradient") == "hypergradient"
    with pytest.raises(KeyError):
        glossary.definition("hypergradiant")
    with pytest.raises(KeyError):
        glossary.marked("The [[hypergradiant]].")


def test_a_mark_becomes_a_button_with_its_definition() -> None:
    page = glossary.marked("The [[hypergradient]] costs [[product|many products]] < 5 & more.")
    names = re.findall(r'<button type="button" aria-describedby="([\w-]+)">', page)
    assert len(set(names)) == 2
    for name, term in zip(names, ("hypergradient", "product"), strict=True):
        assert f'role="tooltip" id="{name}">{glossary.definition(term)}<' in page
    assert ">many products</button>" in page
    assert "&lt; 5 &amp; more." in page
    assert glossary.plain("[[a|b]] [[c]]") == "b c"
    assert glossary.terms_in("[[q]] and [[contraction constant]], [[λ]]") == [
        "contraction constant",
        "λ",
    ]


def test_a_term_stays_with_its_brackets_and_the_comma_after_it() -> None:
    page = glossary.marked("A [[hypergradient]], (see [[f]]) or ([[λ]]); [[q]](x).")
    for kept in ("hypergradient</button>,<", "f</button>)<", 'term">(<button', "λ</button>);<"):
        assert kept in page
    assert page.endswith("</span></span>(x).")
    assert re.sub(r"<[^>]*>", "", re.sub(r'<span class="gl-tip".*?</span>', "", page)) == (
        "A hypergradient, (see f) or (λ); q(x)."
    )


def test_nothing_in_a_mark_becomes_markup() -> None:
    shown = glossary.marked("[[λ|<img src=x onerror=alert(1)>]]")
    assert "<img" not in shown


def test_a_text_is_the_same_page_each_time() -> None:
    text = "The [[hypergradient]] of [[f]]."
    assert glossary.marked(text) == glossary.marked(text)
    assert glossary.marked(text) != glossary.marked(f"{text} ")


def test_the_index_of_a_symbol_is_set_low() -> None:
    page = glossary.marked("[[L_E]] and [[κ_M]] <b>")
    assert ">L<sub>E</sub></button>" in page
    assert ">κ<sub>M</sub></button>" in page
    assert "&lt;b&gt;" in page
    assert glossary.lowered("stored_floats <i>") == "stored_floats &lt;i&gt;"


def test_a_formula_stays_on_one_line() -> None:
    page = glossary.marked("{{[[f]](λ) = 1}}.")
    assert page.startswith('<span class="gl-formula"><span class="gl-term">')
    assert page.endswith("(λ) = 1</span>.")
    assert glossary.plain("{{[[f]](λ) = 1}}.") == "f(λ) = 1."


def test_an_error_at_the_target_has_reached_it() -> None:
    """As the code counts it: no text on a page asks for an error that is less than ε."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "dashboard").rglob("*.py")]
    assert first_to_stay(np.array([3.0, 2.0, 2.0]), 2.0) == 1
    for text in texts:
        words = re.sub(r'"\s*\n\s*f?"', "", text)
        for found in re.finditer(r"below (?:\[\[)?ε", words):
            before = words[found.start() - 60 : found.start()]
            assert before.endswith("at or "), before
