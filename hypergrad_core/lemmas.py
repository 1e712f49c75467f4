"""Numbers that solvers and bounds share."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray


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


def chebyshev_formula(condition_number: str) -> str:
    """LaTeX of C_k(κ)."""
    kappa = condition_number
    return rf"\frac{{1}}{{T_k\left(({kappa}+1)/({kappa}-1)\right)}}"


def conjugate_gradient_rate(condition_number: float) -> float:
    """r = (√κ − 1)/(√κ + 1)."""
    root = np.sqrt(condition_number)
    return float((root - 1) / (root + 1))
