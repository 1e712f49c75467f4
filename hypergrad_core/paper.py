"""The experiment of the paper's Figure 1 on any family, and its claims set beside the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hypergrad_core.experiment import refusal
from hypergrad_core.inner import SOLVERS, trajectory
from hypergrad_core.methods import METHODS, Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import FloatArray, IntArray, Problem, Progress
from hypergrad_core.scenario import Scenario

# How far each coordinate of λ is moved at first, relatively; halved until Φ still contracts.
SPREAD = 0.5
PLATEAU_STEPS = 10


@dataclass(frozen=True)
class Track:
    """One curve of the figure: a method, with k = t or with k held.

    Attributes:
        method: key of ``METHODS``.
        adjoint_steps: the k that is held, or None for k = t.
    """

    method: str
    adjoint_steps: int | None = None

    @property
    def label(self) -> str:
        """As in the paper: FP k = t, CG k = 10, …"""
        name = METHODS[self.method].label
        if METHODS[self.method].whole:
            return name
        return f"{name}, k = {self.adjoint_steps or 't'}"


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


@dataclass(frozen=True)
class Replication:
    """One panel of the figure.

    Attributes:
        scenario: the problem at its first λ, the inner solver and the horizon.
        steps: t, shape (T + 1,).
        tracks: the curves.
        errors: ‖estimate − ∇f(λ)‖ ÷ ‖∇f(λ)‖, shape (tracks, values of λ, T + 1).
        floor: largest relative rounding floor of the values of λ.
        contraction: largest q of the values of λ.
        bounds: the paper's bounds of ITD and AID-FP at the first λ, relative, shape (2, T + 1).
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
        # An exact zero has no logarithm; it is rounding like all else below the floor.
        return np.asarray(np.maximum(self.errors[self.tracks.index(track)], 1e-300))


def replicate(
    scenario: Scenario, values: int = 20, progress: Progress | None = None
) -> Replication:
    """Run the five curves of the figure at several values of λ.

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
    tracks = GENERAL_TRACKS if refused else SYMMETRIC_TRACKS
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
    inner = SOLVERS[scenario.inner]
    bounds = np.full((2, len(steps)), np.inf)
    if constants.contraction < 1:
        for place, key in enumerate(("itd", "aid-fp")):
            bound = METHODS[key].paper_bound(constants, Points(steps, steps), inner)
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
    states = trajectory(lockstep, scenario.inner, int(steps[-1]))
    scheme = SOLVERS[scenario.inner].scheme(constants.contraction)
    truth = problem.reference.hypergradient
    for place, track in enumerate(tracks):
        k = steps if track.adjoint_steps is None else np.full_like(steps, track.adjoint_steps)
        method = METHODS[track.method]
        points = method.take(Points(steps, k))
        found = method.estimate(lockstep, states, points, scheme=scheme).hypergradients
        errors[place] = row_norms(found - truth) / constants.hypergradient_norm
    return constants.rounding_floor / constants.hypergradient_norm, constants.contraction


class Verdict(StrEnum):
    """What a run says of a claim."""

    HOLDS = "holds here"
    FAILS = "does not hold here"
    OPEN = "cannot be told from this run"


@dataclass(frozen=True)
class Claim:
    """A claim of the paper and what was measured.

    Attributes:
        text: what the paper says.
        verdict: whether it holds in the run.
        evidence: the figures that the verdict rests on.
    """

    text: str
    verdict: Verdict
    evidence: str


def claims(run: Replication) -> tuple[Claim, ...]:
    """The paper's claims, each with a verdict computed from the run."""
    fast = run.tracks[2]
    return (
        _linear(run),
        _ordered_bounds(run),
        _order(run, Track("aid-fp"), Track("itd"), "AID-FP is at least as accurate as ITD"),
        _order(run, fast, Track("aid-fp"), f"{METHODS[fast.method].label} converges fastest"),
        _plateau(run, Track("aid-fp", PLATEAU_STEPS)),
        _plateau(run, run.tracks[4]),
    )


def _clear(run: Replication, error: FloatArray) -> IntArray:
    """Indices of the points that are well above rounding, without the first two."""
    clear = np.flatnonzero(error > 100 * run.floor)
    return clear[clear >= 2]


def _linear(run: Replication) -> Claim:
    text = "With k = t every method converges linearly, until rounding takes over"
    parts, good = [], []
    for track in run.tracks[:3]:
        error = run.mean(track)
        clear = _clear(run, error)
        late = clear[len(clear) // 3 :]
        if len(late) < 8:
            continue
        x, y = run.steps[late].astype(np.float64), np.log(error[late])
        slope, offset = np.polyfit(x, y, 1)
        spread = float(np.abs(y - slope * x - offset).max() / max(abs(np.ptp(y)), 1e-12))
        good.append(bool(slope < 0 and spread < 0.15))
        parts.append(f"{METHODS[track.method].label} factor {np.exp(slope):.3f}")
    if not good:
        return Claim(text, Verdict.OPEN, "rounding is reached within a few steps")
    verdict = Verdict.HOLDS if all(good) else Verdict.FAILS
    return Claim(text, verdict, f"per step: {', '.join(parts)}; q is {run.contraction:.3f}")


def _ordered_bounds(run: Replication) -> Claim:
    text = "The bound of AID-FP is never above that of ITD"
    if not np.isfinite(run.bounds).all():
        return Claim(text, Verdict.OPEN, "q ≥ 1: there is no bound")
    ratio = run.bounds[0] / run.bounds[1]
    verdict = Verdict.HOLDS if (ratio >= 1 - 1e-9).all() else Verdict.FAILS
    evidence = f"ITD’s is between {ratio.min():.2f} and {ratio.max():.2f} times AID-FP’s"
    return Claim(text, verdict, evidence + _maps_differ(run, verdict))


def _maps_differ(run: Replication, verdict: Verdict) -> str:
    """Why a comparison of ITD and AID-FP may fail: the paper makes it for one and the same map."""
    if verdict is Verdict.HOLDS or run.scenario.inner != "heavy-ball":
        return ""
    return "; ITD goes back through heavy ball here, AID-FP iterates the plain map"


def _times(ratio: float) -> str:
    """How two errors compare, in words."""
    if abs(ratio - 1) < 0.005:
        return "as accurate"
    if ratio >= 1:
        return f"{_round(ratio)} times more accurate"
    return f"{_round(1 / max(ratio, 1e-300))} times less accurate"


def _round(value: float) -> str:
    """Two digits, or a power of ten where that is clearer."""
    if value < 99.5:
        return f"{value:.2g}"
    if value < 1e4:
        return f"{value:,.0f}"
    return "10" + str(int(np.log10(value))).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _order(run: Replication, better: Track, worse: Track, text: str) -> Claim:
    low, high = run.mean(better), run.mean(worse)
    clear = _clear(run, high)
    if not len(clear):
        return Claim(text, Verdict.OPEN, "rounding is reached within a few steps")
    share = float((low[clear] <= high[clear] * (1 + 1e-6)).mean())
    middle = clear[len(clear) // 2]
    evidence = f"at {share:.0%} of the steps; at t = {run.steps[middle]} it is " + _times(
        float(high[middle] / low[middle])
    )
    verdict = Verdict.HOLDS if share >= 0.9 else Verdict.FAILS
    if {better.method, worse.method} == {"itd", "aid-fp"}:
        evidence += _maps_differ(run, verdict)
    return Claim(text, verdict, evidence)


def _plateau(run: Replication, track: Track) -> Claim:
    text = f"{track.label} ends on a plateau"
    error = run.mean(track)
    half = len(error) // 2
    level = float(error[-1])
    if level <= 100 * run.floor:
        return Claim(text, Verdict.FAILS, f"it falls to {level:.1e}, which is rounding")
    flat = float(error[half] / level)
    reached = int(run.steps[np.flatnonzero(error <= 2 * level)[0]])
    verdict = Verdict.HOLDS if flat < 2 else Verdict.FAILS
    return Claim(text, verdict, f"level {level:.1e}, first within a factor 2 at t = {reached}")
