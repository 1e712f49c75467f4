"""The longest time between two moments at which a large run can be stopped, set-up included.

python tests/benchmarks/bench_interruption.py [seconds for each run]
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.replication import replicate

ALL = tuple(METHODS)
RUNS: dict[str, Callable[[Progress], object]] = {
    "d = 10⁶": lambda report: run(
        Scenario(size=10**6, horizon=260, methods=("itd", "aid-cg", "aid-gmres")), report
    ),
    "d = 10⁶, k to 2000": lambda report: run(
        Scenario(
            size=10**6, vary="adjoint", inner_steps=200, horizon=2000, methods=("aid-fp", "aid-cg")
        ),
        report,
    ),
    "d = 10⁵, m = 200": lambda report: run(
        Scenario(size=10**5, hyper_size=200, methods=("aid-cg", "aid-fp")), report
    ),
    "d = 20000, m = 1000": lambda report: run(
        Scenario(size=20_000, hyper_size=1000, methods=("aid-cg",)), report
    ),
    "forward mode, d = 4194, m = 1000": lambda report: run(
        Scenario(size=4194, hyper_size=1000, methods=("itd-forward",)), report
    ),
    "kernel ridge, d = 500, m = 1000": lambda report: run(
        Scenario(family="kernel-ridge", size=500, hyper_size=1000, methods=ALL), report
    ),
    "logistic, n = 2000, d = 1000": lambda report: run(
        Scenario(family="logistic", size=1000, samples=2000, contraction=0.99, methods=ALL), report
    ),
    "biased, n = 2000, d = 1000": lambda report: run(
        Scenario(family="biased", size=1000, samples=2000, contraction=0.99, methods=ALL), report
    ),
    "graph, n = 2000": lambda report: run(
        Scenario(family="graph-network", size=1000, samples=2000, methods=ALL), report
    ),
    "the paper's figure, equilibrium, d = 1000": lambda report: replicate(
        Scenario(family="equilibrium", size=1000, samples=50, contraction=0.99), 20, report
    ),
    "taken apart, graph, n = 500": lambda report: dissect(
        Scenario(family="graph-network", size=500, samples=500), report
    ),
}


class EnoughError(Exception):
    """The time is over."""


def longest_gap(start: Callable[[Progress], object], most: float) -> tuple[float, float, int]:
    """Seconds of the processor between two questions at the most, in all, and how many."""
    begun = last = time.process_time()
    longest, asked = 0.0, 0

    def report(fraction: float) -> None:
        nonlocal longest, last, asked
        now = time.process_time()
        longest, last, asked = max(longest, now - last), now, asked + 1
        if now - begun > most:
            raise EnoughError

    with contextlib.suppress(EnoughError):
        start(report)
    return longest, time.process_time() - begun, asked


if __name__ == "__main__":
    most = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    for name, start in RUNS.items():
        longest, whole, asked = longest_gap(start, most)
        print(f"{name:45} longest {longest:6.3f} s of {whole:5.1f} s, asked {asked} times")
