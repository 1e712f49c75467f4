"""The claims of the paper, each with a verdict computed from a replication."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.methods import METHODS
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.replication import (
    NORMAL_EQUATIONS,
    PLATEAU_STEPS,
    Replication,
    Track,
)

# Two values that differ by less are told to be equal.
EQUAL = 0.005

# A method is told to be faster from an error that is this many times smaller.
CLEARLY = 2.0

# An error is told to be larger than another from this relative difference on.
SLACK = 1e-6

# From this share of the steps on a curve is said to lie below another.
NEARLY_ALWAYS = 0.9

# A curve that changes by more than this factor from one half of its last quarter to the other has
# not come to rest.
RESTLESS = 1.2


class Verdict(StrEnum):
    """What a run says of a claim."""

    HOLDS = "holds here"
    FAILS = "does not hold here"
    OPEN = "cannot be told from this run"
    ELSEWHERE = "not the paper’s setting"


@dataclass(frozen=True)
class Claim:
    """A claim of the paper and what was measured.

    Attributes:
        text: what the paper says, the same for every run.
        verdict: whether it holds in the run.
        evidence: what the verdict rests on; a name in braces stands for each figure.
        figures: by these names.
        compared: the pairs of curves that the claim sets side by side.
    """

    text: str
    verdict: Verdict
    evidence: str
    figures: Mapping[str, float] = field(default_factory=dict)
    compared: tuple[tuple[Track, Track], ...] = ()

    def tell(self, write: Callable[[float], str] = "{:.3g}".format) -> str:
        """The evidence with its figures, each as ``write`` has it."""
        return self.evidence.format(**{name: write(x) for name, x in self.figures.items()})


WITHIN_FEW_STEPS = "rounding is reached within a few steps"

NO_CONTRACTION = "q is not below 1: the claim is for contractions"

ON_THE_PLAIN_MAP = "; both on the plain map"


def same_setting(scenario: Scenario, one: Track, other: Track) -> bool:
    """Whether the paper compares two such curves.

    It gives all methods one w_t. ITD goes back through the map that makes w_t, and AID-FP through
    the plain one: these two are only compared where both maps are the same.
    """
    if one.plain is not other.plain:
        return False
    plain = one.plain or scenario.solver is FIXED_POINT
    return plain or {one.method, other.method} != {"itd", "aid-fp"}


def claims(run: Replication) -> tuple[Claim, ...]:
    """The paper's claims, each with a verdict computed from the run."""
    itd, fixed_point, conjugate, fixed_point_held, conjugate_held = run.tracks[:5]
    # The two that unroll one and the same map.
    plain_itd, plain_fixed_point = run.tracks[5:] or (itd, fixed_point)
    told = (
        _linear(run),
        _ordered_bounds(run, plain_itd, plain_fixed_point),
        _order(run, plain_fixed_point, (plain_itd,), "AID-FP is at least as accurate as ITD"),
        _fastest(run, conjugate, (itd, fixed_point)),
        _plateau(run, fixed_point_held, fixed_point, "AID-FP"),
        _plateau(run, conjugate_held, conjugate, "conjugate gradient"),
    )
    if run.contraction < 1:
        return told
    return tuple(Claim(claim.text, Verdict.ELSEWHERE, NO_CONTRACTION) for claim in told)


def _clear(run: Replication, error: FloatArray) -> IntArray:
    """Indices of the points that are well above rounding, without the first two."""
    clear = np.flatnonzero(error > 100 * run.floor)
    return clear[clear >= 2]


def _linear(run: Replication) -> Claim:
    text = "With k = t every method converges linearly, until rounding takes over"
    parts, good = [], []
    figures: dict[str, float] = {"q": run.contraction}
    for place, track in enumerate(run.tracks[:3]):
        fit = _factor(run, track)
        if fit is None:
            continue
        factor, spread = fit
        good.append(factor < 1 and spread < 0.15)
        figures[f"factor{place}"] = factor
        parts.append(f"{METHODS[track.method].label} {{factor{place}}}")
    if not good:
        return Claim(text, Verdict.OPEN, WITHIN_FEW_STEPS)
    verdict = Verdict.HOLDS if all(good) else Verdict.FAILS
    evidence = f"factor per step: {', '.join(parts)} (q is at most {{q}} for these λ)"
    return Claim(text, verdict, evidence, figures)


def _factor(run: Replication, track: Track) -> tuple[float, float] | None:
    """Factor of the error per step and how far it is from a line; None with too few points."""
    error = run.mean(track)
    clear = _clear(run, error)
    late = clear[len(clear) // 3 :]
    if len(late) < 8:
        return None
    x, y = run.steps[late].astype(np.float64), np.log(error[late])
    slope, offset = np.polyfit(x, y, 1)
    spread = float(np.abs(y - slope * x - offset).max() / max(abs(np.ptp(y)), 1e-12))
    return float(np.exp(slope)), spread


def _ordered_bounds(run: Replication, itd: Track, fixed_point: Track) -> Claim:
    text = "The bound of AID-FP is never above that of ITD"
    if not np.isfinite(run.bounds).all():
        return Claim(text, Verdict.OPEN, "there is no bound")
    ratio = run.bounds[0] / run.bounds[1]
    verdict = Verdict.HOLDS if (ratio >= 1 - 1e-9).all() else Verdict.FAILS
    figures = {"least": float(ratio.min()), "most": float(ratio.max())}
    evidence = "the bound of ITD is {least} to {most} times that of AID-FP"
    if np.allclose(ratio, 1, rtol=EQUAL):
        evidence = "the two bounds are equal"
    if itd.plain:
        evidence += ON_THE_PLAIN_MAP
    return Claim(text, verdict, evidence, figures, ((itd, fixed_point),))


def _order(run: Replication, better: Track, others: tuple[Track, ...], text: str) -> Claim:
    """Whether one curve lies below all the others, nearly everywhere above rounding."""
    compared = tuple((better, other) for other in others)
    low, high = _best(run, (better,)), _best(run, others)
    clear = _clear(run, high)
    if not len(clear):
        return Claim(text, Verdict.OPEN, WITHIN_FEW_STEPS, compared=compared)
    # Judged as it is told, in whole per cent.
    share = round(float((low[clear] <= high[clear] * (1 + SLACK)).mean()), 2)
    middle = clear[len(clear) // 2]
    gain = float(high[middle] / low[middle])
    figures = {
        "share": round(100 * share),
        "step": float(run.steps[middle]),
        "gain": max(gain, 1 / gain),
    }
    verdict = Verdict.HOLDS if share >= NEARLY_ALWAYS else Verdict.FAILS
    evidence = f"in {{share}} % of the steps; at t = {{step}} {_outcome(gain, others)}"
    if better.plain:
        evidence += ON_THE_PLAIN_MAP
    return _in_setting(run, Claim(text, verdict, evidence, figures, compared))


def _best(run: Replication, tracks: tuple[Track, ...]) -> FloatArray:
    """The smallest of these errors at each step."""
    return np.asarray(np.min([run.mean(track) for track in tracks], axis=0))


def _outcome(gain: float, others: tuple[Track, ...]) -> str:
    """How many times smaller an error is than the smallest of the others, in words."""
    if abs(gain - 1) < EQUAL:
        return "the errors are equal"
    labels = " and ".join(METHODS[other.method].label for other in others)
    than = f"the smaller of {labels}" if len(others) > 1 else f"that of {labels}"
    return f"its error is {{gain}} times {'smaller' if gain > 1 else 'larger'} than {than}"


def _in_setting(run: Replication, claim: Claim) -> Claim:
    """The claim without a verdict where the paper does not make that comparison."""
    better = claim.compared[0][0]
    if better.method == NORMAL_EQUATIONS:
        why = "∂₁Φ is not symmetric, so this is CG on the normal equations"
        return replace(claim, verdict=Verdict.ELSEWHERE, evidence=f"{why}: {claim.evidence}")
    if not all(same_setting(run.scenario, *pair) for pair in claim.compared):
        return replace(claim, verdict=Verdict.ELSEWHERE)
    return claim


def _fastest(run: Replication, better: Track, others: tuple[Track, ...]) -> Claim:
    """Whether one curve is clearly ahead of all the others in the end.

    It is judged at the steps where the best of the others is above rounding. The claim holds if the
    curve is never above that one in the second half of these steps, and at the last of them
    ``CLEARLY`` times below it. It does not hold if the same is true the other way round. All else
    cannot be told: curves that all but coincide, or cross late.

    Factors per step do not decide. Where w_t holds all methods up they are equal but for what a fit
    cannot tell, and the curve that is ahead stays ahead: it is the first at every accuracy.
    """
    text = "Conjugate gradient converges fastest"
    compared = tuple((better, other) for other in others)
    low, high = _best(run, (better,)), _best(run, others)
    clear = _clear(run, high)
    if not len(clear):
        return Claim(text, Verdict.OPEN, WITHIN_FEW_STEPS, compared=compared)
    late = clear[len(clear) // 2 :]
    lead = high[late] / low[late]
    gain = float(lead[-1])
    figures = {"step": float(run.steps[late[-1]]), "gain": max(gain, 1 / gain)}
    evidence = f"at t = {{step}} {_outcome(gain, others)}"
    verdict = Verdict.OPEN
    if figures["gain"] < CLEARLY:
        evidence += "; no clear difference"
    elif gain > 1 and (lead >= 1 - SLACK).all():
        verdict = Verdict.HOLDS
    elif gain < 1 and (lead <= 1 + SLACK).all():
        verdict = Verdict.FAILS
    else:
        evidence += ", but not in all of the second half of the steps"
    return _in_setting(run, Claim(text, verdict, evidence, figures, compared))


def _plateau(run: Replication, held: Track, whole: Track, name: str) -> Claim:
    """Whether k held ends on a plateau, which ``whole`` with k = t leaves behind."""
    text = f"With k = {PLATEAU_STEPS}, {name} ends on a plateau"
    error = run.mean(held)
    level = float(error[-1])
    figures = {"level": level}
    if level <= 100 * run.floor:
        # The claim is for a k that is too small. What it leaves here, rounding would hide.
        evidence = f"{PLATEAU_STEPS} steps are enough here: the error falls to {{level}}, rounding"
        return Claim(text, Verdict.ELSEWHERE, evidence, figures)
    quarter = np.log(error[-max(2, len(error) // 4) :])
    half = len(quarter) // 2
    change = float(np.exp(quarter[:half].mean() - quarter[-half:].mean()))
    if not 1 / RESTLESS <= change <= RESTLESS:
        moves = "falling" if change > 1 else "rising"
        evidence = f"not within T: {{level}} at the last step, still {moves}"
        return Claim(text, Verdict.OPEN, evidence, figures)
    if level < 2 * run.mean(whole)[-1]:
        evidence = "not within T: {level} at the last step, about as with k = t"
        return Claim(text, Verdict.OPEN, evidence, figures)
    figures["step"] = float(run.steps[np.flatnonzero(error <= 2 * level)[0]])
    evidence = "plateau at {level}, reached (within a factor 2) at t = {step}"
    return Claim(text, Verdict.HOLDS, evidence, figures)
