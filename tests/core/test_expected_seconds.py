"""The guess of how long a run takes is within a factor of what it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The guess is rough, and machines differ: a factor of ten either way would be a fault.
LOW, HIGH = 0.4, 40.0
SCENARIOS = {
    "default": "",
    "large": "size=20000, horizon=60",
    "logistic": "family='logistic', size=150, samples=150, horizon=150",
    "equilibrium": "family='equilibrium', size=200, samples=10, horizon=100",
    "biased": "family='biased', size=200, samples=300, horizon=150",
}
CODE = """
import time
from hypergrad_core import Scenario, run
from hypergrad_core.studies.expected import expected_seconds
scenario = Scenario({fields})
spent = []
for _ in range(3):
    started = time.process_time()
    run(scenario)
    spent.append(time.process_time() - started)
print(expected_seconds(scenario) / min(spent))
"""


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_guess_is_within_a_factor(name: str) -> None:
    """On one thread, as on the dashboard, and in seconds of the processor: others may be busy."""
    finished = subprocess.run(
        [sys.executable, "-c", CODE.format(fields=SCENARIOS[name])],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert LOW <= float(finished.stdout) <= HIGH
