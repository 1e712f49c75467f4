"""What a picture shows, in plain words, and a bound written out with its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.figures.error_curves import Line, unit
from dashboard.notation import latex, ratio
from dashboard.theme import Mode, term_color
from dashboard.view import View
from hypergrad_core import METHODS, Curve, Experiment

BEYOND_THEORY = (
    "q is not below 1: Φ need not contract, and the theory says nothing. There is no bound here, "
    "only what is measured; the solution itself need not be the only one."
)
# Relative distance below which two curves are the same in the picture.
SAME = 1e-6
# Beyond this many times the error a bound tells nothing any more.
HOPELESS = 1e6


@dataclass(frozen=True)
class Card:
    """The bound of one method, written out.

    Attributes:
        estimate: LaTeX of what the method computes.
        bound: LaTeX of its bound, each term in its colour.
        numbers: LaTeX of the same with the values at the cursor.
        constants: LaTeX of the constants of this problem.
        dominant: which term is the largest, in words.
        source: theorem.
    """

    estimate: str
    bound: str
    numbers: str
    constants: str
    dominant: str
    source: str


def formula_card(experiment: Experiment, curve: Curve, view: View, mode: Mode) -> Card:
    """The paper's bound of one curve at the cursor."""
    method = METHODS[curve.method]
    at = min(view.cursor, len(curve.steps) - 1)
    scale = unit(experiment, view)
    t = int(curve.estimate.points.inner_steps[at])
    k = int(curve.estimate.points.adjoint_steps[at])
    terms = curve.paper.terms
    values = [float(term.values[at]) / scale for term in terms]

    def colored(name: str, text: str) -> str:
        return rf"\textcolor{{{term_color(name, mode)}}}{{{text}}}"

    bound = " + ".join(
        rf"\underbrace{{{colored(term.name, term.formula)}}}_{{\text{{{term.name}}}}}"
        for term in terms
    )
    numbers = " + ".join(
        colored(term.name, latex(value)) for term, value in zip(terms, values, strict=True)
    )
    total = float(curve.paper.values[at]) / scale
    error = float(curve.errors[at]) / scale
    unit_text = r"/\|\nabla f\|" if view.error == "relative" else ""
    norm = r"\|\widehat{\nabla} f-\nabla f\|"
    c = experiment.constants
    constants = rf"q={c.contraction:.6g},\;\; " + r",\;\; ".join(
        f"{symbol}={latex(value, 3)}"
        for symbol, value in (
            (r"\kappa", c.condition_number),
            (r"\nu_1", c.nu1),
            (r"\nu_2", c.nu2),
            (r"\mu_1", c.mu1),
            (r"\mu_2", c.mu2),
            ("L_E", c.outer_gradient_bound),
            (r"L_\Phi", c.hyper_jacobian_norm),
            ("D", c.distance),
        )
    )
    largest = int(np.argmax(values))
    meaning = {
        "lower level": "the error of $w_t$ in the gradients of $E$: more inner steps $t$ help",
        "drift": "the Jacobians are not those at $w(\\lambda)$: more inner steps $t$ help",
        "adjoint": "what the backward steps leave of the adjoint: more steps $k$ help",
    }
    name = terms[largest].name
    share = values[largest] / total if total > 0 else 0.0
    return Card(
        estimate=method.formula,
        bound=rf"{norm}\;\le\;{bound}",
        numbers=(
            rf"t={t},\;k={k}:\qquad {latex(error)}\;\le\;{numbers}\;=\;{latex(total)}"
            rf"\qquad\text{{in }}{norm}{unit_text}"
        ),
        constants=constants,
        dominant=f"**{name}** dominates ({share:.0%}): {meaning[name]}.",
        source=method.paper_source,
    )


def explain(experiment: Experiment, lines: tuple[Line, ...], view: View) -> list[str]:
    """A few sentences on what the picture shows, computed from it."""
    said = [*_coincidences(experiment), *_bounds(experiment), *_late_rates(experiment)]
    if experiment.constants.hypergradient_norm == 0 and view.error == "relative":
        said.append("∇f(λ) is zero here, so the error is shown as it is.")
    return said


def _coincidences(experiment: Experiment) -> list[str]:
    itd, fixed = experiment.curve("itd"), experiment.curve("aid-fp")
    if itd is None or fixed is None or experiment.scenario.vary != "both":
        return []
    if (np.abs(itd.errors - fixed.errors) <= SAME * itd.errors + itd.floor).all():
        return [
            "ITD and AID-FP coincide: ∂₂Φ is constant (ν₂ = 0) and Φ is affine (ν₁ = 0), so it "
            "makes no difference where along the path the Jacobians are taken. ITD pays more: "
            "it keeps every iterate."
        ]
    # Below the floor a ratio would be one of rounding.
    last = 0.0
    if fixed.errors[-1] > fixed.floor:
        last = float(itd.errors[-1] / fixed.errors[-1])
    if last > 1 + SAME:
        return [
            f"At the last step ITD is {ratio(last)} as far off as AID-FP: ITD also goes back "
            "through the early iterates, whose Jacobians were wrong; AID-FP uses $w_t$ throughout."
        ]
    return []


def _bounds(experiment: Experiment) -> list[str]:
    ratios = []
    for curve in experiment.curves:
        clear = curve.errors > 10 * curve.floor
        if clear.any():
            paper = float(np.median(curve.paper.values[clear] / curve.errors[clear]))
            sharp = float(np.median(curve.sharp.values[clear] / curve.errors[clear]))
            ratios.append((METHODS[curve.method].label, paper, sharp, curve.sharp.tier))
    if not ratios:
        return []
    label, paper, sharp, tier = max(ratios, key=lambda entry: entry[1])
    why = {
        "V": "The sharp one uses the eigenvalues of ∂₁Φ and the signs of what cancels",
        "X": "The sharp one measures distances, gradients and drift along this very path",
        "T": "The sharp one measures the distances along this very path",
    }[tier]
    hopeless = ""
    if paper > HOPELESS:
        hopeless = (
            " The paper’s bound is hopelessly loose here: it falls like qᵗ, while the error falls "
            "with the spectral radius of ∂₁Φ at w(λ), which is smaller. Look at the sharp one."
        )
    return [
        f"The paper’s bound is up to {ratio(paper)} the error in the median ({label}), the sharp "
        f"one {ratio(sharp)}. The paper’s holds for every problem with these constants, so it adds "
        f"worst cases that do not meet here. {why}.{hopeless}"
    ]


def _late_rates(experiment: Experiment) -> list[str]:
    rates, falling, flat = [], [], []
    for curve in experiment.curves:
        label = METHODS[curve.method].label
        clear = np.flatnonzero(curve.errors > 100 * curve.floor)
        if len(clear) < 12:
            continue
        late = clear[len(clear) * 2 // 3 :]
        if curve.errors[late[-1]] > 0.97 * curve.errors[late[0]]:
            flat.append(label)
            continue
        slope = np.polyfit(curve.steps[late], np.log(curve.errors[late]), 1)[0]
        rates.append(f"{label} {np.exp(slope):.3f}")
        falling.append(label)
    said = []
    if rates and experiment.constants.contraction >= 1:
        return [f"Late factor per step: {', '.join(rates)}."]
    root = np.sqrt(experiment.constants.condition_number)
    if rates:
        said.append(
            f"Late factor per step: {', '.join(rates)}. Theory: q = "
            f"{experiment.scenario.contraction:g} for $w_t$ and for fixed-point steps, "
            f"(√κ − 1)/(√κ + 1) = {(root - 1) / (root + 1):.3f} for conjugate gradient."
        )
    if falling and experiment.scenario.vary == "both":
        said.append(
            f"{' and '.join(falling)} end at the rate of $w_t$ or slower: with t = k the lower "
            "level is the slowest part."
        )
    if flat:
        kept = "t" if experiment.scenario.vary == "adjoint" else "k"
        said.append(
            f"{' and '.join(flat)} ends on a plateau: with {kept} held, more steps of the other "
            "kind cannot mend it."
        )
    return said
