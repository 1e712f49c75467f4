"""What the constants of a problem are at sampled states, to be held against what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import Constants, WeightedConstants
from hypergrad_core.interruption import ask
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem

# The constants of change, in w.
CURVATURE = ("nu1", "nu2", "mu1", "mu2")
# Distances from w(λ), as parts of D.
RADII = np.array([1.0, 1.0, 0.7, 0.4, 0.1, 1e-2, 1e-3, 1e-3])
# A matrix with a side of so many numbers is formed; the norm of another is approached from below.
LARGEST_FORMED = 500
POWER_STEPS = 30
# Two operators or vectors differ by rounding alone below so much of their size.
ROUNDED_CHANGE = 1e-13


@dataclass(frozen=True)
class Operator:
    """A linear map known by its products with blocks of rows.

    Attributes:
        forward: (B, n) → (B, p).
        backward: its transpose, (B, p) → (B, n).
        sizes: n and p.
    """

    forward: Callable[[FloatArray], FloatArray]
    backward: Callable[[FloatArray], FloatArray]
    sizes: tuple[int, int]

    def __sub__(self, other: Operator) -> Operator:
        return Operator(
            lambda block: self.forward(block) - other.forward(block),
            lambda block: self.backward(block) - other.backward(block),
            self.sizes,
        )

    def norm(self, random: np.random.Generator) -> float:
        """‖·‖₂, or a number that is not above it where both sides are too long."""
        if min(self.sizes) <= LARGEST_FORMED:
            product = self.forward if self.sizes[0] <= self.sizes[1] else self.backward
            return float(np.linalg.norm(product(np.eye(min(self.sizes))), 2))
        row, size = random.standard_normal((1, self.sizes[0])), 0.0
        for _ in range(POWER_STEPS):
            ask()
            image = self.forward(row / np.linalg.norm(row))
            row, size = self.backward(image), float(np.linalg.norm(image))
            if not row.any():
                break
        return size


def state_operator(problem: Problem, lin: Linearisation) -> Operator:
    """∂₁Φ at one state."""
    return Operator(lin.jvp_state, lin.vjp_state, (problem.state_size, problem.state_size))


def hyper_operator(problem: Problem, lin: Linearisation, *, energy: bool = False) -> Operator:
    """∂₂Φ at one state; S^(−½)∂₂Φ with the metric S if ``energy``."""
    sizes = problem.hyper_size, problem.state_size
    if not energy or lin.metric is None:
        return Operator(lin.jvp_hyper, lin.vjp_hyper, sizes)
    root = np.sqrt(lin.metric)
    return Operator(
        lambda block: lin.jvp_hyper(block) / root, lambda block: lin.vjp_hyper(block / root), sizes
    )


def sample_ball(problem: Problem, random: np.random.Generator) -> FloatArray:
    """States of the ball of radius D around w(λ), the centre first, w_0 second: (10, d)."""
    solution = problem.reference.solution
    directions = random.standard_normal((len(RADII), problem.state_size))
    directions /= row_norms(directions)[:, None]
    distance = problem.constants.distance
    return np.vstack(
        [solution, problem.initial_state, solution + distance * RADII[:, None] * directions]
    )


def constant_ratios(
    problem: Problem, random: np.random.Generator, centred: Collection[str] = CURVATURE
) -> dict[str, float]:
    """The largest of measured ÷ claimed that samples of the ball find; none may be above 1.

    A constant 0 must be met but for rounding: else its ratio is infinite. Where d is beyond 500,
    norms are approached from below, and what needs a matrix of d × d is left out.

    Args:
        problem: whose constants are looked at.
        random: of the samples.
        centred: those constants of change that compare w with w(λ) only, which is all that the
            bounds need; the others are held against all pairs of samples.
    """
    states = sample_ball(problem, random)
    lin = problem.linearise(states)
    parts = [lin[i : i + 1] for i in range(len(states))]
    maps = [state_operator(problem, part) for part in parts]
    couplings = [hyper_operator(problem, part) for part in parts]
    outer_state = problem.outer_gradient_state(states)
    outer_hyper = problem.outer_gradient_hyper(states)
    norms = [operator.norm(random) for operator in maps]
    coupling_norm = couplings[0].norm(random)

    def slope(name: str, change: Callable[[int, int], float], size: float) -> float:
        """The largest change per distance that is no rounding."""
        others = [0] if name in {*centred, "energy_nu2"} else range(len(states))
        largest = 0.0
        for i, j in ((i, j) for i in range(len(states)) for j in others if j < i):
            gap, moved = float(np.linalg.norm(states[i] - states[j])), change(i, j)
            if gap > 0 and moved > ROUNDED_CHANGE * size:
                largest = max(largest, moved / gap)
        return largest

    truth = problem.reference
    measured = {
        "contraction": max(norms),
        "nu1": slope("nu1", lambda i, j: (maps[i] - maps[j]).norm(random), max(norms)),
        "nu2": slope("nu2", lambda i, j: (couplings[i] - couplings[j]).norm(random), coupling_norm),
        "mu1": slope("mu1", _distances(outer_state), float(row_norms(outer_state).max())),
        "mu2": slope("mu2", _distances(outer_hyper), float(row_norms(outer_hyper).max())),
        "outer_gradient_bound": float(row_norms(outer_state).max()),
        "hyper_jacobian_norm": coupling_norm,
        "distance": float(np.linalg.norm(problem.initial_state - truth.solution)),
        "outer_gradient_norm": float(np.linalg.norm(outer_state[0])),
        "direct_gradient_norm": float(np.linalg.norm(outer_hyper[0])),
    }
    if problem.state_size <= LARGEST_FORMED:
        measured |= _formed(problem, parts)
    if isinstance(problem.constants, WeightedConstants):
        weighted = [hyper_operator(problem, part, energy=True) for part in parts]
        size = weighted[0].norm(random)
        # Each state has its own metric.
        growth = slope("energy_nu2", lambda i, j: (weighted[i] - weighted[j]).norm(random), size)
        measured |= {"energy_hyper_norm": size, "energy_nu2": growth}
    return {name: _ratio(value, problem.constants, name) for name, value in measured.items()}


def _distances(rows: FloatArray) -> Callable[[int, int], float]:
    return lambda i, j: float(np.linalg.norm(rows[i] - rows[j]))


def _ratio(value: float, constants: Constants, name: str) -> float:
    claimed = float(getattr(constants, name))
    if claimed > 0:
        return value / claimed
    return float("inf") if value > 0 else 0.0


def _formed(problem: Problem, parts: list[Linearisation]) -> dict[str, float]:
    """What needs I − ∂₁Φ as a matrix."""
    identity = np.eye(problem.state_size)
    matrices = [identity - part.jvp_state(identity).T for part in parts]
    coupling = parts[0].jvp_hyper(np.eye(problem.hyper_size)).T
    solution = problem.reference.solution[None]
    gradient = problem.outer_gradient_state(solution)[0]
    adjoint = np.linalg.solve(matrices[0].T, gradient)
    hypergradient = problem.outer_gradient_hyper(solution)[0] + coupling.T @ adjoint
    return {
        "condition_number": max(float(np.linalg.cond(matrix)) for matrix in matrices),
        "solution_jacobian_norm": float(np.linalg.norm(np.linalg.solve(matrices[0], coupling), 2)),
        "adjoint_norm": float(np.linalg.norm(adjoint)),
        "hypergradient_norm": float(np.linalg.norm(hypergradient)),
        "solution_norm": float(np.linalg.norm(problem.reference.solution)),
    }
