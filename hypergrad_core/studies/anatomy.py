"""What the paper's bound is made of: the same bound for other constants, and where ITD's may rise.

A bound for constants that are too small is not proved any more. It is then marked as heuristic,
and may lie below the measured error: that is what such a question is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import Bound, Status
from hypergrad_core.bounds.powers import diagonal_blocks
from hypergrad_core.constants import Constants
from hypergrad_core.errors import HypergradError
from hypergrad_core.methods import METHODS
from hypergrad_core.methods.base import drift_scale
from hypergrad_core.numerics import spectral_norm
from hypergrad_core.problem import Problem
from hypergrad_core.studies.experiment import Experiment
from hypergrad_core.studies.prepared import Curve

# A constant that is smaller by no more than this part is the same, computed in another way.
ROUNDING = 1e-12


def contraction_at_solution(problem: Problem) -> float:
    """‖∂₁Φ(w(λ))‖, the q of steps close to w(λ); never above q itself, and q where Φ is affine.

    Forms ∂₁Φ, of d × d numbers, where Φ is not affine. Where ∂₁Φ is not one block and d is beyond
    400, an upper bound of the norm.
    """
    q = problem.constants.contraction
    if problem.affine:
        return q
    lin = problem.linearise(problem.reference.solution[None])
    matrix = lin.jvp_state(np.eye(problem.state_size)).T
    return min(q, max(spectral_norm(block) for block in diagonal_blocks(matrix)))


def flat(constants: Constants) -> Constants:
    """As if ∂₁Φ did not change with w: ν₁ = 0."""
    return replace(constants, nu1=0.0)


def with_contraction(constants: Constants, contraction: float) -> Constants:
    """As if the contraction constant were another one.

    κ moves as (1 + q)/(1 − q) does, so that it is that number where it was before, and stays what
    it is for the same q; not below 1.

    Args:
        constants: of a contraction, q < 1.
        contraction: q̂ in (0, 1): that of ``contraction_at_solution``, or any misjudged one.

    Raises:
        HypergradError: if q or q̂ is not in (0, 1).
    """
    for value in (constants.contraction, contraction):
        if not 0 < value < 1:
            raise HypergradError(f"q = {value:g} is no contraction constant: choose one in (0, 1)")
    old, new = constants.contraction, contraction
    # Exactly 1 for the same q.
    change = ((1 + new) * (1 - old)) / ((1 - new) * (1 + old))
    kappa = max(1.0, constants.condition_number * change)
    return replace(constants, contraction=new, condition_number=kappa)


def altered_bound(experiment: Experiment, curve: Curve, altered: Constants) -> Bound:
    """The paper's bound at the points of a curve, for constants other than the experiment's.

    Args:
        experiment: what came out of a run with q < 1.
        curve: one of its curves.
        altered: the constants to use, see ``flat`` and ``with_contraction``.

    Returns:
        The bound and its terms. The status is that of the paper's bound if no constant became
        smaller, for the bound grows with each of them; heuristic if one did.
    """
    solver = experiment.scenario.solver
    bound = METHODS[curve.method].paper_bound(altered, curve.estimate.points, solver)
    proved = vars(experiment.constants)
    if all(value >= proved[name] * (1 - ROUNDING) for name, value in vars(altered).items()):
        return bound
    return replace(bound, status=Status.HEURISTIC)


@dataclass(frozen=True)
class BurnIn:
    """The majorant j(t) = q^t a + c t q^(t−1) of what unrolling leaves after t steps (R14).

    Attributes:
        contraction: q.
        level: a, where it starts.
        slope: c, how much each step adds.
    """

    contraction: float
    level: float
    slope: float

    def at(self, steps: FloatArray) -> FloatArray:
        """j(t) for real t, of any shape."""
        q = self.contraction
        return np.asarray(q**steps * self.level + self.slope * steps * q ** (steps - 1))

    @property
    def rises(self) -> bool:
        """Whether j, as a function of real t, rises before it falls: c > q a ln(1/q)."""
        return bool(self.slope > self.contraction * self.level * np.log(1 / self.contraction))

    @property
    def peak_step(self) -> float:
        """The real t at which j is largest: 1/ln(1/q) − q a/c, or 0 if it only falls."""
        if not self.rises:
            return 0.0
        return float(1 / np.log(1 / self.contraction) - self.contraction * self.level / self.slope)

    @property
    def growth(self) -> float:
        """j at its peak ÷ j(0), at least 1; infinite where j(0) = 0 and it rises."""
        if not self.rises:
            return 1.0
        peak = float(self.at(np.array(self.peak_step)))
        return peak / self.level if self.level > 0 else float("inf")


def jacobian_burn_in(constants: Constants) -> BurnIn:
    """Of the Jacobian: ‖J_t − w'(λ)‖ ≤ q^t J + βD t q^(t−1), β = ν₂ + ν₁J (R1, R14)."""
    c = constants
    beta = c.nu2 + c.nu1 * c.solution_jacobian_norm
    return BurnIn(c.contraction, c.solution_jacobian_norm, beta * c.distance)


def error_burn_in(constants: Constants) -> BurnIn:
    """Of the paper's bound of ITD, fixed-point steps: (c₁ + c₃) q^t + c₂ t q^(t−1) (R1, R14)."""
    c = constants
    solved = c.hyper_jacobian_norm / (1 - c.contraction)
    level = (c.mu2 + c.mu1 * solved) * c.distance + c.outer_gradient_bound * solved
    return BurnIn(c.contraction, level, drift_scale(c))
