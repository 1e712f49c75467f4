"""How long runs take ÷ what was expected of them, over scenarios of every kind and size.

python tests/benchmarks/bench_costs.py [count] [seed] [seconds of the longest run]
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

# One thread, as on the dashboard; and seconds of the processor, for others may be busy.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from hypergrad_core import Scenario, run
from hypergrad_core.costs import Machine
from hypergrad_core.studies.expected import expected_seconds
from tests.support.draws import any_size

SHARES = (0.0, 0.025, 0.1, 0.5, 0.9, 0.975, 1.0)


class TooLongError(Exception):
    """A run has taken many times what was expected."""


def spent(scenario: Scenario, most: float) -> float:
    """Seconds of the processor, at most about ``most``."""
    started = time.process_time()

    def report(fraction: float) -> None:
        if time.process_time() - started > most:
            raise TooLongError

    with contextlib.suppress(TooLongError):
        run(scenario, report)
    return time.process_time() - started


def main(count: int = 200, seed: int | None = None, longest: float = 3.0) -> None:
    """Print the distribution, and the worst."""
    seed = int(np.random.default_rng().integers(10_000)) if seed is None else seed
    random = np.random.default_rng(seed)
    machine = Machine.measure()
    print(f"seed {seed}, {machine}")
    found: list[tuple[float, float, Scenario]] = []
    # What is imported when it is first used is no part of a run.
    run(Scenario(size=2000, horizon=2))
    while len(found) < count:
        scenario = any_size(random)
        expected = expected_seconds(scenario, machine)
        if expected <= longest:
            found.append((spent(scenario, 12 * longest) / expected, expected, scenario))
    ratios = np.array([ratio for ratio, _, _ in found])
    off = np.abs(np.log(ratios))
    print(f"{count} runs of at most {longest} s expected: measured ÷ expected")
    for share, value in zip(SHARES, np.quantile(ratios, SHARES), strict=True):
        print(f"  {share:6.1%} at most {value:.2f}")
    for factor in (3, 10):
        print(f"  within a factor {factor}: {np.mean(off <= np.log(factor)):.1%}")
    for ratio, expected, scenario in sorted(found, key=lambda item: -abs(np.log(item[0])))[:8]:
        print(f"  {ratio:.2f} of {expected:.4f} s: {scenario}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*(convert(value) for convert, value in zip((int, int, float), given, strict=False)))
