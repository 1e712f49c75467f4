"""The problems of the network families that tests share.

``python -m tests.core.network_cases`` tells how tight each constant is, and the worst excess of an
error over a bound.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.problem import Problem
from hypergrad_core.problems.tanh_network import TanhNetwork
from hypergrad_core.sampling import constant_ratios
from tests.core import bound_cases as bounds
from tests.core.helpers import build

KEYS = ("equilibrium", "equilibrium-symmetric", "graph-network", "nonsymmetric")


INSTANCES = 60


# Most of the time goes into many tiny products, so the instances are kept small.
HORIZONS = (4, 12, 30, 60)


def draw(rows: int, size: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((rows, size))


def states_of(problem: Problem) -> FloatArray:
    return problem.reference.solution + draw(3, problem.state_size, 2)


def scaled_inputs(made: TanhNetwork, factor: float) -> FloatArray:
    """λ with this much of B and c: with little of them the units are far from saturated."""
    scale = np.where(np.arange(made.hyper_size) < made.width**2, 1.0, factor)
    return made.hyper * scale


@lru_cache(maxsize=1)
def sweep() -> list[bounds.Instance]:
    """``INSTANCES`` for each family, everything drawn from its number."""
    return [instance(key, number) for key in KEYS for number in range(INSTANCES)]


def instance(key: str, number: int) -> bounds.Instance:
    random = np.random.default_rng([KEYS.index(key), number])
    samples = int(random.integers(2, 9))
    made = build(
        family=key,
        contraction=float(random.choice([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99])),
        size=samples * int(random.integers(1, 8)),
        hyper_size=int(random.integers(1, 13)),
        samples=samples,
        seed=number,
    )
    if isinstance(made, TanhNetwork) and number % 2:
        # Little input: the units are far from saturated, and q is nearly what it is at w(λ).
        made = made.at(scaled_inputs(made, 0.1))
    if random.random() < 0.4:
        start = random.standard_normal(made.state_size)
        made = made.starting_at(start * random.choice([0.1, 1.0, 10.0]))
    return bounds.Instance(
        problem=made,
        inner=bounds.draw_inner(random, key),
        horizon=int(random.choice(HORIZONS)),
        inner_steps=int(random.integers(0, 40)),
        adjoint_steps=int(random.integers(0, 30)),
    )


NUMBERED = [f"{key}-{number}" for key in KEYS for number in range(INSTANCES)]


if __name__ == "__main__":
    ratios: dict[tuple[str, str], list[float]] = {}
    worst = bounds.Worst()
    for number, chosen in enumerate(sweep()):
        key = NUMBERED[number].rpartition("-")[0]
        for name, ratio in constant_ratios(chosen.problem, np.random.default_rng(number)).items():
            ratios.setdefault((key, name), []).append(ratio)
        worst.add(key, chosen)
    for (family, name), values in ratios.items():
        print(f"{family:22} {name:23} {min(values):.4f} {np.median(values):.4f} {max(values):.6f}")
    worst.print()
