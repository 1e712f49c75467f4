"""What the steps of a scheme leave, and how a disturbance lives on, at each eigenvalue of ∂₁Φ."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.scheme import Scheme


def residual_polynomials(
    values: FloatArray, steps: IntArray, scheme: Scheme, *, whole: bool
) -> FloatArray:
    """p_k at each eigenvalue of ∂₁Φ, what k steps of a scheme leave: (d,), (P,) → (P, d).

    Args:
        values: eigenvalues, shape (d,).
        steps: k, shape (P,).
        scheme: of the inner solver; the plain one gives a^k.
        whole: whether the k steps begin at w_0, whose first step is a plain one; else they are
            the last k of more.
    """
    out = np.empty((len(steps), len(values)))
    relaxation, momentum = scheme.relaxation, scheme.momentum
    factor = values if scheme == Scheme() else relaxation * values + (1 - relaxation + momentum)
    before, now = np.ones_like(values), np.ones_like(values)
    done = 0
    for place in np.argsort(steps, kind="stable"):
        for j in range(done, int(steps[place])):
            if momentum == 0:
                now = factor * now
            elif j == 0 and whole:
                before, now = now, values * now
            else:
                before, now = now, factor * now - momentum * before
        done = int(steps[place])
        out[place] = now
    return out


def response_polynomials(values: FloatArray, depth: int, scheme: Scheme) -> FloatArray:
    """h_j at each eigenvalue, j = 0 … depth: how a disturbance of one step lives on (R13)."""
    out = np.zeros((depth + 1, len(values)))
    out[0] = 1
    factor = scheme.relaxation * values + (1 - scheme.relaxation + scheme.momentum)
    for j in range(depth):
        out[j + 1] = factor * out[j] - (scheme.momentum * out[j - 1] if j else 0)
    return out
