"""What the curves of an experiment show, told apart from what theory promises, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hypergrad_core.adjoint import Outcome
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import METHODS, Method
from hypergrad_core.studies.experiment import Experiment
from hypergrad_core.studies.prepared import Curve

# Reverse mode, and the implicit method that uses the same steps at the last iterate only.
UNROLLED, PLAIN = "itd", "aid-fp"
# Relative distance below which two curves are the same in a picture.
SAME = 1e-6
# From this ratio on one error is more than another.
APART = 1.05
# From this ratio on an accelerated solver is ahead.
AHEAD = 3.0
# Of fewer points that are clear of rounding no late factor is told.
FEWEST_POINTS = 12
# An error that keeps this share over steps that could have left less than that one is a plateau.
STAYS = 0.97
MOVES = 0.5
# The logarithm of a factor is so much less than that of another, beyond what rounding and a
# polynomial before the power could do.
SLOWER = 0.8
# An error that is this share of what it was has fallen.
FALLEN = 0.1


class Part(StrEnum):
    """The two parts of a computation."""

    INNER = "inner problem"
    ADJOINT = "adjoint system"


@dataclass(frozen=True)
class Tightness:
    """How far the bounds of a method lie above its error.

    Attributes:
        method: key of ``METHODS``.
        tier: of the sharp bound.
        paper, sharp: median over the steps of bound ÷ error, where the error is clear of rounding.
        paper_factor, error_factor: what both change by per step, late; None with few points.
    """

    method: str
    tier: str
    paper: float
    sharp: float
    paper_factor: float | None
    error_factor: float | None


@dataclass(frozen=True)
class LateRate:
    """What the error of a method does late in the run, clear of rounding.

    Attributes:
        method: key of ``METHODS``.
        factor: what it changes by per step; None on a plateau.
        held: "t" or "k", which is held fixed and causes the plateau, or "".
        held_up_by: the part that surely falls no faster than the error, where the other does.
    """

    method: str
    factor: float | None
    held: str = ""
    held_up_by: Part | None = None


@dataclass(frozen=True)
class Lead:
    """How far an accelerated adjoint solver gets ahead of fixed-point steps.

    Attributes:
        method: key of ``METHODS``.
        step: a step from which at least half of the greatest lead is there.
        ratio: error of the fixed-point steps ÷ error of the method at this step.
    """

    method: str
    step: int
    ratio: float


@dataclass(frozen=True)
class Stop:
    """An adjoint solver that stopped before all steps were taken.

    Attributes:
        method: key of ``METHODS``.
        step: the k at which it did.
        outcome: why.
    """

    method: str
    step: int
    outcome: Outcome


def falls(experiment: Experiment) -> dict[str, bool]:
    """Whether the error of each method falls in the second half, or is within rounding."""
    result = {}
    for curve in experiment.curves:
        half = curve.errors[len(curve.errors) // 2 :]
        result[curve.method] = bool(half[-1] <= max(FALLEN * float(half[0]), curve.floor))
    return result


def tightness(experiment: Experiment) -> list[Tightness]:
    """How tight the bounds of each method are that has errors clear of rounding."""
    result = []
    for curve in experiment.curves:
        clear = curve.errors > 10 * curve.floor
        if not clear.any():
            continue
        late = _late(curve)
        factors = [
            _factor(curve.steps[late], values[late]) if len(late) else None
            for values in (curve.paper.values, curve.errors)
        ]
        paper, sharp = (
            float(np.median(bound.values[clear] / curve.errors[clear]))
            for bound in (curve.paper, curve.sharp)
        )
        result.append(Tightness(curve.method, curve.sharp.tier, paper, sharp, *factors))
    return result


def unrolled_against_plain(experiment: Experiment) -> float | None:
    """Error of reverse mode ÷ that of plain AID at the last step; exactly 1 if they coincide.

    None where the two are not to be compared: one of them is missing, t ≠ k, the last error is
    rounding, or reverse mode goes back through other steps than plain ones.
    """
    curves = {curve.method: curve for curve in experiment.curves}
    if not {UNROLLED, PLAIN} <= curves.keys() or experiment.scenario.vary != "both":
        return None
    unrolled, plain = curves[UNROLLED], curves[PLAIN]
    gap = np.abs(unrolled.errors - plain.errors)
    if (gap <= SAME * unrolled.errors + unrolled.floor).all():
        return 1.0
    if plain.errors[-1] <= plain.floor or experiment.scenario.inner != "fixed-point":
        return None
    ratio = float(unrolled.errors[-1] / plain.errors[-1])
    return ratio if ratio > APART else None


def leads(experiment: Experiment) -> list[Lead]:
    """Where solvers with a rate of √κ get ahead of fixed-point steps, where k is counted."""
    curves = {curve.method: curve for curve in experiment.curves}
    if PLAIN not in curves or experiment.scenario.vary == "inner":
        return []
    result = []
    for curve in experiment.curves:
        if not is_accelerated(experiment, METHODS[curve.method]):
            continue
        # Within rounding a ratio would be one of rounding.
        clear = curve.errors > curve.floor
        lead = np.where(clear, curves[PLAIN].errors / np.maximum(curve.errors, curve.floor), 0.0)
        best = float(lead.max(initial=0.0))
        if best >= AHEAD:
            early = int(np.argmax(lead >= best / 2))
            result.append(Lead(curve.method, int(curve.steps[early]), float(lead[early])))
    return result


def late_rates(experiment: Experiment) -> list[LateRate]:
    """The late factor of each method that has enough points, or its plateau."""
    q = experiment.contraction
    result = []
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
            result.append(LateRate(curve.method, None, held[0]))
            continue
        factor = _factor(curve.steps[late], curve.errors[late])
        slowest = _slowest_part(experiment, curve, factor)
        result.append(LateRate(curve.method, factor, held_up_by=slowest))
    return result


def _slowest_part(experiment: Experiment, curve: Curve, factor: float) -> Part | None:
    """Where t = k: the part that surely falls no faster than the error, if the other does."""
    method = METHODS[curve.method]
    if experiment.scenario.vary != "both" or not method.solver_name:
        return None
    inner = SOLVERS[experiment.scenario.inner]
    steps = curve.steps[_late(curve)]
    sure = {
        Part.ADJOINT: promised_factor(experiment, method),
        Part.INNER: _factor(steps, inner.rate(experiment.contraction, steps.astype(np.float64))),
    }
    faster = [part for part, rate in sure.items() if np.log(factor) > SLOWER * np.log(rate)]
    if len(faster) != 1:
        return None
    return Part.INNER if faster == [Part.ADJOINT] else Part.ADJOINT


def is_accelerated(experiment: Experiment, method: Method) -> bool:
    """Whether the method solves the adjoint system with a rate of √κ here."""
    inner = SOLVERS[experiment.scenario.inner]
    exponent = method.adjoint_exponent(inner, symmetric=experiment.constants.symmetric)
    return bool(method.solver_name) and exponent < 1


def promised_factor(experiment: Experiment, method: Method) -> float:
    """By what the adjoint's error surely falls with each step, late."""
    return method.adjoint_factor(experiment.constants, SOLVERS[experiment.scenario.inner])


def stops(experiment: Experiment) -> list[Stop]:
    """Which adjoint solvers stopped before all steps were taken: the first k of each."""
    result = []
    for curve in experiment.curves:
        steps = curve.estimate.points.adjoint_steps
        for step, outcome in zip(steps, curve.estimate.outcomes, strict=False):
            if step > 0 and outcome != Outcome.STEPS_TAKEN:
                result.append(Stop(curve.method, int(step), Outcome(outcome)))
                break
    return result


def _late(curve: Curve) -> IntArray:
    """The last third of the points that are clear of rounding; none if they are few."""
    clear = np.flatnonzero(curve.errors > 100 * curve.floor)
    return clear[len(clear) * 2 // 3 :] if len(clear) >= FEWEST_POINTS else clear[:0]


def _factor(steps: IntArray, values: FloatArray) -> float:
    """By what values change from step to step, by least squares of their logarithms."""
    return float(np.exp(np.polyfit(steps, np.log(values), 1)[0]))
