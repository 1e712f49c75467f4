"""Reverse-mode iterative differentiation (ITD) through all steps."""

from __future__ import annotations

from hypergrad_core.methods.base import Points
from hypergrad_core.methods.unrolled import ReverseMode


class ITD(ReverseMode):
    """Reverse mode through all t steps."""

    key = "itd"
    label = "ITD"
    formula = (
        r"\begin{aligned}a_t&=\nabla_1E(w_t),\qquad a_s=\partial_1\Phi(w_s)^\top a_{s+1}\\"
        r"\widehat\nabla f&=\nabla_2E(w_t)+\sum_{s=0}^{t-1}\partial_2\Phi(w_s)^\top a_{s+1}"
        r"\end{aligned}"
    )
    source = "Franceschi et al. 2017; Grazzi et al. 2020, Theorem 2.1"
    paper_source = "Grazzi et al. 2020, Theorem 2.1"
    exponent = "t"
    whole = True
    fixed_adjoint_steps = (
        "It always goes back through all t steps (k = t), so k cannot vary while t is fixed. "
        "Use truncated ITD, which goes back through the last k steps."
    )
    tied_adjoint_steps = (
        "It always goes back through all t steps (k = t), so k cannot stay fixed while t varies. "
        "Use truncated ITD, which goes back through the last k steps."
    )

    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """k = t everywhere."""
        return Points(points.inner_steps, points.inner_steps)
