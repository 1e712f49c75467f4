"""The problems of the kernel families that tests share.

``python -m tests.core.kernel_cases`` tells how tight each constant is, and the worst excess of an
error over a bound.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hypergrad_core.problem import Problem
from hypergrad_core.problems import SYNTHETIC
from hypergrad_core.problems.biased_regularisation import BiasedRegularisation
from hypergrad_core.problems.hyper_representation import HyperRepresentation
from hypergrad_core.problems.kernel_ridge import KernelRidge
from hypergrad_core.sampling import constant_ratios
from tests.core import bound_cases as bounds
from tests.core.helpers import build

KEYS = ("kernel-ridge", "biased", "hyper-representation")


REAL = {"kernel-ridge": "diabetes", "biased": "digits", "hyper-representation": "wine"}


INSTANCES = 80


Ridge = KernelRidge | BiasedRegularisation | HyperRepresentation


def make(**fields: Any) -> Ridge:
    """The problem of a scenario of one of these families."""
    problem = build(**fields)
    assert isinstance(problem, Ridge)
    return problem


# Bounds.


def instance(key: str, number: int) -> bounds.Instance:
    """Instance ``number`` of a family's sweep: everything is drawn from its number."""
    random = np.random.default_rng([KEYS.index(key), number])
    q = float(random.choice([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]))
    largest = 14 if key == "hyper-representation" else 50
    problem = make(
        family=key,
        data=REAL[key] if number % 16 == 15 else SYNTHETIC,
        contraction=q,
        size=int(random.integers(2, largest)),
        samples=int(random.integers(2, 61)),
        hyper_size=int(random.integers(1, 61)),
        seed=number,
    )
    if number % 2:
        # Another λ, and the best step or the shortest usual one for it.
        problem = problem.at(problem.hyper * random.uniform(0.3, 3.0, problem.hyper_size))
        solution = problem.reference.solution
        moves = 1 - np.linalg.eigvalsh(bounds.state_jacobian(problem, solution))
        low, high = float(moves[-1]), float(moves[0])
        factor = 2 / (high + low) if random.random() < 0.5 else 1 / high
        problem = replace(problem, step=problem.step * factor)
    if random.random() < 0.4:
        start = random.standard_normal(problem.state_size)
        problem = problem.starting_at(start * random.choice([0.1, 1.0, 10.0]))
    return bounds.Instance(
        problem=problem,
        inner=bounds.draw_inner(random, key),
        horizon=int(random.choice([4, 12, 30, 60, 120])),
        inner_steps=int(random.integers(0, 60)),
        adjoint_steps=int(random.integers(0, 40)),
    )


# Constants.


def ratios_of(problem: Problem, seed: int) -> dict[str, float]:
    """Measured ÷ constant; μ₂ compares with w(λ) only, because ∇₂E is quadratic in w."""
    return constant_ratios(problem, np.random.default_rng(seed), centred={"mu2"})


if __name__ == "__main__":
    worst = bounds.Worst()
    for key in KEYS:
        sampled = [ratios_of(instance(key, number).problem, number) for number in range(40)]
        for name in sampled[0]:
            column = [ratios[name] for ratios in sampled]
            print(f"{key:21} {name:24} max {max(column):.4f} median {np.median(column):.3f}")
        for number in range(INSTANCES):
            worst.add(key, instance(key, number))
    worst.print()
