"""How long the maps of the Budget page and the sweep of the Complexity page take, and their growth.

python tests/benchmarks/bench_pages.py
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import SETTINGS
from hypergrad_core import Scenario
from hypergrad_core.studies.requirements import contractions, requirements
from hypergrad_core.studies.sweep import sweep

TARGET = 1e-4
SEEDS = 3


def bench_budget() -> None:
    """Both maps of the default page, then for other sizes and horizons."""
    default = SETTINGS.scenario
    print(f"Budget: both maps, {default.family}, q = {default.contraction}, n = {default.samples}")
    for size, horizon in ((50, 60), (50, 30), (50, 100), (100, 60), (200, 60)):
        maps = Maps.of(replace(default, size=size, horizon=horizon), SETTINGS.view)
        maps.run()
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            maps.run()
            taken.append(time.perf_counter() - started)
        print(f"  d = {size:4}, T = {horizon:4}: median {statistics.median(taken) * 1e3:7.1f} ms")


def bench_sweep() -> None:
    """The default sweep, serially, and the time of its largest κ for other sizes and targets."""
    base = Scenario(spectrum="chebyshev", size=400)
    scenarios = [
        replace(base, contraction=q, seed=seed) for q in contractions() for seed in range(SEEDS)
    ]
    started = time.perf_counter()
    for found in sweep(scenarios, measure=partial(requirements, target=TARGET)):
        assert not found.refusals
    taken = time.perf_counter() - started
    print(f"Complexity: {len(scenarios)} runs, ε = {TARGET:g}, d = {base.size}: {taken:.1f} s")
    for size, target in ((400, 1e-4), (400, 1e-6), (100, 1e-4), (1600, 1e-4)):
        for q in (0.99, 0.999, 0.9995):
            started = time.perf_counter()
            requirements(replace(base, contraction=q, size=size), target)
            taken = time.perf_counter() - started
            kappa = (1 + q) / (1 - q)
            print(f"  d = {size:5}, ε = {target:g}, κ = {kappa:6.0f}: {taken:6.2f} s")


if __name__ == "__main__":
    bench_budget()
    bench_sweep()
