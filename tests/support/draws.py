"""Scenarios drawn at random, of every family, method, slice, inner solver and precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems import SYNTHETIC
from hypergrad_core.scenario import PRECISIONS, SLICES, SPECTRA


def solvers_for(family: str, vary: str) -> list[str]:
    """Keys of the inner solvers that go with a family and a slice."""
    general = FAMILIES[family].affine_symmetric
    return [
        key
        for key, solver in SOLVERS.items()
        if (solver.iterative or vary == "adjoint") and (general or not solver.affine_symmetric_only)
    ]


def _even(random: np.random.Generator, low: float, high: float) -> int:
    """A whole number whose logarithm is evenly spread."""
    return round(float(np.exp(random.uniform(np.log(low), np.log(high)))))


def _common(random: np.random.Generator) -> dict[str, Any]:
    """What small and large scenarios draw in the same way."""
    family, vary = str(random.choice([*FAMILIES])), str(random.choice([*SLICES]))
    data = [*FAMILIES[family].data]
    return {
        "family": family,
        "vary": vary,
        "inner": str(random.choice(solvers_for(family, vary))),
        "data": str(random.choice(data)) if random.random() < 0.25 else SYNTHETIC,
        "spectrum": str(random.choice([*SPECTRA])),
        "seed": int(random.integers(10_000)),
        "precision": str(random.choice([*PRECISIONS], p=[0.75, 0.25])),
        "start": float(random.choice([0.0, 0.0, 0.5, 1.0, 10.0, 100.0])),
    }


def small(random: np.random.Generator) -> Scenario:
    """A small scenario, all methods: q from 0.01 to 0.9999, often at an end."""
    fields = _common(random)
    spread = (random.uniform(0.01, 0.99), 1 - 10 ** -random.uniform(0.1, 4), 0.01)
    q = spread[random.choice(3, p=[0.4, 0.45, 0.15])]
    return Scenario(
        **fields,
        contraction=float(np.clip(q, 0.01, 0.9999)),
        size=int(random.integers(2, min(40, FAMILIES[fields["family"]].largest_size) + 1)),
        hyper_size=int(random.integers(1, 16)),
        samples=int(random.integers(2, 31)),
        methods=tuple(METHODS),
        horizon=_even(random, 1, 400),
        inner_steps=int(random.integers(0, 200)),
        adjoint_steps=int(random.integers(0, 60)),
    )


def any_size(random: np.random.Generator) -> Scenario:
    """A scenario of any size that is allowed, one to four methods."""
    while True:
        fields = _common(random)
        methods = random.choice([*METHODS], size=random.integers(1, 5), replace=False)
        try:
            return Scenario(
                **fields,
                contraction=float(random.choice([0.1, 0.5, 0.9, 0.99, 0.999, 0.9999])),
                size=_even(random, 2, FAMILIES[fields["family"]].largest_size),
                hyper_size=_even(random, 1, 1000),
                samples=_even(random, 2, 2000),
                methods=tuple(str(method) for method in methods),
                horizon=_even(random, 10, 2000),
                inner_steps=int(random.choice([0, 20, 200, 1000])),
                adjoint_steps=int(random.choice([0, 10, 100, 1000])),
            )
        except ScenarioError:
            continue
