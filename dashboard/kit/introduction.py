"""What a newcomer reads first on each page, and the words of the page with their definitions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.kit.glossary import TERMS, definition, lowered, marked
from dashboard.kit.markup import Markup
from dashboard.kit.policy import own
from hypergrad_core import METHODS

_SCRIPT = own(Path(__file__).with_name("terms.js").read_text(encoding="utf-8"))

# Each half of it stays on one line.
BILEVEL = "{{min [[f]](λ) = [[E]]([[w(λ)]], λ)}} with {{w(λ) = [[Φ]](w(λ), λ)}}"


EVERYWHERE = (
    *("hypergradient", "bilevel problem", "outer problem", "inner problem", "hyperparameter"),
    *("f", "E", "λ", "w", "w(λ)", "w₀", "wₜ", "Φ", "∂₁Φ", "∂₂Φ", "∇₁E", "∇₂E", "t", "k", "d", "m"),
    *("n", "contraction constant", "κ", "condition number", "seed", "synthetic data"),
    *("ITD", "AID", "adjoint system", "v", "vₖ", "fixed-point iteration", "heavy ball", "CG"),
    *("CGNR", "GMRES", "normal equations", "error", "relative error"),
)
METHOD_TERMS = tuple(method.label for method in METHODS.values())
BOUND_TERMS = ("bound", "paper’s bound", "sharp bound", "tier", "tight", "upper")
PART_TERMS = ("inner-problem term", "drift", "adjoint term")
# Of the paper's bound.
CONSTANTS = ("κ_M", "ν₁", "ν₂", "μ₁", "μ₂", "L_E", "L_Φ", "D", "ρ(t)", "r")


def introduce(text: str) -> None:
    """A page in one paragraph of at most 60 words, right under its heading."""
    markup = Markup(f"<script>{_SCRIPT}</script>{_paragraph(text)}")
    st.html(markup, unsafe_allow_javascript=True)


def write(text: str) -> None:
    """Another paragraph with ``[[terms]]`` that show their definitions, below the first."""
    st.html(Markup(_paragraph(text)))


def _paragraph(text: str) -> str:
    return f'<p class="gl-words">{marked(text)}</p>'


def write_symbols(symbols: Iterable[str]) -> None:
    """A line of symbols, each of which shows its definition."""
    write(f"What the symbols mean: {', '.join(f'[[{symbol}]]' for symbol in symbols)}.")


def list_terms(terms: Iterable[str]) -> None:
    """All symbols and terms of a page, to unfold."""
    with st.expander("Symbols and terms"):
        st.html(Markup(_listed(tuple(terms))))


@cache
def _listed(terms: tuple[str, ...]) -> str:
    entries = "".join(
        f"<div><dt>{lowered(_named(term))}</dt><dd>{lowered(definition(term))}</dd></div>"
        for term in dict.fromkeys(terms)
    )
    return f'<dl class="gl-vocabulary">{entries}</dl>'


def _named(term: str) -> str:
    return term[0].upper() + term[1:] if len(term) > 3 and term in TERMS else term
