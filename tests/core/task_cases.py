"""The problems of many tasks that tests share.

``python -m tests.core.task_cases`` tells how tight each constant is, and the worst excess of an
error over a bound.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hypergrad_core.problems import SYNTHETIC
from hypergrad_core.problems.biased_tasks import BiasedTasks
from hypergrad_core.problems.representation_tasks import RepresentationTasks
from hypergrad_core.sampling import constant_ratios
from tests.core import bound_cases as bounds
from tests.core.helpers import build

KEYS = ("biased-tasks", "representation-tasks")
INSTANCES = 60

Tasks = BiasedTasks | RepresentationTasks


def make(**fields: Any) -> Tasks:
    """The problem of a scenario of one of these families."""
    problem = build(**fields)
    assert isinstance(problem, Tasks)
    return problem


def instance(key: str, number: int) -> bounds.Instance:
    """Instance ``number`` of a family's sweep: everything is drawn from its number."""
    random = np.random.default_rng([KEYS.index(key), number])
    problem = make(
        family=key,
        data="digits" if number % 30 == 29 else SYNTHETIC,
        contraction=float(random.choice([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99])),
        size=int(random.integers(2, 60)),
        hyper_size=int(random.integers(1, 41)),
        samples=int(random.integers(2, 61)),
        seed=number,
    )
    if number % 2:
        # Another λ, and the best step or the shortest usual one for it.
        away = random.standard_normal(problem.hyper_size) / np.sqrt(problem.hyper_size)
        problem = problem.at(problem.hyper + away)
        low, high = problem.curvature
        problem = replace(problem, step=2 / (low + high) if random.random() < 0.5 else 1 / high)
    if random.random() < 0.4:
        start = random.standard_normal(problem.state_size)
        problem = problem.starting_at(start * random.choice([0.1, 1.0, 10.0]))
    return bounds.Instance(
        problem=problem,
        inner=bounds.draw_inner(random, key),
        horizon=int(random.choice([4, 12, 30, 60])),
        inner_steps=int(random.integers(0, 60)),
        adjoint_steps=int(random.integers(0, 40)),
    )


def ratios_of(key: str, number: int) -> dict[str, float]:
    """Measured ÷ constant of an instance; a ∇₂E that is quadratic in w compares with w(λ) only."""
    return constant_ratios(instance(key, number).problem, np.random.default_rng(number), {"mu2"})


if __name__ == "__main__":
    worst = bounds.Worst()
    for key in KEYS:
        sampled = [ratios_of(key, number) for number in range(INSTANCES) if number % 30 != 29]
        for name in sampled[0]:
            column = [ratios[name] for ratios in sampled]
            print(f"{key:21} {name:24} max {max(column):.4f} median {np.median(column):.3f}")
        for number in range(INSTANCES):
            worst.add(key, instance(key, number))
    worst.print()
