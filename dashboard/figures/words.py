"""What a picture shows, in plain words, and a bound written out with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.figures.error_curves import Line, unit
from dashboard.notation import latex, ratio
from dashboard.theme import Mode, term_color
from dashboard.view import View
from hypergrad_core import METHODS, Curve, Experiment
from hypergrad_core.inner import SOLVERS
from hypergrad_core.linear import Outcome
from hypergrad_core.problem import FloatArray, IntArray, WeightedConstants
from hypergrad_core.theory import conjugate_gradient_rate

BEYOND_THEORY = (
    "q is not below 1: Φ need not contract, and the theory says nothing. There is no bound here, "
    "only what is measured; the solution itself need not be the only one."
)
# Relative distance below which two curves are the same in the picture.
SAME = 1e-6
# From this ratio on one error is told to be more than another.
APART = 1.05
# Beyond this many times the error a bound tells nothing any more.
HOPELESS = 1e6
# Of fewer points that are clear of rounding no late factor is told.
FEWEST_POINTS = 12
# An error that keeps this share over steps that could have left less than that one is a plateau.
STAYS = 0.97
MOVES = 0.5
# The logarithm of a factor is so much less than that of another, beyond what rounding and a
# polynomial before the power could do.
SLOWER = 0.8
# What the adjoint is solved by, where it is a part of its own.
SOLVER_NAMES = {
    "aid-fp": "fixed-point steps",
    "aid-cg": "conjugate gradient",
    "aid-cgnr": "CG on the normal equations",
    "aid-gmres": "GMRES",
}


STATUS_HELP = (
    "Tight: attained, up to rounding. Upper: proved, but not always attained. "
    "Tier P: from the constants alone. X: from distances, gradients and drift measured along the "
    "path. T: as X, with the drift bounded, not measured. V: from the eigenvalues of ∂₁Φ."
)
MEANINGS = {
    "lower level": "the error of $w_t$ in the gradients of $E$: more inner steps $t$ help",
    "drift": "the Jacobians are not those at $w(\\lambda)$: more inner steps $t$ help",
    "adjoint": "what the backward steps leave of the adjoint: more steps $k$ help",
}


@dataclass(frozen=True)
class Card:
    """The bound of one method, written out.

    Attributes:
        estimate: LaTeX of what the method computes.
        bound: LaTeX of its bound, each term in its colour and on a line of its own.
        numbers: LaTeX of the same with the values at the cursor.
        constants: LaTeX of the constants of this problem.
        dominant: which term is the largest, in words.
        status: tier and status of both bounds.
        source: where the paper's is proved.
    """

    estimate: str
    bound: str
    numbers: str
    constants: str
    dominant: str
    status: str
    source: str


def formula_card(experiment: Experiment, curve: Curve, view: View, mode: Mode) -> Card:
    """The paper's bound of one curve at the cursor."""
    at = min(view.cursor, len(curve.steps) - 1)
    scale = unit(experiment, view)
    t = int(curve.estimate.points.inner_steps[at])
    k = int(curve.estimate.points.adjoint_steps[at])
    terms = curve.paper.terms
    values = [float(term.values[at]) / scale for term in terms]

    def colored(name: str, text: str) -> str:
        return rf"\textcolor{{{term_color(name, mode)}}}{{{text}}}"

    bound = r"\\&\quad{}+".join(
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
    largest = int(np.argmax(values))
    name = terms[largest].name
    share = values[largest] / total if total > 0 else 0.0
    return Card(
        estimate=METHODS[curve.method].formula,
        bound=rf"\begin{{aligned}}{norm}&\;\le\;{bound}\end{{aligned}}",
        numbers=(
            rf"t={t},\;k={k}:\qquad {latex(error)}\;\le\;{numbers}\;=\;{latex(total)}"
            rf"\qquad\text{{in }}{norm}{unit_text}"
        ),
        constants=_constants(experiment, curve),
        dominant=f"**{name}** dominates ({share:.0%}): {MEANINGS[name]}.",
        status=(
            f"Paper’s bound: tier {curve.paper.tier}, {curve.paper.status}. "
            f"Sharp bound: tier {curve.sharp.tier}, {curve.sharp.status}."
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
            r"\kappa": experiment.scenario.condition_number,
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


def explain(experiment: Experiment, lines: tuple[Line, ...], view: View) -> list[str]:
    """A few sentences on what the picture shows, computed from it."""
    said = [
        *_coincidences(experiment),
        *_bounds(experiment),
        *_late_rates(experiment),
        *_ends(experiment),
    ]
    if experiment.constants.hypergradient_norm == 0 and view.error == "relative":
        said.append("∇f(λ) is zero here, so the error is shown as it is.")
    return said


def listed(names: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


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
    # Below the floor a ratio would be one of rounding. Through momentum ITD takes other steps back
    # than AID-FP, and the Jacobians are not all that sets them apart.
    last = 0.0
    if fixed.errors[-1] > fixed.floor and experiment.scenario.inner == "fixed-point":
        last = float(itd.errors[-1] / fixed.errors[-1])
    if last > APART:
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
            ratios.append((paper, sharp, curve))
    if not ratios:
        return []
    paper, sharp, curve = max(ratios, key=lambda entry: entry[0])
    why = {
        "V": "The sharp one uses the eigenvalues of ∂₁Φ and the signs of what cancels",
        "X": "The sharp one measures distances, gradients and drift along this very path",
        "T": "The sharp one measures the distances along this very path",
    }[curve.sharp.tier]
    return [
        f"The paper’s bound is up to {ratio(paper)} the error in the median "
        f"({METHODS[curve.method].label}), the sharp one {ratio(sharp)}. The paper’s holds for "
        "every problem with these constants, so it adds worst cases that do not meet here. "
        f"{why}.{_hopelessness(curve) if paper > HOPELESS else ''}"
    ]


def _hopelessness(curve: Curve) -> str:
    late = _late(curve)
    falls = ""
    if len(late):
        steps = curve.steps[late]
        bound = _factor(steps, curve.paper.values[late])
        error = _factor(steps, curve.errors[late])
        falls = f": at the end it falls by the factor {bound:.3f} a step, the error by {error:.3f}"
    return f" The paper’s bound is hopelessly loose here{falls}. Look at the sharp one."


def _late(curve: Curve) -> IntArray:
    """The last third of the points that are clear of rounding; none if they are few."""
    clear = np.flatnonzero(curve.errors > 100 * curve.floor)
    return clear[len(clear) * 2 // 3 :] if len(clear) >= FEWEST_POINTS else clear[:0]


def _factor(steps: IntArray, values: FloatArray) -> float:
    """By what values change from step to step, by least squares of their logarithms."""
    return float(np.exp(np.polyfit(steps, np.log(values), 1)[0]))


def _late_rates(experiment: Experiment) -> list[str]:
    q = experiment.scenario.contraction
    factors: dict[str, float] = {}
    flat: dict[str, list[str]] = {}
    for curve in experiment.curves:
        late = _late(curve)
        if not len(late):
            continue
        points = curve.estimate.points[late]
        held = [
            name
            for name, taken in (("t", points.inner_steps), ("k", points.adjoint_steps))
            if taken[0] == taken[-1]
        ]
        # What is not held would have brought the error down.
        span = int(curve.steps[late[-1]] - curve.steps[late[0]])
        stays = curve.errors[late[-1]] > STAYS * curve.errors[late[0]] and q**span < MOVES
        if held and stays:
            flat.setdefault(held[0], []).append(METHODS[curve.method].label)
        else:
            factors[curve.method] = _factor(curve.steps[late], curve.errors[late])
    said = []
    if factors:
        measured = ", ".join(f"{METHODS[key].label} {value:.4f}" for key, value in factors.items())
        said.append(f"Late factor per step: {measured}. {_worst_cases(experiment)}")
    said += _slowest_parts(experiment, factors)
    said += [
        f"{listed(labels)} {'end' if labels[1:] else 'ends'} on a plateau: with {held} held, more "
        f"{'backward' if held == 't' else 'inner'} steps cannot mend it."
        for held, labels in flat.items()
    ]
    return said


def _worst_cases(experiment: Experiment) -> str:
    """The factors per step that theory promises for what varies."""
    scenario = experiment.scenario
    q = scenario.contraction
    inner = SOLVERS[scenario.inner]
    promised: dict[str, list[str]] = {}
    # Held at one t, the steps of the lower level are seen by who goes back through them.
    if scenario.vary != "adjoint" or experiment.curve("itd-truncated"):
        symbol = "r" if "r" in inner.symbols(q) else "q"
        what = "reverse mode" if scenario.vary == "adjoint" else "$w_t$"
        promised[f"{symbol} = {inner.late_factor(q):.4g}"] = [what]
    if scenario.vary != "inner":
        for curve in experiment.curves:
            if curve.method in SOLVER_NAMES:
                factor = _solver_factor(experiment, curve.method)
                symbol = "(√κ − 1)/(√κ + 1)" if curve.method == "aid-cg" else "q"
                of_solver = promised.setdefault(f"{symbol} = {factor:.4g}", [])
                of_solver.append(SOLVER_NAMES[curve.method])
    cases = [f"{factor} for {listed(parts)}" for factor, parts in promised.items()]
    return f"The theory’s worst case: {', '.join(cases)}."


def _solver_factor(experiment: Experiment, method: str) -> float:
    """By what the adjoint's error surely falls with each step, late."""
    if method == "aid-cg":
        return conjugate_gradient_rate(experiment.constants.condition_number)
    return experiment.scenario.contraction


def _slowest_parts(experiment: Experiment, factors: dict[str, float]) -> list[str]:
    """Where t = k and one of the two parts surely falls faster than the error does."""
    if experiment.scenario.vary != "both":
        return []
    q = experiment.scenario.contraction
    inner = SOLVERS[experiment.scenario.inner]
    lower: dict[str, list[str]] = {}
    adjoint = []
    for method, factor in factors.items():
        if method not in SOLVER_NAMES:
            continue
        curve = experiment.curve(method)
        assert curve is not None
        steps = curve.steps[_late(curve)]
        below = _factor(steps, inner.rate(q, steps.astype(np.float64)))
        slower = [
            np.log(factor) > SLOWER * np.log(sure)
            for sure in (_solver_factor(experiment, method), below)
        ]
        if slower == [True, False]:
            lower.setdefault(SOLVER_NAMES[method], []).append(METHODS[method].label)
        if slower == [False, True]:
            adjoint.append(METHODS[method].label)
    said = [
        f"{listed(labels)} {'fall' if labels[1:] else 'falls'} more slowly than {solver} must: "
        "with t = k the lower level is the slowest part."
        for solver, labels in lower.items()
    ]
    if adjoint:
        said.append(
            f"{listed(adjoint)} {'fall' if adjoint[1:] else 'falls'} more slowly than $w_t$ must: "
            "with t = k the adjoint is the slowest part."
        )
    return said


def _ends(experiment: Experiment) -> list[str]:
    """Which adjoint solvers stopped before all steps were taken, and why."""
    stopped: dict[str, list[str]] = {}
    for curve in experiment.curves:
        steps = curve.estimate.points.adjoint_steps
        for step, outcome in zip(steps, curve.estimate.outcomes, strict=False):
            if step > 0 and outcome != Outcome.STEPS_TAKEN:
                label = METHODS[curve.method].label
                stopped.setdefault(outcome, []).append(f"{label} within k = {step}")
                break
    return [f"{listed(places)}: {outcome}." for outcome, places in stopped.items()]
