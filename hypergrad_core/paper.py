"""The experiment of the paper's Figure 1 on any family, and its claims set beside the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.experiment import refusal
from hypergrad_core.inner import SOLVERS, trajectory
from hypergrad_core.methods import METHODS, Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.scenario import Scenario

# How far each coordinate of λ is moved at first, relatively; halved until Φ still contracts.
SPREAD = 0.5
PLATEAU_STEPS = 10
PLAIN = "fixed-point"
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
# No relative error is known better than this.
RESOLUTION = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Track:
    """One curve of the figure: a method, with k = t or with k held.

    Attributes:
        method: key of ``METHODS``.
        adjoint_steps: the k that is held, or None for k = t.
        plain: whether w_t comes from w ← Φ(w, λ) though the scenario has another inner solver.
    """

    method: str
    adjoint_steps: int | None = None
    plain: bool = False

    @property
    def label(self) -> str:
        """As in the paper: FP k = t, CG k = 10, …"""
        name = METHODS[self.method].label
        if not METHODS[self.method].whole:
            name = f"{name}, k = {self.adjoint_steps or 't'}"
        return f"{name}, plain map" if self.plain else name


SYMMETRIC_TRACKS = (
    Track("itd"),
    Track("aid-fp"),
    Track("aid-cg"),
    Track("aid-fp", PLATEAU_STEPS),
    Track("aid-cg", PLATEAU_STEPS),
)
GENERAL_TRACKS = (
    Track("itd"),
    Track("aid-fp"),
    Track("aid-cgnr"),
    Track("aid-fp", PLATEAU_STEPS),
    Track("aid-cgnr", PLATEAU_STEPS),
)
# The paper compares these two on one map, and AID-FP solves its adjoint with the plain one.
PLAIN_TRACKS = (Track("itd", plain=True), Track("aid-fp", plain=True))


@dataclass(frozen=True)
class Replication:
    """One panel of the figure.

    Attributes:
        scenario: the problem at its first λ, the inner solver and the horizon.
        steps: t, shape (T + 1,).
        tracks: the five curves of the figure; where the inner solver is not the plain map, ITD
            and AID-FP on the plain map as well.
        errors: ‖estimate − ∇f(λ)‖ ÷ ‖∇f(λ)‖, shape (tracks, values of λ, T + 1).
        floor: largest relative rounding floor of the values of λ.
        contraction: largest q of the values of λ.
        bounds: the paper's bounds of ITD and AID-FP on the plain map at the first λ, relative,
            shape (2, T + 1).
    """

    scenario: Scenario
    steps: IntArray
    tracks: tuple[Track, ...]
    errors: FloatArray
    floor: float
    contraction: float
    bounds: FloatArray

    def mean(self, track: Track) -> FloatArray:
        """Geometric mean over the values of λ, shape (T + 1,)."""
        return np.asarray(np.exp(np.log(self._errors(track)).mean(axis=0)), dtype=np.float64)

    def band(self, track: Track) -> tuple[FloatArray, FloatArray]:
        """Smallest and largest error over the values of λ, each of shape (T + 1,)."""
        errors = self._errors(track)
        return errors.min(axis=0), errors.max(axis=0)

    def _errors(self, track: Track) -> FloatArray:
        # An exact zero has no logarithm, and one far below rounding would be all of the mean.
        return np.asarray(np.maximum(self.errors[self.tracks.index(track)], RESOLUTION))


def replicate(
    scenario: Scenario, values: int = 20, progress: Progress | None = None
) -> Replication:
    """Run the curves of the figure at several values of λ.

    Args:
        scenario: family, data, q, sizes, inner solver, horizon and seed; its methods do not count.
        values: how many λ, the scenario's own first.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.
    """
    report = progress or (lambda fraction: None)
    problem = scenario.problem_family.build(scenario)
    random = np.random.default_rng(scenario.seed)
    problems = [problem, *(vary_hyper(problem, random) for _ in range(values - 1))]
    # A move of λ may cost ∂₁Φ its symmetry: CG is run only where it applies at every λ.
    refused = any(refusal(scenario, here, METHODS["aid-cg"]) for here in problems)
    tracks: tuple[Track, ...] = GENERAL_TRACKS if refused else SYMMETRIC_TRACKS
    if scenario.inner != PLAIN:
        tracks += PLAIN_TRACKS
    steps = scenario.steps()
    errors = np.empty((len(tracks), values, len(steps)))
    floors, contractions = [], []
    for number, here in enumerate(problems):
        report(number / values)
        floor, contraction = _run_one(here, scenario, tracks, steps, errors[:, number])
        floors.append(floor)
        contractions.append(contraction)
    report(1.0)
    constants = problem.constants
    bounds = np.full((2, len(steps)), np.inf)
    if constants.contraction < 1:
        for place, key in enumerate(("itd", "aid-fp")):
            bound = METHODS[key].paper_bound(constants, Points(steps, steps), SOLVERS[PLAIN])
            bounds[place] = bound.values / constants.hypergradient_norm
    return Replication(
        scenario=scenario,
        steps=steps,
        tracks=tracks,
        errors=errors,
        floor=max(floors),
        contraction=max(contractions),
        bounds=bounds,
    )


def vary_hyper(problem: Problem, random: np.random.Generator) -> Problem:
    """The problem at a λ nearby where Φ still contracts about as well.

    Each coordinate is moved by at most a half of its size; the step is halved until q grows by no
    more than half of what is missing to 1.
    """
    base = problem.constants.contraction
    # By less than its own size, so that penalties and kernel widths stay positive.
    size = np.abs(problem.hyper)
    scale = np.where(size > 0, size, 0.1 * size.max())
    move = SPREAD * random.uniform(-1, 1, problem.hyper_size) * scale
    while True:
        moved = problem.at(problem.hyper + move)
        if (
            moved.constants.contraction <= max(base, (1 + base) / 2)
            or not np.abs(move).max() > 1e-9
        ):
            return moved
        move = move / 2


def _run_one(
    problem: Problem,
    scenario: Scenario,
    tracks: tuple[Track, ...],
    steps: IntArray,
    errors: FloatArray,
) -> tuple[float, float]:
    """Fill ``errors`` of shape (tracks, T + 1) for one λ; its relative floor and its q."""
    lockstep = problem.canonical()
    constants = lockstep.constants
    solvers = {track.plain: PLAIN if track.plain else scenario.inner for track in tracks}
    states = {
        plain: trajectory(lockstep, inner, int(steps[-1])) for plain, inner in solvers.items()
    }
    truth = problem.reference.hypergradient
    for place, track in enumerate(tracks):
        scheme = SOLVERS[solvers[track.plain]].scheme(constants.contraction)
        k = steps if track.adjoint_steps is None else np.full_like(steps, track.adjoint_steps)
        method = METHODS[track.method]
        points = method.take(Points(steps, k))
        found = method.estimate(lockstep, states[track.plain], points, scheme=scheme).hypergradients
        errors[place] = row_norms(found - truth) / constants.hypergradient_norm
    return constants.rounding_floor / constants.hypergradient_norm, constants.contraction


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
    plain = one.plain or scenario.inner == PLAIN
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
    if better.method == "aid-cgnr":
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
