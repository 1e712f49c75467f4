"""Numbers that solvers and bounds share."""

from __future__ import annotations

import numpy as np
import pytest

from hypergrad_core.lemmas import (
    chebyshev_number,
    chebyshev_weight,
    condition_number,
    conjugate_gradient_rate,
)

FACTORS = (1e-3, 0.01, 0.3, 0.9, 0.9999)


@pytest.mark.parametrize("q", FACTORS)
def test_the_weights_are_those_of_golub_and_varga(q: float) -> None:
    weight = 1.0
    for step in range(200):
        assert chebyshev_weight(q, step) == pytest.approx(weight, rel=1e-13)
        weight = 1 / (1 - q**2 / 2) if step == 0 else 1 / (1 - q**2 * weight / 4)


@pytest.mark.parametrize("q", FACTORS)
def test_the_weights_make_the_chebyshev_number(q: float) -> None:
    """At the ends of [−q, q] the polynomials alternate and are C_k(κ) in size (L5)."""
    kappa = condition_number(q)
    assert kappa == pytest.approx((1 + q) / (1 - q))
    now, before = 1.0, 0.0
    for step in range(60):
        number = chebyshev_number(kappa, np.array([step]))[0]
        assert now == pytest.approx(number, rel=1e-8)
        weight = chebyshev_weight(q, step)
        now, before = weight * (q * now - before) + before, now
    assert conjugate_gradient_rate(kappa) == pytest.approx(
        (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    )
