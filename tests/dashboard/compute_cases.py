"""What the tests of runs share."""

from __future__ import annotations

import threading

from hypergrad_core import Experiment, Scenario, run
from hypergrad_core.arrays import Progress

SECONDS = 20.0


def quick(seed: int) -> Scenario:
    return Scenario(size=4, hyper_size=1, horizon=3, methods=("aid-fp",), seed=seed)


class Runs:
    """Counts what is run, and can hold it up."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []
        self.started, self.go_on = threading.Event(), threading.Event()
        self.at_once = self.most_at_once = 0
        self.go_on.set()

    def __call__(self, scenario: Scenario, progress: Progress | None = None) -> Experiment:
        self.scenarios.append(scenario)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.started.set()
        assert self.go_on.wait(SECONDS)
        try:
            return run(scenario, progress)
        finally:
            self.at_once -= 1
