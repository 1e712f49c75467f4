"""Inner solvers with a guarantee on affine symmetric maps alone, each written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.problem import Problem

Map = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Accelerated:
    """What the textbook says of an inner solver.

    Attributes:
        step: (Φ, q, s, w_s, w_{s−1}) → w_{s+1}; in the first step w_{−1} is w_0.
        rate: (q, t) → ρ(t) (R12).
        slope: (q, t) → the largest |dp_t/da| for eigenvalues a of ∂₁Φ in [−q, q] (R13).
        late: q → the factor per step that ρ(t) tends to.
        exact: whether tier P counts the first step with its own relaxation, so that its sum is that
            slope; else with that of the later ones, which is larger.
    """

    step: Callable[[Map, float, int, FloatArray, FloatArray], FloatArray]
    rate: Callable[[float, FloatArray], FloatArray]
    slope: Callable[[float, FloatArray], FloatArray]
    late: Callable[[float], float]
    exact: bool = True

    def run(
        self, mapped: Map, q: float, now: FloatArray, before: FloatArray, *, first: int = 0
    ) -> Iterator[FloatArray]:
        """What no, one, two, … steps make of a state, where step ``first`` is the first."""
        yield now
        for s in count(first):
            now, before = self.step(mapped, q, s, now, before), now
            yield now

    def polynomials(
        self, values: FloatArray, q: float, steps: int, *, first: int = 0, before: float = 1.0
    ) -> FloatArray:
        """What 0, 1, …, steps steps make of 1 at each eigenvalue of ∂₁Φ: shape (steps + 1, A)."""
        one = np.ones_like(values)
        run = self.run(lambda x: values * x, q, one, before * one, first=first)
        return np.array([now for now, _ in zip(run, range(steps + 1), strict=False)])

    def iterates(self, problem: Problem, steps: int) -> FloatArray:
        """w_0, …, w_steps, shape (steps + 1, d)."""
        start = problem.initial_state
        q = problem.constants.contraction
        run = self.run(lambda w: problem.fixed_point_map(w[None])[0], q, start, start)
        return np.array([now for now, _ in zip(run, range(steps + 1), strict=False)])


def condition_number(q: float) -> float:
    return (1 + q) / (1 - q)


def root_rate(q: float) -> float:
    """r = (√κ − 1)/(√κ + 1)."""
    root = np.sqrt(condition_number(q))
    return float((root - 1) / (root + 1))


def _heavy_ball(mapped: Map, q: float, s: int, now: FloatArray, before: FloatArray) -> FloatArray:
    """A gradient step of length 2/(L + μ) first, then α = 4/(√L + √μ)² and β = r²."""
    if s == 0:
        return mapped(now)
    length = 4 / (np.sqrt(1 + q) + np.sqrt(1 - q)) ** 2
    return now + length * (mapped(now) - now) + root_rate(q) ** 2 * (now - before)


def _heavy_ball_rate(q: float, t: FloatArray) -> FloatArray:
    r = root_rate(q)
    return np.asarray(r**t * (1 + t * (1 - r**2) / (1 + r**2)))


def _heavy_ball_slope(q: float, t: FloatArray) -> FloatArray:
    r = root_rate(q)
    a, b = 2 * r**2 / (1 + r**2), (1 - r**2) / (1 + r**2)
    return np.asarray(r**t / q * (a * t**2 + b * t * (t + 1) * (t + 2) / 3))


def _chebyshev(mapped: Map, q: float, s: int, now: FloatArray, before: FloatArray) -> FloatArray:
    """w_{s+1} = ω (Φ(w_s) − w_{s−1}) + w_{s−1}: ω is 1, 1/(1 − q²/2), and 1/(1 − q²ω/4) later."""
    weight = 1.0
    for step in range(s):
        weight = 1 / (1 - q**2 / 2) if step == 0 else 1 / (1 - q**2 * weight / 4)
    return weight * (mapped(now) - before) + before


def _chebyshev_rate(q: float, t: FloatArray) -> FloatArray:
    """1/T_t((κ + 1)/(κ − 1)) = 1/cosh(t arcosh(1/q))."""
    return np.asarray(1 / np.cosh(np.minimum(t * np.arccosh(1 / q), 700)))


def _chebyshev_slope(q: float, t: FloatArray) -> FloatArray:
    return np.asarray(t**2 * _chebyshev_rate(q, t) / q)


def _nesterov(mapped: Map, q: float, s: int, now: FloatArray, before: FloatArray) -> FloatArray:
    """A gradient step of length 1/L from y_s = w_s + (√κ − 1)/(√κ + 1) (w_s − w_{s−1})."""
    point = now + root_rate(q) * (now - before)
    return point + (mapped(point) - point) / (1 + q)


def _nesterov_rate(q: float, t: FloatArray) -> FloatArray:
    root = np.sqrt(condition_number(q))
    return np.asarray((1 - 1 / root) ** t * (1 + t / root))


def _nesterov_slope(q: float, t: FloatArray) -> FloatArray:
    b = 1 / np.sqrt(condition_number(q))
    spread = 2 * q
    many = (1 - b) ** t / (2 * spread)
    many = many * (t * (1 + b * t) + (1 - b) * t**2 + b * t * (t + 1) * (t + 2) / 3)
    return np.asarray(np.where(t == 0, 0.0, np.where(t == 1, 1 / (1 + q), many)))


ACCELERATED: dict[str, Accelerated] = {
    "heavy-ball": Accelerated(
        _heavy_ball, _heavy_ball_rate, _heavy_ball_slope, root_rate, exact=False
    ),
    "chebyshev": Accelerated(_chebyshev, _chebyshev_rate, _chebyshev_slope, root_rate),
    "nesterov": Accelerated(
        _nesterov,
        _nesterov_rate,
        _nesterov_slope,
        lambda q: float(1 - 1 / np.sqrt(condition_number(q))),
    ),
}
