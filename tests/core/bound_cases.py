"""Instances on which bounds and constants are tested, and how they are compared.

``python -m tests.core.bound_cases`` tells the worst excesses, in units of the rounding floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hypergrad_core import FAMILIES, METHODS, Status
from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import IdentityBasis
from hypergrad_core.bounds import path_along
from hypergrad_core.inner import SOLVERS
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.logistic import Design, LogisticRegression
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.scenario import SPECTRA
from tests.core.helpers import build, joined, points_at

INSTANCES = 540


# The families of this sweep; the others have one of their own.
SWEPT = ("quadratic", "logistic", "logistic-log")


# A bound and an error are each computed to a few roundings: relative slack of a comparison.
SLACK = 1e-9


@dataclass(frozen=True)
class Instance:
    problem: Problem
    inner: str
    horizon: int
    inner_steps: int
    adjoint_steps: int


def uneven_logistic(
    random: np.random.Generator, q: float, size: int, samples: int, logarithmic: bool
) -> LogisticRegression:
    """Penalties that differ from feature to feature, and a step with contraction q or better."""
    features = random.standard_normal((2 * samples, size)) * random.uniform(0.3, 1.5, size)
    labels = np.where(random.random(2 * samples) < 0.5, -1.0, 1.0)
    train = Design.from_data(features[:samples], labels[:samples])
    validation = Design.from_data(features[samples:], labels[samples:])
    kappa = (1 + q) / (1 - q)
    profile = random.uniform(1.0, 1 + 0.8 * (kappa - 1), size)
    profile[random.integers(size)] = 1.0
    # κ = (curvature + p_max)/p_min with p_min = scale.
    curvature = train.norm**2 / 4
    penalty = profile * curvature / (kappa - profile.max())
    high, low = curvature + penalty.max(), penalty.min()
    return LogisticRegression(
        train=train,
        validation=validation,
        step=2 / (high + low) if random.random() < 0.5 else 1 / high,
        hyper=np.log(penalty) if logarithmic else penalty,
        initial_state=np.zeros(size),
        logarithmic=logarithmic,
    )


def draw_inner(random: np.random.Generator, family: str) -> str:
    """An inner solver: sometimes the exact one, often one that is accelerated where it may be."""
    if random.random() < 0.1:
        return "exact"
    accelerated = [key for key in solvers_of(family) if SOLVERS[key].affine_symmetric_only]
    if accelerated and random.random() < 0.6:
        return str(random.choice(accelerated))
    return "fixed-point"


def instance(number: int) -> Instance:
    """Instance ``number`` of the sweep: everything is drawn from its number."""
    random = np.random.default_rng(number)
    family = SWEPT[number % 3]
    q = float(random.choice([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]))
    size, samples = int(random.integers(2, 61)), int(random.integers(2, 61))
    if family == "quadratic":
        problem = build(
            contraction=q,
            size=size,
            hyper_size=int(random.integers(1, 13)),
            spectrum=[*SPECTRA][number // 3 % len(SPECTRA)],
            seed=number,
        )
    elif number // 3 % 2:
        problem = uneven_logistic(random, q, size, samples, family == "logistic-log")
    else:
        problem = build(family=family, contraction=q, size=size, samples=samples, seed=number)
    if random.random() < 0.4:
        start = random.standard_normal(size)
        problem = problem.starting_at(start * random.choice([0.1, 1.0, 10.0]))
    return Instance(
        problem=problem,
        inner=draw_inner(random, family),
        horizon=int(random.choice([4, 12, 30, 60, 120])),
        inner_steps=int(random.integers(0, 60)),
        adjoint_steps=int(random.integers(0, 40)),
    )


@dataclass(frozen=True)
class Comparison:
    method: str
    status: Status
    errors: FloatArray
    paper: FloatArray
    sharp: FloatArray
    floor: float

    def excess(self) -> float:
        """The most by which a bound lies below its error, in units of the floor."""
        over = self.errors - np.minimum(self.paper, self.sharp) * (1 + SLACK)
        return float(over.max() / self.floor)

    def gap(self) -> float:
        """The most by which a tight bound differs from its error, in units of the floor."""
        return float(np.max(np.abs(self.errors - self.sharp) - SLACK * self.sharp) / self.floor)


def compare(chosen: Instance) -> Iterator[Comparison]:
    """Every method that applies on all three slices at once."""
    problem = chosen.problem.canonical()
    varied = np.arange(chosen.horizon + 1)
    fixed_inner = np.full_like(varied, chosen.inner_steps)
    fixed_adjoint = np.full_like(varied, chosen.adjoint_steps)
    steps = max(chosen.horizon, chosen.inner_steps)
    states = SOLVERS[chosen.inner].iterate(problem, steps)
    solver = SOLVERS[chosen.inner]
    scheme = solver.scheme(problem.constants.contraction)
    path = path_along(problem, states, scheme)
    constants, floor = problem.constants, problem.constants.rounding_floor
    if chosen.inner == "exact":
        constants = constants.at_solution()
        slices = [points_at(np.full_like(varied, steps), varied)]
    else:
        slices = [
            points_at(varied, varied),
            points_at(fixed_inner, varied),
            points_at(varied, fixed_adjoint),
        ]
    for key, method in METHODS.items():
        if method.refusal(problem):
            continue
        points = joined(
            *(
                method.clipped_points(part, chosen.adjoint_steps if number == 0 else None)
                for number, part in enumerate(slices)
            )
        )
        estimate = method.estimate(problem, states, points, scheme=scheme)
        sharp = method.sharp_bound(path, estimate)
        paper = method.paper_bound(constants, points, solver)
        assert paper.status is Status.UPPER
        assert np.allclose(paper.values, sum(term.values for term in paper.terms), rtol=1e-14)
        yield Comparison(
            method=key,
            status=sharp.status,
            errors=row_norms(estimate.hypergradients - problem.reference.hypergradient),
            paper=paper.values,
            sharp=sharp.values,
            floor=floor,
        )


def check_bounds(chosen: Instance) -> None:
    for found in compare(chosen):
        assert found.excess() <= 1, f"{found.method}: {found.excess():.2f} floors below"
        if found.status is Status.TIGHT:
            assert found.gap() <= 1, f"{found.method}: {found.gap():.2f} floors from the error"


def solvers_of(family: str) -> list[str]:
    """The inner solvers that go with a family."""
    general = FAMILIES[family].affine_symmetric
    return [key for key, solver in SOLVERS.items() if general or not solver.affine_symmetric_only]


# Where the bounds are attained.


def diagonal_quadratic(
    map_eigenvalues: FloatArray, coupling: FloatArray, solution: FloatArray, target: FloatArray
) -> Quadratic:
    """∂₁Φ = diag(map_eigenvalues), with w(λ) = solution at λ = 0."""
    step = 0.5
    eigenvalues = (1 - map_eigenvalues) / step
    return Quadratic(
        eigenvalues=eigenvalues,
        basis=IdentityBasis(),
        coupling=coupling,
        offset=eigenvalues * solution,
        target=target,
        step=step,
        hyper=np.zeros(coupling.shape[1]),
        initial_state=np.zeros(len(solution)),
    )


# What each constant bounds, sampled in the ball.


def state_jacobian(problem: Problem, state: FloatArray) -> FloatArray:
    """∂₁Φ as a matrix, (d, d)."""
    return problem.linearise(state[None]).jvp_state(np.eye(problem.state_size)).T


def hyper_jacobian(problem: Problem, state: FloatArray) -> FloatArray:
    """∂₂Φ as a matrix, (d, m)."""
    return problem.linearise(state[None]).jvp_hyper(np.eye(problem.hyper_size)).T


ALWAYS_EXACT = (
    "hyper_jacobian_norm",
    "distance",
    "outer_gradient_norm",
    "solution_jacobian_norm",
    "adjoint_norm",
    "hypergradient_norm",
    "solution_norm",
)


class Worst:
    """The worst comparisons so far, for each family, inner solver and method."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], list[float]] = {}

    def add(self, family: str, chosen: Instance) -> None:
        """Every comparison of an instance."""
        for found in compare(chosen):
            gap = found.gap() if found.status is Status.TIGHT else -np.inf
            row = self._rows.setdefault((family, chosen.inner, found.method), [-np.inf, -np.inf])
            row[:] = max(row[0], found.excess()), max(row[1], gap)

    def print(self) -> None:
        """A line for each; a gap is told where the bound claims to be the error."""
        for (family, inner, method), (excess, gap) in sorted(self._rows.items()):
            tight = f"   tight gap {gap:6.3f}" if np.isfinite(gap) else ""
            print(f"{family:22} {inner:12} {method:14} excess {excess:6.3f}{tight}")


if __name__ == "__main__":
    worst = Worst()
    for number in range(INSTANCES):
        worst.add(SWEPT[number % 3], instance(number))
    worst.print()
