"""Checks of the reference solution and of the constants."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.checks.samples import Finding, Samples, differences, relative_gap

# Widths of differences of what has been solved for, and what the best of them may leave.
SOLUTION_WIDTHS: FloatArray = np.array([1e-2, 1e-3, 1e-4])
LARGEST_SOLVED_ERROR = 1e-5
# A sampled constant may be above the claimed one by rounding.
ROUNDED_RATIO = 1e-9


def fixed_point(samples: Samples) -> Finding:
    """Φ(w(λ)) = w(λ)."""
    solution = samples.problem.reference.solution[None]
    gap = relative_gap(samples.problem.fixed_point_map(solution), solution)
    return gap, samples.residual_limit(), f"‖Φ(w) − w‖ = {gap:.1e} ‖w‖"


def adjoint(samples: Samples) -> Finding:
    """v(λ) = ∂₁Φᵀv(λ) + ∇₁E."""
    problem, truth = samples.problem, samples.problem.reference
    adjoint, solution = truth.adjoint[None], truth.solution[None]
    image = problem.linearise(solution).vjp_state(adjoint)
    gap = relative_gap(image + problem.outer_gradient_state(solution), adjoint)
    return gap, samples.residual_limit(), f"‖∂₁Φᵀv + ∇₁E − v‖ = {gap:.1e} ‖v‖"


def hypergradient(samples: Samples) -> Finding:
    """What the adjoint makes of ∇f."""
    problem, truth = samples.problem, samples.problem.reference
    solution = truth.solution[None]
    implicit = problem.linearise(solution).vjp_hyper(truth.adjoint[None])
    gap = relative_gap(problem.outer_gradient_hyper(solution) + implicit, truth.hypergradient[None])
    return gap, samples.residual_limit(), f"‖∇₂E + ∂₂Φᵀv − ∇f‖ = {gap:.1e} ‖∇f‖"


def objective(samples: Samples) -> Finding:
    """∇f as the derivative of f."""
    problem, change = samples.problem, samples.change
    gradient = problem.reference.hypergradient
    return differences(
        lambda width: np.array([problem.at(problem.hyper + width * change).objective()]),
        np.array([gradient @ change]),
        samples.roundoff * abs(problem.objective()),
        float(np.linalg.norm(gradient) * np.linalg.norm(change)),
        SOLUTION_WIDTHS,
        LARGEST_SOLVED_ERROR,
    )


def jacobian(samples: Samples) -> Finding:
    """w'(λ) as the derivative of w(λ)."""
    problem, change = samples.problem, samples.change
    return differences(
        lambda width: problem.at(problem.hyper + width * change).reference.solution[None],
        (problem.solution_jacobian @ change)[None],
        samples.roundoff * float(np.linalg.norm(problem.reference.solution)),
        0.0,
        SOLUTION_WIDTHS,
        LARGEST_SOLVED_ERROR,
    )


def constant(name: str, samples: Samples) -> Finding:
    """No sample is above what is claimed."""
    claimed = float(getattr(samples.constants, name))
    ratio = samples.ratios[name]
    detail = f"claimed {claimed:.6g}, samples reach {ratio:.4g} of it"
    if claimed == 0:
        detail = f"claimed 0, {'and so it is' if ratio == 0 else 'but it is not'}"
    return ratio, 1 + ROUNDED_RATIO, detail
