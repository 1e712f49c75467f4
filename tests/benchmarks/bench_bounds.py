"""Bounds against errors over random scenarios of every kind, another seed each time.

No bound may lie below its error by more than the level of rounding, nothing may be NaN, and NumPy
may warn of nothing.

python tests/benchmarks/bench_bounds.py [count] [seed]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from tests.support.draws import small
from tests.support.sweep import Excess, swept


def main(count: int = 3000, seed: int | None = None) -> None:
    """Print what is wrong, and the nearest to it."""
    seed = int(np.random.default_rng().integers(1_000_000)) if seed is None else seed
    print(f"seed {seed}, {count} scenarios", flush=True)
    random = np.random.default_rng(seed)
    worst: list[Excess] = []
    checked = wrong = 0
    for _ in range(count):
        found = swept(small(random))
        checked += len(found)
        wrong += sum(excess.floors > 1 for excess in found)
        worst = sorted([*worst, *found], key=lambda excess: -excess.floors)[:10]
    print(f"{checked} bounds, {wrong} below their errors by more than the level of rounding")
    for excess in worst:
        print(f"  {excess.floors:.2f} levels: {excess.bound} bound of {excess.method} on")
        print(f"    {excess.scenario}")
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
