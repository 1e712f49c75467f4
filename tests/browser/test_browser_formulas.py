"""Formulas: none is wider than what holds it, whatever is written out."""

from __future__ import annotations

import pytest
from explore_page import ExplorePage

from hypergrad_core import FAMILIES, METHODS
from hypergrad_core.inner import SOLVERS

pytestmark = pytest.mark.browser

# Every formula on the page with its width and that of its container. What is drawn of a formula
# may reach a little out of its own box: a slanted letter at its end.
WIDTHS = """
() => [...document.querySelectorAll('[data-testid="stMain"] .katex-display')].map(node => {
    const holder = node.closest('[data-testid="stMarkdownContainer"]');
    return [node.scrollWidth, holder.clientWidth, node.textContent.slice(0, 60)];
})
"""
SLANT = 4

# The bound of this method is written out: what it computes stands last on the page.
SHOWN = """
label => [...document.querySelectorAll('[data-testid="stMain"] h2')]
    .some(node => node.textContent === `What ${label} computes`)
    && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
"""


# What an inner solver changes in a bound is the same for all problems that it is for: seen with the
# simplest of them, and with that of the longest formula.
FIT = {name: entry for name, entry in FAMILIES.items() if entry.affine_symmetric}
LONGEST = max(FIT, key=lambda name: max(map(len, FIT[name].formula)))
CASES = [(family, "fixed-point") for family in FAMILIES]
CASES += [
    (family, inner)
    for family in ("quadratic", LONGEST)
    for inner, solver in SOLVERS.items()
    if solver.affine_symmetric_only
]


@pytest.mark.parametrize(("family", "inner"), CASES, ids=map("-".join, CASES))
def test_no_formula_is_cut_off(explore: ExplorePage, family: str, inner: str) -> None:
    """At 1440 × 900 pixels, where the numbers are long."""
    explore.open(f"problem={family}&inner={inner}&methods={'.'.join(METHODS)}&q=0.998&T=20&at=20")
    page = explore.page
    cards = page.locator(".st-key-card").get_by_role("radio").all_inner_texts()
    assert len(cards) >= 7
    for label in cards:
        explore.switch("card", label)
        page.wait_for_function(SHOWN, arg=label)
        found = page.evaluate(WIDTHS)
        assert len(found) >= 6, "The bound, its numbers, the constants, the problem, the method."
        for needed, room, text in found:
            assert needed <= room + SLANT, f"{label}: {text}"
