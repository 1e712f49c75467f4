"""What the views of a small problem show, in words."""

from __future__ import annotations

import numpy as np

from dashboard.kit.citations import leading_to
from dashboard.kit.notation import latex, percent, times
from hypergrad_core import METHODS
from hypergrad_core.bounds import Bound
from hypergrad_core.studies.dissection import Dissection
from hypergrad_core.studies.modes import polynomial_gaps
from hypergrad_core.studies.step_search import first_to_stay

# The message on the spectrum counts steps to this share of the first residual.
SOLVED = 1e-3
# Beyond this share of the first residual the run of CG and its polynomial have parted.
POLYNOMIAL_HOLDS = 1e-8
# Two bounds whose ratio is so close to 1 are the same.
SAME = 0.975


def change(paper: Bound, other: Bound) -> str:
    """How another bound compares at the last step."""
    gained = float(paper.values[-1] / other.values[-1]) if other.values[-1] > 0 else np.inf
    if SAME < gained < 1 / SAME:
        return "the same"
    return f"{times(gained)} smaller" if gained > 1 else f"{times(1 / gained)} larger"


def plane_message(dissection: Dissection) -> str:
    """How far w_t has come."""
    left = np.linalg.norm(dissection.gaps, axis=1)
    if left[0] > 0:
        share = float(left[-1] / left[0])
        change = f"{percent(share)} of what it was" if share < 10 else f"{times(share)} what it was"
        return f"After {dissection.steps} steps the distance to w(λ) is {change}."
    return "The iteration starts at w(λ)."


MODES = (
    "After k steps the residual is $p_k(M)\\,\\nabla_1E$, with $M=I-\\partial_1\\Phi$ and "
    "$p_k$ a polynomial of degree k with $p_k(0)=1$. CG’s polynomial is that of this run. "
    "Stacked: squared error in each eigenmode, smallest eigenvalue at the bottom; the modes add up "
    "to the whole error."
)
NO_MODES = (
    "$\\partial_1\\Phi$ is not symmetric, or Φ is not affine, so there are no orthogonal "
    "eigenmodes. The eigenvalues are those of $M=I-\\partial_1\\Phi$ at $w(\\lambda)$. "
    "**Share of the residual**: the norm of the residual divided by that at the start."
)
TERMS = (
    "**Inner-problem term**: the error of $w_t$ in the gradients of E. **Drift term**: the "
    "Jacobians are evaluated at early iterates or at $w_t$ instead of $w(\\lambda)$. **Adjoint "
    "term**: what k backward steps leave unsolved. Where the bound is pale it is below the "
    "estimate of rounding and says nothing about the measured error."
)


def caption(dissection: Dissection, part: str) -> str:
    """What stands below a view, as Markdown."""
    if part == "bound":
        return TERMS
    if part == "spectrum":
        return NO_MODES if dissection.modes is None else MODES
    return plane_caption(dissection)


def plane_caption(dissection: Dissection) -> str:
    """What the picture of two dimensions is, as Markdown."""
    if dissection.state_size == 2:
        what = "Both coordinates of w and of v"
    elif dissection.modes is not None:
        what = (
            "The plane spanned by the eigenvectors of the smallest and the largest eigenvalue of "
            "I − ∂₁Φ"
        )
    else:
        what = "The plane in which the iterates move most"
    return (
        f"{what}. Thin lines: contour lines of the objective of the inner problem and of the "
        "adjoint system, evenly spaced in its square root. The adjoint system is taken "
        "at the exact w(λ), so only the solver’s error shows. **Share of the distance**: the "
        "distance to the solution divided by that at the start."
    )


def spectrum_message(dissection: Dissection) -> str:
    """The spectrum in numbers, and how many steps each solver needs."""
    parts = []
    for run in dissection.runs:
        norms = run.residual_norms
        step = first_to_stay(norms / norms[0], SOLVED) if norms[0] > 0 else 0
        needed = f"> {dissection.steps}" if step is None else str(step)
        parts.append(f"{METHODS[run.method].label} {needed}")
    if dissection.modes is None:
        head = "No orthogonal eigenmodes here"
    else:
        values = dissection.modes.values
        distinct = 1 + int((np.diff(values) > 1e-9 * values[-1]).sum())
        root = dissection.modes.condition_number**0.5
        plural = "eigenvalues" if distinct > 1 else "eigenvalue"
        head = f"√cond(M) = {root:.3g}, {distinct} distinct {plural}"
    if not parts:
        return f"{head}. Choose an AID method to see its steps."
    said = f"{head}. Steps until the residual is 1000 times smaller: {', '.join(parts)}."
    conjugate = dissection.conjugate_run
    if dissection.modes is not None and conjugate is not None:
        off = np.flatnonzero(polynomial_gaps(dissection.modes, conjugate) > POLYNOMIAL_HOLDS)
        if len(off):
            said += f" From k = {off[0]} on, rounding: CG no longer follows its polynomial."
    return said


def constants_table(dissection: Dissection) -> str:
    """What each constant is, and how large here, as Markdown."""
    c = dissection.experiment.constants
    rows = [
        ("q", "Lipschitz constant of Φ(·, λ)", c.contraction),
        (
            r"\|\partial_1\Phi(w(\lambda))\|",
            "the q that holds for steps close to w(λ)",
            dissection.contraction_at_solution,
        ),
        (r"\kappa", "(1 + q)/(1 − q)", dissection.experiment.condition_number),
        (
            r"\kappa_M",
            "upper bound on cond(M), the condition number of M = I − ∂₁Φ",
            c.condition_number,
        ),
        (r"\nu_1", "how fast ∂₁Φ changes with w (Lipschitz constant)", c.nu1),
        (r"\nu_2", "how fast ∂₂Φ changes with w (Lipschitz constant)", c.nu2),
        (r"\mu_1", "how fast ∇₁E changes with w (Lipschitz constant)", c.mu1),
        (r"\mu_2", "how fast ∇₂E changes with w (Lipschitz constant)", c.mu2),
        ("L_E", "bound on ‖∇₁E‖ along the path", c.outer_gradient_bound),
        (r"L_\Phi", "‖∂₂Φ‖ at w(λ)", c.hyper_jacobian_norm),
        ("D", "‖w₀ − w(λ)‖", c.distance),
    ]
    lines = [f"| {leading_to('constants', 'Constant')} | Meaning | Value here |", "|---|---|---|"]
    lines += [
        f"| ${symbol}$ | {meaning} | ${latex(value, 3)}$ |" for symbol, meaning, value in rows
    ]
    return "\n".join(lines)
