"""Reverse-mode differentiation, truncated to the last k steps."""

from __future__ import annotations

import numpy as np

from hypergrad_core.methods.base import Points
from hypergrad_core.methods.unrolled import ReverseMode


class TruncatedITD(ReverseMode):
    """Reverse mode through the last k of t steps (K-RMD); k = t is full ITD."""

    key = "itd-truncated"
    label = "Truncated ITD"
    formula = (
        r"\begin{aligned}a_t&=\nabla_1E(w_t),\qquad a_s=\partial_1\Phi(w_s)^\top a_{s+1}\\"
        r"\widehat\nabla f&=\nabla_2E(w_t)+\sum_{s=t-k}^{t-1}\partial_2\Phi(w_s)^\top a_{s+1}"
        r"\end{aligned}"
    )
    source = "Shaban et al. 2019"
    paper_source = "Grazzi et al. 2020, Theorem 2.1, truncated"
    plateau = (
        "With its k held, its error ends on a plateau that no number of steps passes. "
        "Use ITD: it is this method with a k that grows with t."
    )
    exponent = "k"

    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """k no larger than the truncation, and no further back than w_0."""
        k = np.minimum(points.inner_steps, points.adjoint_steps)
        return Points(points.inner_steps, k if truncation is None else np.minimum(k, truncation))
