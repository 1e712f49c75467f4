"""The bound of one method, written out with its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.kit.notation import TERM_NAMES, latex, percent
from dashboard.kit.theme import Mode, term_color
from dashboard.screens.explore.figure.lines import unit
from dashboard.screens.explore.settings import View
from hypergrad_core import Curve, Experiment
from hypergrad_core.bounds import Status
from hypergrad_core.constants import WeightedConstants
from hypergrad_core.inner import SOLVERS

TIERS = {
    "P": "uses constants only",
    "X": "uses distances, gradients and drift measured along this run",
    "T": "uses distances measured along this run; the drift is bounded, not measured",
    "V": "uses the eigenvalues of ∂₁Φ",
}
STATUSES = {
    Status.TIGHT: "attained, up to rounding",
    Status.UPPER: "proved, in general not attained",
    Status.HEURISTIC: "not proved",
}
MEANINGS = {
    "inner problem": "It is what the error of $w_t$ does to the gradients of $E$, so increase $t$.",
    "drift": "The Jacobians are evaluated at the iterates instead of at $w(\\lambda)$, so increase "
    "$t$.",
    "adjoint": "It is what $k$ backward steps leave unsolved, so increase $k$.",
}


@dataclass(frozen=True)
class Card:
    """The bound of one method, written out.

    Attributes:
        bound: LaTeX of its bound, each term in its colour and on a line of its own.
        numbers: LaTeX of the same with the values at the cursor.
        constants: LaTeX of the constants of this problem.
        dominant: which term is the largest, and what to do about it, in words.
        status: what both bounds use, and how they relate to the error.
        source: where the paper's is proved.
    """

    bound: str
    numbers: str
    constants: str
    dominant: str
    status: str
    source: str


def formula_card(experiment: Experiment, curve: Curve, view: View, mode: Mode) -> Card:
    """The paper's bound of one curve at the cursor."""
    at = int(np.abs(curve.steps - view.cursor).argmin())
    scale = unit(experiment, view)
    t = int(curve.estimate.points.inner_steps[at])
    k = int(curve.estimate.points.adjoint_steps[at])
    terms = curve.paper.terms
    values = [float(term.values[at]) / scale for term in terms]

    def colored(name: str, text: str) -> str:
        return rf"\textcolor{{{term_color(name, mode)}}}{{{text}}}"

    bound = r"\\&\quad{}+".join(
        rf"\underbrace{{{colored(term.name, term.formula)}}}_{{\text{{{TERM_NAMES[term.name]}}}}}"
        for term in terms
    )
    numbers = " + ".join(
        colored(term.name, latex(value)) for term, value in zip(terms, values, strict=True)
    )
    total = float(curve.paper.values[at]) / scale
    error = float(curve.errors[at]) / scale
    unit_text = r"/\|\nabla f\|" if view.error == "relative" else ""
    norm = r"\|\widehat{\nabla} f-\nabla f\|"
    largest = int(np.argmax(values))
    name = terms[largest].name
    share = values[largest] / total if total > 0 else 0.0
    return Card(
        bound=rf"\begin{{aligned}}{norm}&\;\le\;{bound}\end{{aligned}}",
        # On two lines, or it would be cut on a small screen.
        numbers=(
            rf"\begin{{gathered}}{norm}{unit_text}\text{{ at }}t={t},\;k={k}:\\"
            rf"{latex(error)}\;\le\;{numbers}\;=\;{latex(total)}\end{{gathered}}"
        ),
        constants=_constants(experiment, curve),
        dominant=f"The **{TERM_NAMES[name]}** is {percent(share)} of the bound. {MEANINGS[name]}",
        status=" ".join(
            f"{label}: {TIERS[bound.tier]}; {STATUSES[bound.status]} (tier {bound.tier})."
            for label, bound in (("Paper’s bound", curve.paper), ("Sharp bound", curve.sharp))
        ),
        source=curve.paper.source,
    )


def _constants(experiment: Experiment, curve: Curve) -> str:
    """The symbols of a bound and their values, on two lines."""
    c = experiment.constants
    weighted = {}
    if isinstance(c, WeightedConstants) and any("^s" in term.formula for term in curve.paper.terms):
        weighted = {r"L_\Phi^s": c.energy_hyper_norm, r"\nu_2^s": c.energy_nu2}
    lines = [
        {
            r"\kappa": experiment.condition_number,
            r"\kappa_M": c.condition_number,
            r"\nu_1": c.nu1,
            r"\nu_2": c.nu2,
            r"\mu_1": c.mu1,
            r"\mu_2": c.mu2,
        },
        {
            "L_E": c.outer_gradient_bound,
            r"L_\Phi": c.hyper_jacobian_norm,
            "D": c.distance,
            **SOLVERS[experiment.scenario.inner].symbols(c.contraction),
            **weighted,
        },
    ]
    written = [
        r",\;\; ".join(f"{symbol}={latex(value, 3)}" for symbol, value in line.items())
        for line in lines
    ]
    # Rounded to three digits q could read 1.
    written[0] = rf"q={c.contraction:.6g},\;\; {written[0]}"
    return r"\begin{gathered}" + r"\\".join(written) + r"\end{gathered}"
