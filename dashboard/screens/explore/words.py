"""What a picture shows, in plain words."""

from __future__ import annotations

import math

import numpy as np

from dashboard.kit.notation import listed, times
from dashboard.screens.explore.figure.lines import Line
from dashboard.screens.explore.settings import View
from hypergrad_core import METHODS, Curve, Experiment
from hypergrad_core.adjoint import Outcome
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Method

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
# From this ratio on conjugate gradient is told to be ahead.
AHEAD = 3.0
# An error that is this share of what it was has fallen.
FALLEN = 0.1
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
    for curve in experiment.curves:
        half = curve.errors[len(curve.errors) // 2 :]
        fallen = half[-1] <= max(FALLEN * float(half[0]), curve.floor)
        falls[bool(fallen)].append(METHODS[curve.method].label)
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
    itd, fixed = experiment.curve("itd"), experiment.curve("aid-fp")
    if itd is None or fixed is None or experiment.scenario.vary != "both":
        return []
    if (np.abs(itd.errors - fixed.errors) <= SAME * itd.errors + itd.floor).all():
        return [
            "ITD and AID-FP coincide: Φ is affine (ν₁ = 0) and ∂₂Φ is constant (ν₂ = 0), so it "
            "does not matter at which iterates the Jacobians are taken. But ITD keeps every "
            "iterate in memory."
        ]
    # Within rounding a ratio would be one of rounding. Through momentum ITD takes other steps back
    # than AID-FP, and the Jacobians are not all that sets them apart.
    last = 0.0
    if fixed.errors[-1] > fixed.floor and experiment.scenario.inner == "fixed-point":
        last = float(itd.errors[-1] / fixed.errors[-1])
    if last > APART:
        return [
            f"At the last step ITD’s error is {times(last)} that of AID-FP. ITD also "
            "differentiates through the early iterates, where the Jacobians differ most from those "
            "at $w(\\lambda)$; AID-FP uses $w_t$ only."
        ]
    return []


def _square_root(experiment: Experiment) -> list[str]:
    """By how much conjugate gradient gets ahead of fixed-point steps, and until when."""
    fixed, conjugate = experiment.curve("aid-fp"), experiment.curve("aid-cg")
    if fixed is None or conjugate is None or experiment.scenario.vary == "inner":
        return []
    # Within rounding a ratio would be one of rounding.
    clear = conjugate.errors > conjugate.floor
    lead = np.where(clear, fixed.errors / np.maximum(conjugate.errors, conjugate.floor), 0.0)
    best = float(lead.max(initial=0.0))
    if best < AHEAD:
        return []
    early = int(np.argmax(lead >= best / 2))
    q, root = experiment.scenario.contraction, solver_factor(experiment, METHODS["aid-cg"])
    return [
        "AID-CG gets ahead of AID-FP by the square root of κ: each step of conjugate gradient "
        f"reduces the error of the adjoint to about (√κ − 1)/(√κ + 1) = {root:.3g} of what it was, "
        f"a fixed-point step to q = {q:g} of it. After {int(conjugate.steps[early])} steps the "
        f"error of AID-CG is {times(float(lead[early]))} smaller."
    ]


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
        "V": "The sharp bound uses the eigenvalues of ∂₁Φ and keeps the signs, so that terms may "
        "cancel",
        "X": "The sharp bound uses distances, gradients and drift measured along this run",
        "T": "The sharp bound uses the distances measured along this run",
    }[curve.sharp.tier]
    loosest = ", where it is loosest" if ratios[1:] else ""
    equal = times(sharp) == times(1.0)
    return [
        f"Typically (median over the steps) the paper’s bound is {times(paper)} the error "
        f"({METHODS[curve.method].label}{loosest}); the sharp bound "
        f"{'equals it' if equal else f'is {times(sharp)} the error'}. The paper’s bound holds for "
        "every problem with these constants: it adds up worst cases that do not occur together "
        f"here. {why}.{_hopelessness(curve) if paper > HOPELESS else ''}"
    ]


def _hopelessness(curve: Curve) -> str:
    late = _late(curve)
    falls = ""
    if len(late):
        steps = curve.steps[late]
        bound = _factor(steps, curve.paper.values[late])
        error = _factor(steps, curve.errors[late])
        falls = f": late in the run it shrinks by {bound:.3f} per step, the error by {error:.3f}"
    return f" Here the paper’s bound is too loose to be of use{falls}. Look at the sharp bound."


def _late(curve: Curve) -> IntArray:
    """The last third of the points that are clear of rounding; none if they are few."""
    clear = np.flatnonzero(curve.errors > 100 * curve.floor)
    return clear[len(clear) * 2 // 3 :] if len(clear) >= FEWEST_POINTS else clear[:0]


def _factor(steps: IntArray, values: FloatArray) -> float:
    """By what values change from step to step, by least squares of their logarithms."""
    return float(np.exp(np.polyfit(steps, np.log(values), 1)[0]))


def written_factor(factor: float, contraction: float) -> str:
    """A factor per step as far as a fit can tell it: to about a tenth of 1 − q."""
    digits = max(2, 1 - math.floor(math.log10(1 - contraction + 1e-9)))
    return f"{factor:.{digits}f}"


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
        measured = ", ".join(
            f"{METHODS[key].label} {written_factor(value, q)}" for key, value in factors.items()
        )
        said.append(
            f"Factor by which the error shrinks per step, late in the run: {measured}. "
            f"{_worst_cases(experiment)}{_slow_powers(factors, q)}"
        )
    said += _slowest_parts(experiment, factors)
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
    q = scenario.contraction
    inner = SOLVERS[scenario.inner]
    promised: dict[str, list[str]] = {}
    # Held at one t, the steps of the inner problem are seen by who goes back through them.
    if scenario.vary != "adjoint" or experiment.curve("itd-truncated"):
        symbol = "r" if "r" in inner.symbols(q) else "q"
        what = "reverse mode" if scenario.vary == "adjoint" else "$w_t$"
        promised[f"{symbol} = {inner.late_factor(q):.4g}"] = [what]
    if scenario.vary != "inner":
        symmetric = experiment.constants.symmetric
        for curve in experiment.curves:
            method = METHODS[curve.method]
            if method.solver_name:
                accelerated = method.adjoint_exponent(inner, symmetric=symmetric) < 1
                symbol = "(√κ − 1)/(√κ + 1)" if accelerated else "q"
                factor = solver_factor(experiment, method)
                promised.setdefault(f"{symbol} = {factor:.4g}", []).append(method.solver_name)
    cases = [f"{factor} for {listed(parts)}" for factor, parts in promised.items()]
    return f"Worst case in theory, after many steps: {', '.join(cases)}."


def solver_factor(experiment: Experiment, method: Method) -> float:
    """By what the adjoint's error surely falls with each step, late."""
    return method.adjoint_factor(experiment.constants, SOLVERS[experiment.scenario.inner])


def _slowest_parts(experiment: Experiment, factors: dict[str, float]) -> list[str]:
    """Where t = k and one of the two parts surely falls faster than the error does."""
    if experiment.scenario.vary != "both":
        return []
    q = experiment.scenario.contraction
    inner = SOLVERS[experiment.scenario.inner]
    by_inner: dict[str, list[str]] = {}
    by_adjoint: dict[str, list[str]] = {}
    for key, factor in factors.items():
        method = METHODS[key]
        if not method.solver_name:
            continue
        curve = experiment.curve(key)
        assert curve is not None
        steps = curve.steps[_late(curve)]
        below = _factor(steps, inner.rate(q, steps.astype(np.float64)))
        slower = [
            np.log(factor) > SLOWER * np.log(sure)
            for sure in (solver_factor(experiment, method), below)
        ]
        # Named after the solver: what it surely does differs.
        if slower == [True, False]:
            by_inner.setdefault(method.solver_name, []).append(method.label)
        if slower == [False, True]:
            by_adjoint.setdefault(method.solver_name, []).append(method.label)
    return [
        f"{listed(labels)} {'are' if labels[1:] else 'is'} held up by $w_t$: the inner iteration, "
        f"not the adjoint solver ({solver}), is the bottleneck."
        for solver, labels in by_inner.items()
    ] + [
        f"{listed(labels)} {'are' if labels[1:] else 'is'} held up by the adjoint solver "
        f"({solver}), not by $w_t$."
        for solver, labels in by_adjoint.items()
    ]


def _ends(experiment: Experiment) -> list[str]:
    """Which adjoint solvers stopped before all steps were taken, and why."""
    stopped: dict[Outcome, list[str]] = {}
    for curve in experiment.curves:
        steps = curve.estimate.points.adjoint_steps
        for step, outcome in zip(steps, curve.estimate.outcomes, strict=False):
            if step > 0 and outcome != Outcome.STEPS_TAKEN:
                label = METHODS[curve.method].label
                stopped.setdefault(Outcome(outcome), []).append(f"{label} stops at k = {step}")
                break
    said = []
    for outcome, places in stopped.items():
        one, many, why = STOPPED[outcome]
        said.append(f"{listed(places)}, where {many if places[1:] else one} {why}.")
    return said
