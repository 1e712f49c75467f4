"""The experiment of the paper's Figure 1 on any family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.interruption import asking
from hypergrad_core.methods import METHODS, Points
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.experiment import refusal
from hypergrad_core.studies.prepared import Prepared, prepare

# How far each coordinate of λ is moved at first, relatively; halved until Φ still contracts.
SPREAD = 0.5
# The k of the curves whose k is held.
PLATEAU_STEPS = 10
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


# In place of conjugate gradient, where it does not apply.
NORMAL_EQUATIONS = "aid-cgnr"

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
    Track(NORMAL_EQUATIONS),
    Track("aid-fp", PLATEAU_STEPS),
    Track(NORMAL_EQUATIONS, PLATEAU_STEPS),
)

# The paper compares these two on one map, and AID-FP solves its adjoint with the plain one.
PLAIN_TRACKS = (Track("itd", plain=True), Track("aid-fp", plain=True))


@dataclass(frozen=True, eq=False)
class Replication(Record):
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

    @property
    def normal_equations(self) -> bool:
        """Whether CG on the normal equations takes the place of CG, which does not apply."""
        return any(track.method == NORMAL_EQUATIONS for track in self.tracks)

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
    with asking(progress) as report:
        return _replicated(scenario, values, report)


def _replicated(scenario: Scenario, values: int, report: Progress) -> Replication:
    problem = scenario.build()
    random = np.random.default_rng(scenario.seed)
    problems = [problem, *(vary_hyper(problem, random) for _ in range(values - 1))]
    # A move of λ may cost ∂₁Φ its symmetry: CG is run only where it applies at every λ.
    refused = any(refusal(scenario, moved, METHODS["aid-cg"]) for moved in problems)
    tracks: tuple[Track, ...] = GENERAL_TRACKS if refused else SYMMETRIC_TRACKS
    if scenario.solver is not FIXED_POINT:
        tracks += PLAIN_TRACKS
    steps = scenario.steps()
    errors = np.empty((len(tracks), values, len(steps)))
    bounds = np.full((len(PLAIN_TRACKS), len(steps)), np.inf)
    floors, contractions = [], []
    for number, moved in enumerate(problems):
        report(number / values)
        run = prepare(moved, scenario.solver, int(steps[-1]))
        plain = run if run.solver is FIXED_POINT else run.along(FIXED_POINT, int(steps[-1]))
        size = run.constants.hypergradient_norm
        for place, track in enumerate(tracks):
            k = steps if track.adjoint_steps is None else np.full_like(steps, track.adjoint_steps)
            errors[place, number] = _errors(plain if track.plain else run, track, steps, k) / size
        if number == 0:
            for place, track in enumerate(PLAIN_TRACKS):
                bound = plain.paper_bound(METHODS[track.method], Points(steps, steps))
                bounds[place] = bound.values / size
        floors.append(run.floor / size)
        contractions.append(run.constants.contraction)
    report(1.0)
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


def _errors(run: Prepared, track: Track, steps: IntArray, adjoint_steps: IntArray) -> FloatArray:
    method = METHODS[track.method]
    points = method.clipped_points(Points(steps, adjoint_steps))
    return run.errors(run.estimate(method, points))
