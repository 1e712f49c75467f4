"""What a newcomer reads first on each page, and the words of the page with their definitions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from dashboard.kit.glossary import TERMS, definition, lowered, marked

_STYLE = Path(__file__).with_name("terms.css")
_SCRIPT = Path(__file__).with_name("terms.js")

# Each half of it stays on one line.
_BILEVEL = "{{min [[f]](λ) = [[E]]([[w(λ)]], λ)}} with {{w(λ) = [[Φ]](w(λ), λ)}}"

# At most 60 words each: the page itself must stay in sight.
INTRODUCTIONS: dict[str, str] = {
    "explore": "A model is trained by gradient descent. Its [[hypergradient]] is the gradient of "
    "the validation loss with respect to [[λ|hyperparameters λ]]. As a [[bilevel problem]]: "
    f"{_BILEVEL}. The exact hypergradient is too expensive. How wrong are [[ITD]] and [[AID]] "
    "after t steps? Solid: measured [[error]]. Dashed: what the theorem guarantees. Drag [[q]].",
    "complexity": f"The [[hypergradient]] of a [[bilevel problem]], {_BILEVEL}, is approximated "
    "step by step. How many steps bring the [[relative error]] to [[ε]] or below, as the "
    "[[condition number]] [[κ]] grows? In theory, steps grow like κ for [[ITD]] and [[AID-FP]], "
    "and like √κ for conjugate gradient in [[AID-CG]].",
    "budget": f"The [[hypergradient]] of a [[bilevel problem]], {_BILEVEL}, is approximated in two "
    "parts: [[t]] steps for the [[inner problem]] (w), [[k]] steps for the [[adjoint system]] (v). "
    "You can pay for a [[budget]] of [[product|Jacobian–vector products]]. How many should go to "
    "w, how many to v?",
    "why": f"Take one small [[bilevel problem]] apart: {_BILEVEL}. See how [[wₜ]] approaches the "
    "solution, how each linear solver approaches the [[adjoint|adjoint v]], and which part of the "
    "[[bound]] on the [[hypergradient]]’s [[error]] is the largest. All views show the same step.",
    "paper": "Grazzi, Franceschi, Pontil and Salzo (ICML 2020) prove how fast [[ITD]] and [[AID]] "
    f"approximate the [[hypergradient]] of a [[bilevel problem]], {_BILEVEL}. Their Figure 1, run "
    "again: [[relative error]] against steps [[t]] on four problems. Lines: [[geometric mean]] "
    "over several [[λ]]; bands: smallest to largest.",
}

_EVERYWHERE = (
    *("hypergradient", "bilevel problem", "outer problem", "inner problem", "hyperparameter"),
    *("f", "E", "λ", "w", "w(λ)", "w₀", "wₜ", "Φ", "∂₁Φ", "∂₂Φ", "∇₁E", "∇₂E", "t", "k", "d", "m"),
    *("n", "contraction constant", "κ", "condition number", "seed", "synthetic data"),
    *("ITD", "AID", "adjoint system", "v", "vₖ", "fixed-point iteration", "heavy ball", "CG"),
    *("CGNR", "GMRES", "normal equations", "error", "relative error"),
)
_METHODS = (
    *("ITD", "Forward ITD", "Truncated ITD", "One-step"),
    *("AID-FP", "AID-CG", "AID-CGNR", "AID-GMRES"),
)
_BOUNDS = ("bound", "paper’s bound", "sharp bound", "tier", "tight", "upper")
_PARTS = ("inner-problem term", "drift", "adjoint term")
# Of the paper's bound.
CONSTANTS = ("κ_M", "ν₁", "ν₂", "μ₁", "μ₂", "L_E", "L_Φ", "D", "ρ(t)", "r")

# The terms of each page, in the order in which they are listed.
VOCABULARY: dict[str, tuple[str, ...]] = {
    "explore": (
        *_EVERYWHERE,
        *("absolute error", "ε", "T", *_METHODS, *_BOUNDS, *_PARTS, *CONSTANTS),
        *("product", "memory", "plateau", "rounding (upper estimate)", "spectrum", "residual"),
    ),
    "complexity": (
        *_EVERYWHERE,
        *("ε", *_METHODS, "bound", "paper’s bound", "product", "memory", "geometric mean"),
        "spectrum",
    ),
    "budget": (
        *_EVERYWHERE,
        *("T", *_METHODS, *_BOUNDS, "product", "budget", "split", "rounding (upper estimate)"),
    ),
    "why": (
        *_EVERYWHERE,
        *("T", "M", *_METHODS, *_BOUNDS, *_PARTS, *CONSTANTS, "q̂", "spectrum", "eigenmode"),
        *("residual", "residual polynomial", "Ritz values", "Chebyshev polynomial"),
        *("unrolling", "curse of unrolling", "rounding (upper estimate)"),
    ),
    "paper": (
        *_EVERYWHERE,
        *("T", "ITD", "AID-FP", "AID-CG", "AID-CGNR", "bound", "paper’s bound", "plateau"),
        *("geometric mean", "contraction"),
    ),
}


def introduce(page: str) -> None:
    """The page in one paragraph, right under its heading."""
    st.html(
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"
        f"<script>{_SCRIPT.read_text(encoding='utf-8')}</script>"
        f"{_paragraph(INTRODUCTIONS[page])}",
        unsafe_allow_javascript=True,
    )


def write(text: str) -> None:
    """Another paragraph with ``[[terms]]`` that show their definitions, below the first."""
    st.html(_paragraph(text))


def _paragraph(text: str) -> str:
    return f'<p class="gl-words">{marked(text)}</p>'


def write_symbols(symbols: Iterable[str]) -> None:
    """A line of symbols, each of which shows its definition."""
    write(f"What the symbols mean: {', '.join(f'[[{symbol}]]' for symbol in symbols)}.")


def vocabulary(page: str) -> None:
    """All symbols and terms of the page, to unfold."""
    with st.expander("Symbols and terms"):
        st.html(_listed(VOCABULARY[page]))


def _listed(terms: Iterable[str]) -> str:
    entries = "".join(
        f"<div><dt>{lowered(_named(term))}</dt><dd>{lowered(definition(term))}</dd></div>"
        for term in dict.fromkeys(terms)
    )
    return f'<dl class="gl-vocabulary">{entries}</dl>'


def _named(term: str) -> str:
    return term[0].upper() + term[1:] if len(term) > 3 and term in TERMS else term
