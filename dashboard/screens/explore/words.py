"""What a picture shows, in plain words."""

from __future__ import annotations

import math

from dashboard.kit.notation import listed, times
from dashboard.screens.explore.figure.lines import Line
from dashboard.screens.explore.settings import View
from hypergrad_core import METHODS, Experiment
from hypergrad_core.adjoint import Outcome
from hypergrad_core.inner import SOLVERS
from hypergrad_core.studies import diagnosis
from hypergrad_core.studies.diagnosis import Part

# Beyond this many times the error a bound tells nothing any more.
HOPELESS = 1e6
STOPPED = {
    Outcome.CONVERGED: ("its residual is", "their residuals are", "at rounding level"),
    Outcome.BREAKDOWN: ("its matrix is", "their matrices are", "not positive definite"),
}
# Pairs of families whose pictures coincide, and why.
SAME_PICTURES = {
    ("logistic", "logistic-log"): "The relative error is the same with λ as with log λ here: all "
    "λⱼ are equal, so the change of variable multiplies ∇f and its error by the same number.",
}


def explain(experiment: Experiment, lines: tuple[Line, ...], view: View) -> list[str]:
    """A few sentences on what the picture shows, computed from it."""
    if experiment.constants.contraction >= 1:
        said = _without_theory(experiment)
    else:
        said = [
            *_coincidences(experiment),
            *_square_root(experiment),
            *_bounds(experiment),
            *_late_rates(experiment),
            *_ends(experiment),
        ]
    if experiment.constants.hypergradient_norm == 0 and view.error == "relative":
        said.append("∇f(λ) is zero here, so the absolute error is shown.")
    return said


def same_picture(family: str) -> str:
    """Why the picture of another family is the same as this one's, or ""."""
    return next((why for pair, why in SAME_PICTURES.items() if family in pair), "")


def _without_theory(experiment: Experiment) -> list[str]:
    """Whether the errors fall although nothing says that they must."""
    falls: dict[bool, list[str]] = {True: [], False: []}
    for key, fallen in diagnosis.falls(experiment).items():
        falls[fallen].append(METHODS[key].label)
    said = []
    if falls[False]:
        said.append(
            f"The error of {listed(falls[False])} does not tend to 0 within "
            f"{experiment.scenario.horizon} steps: the contraction fails, which all theorems "
            "assume. A step may take $w_t$ further away from $w(\\lambda)$, and the steps of an "
            "adjoint solver may grow without bound."
        )
    if falls[True]:
        said.append(
            f"The error of {listed(falls[True])} falls all the same: q bounds the worst case only, "
            "and around this solution Φ contracts. Nothing guarantees it."
        )
    if experiment.constants.contraction > 1:
        said.append(
            "Above q = 1 the weights A are turned towards −q I, for which a step of Φ overshoots "
            "the most."
        )
    return said


def _coincidences(experiment: Experiment) -> list[str]:
    """Whether it matters at which iterates the Jacobians are taken."""
    ratio = diagnosis.unrolled_against_plain(experiment)
    if ratio is None:
        return []
    unrolled, plain = METHODS[diagnosis.UNROLLED].label, METHODS[diagnosis.PLAIN].label
    if ratio == 1:
        return [
            f"{unrolled} and {plain} coincide: Φ is affine (ν₁ = 0) and ∂₂Φ is constant (ν₂ = 0), "
            f"so it does not matter at which iterates the Jacobians are taken. But {unrolled} "
            "keeps every iterate in memory."
        ]
    return [
        f"At the last step {unrolled}’s error is {times(ratio)} that of {plain}. {unrolled} also "
        "differentiates through the early iterates, where the Jacobians differ most from those "
        f"at $w(\\lambda)$; {plain} uses $w_t$ only."
    ]


def _square_root(experiment: Experiment) -> list[str]:
    """By how much accelerated solvers get ahead of fixed-point steps, and until when."""
    leads = diagnosis.leads(experiment)
    if not leads:
        return []
    first = max(leads, key=lambda lead: lead.ratio)
    method, plain = METHODS[first.method], METHODS[diagnosis.PLAIN].label
    q, root = experiment.contraction, diagnosis.promised_factor(experiment, method)
    labels = [METHODS[lead.method].label for lead in leads]
    return [
        f"{listed(labels)} {'get' if labels[1:] else 'gets'} ahead of {plain} by the square root "
        f"of κ: each step of {method.solver_name} reduces the error of the adjoint to about "
        f"(√κ − 1)/(√κ + 1) = {root:.3g} of what it was, a fixed-point step to q = {q:g} of it. "
        f"After {first.step} steps the error of {method.label} is {times(first.ratio)} smaller."
    ]


def _bounds(experiment: Experiment) -> list[str]:
    """How tight the paper’s bound is where it is loosest, and why."""
    known = diagnosis.tightness(experiment)
    if not known:
        return []
    loosest = max(known, key=lambda of: of.paper)
    why = {
        "V": "The sharp bound uses the eigenvalues of ∂₁Φ and keeps the signs, so that terms may "
        "cancel",
        "X": "The sharp bound uses distances, gradients and drift measured along this run",
        "T": "The sharp bound uses the distances measured along this run",
    }[loosest.tier]
    where = ", where it is loosest" if known[1:] else ""
    sharp = times(loosest.sharp)
    return [
        f"Typically (median over the steps) the paper’s bound is {times(loosest.paper)} the error "
        f"({METHODS[loosest.method].label}{where}); the sharp bound "
        f"{'equals it' if sharp == times(1.0) else f'is {sharp} the error'}. The paper’s bound "
        "holds for every problem with these constants: it adds up worst cases that do not occur "
        f"together here. {why}.{_hopelessness(loosest) if loosest.paper > HOPELESS else ''}"
    ]


def _hopelessness(of: diagnosis.Tightness) -> str:
    falls = ""
    if of.paper_factor is not None and of.error_factor is not None:
        falls = (
            f": late in the run it shrinks by {of.paper_factor:.3f} per step, "
            f"the error by {of.error_factor:.3f}"
        )
    return f" Here the paper’s bound is too loose to be of use{falls}. Look at the sharp bound."


def written_factor(factor: float, contraction: float) -> str:
    """A factor per step as far as a fit can tell it: to about a tenth of 1 − q."""
    digits = max(2, 1 - math.floor(math.log10(1 - contraction + 1e-9)))
    return f"{factor:.{digits}f}"


def _late_rates(experiment: Experiment) -> list[str]:
    q = experiment.contraction
    rates = diagnosis.late_rates(experiment)
    factors = {rate.method: rate.factor for rate in rates if rate.factor is not None}
    flat: dict[str, list[str]] = {}
    for rate in rates:
        if rate.held:
            flat.setdefault(rate.held, []).append(METHODS[rate.method].label)
    said = []
    if factors:
        measured = ", ".join(
            f"{METHODS[key].label} {written_factor(value, q)}" for key, value in factors.items()
        )
        said.append(
            f"Factor by which the error shrinks per step, late in the run: {measured}. "
            f"{_worst_cases(experiment)}{_slow_powers(factors, q)}"
        )
    said += _slowest_parts(rates)
    said += [
        f"{listed(labels)} {'end' if labels[1:] else 'ends'} on a plateau: with {held} fixed, more "
        f"{'backward' if held == 't' else 'inner'} steps do not help."
        for held, labels in flat.items()
    ]
    return said


def _slow_powers(factors: dict[str, float], q: float) -> str:
    """Why a measured factor may be above q."""
    above = [
        METHODS[key].label for key, value in factors.items() if float(written_factor(value, q)) > q
    ]
    if not above:
        return ""
    return (
        f" That {listed(above)} {'are' if above[1:] else 'is'} above q is no contradiction: the "
        "bound also contains terms such as t qᵗ, which shrink more slowly at first."
    )


def _worst_cases(experiment: Experiment) -> str:
    """The factors per step that theory promises for what varies."""
    scenario = experiment.scenario
    q = experiment.contraction
    inner = SOLVERS[scenario.inner]
    methods = [METHODS[curve.method] for curve in experiment.curves]
    promised: dict[str, list[str]] = {}
    # Held at one t, the steps of the inner problem are seen by who goes back through them.
    if scenario.vary != "adjoint" or any(method.unrolls for method in methods):
        symbol = inner.late_symbol
        what = "reverse mode" if scenario.vary == "adjoint" else "$w_t$"
        promised[f"{symbol} = {inner.late_factor(q):.4g}"] = [what]
    if scenario.vary != "inner":
        for method in methods:
            if method.solver_name:
                accelerated = diagnosis.is_accelerated(experiment, method)
                symbol = "(√κ − 1)/(√κ + 1)" if accelerated else "q"
                factor = diagnosis.promised_factor(experiment, method)
                promised.setdefault(f"{symbol} = {factor:.4g}", []).append(method.solver_name)
    cases = [f"{factor} for {listed(parts)}" for factor, parts in promised.items()]
    return f"Worst case in theory, after many steps: {', '.join(cases)}."


def _slowest_parts(rates: list[diagnosis.LateRate]) -> list[str]:
    """Which part holds up the error of which methods, by the solver of the adjoint system."""
    held_up: dict[tuple[Part, str], list[str]] = {}
    for rate in rates:
        if rate.held_up_by is not None:
            # Named after the solver: what it surely does differs.
            key = rate.held_up_by, METHODS[rate.method].solver_name
            held_up.setdefault(key, []).append(METHODS[rate.method].label)
    said = []
    for part in (Part.INNER, Part.ADJOINT):
        for (slower, solver), labels in held_up.items():
            if slower != part:
                continue
            by = (
                f"$w_t$: the inner iteration, not the adjoint solver ({solver}), is the bottleneck"
                if part == Part.INNER
                else f"the adjoint solver ({solver}), not by $w_t$"
            )
            said.append(f"{listed(labels)} {'are' if labels[1:] else 'is'} held up by {by}.")
    return said


def _ends(experiment: Experiment) -> list[str]:
    """Which adjoint solvers stopped before all steps were taken, and why."""
    stopped: dict[Outcome, list[str]] = {}
    for stop in diagnosis.stops(experiment):
        place = f"{METHODS[stop.method].label} stops at k = {stop.step}"
        stopped.setdefault(stop.outcome, []).append(place)
    said = []
    for outcome, places in stopped.items():
        one, many, why = STOPPED[outcome]
        said.append(f"{listed(places)}, where {many if places[1:] else one} {why}.")
    return said
