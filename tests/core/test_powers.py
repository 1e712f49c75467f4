"""The drift of the Jacobian, norms of powers, and diagonal blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import path_along
from hypergrad_core.bounds.powers import diagonal_blocks, power_norms_upper
from hypergrad_core.constants import Constants
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems.tanh_network import TanhNetwork
from tests.core import bound_cases as bounds
from tests.core.helpers import build, points_at

# What is measured along the path.


def test_the_drift_of_an_affine_map_is_known_to_be_zero() -> None:
    made = build(family="nonsymmetric", size=20)
    path = path_along(made, SOLVERS["fixed-point"].iterate(made, 20))
    assert path.tier == "X"
    assert np.all(path.implicit_bound(np.array([20]), np.zeros(1), np.zeros(1), energy=False) >= 0)


def test_the_drift_is_measured_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    made = build(family="equilibrium", size=60, samples=6, contraction=0.5)
    states = SOLVERS["fixed-point"].iterate(made, 200)
    points = points_at(range(201), range(201))
    method = METHODS["aid-fp"]
    estimate = method.estimate(made, states, points)
    sharp = method.sharp_bound(path_along(made, states), estimate)
    asked: list[int] = []
    drifts = TanhNetwork.drifts

    def counted(self: TanhNetwork, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        drift = drifts(self, columns)
        return lambda block: (asked.append(len(block)), drift(block))[1]

    monkeypatch.setattr(TanhNetwork, "drifts", counted)
    short = path_along(made, states)
    assert 0 < sum(asked) < 80
    # Enough work for these, too little for all the iterates.
    size = made.state_size * made.hyper_size**2
    monkeypatch.setattr("hypergrad_core.bounds.measured.DRIFT_WORK", 80 * size)
    assert path_along(made, states).tier == short.tier == sharp.tier == "X"
    monkeypatch.setattr("hypergrad_core.bounds.measured.DRIFT_WORK", 10 * size)
    assert path_along(made, states).tier == "T"
    # As if all had been measured, but for what rounding hides.
    monkeypatch.setattr("hypergrad_core.bounds.measured.DRIFT_WORK", np.inf)
    monkeypatch.setattr(Constants, "rounding_floor", 0.0)
    full = method.sharp_bound(path_along(made, states), estimate)
    assert np.all(sharp.values >= full.values * (1 - bounds.SLACK))


# Powers of a matrix that is not symmetric.


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 37, 300])
@pytest.mark.parametrize("count", [1, 5])
def test_norms_of_powers_are_never_below_the_truth(count: int, depth: int) -> None:
    random = np.random.default_rng(depth)
    blocks = random.standard_normal((count, 6, 6))
    blocks *= 0.95 / np.linalg.norm(blocks, 2, axis=(1, 2)).max()
    norm = float(np.linalg.norm(blocks, 2, axis=(1, 2)).max())
    upper = power_norms_upper(blocks, norm, depth)
    assert upper.shape == (depth + 1,)
    for j in range(depth + 1):
        powers = [np.linalg.matrix_power(block, j) for block in blocks]
        truth = max(float(np.linalg.norm(power, 2)) for power in powers)
        assert truth * (1 - 1e-10) <= upper[j] <= norm**j * (1 + 1e-12)
    # Much faster than the norm alone says.
    if depth >= 37:
        assert upper[37] < 0.1 * norm**37


def test_powers_that_would_underflow_are_still_bounded() -> None:
    upper = power_norms_upper(1e-3 * np.eye(2)[None], 1e-3, 400)
    assert np.all(upper >= 0)
    exponents = np.arange(101)
    # The Schatten norm of the identity is 2^⅛, once for each factor at the most.
    assert np.all(upper[:101] >= 1e-3**exponents * (1 - 1e-12))
    assert np.all(upper[:101] <= 1e-3**exponents * (1 + 1e-12))


def test_blocks_are_found_in_any_order() -> None:
    random = np.random.default_rng(0)
    blocks = random.standard_normal((3, 4, 4))
    matrix = np.zeros((12, 12))
    for i, block in enumerate(blocks):
        matrix[4 * i : 4 * i + 4, 4 * i : 4 * i + 4] = block
    order = random.permutation(12)
    found = diagonal_blocks(matrix[np.ix_(order, order)])
    assert found.shape == (3, 4, 4)
    wanted = np.sort(np.linalg.svd(blocks, compute_uv=False).ravel())
    assert np.allclose(np.sort(np.linalg.svd(found, compute_uv=False).ravel()), wanted)
    uneven = np.zeros((5, 5))
    uneven[:2, :2] = uneven[2:, 2:] = 1.0
    assert np.array_equal(diagonal_blocks(uneven), uneven[None])
    assert diagonal_blocks(matrix[:4, :4]).shape == (1, 4, 4)
