"""Numbers that solvers and bounds share."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray


def condition_number(contraction: float) -> float:
    """κ = (1 + q)/(1 − q), the most that cond(I − ∂₁Φ) can be where ∂₁Φ is symmetric."""
    return (1 + contraction) / (1 - contraction)


def geometric_sum(ratio: float, count: FloatArray) -> FloatArray:
    """[k]_q = (1 − q^k)/(1 − q), elementwise (L4)."""
    return np.asarray((1 - ratio**count) / (1 - ratio))


def chebyshev_number(condition_number: float, steps: FloatArray | IntArray) -> FloatArray:
    """C_k(κ) = 1/T_k((κ+1)/(κ−1)): what the best polynomial of degree k leaves (L5)."""
    steps = steps.astype(np.float64)
    if condition_number <= 1:
        return np.asarray(np.where(steps == 0, 1.0, 0.0))
    root = np.sqrt(condition_number)
    rate = (root - 1) / (root + 1)
    power = rate**steps
    return np.asarray(2 * power / (1 + power**2))


def chebyshev_weight(contraction: float, step: int) -> float:
    """ω_{s+1} of the step s = 0, 1, … of Chebyshev's semi-iteration on [1 − q, 1 + q].

    1 at first, then 1/(1 − q²/2), and 1/(1 − q²ω_s/4) from there on (Golub and Varga 1961), which
    is (1 + r²)(1 + r^{2s})/(1 + r^{2s+2}).
    """
    if step == 0:
        return 1.0
    square = (contraction / (1 + np.sqrt(1 - contraction**2))) ** 2
    power = square**step
    return float((1 + square) * (1 + power) / (1 + square * power))


def chebyshev_formula(condition_number: str) -> str:
    """LaTeX of C_k(κ)."""
    kappa = condition_number
    return rf"\frac{{1}}{{T_k\left(({kappa}+1)/({kappa}-1)\right)}}"


def conjugate_gradient_rate(condition_number: float) -> float:
    """r = (√κ − 1)/(√κ + 1)."""
    root = np.sqrt(condition_number)
    return float((root - 1) / (root + 1))
