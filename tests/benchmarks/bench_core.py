"""How long the core takes: lockstep against one horizon at a time, the default, a million unknowns.

Lockstep is measured on full diagonals, t = k = 1 … T, of logistic regression and other families.

python tests/benchmarks/bench_core.py
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Points
from hypergrad_core.problem import Problem

STEPS = 200
CURVES = ("itd", "aid-fp", "aid-cg")
# The part of the horizons that is run one by one where all of them would take longer.
LONGEST = 60.0
FAMILY_DIAGONALS = (
    (Scenario(family="kernel-ridge", size=100, hyper_size=6, contraction=0.99), 100),
    (Scenario(family="biased", size=100, samples=100, contraction=0.99), 200),
    (
        Scenario(
            family="hyper-representation", size=10, hyper_size=100, samples=100, contraction=0.99
        ),
        100,
    ),
    (Scenario(family="equilibrium", size=1000, samples=50, contraction=0.95), 100),
)


def seconds(action: Callable[[], object], times: int = 5) -> list[float]:
    """The times of several runs, after one that is not counted."""
    action()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return taken


def diagonal(
    problem: Problem, horizons: np.ndarray, methods: Sequence[str] = CURVES
) -> dict[str, np.ndarray]:
    """The hypergradients of all methods at t = k = horizons, in one lockstep pass."""
    states = SOLVERS["fixed-point"].iterate(problem, int(horizons.max()))
    found = {}
    for key in methods:
        points = METHODS[key].clipped_points(Points(horizons, horizons))
        found[key] = METHODS[key].estimate(problem, states, points).hypergradients
    return found


def one_by_one(
    problem: Problem, horizons: np.ndarray, methods: Sequence[str] = CURVES
) -> tuple[float, dict[str, np.ndarray]]:
    """The same with a call for each horizon; the iterates are computed once and shared."""
    started = time.perf_counter()
    states = SOLVERS["fixed-point"].iterate(problem, int(horizons.max()))
    found: dict[str, list[np.ndarray]] = {key: [] for key in methods}
    for t in horizons:
        for key in methods:
            point = METHODS[key].clipped_points(Points(np.array([t]), np.array([t])))
            found[key].append(METHODS[key].estimate(problem, states, point).hypergradients[0])
    return time.perf_counter() - started, {key: np.array(rows) for key, rows in found.items()}


def bench_lockstep() -> None:
    """All three full diagonals of logistic regression with n = d = 200."""
    scenario = Scenario(family="logistic", size=200, samples=200, contraction=0.99)
    problem = scenario.problem_family.build(scenario).canonical()
    horizons = np.arange(1, STEPS + 1)
    taken = seconds(lambda: diagonal(problem, horizons))
    print(f"logistic, n = d = 200, q = 0.99, {', '.join(CURVES)} at t = k = 1 … {STEPS}")
    print(f"  one lockstep pass: best {min(taken):.3f} s, median {statistics.median(taken):.3f} s")
    tenth = horizons[4::10]
    estimated = 10 * one_by_one(problem, tenth)[0]
    label = "every horizon"
    if estimated > LONGEST:
        slow, label = estimated, "extrapolated from every tenth horizon"
        found, chosen = one_by_one(problem, tenth)[1], tenth
    else:
        slow, found = one_by_one(problem, horizons)
        chosen = horizons
    print(f"  horizon by horizon: {slow:.2f} s ({label})")
    print(f"  ratio to the median: {slow / statistics.median(taken):.1f}")
    together = diagonal(problem, chosen)
    # Long before it has converged, conjugate gradient enlarges differences of rounding.
    for key in CURVES:
        gap = np.abs(found[key] - together[key]).max() / np.abs(together[key]).max()
        print(f"  {key}: largest difference between the two {gap:.1e} of the largest entry")


def bench_family(scenario: Scenario, steps: int) -> None:
    """All methods that apply, on a full diagonal; every tenth horizon stands for all one by one."""
    problem = scenario.problem_family.build(scenario).canonical()
    horizons = np.arange(1, steps + 1)
    print(
        f"{scenario.family}, d = {problem.state_size}, m = {problem.hyper_size}, "
        f"q = {scenario.contraction}, t = k = 1 … {steps}"
    )
    total = total_slow = 0.0
    for key in METHODS:
        if METHODS[key].refusal(problem):
            continue
        taken = statistics.median(seconds(partial(diagonal, problem, horizons, [key]), 3))
        slow = 10 * one_by_one(problem, horizons[4::10], [key])[0]
        total, total_slow = total + taken, total_slow + slow
        print(f"  {key:14} {taken:7.3f} s   one by one {slow:7.2f} s   ratio {slow / taken:6.1f}")
    print(f"  {'in all':14} {total:7.3f} s   one by one {total_slow:7.2f} s", end="   ")
    print(f"ratio {total_slow / total:6.1f} (extrapolated from every tenth horizon)")


def bench_default() -> None:
    """The scenario that the page opens with."""
    taken = seconds(lambda: run(Scenario()))
    print("the default scenario, bounds included")
    print(f"  best {min(taken) * 1e3:.1f} ms, median {statistics.median(taken) * 1e3:.1f} ms")


def bench_million(vary: str) -> None:
    """A million unknowns; in a process of its own, for the peak of its memory."""
    scenario = Scenario(
        size=10**6, horizon=100, inner_steps=100, methods=("aid-fp", "aid-cg"), vary=vary
    )
    started = time.perf_counter()
    experiment = run(scenario)
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"quadratic, d = 1,000,000, m = 10, T = 100, vary = {vary!r}, bounds included")
    print(f"  {taken:.1f} s, peak memory {peak:.2f} GiB")
    for curve in experiment.curves:
        ratio = curve.errors[-1] / np.linalg.norm(experiment.hypergradient)
        print(f"  {curve.method}: last relative error {ratio:.1e}")


if __name__ == "__main__":
    bench_lockstep()
    for scenario, steps in FAMILY_DIAGONALS:
        bench_family(scenario, steps)
    bench_default()
    for vary in ("adjoint", "both"):
        process = multiprocessing.get_context("spawn").Process(target=bench_million, args=(vary,))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"the run with vary = {vary!r} ended with exit code {process.exitcode}")
