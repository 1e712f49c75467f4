"""The (t, k) plane: its slices are the curves of ``run``, and the best splits are the best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import METHODS, Refusal, Scenario, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.plane import Plane, best_split_by, plane, plane_methods
from hypergrad_core.studies.prepared import prepare

HORIZON = 24
ROW, COLUMN = 9, 7
QUADRATICS = [
    Scenario(horizon=HORIZON),
    Scenario(horizon=HORIZON, inner="heavy-ball", spectrum="chebyshev", contraction=0.97),
    Scenario(horizon=HORIZON, size=7, hyper_size=2, contraction=0.5, seed=3),
]
OTHERS = [
    Scenario(family="logistic", size=12, samples=20, horizon=HORIZON),
    Scenario(family="kernel-ridge", size=15, hyper_size=3, horizon=HORIZON),
    Scenario(family="hyper-representation", size=4, hyper_size=12, samples=20, horizon=HORIZON),
    Scenario(family="equilibrium", size=24, samples=6, horizon=HORIZON),
    Scenario(family="nonsymmetric", size=10, hyper_size=3, horizon=HORIZON),
]


def applies(scenario: Scenario, method: str) -> bool:
    return not METHODS[method].refusal(scenario.problem_family.build(scenario))


def slices(found: Plane) -> dict[str, tuple[dict[str, Any], FloatArray, FloatArray, FloatArray]]:
    """Diagonal, row and column: how ``run`` is asked for them, errors, and both bounds."""
    arrays = (found.errors, found.paper, found.sharp)
    diagonal, row, column = (
        [pick(array) for array in arrays]
        for pick in (np.diag, lambda array: array[ROW], lambda array: array[:, COLUMN])
    )
    return {
        # A truncated method takes its k from adjoint_steps while t and k vary together.
        "diagonal": ({"vary": "both", "adjoint_steps": HORIZON}, *diagonal),
        "row": ({"vary": "adjoint", "inner_steps": ROW}, *row),
        "column": ({"vary": "inner", "adjoint_steps": COLUMN}, *column),
    }


@pytest.mark.parametrize("method", plane_methods())
@pytest.mark.parametrize("scenario", QUADRATICS, ids=["even", "heavy-ball", "small"])
def test_slices_are_the_curves_exactly(scenario: Scenario, method: str) -> None:
    found = plane(scenario, method)
    for name, (asked, *arrays) in slices(found).items():
        (curve,) = run(replace(scenario, methods=(method,), **asked)).curves
        for array, wanted in zip(
            arrays, (curve.errors, curve.paper.values, curve.sharp.values), strict=True
        ):
            np.testing.assert_array_equal(array, wanted, err_msg=name)


@pytest.mark.parametrize("method", plane_methods())
@pytest.mark.parametrize("scenario", OTHERS, ids=lambda scenario: scenario.family)
def test_slices_are_the_curves_on_other_families(scenario: Scenario, method: str) -> None:
    """Exactly where rows are multiplied one by one.

    Elsewhere BLAS orders the sums of a product by the shape of the block, and what that changes in
    the last digit grows with the steps of a Krylov method.
    """
    if not applies(scenario, method):
        assert "Use" in plane(scenario, method).reason
        return
    found = plane(scenario, method)
    for name, (asked, errors, paper, _) in slices(found).items():
        (curve,) = run(replace(scenario, methods=(method,), **asked)).curves
        if scenario.family in ("logistic", "nonsymmetric"):
            np.testing.assert_array_equal(errors, curve.errors, err_msg=name)
        else:
            close = 1e-11 if method in ("aid-fp", "itd-truncated") else 1e-3
            np.testing.assert_allclose(
                errors, curve.errors, rtol=close, atol=10 * curve.floor, err_msg=name
            )
        np.testing.assert_array_equal(paper, curve.paper.values, err_msg=name)


@pytest.mark.parametrize("method", plane_methods())
def test_bounds_hold_on_the_whole_plane(method: str) -> None:
    for scenario in (*QUADRATICS, *OTHERS):
        if applies(scenario, method):
            found = plane(scenario, method)
            allowed = found.errors - found.floor
            assert (found.paper >= allowed * (1 - 1e-12)).all()
            assert (found.sharp >= allowed * (1 - 1e-9)).all()


def test_a_large_plane_is_taken_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = plane(QUADRATICS[0], "aid-cg")
    seen: list[float] = []
    monkeypatch.setattr(
        "hypergrad_core.studies.plane.BAND_FLOATS", 5 * (HORIZON + 1) * whole.hyper_size
    )
    banded = plane(QUADRATICS[0], "aid-cg", seen.append)
    # The same fraction may be told again: then it is asked whether to go on.
    assert [*dict.fromkeys(seen)] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert seen == sorted(seen)
    np.testing.assert_array_equal(banded.errors, whole.errors)
    np.testing.assert_array_equal(banded.products, whole.products)


@pytest.mark.parametrize("method", ["itd", "one-step"])
def test_methods_without_a_free_k_have_no_plane(method: str) -> None:
    assert method not in plane_methods()
    refused = plane(QUADRATICS[0], method)
    assert isinstance(refused, Refusal)
    assert "Use" in refused.reason


@pytest.mark.parametrize("method", plane_methods())
def test_the_best_split_is_the_best_of_all_cells(method: str) -> None:
    found = plane(QUADRATICS[0], method)
    for budget in range(int(found.products.max()) + 1):
        split = found.frontier.within(budget)
        assert split.budget == budget
        assert split.products <= budget
        cell = split.inner_steps, split.adjoint_steps
        assert found.products[cell] == split.products
        assert found.errors[cell] == split.error
        least = float(found.errors[found.products <= budget].min())
        # Within rounding one that is hardly better is not worth more products.
        assert split.error == least or least <= split.error < 2 * least < 2 * found.floor
        assert split.on_adjoint == split.products - split.inner_steps >= 0


@pytest.mark.parametrize("q", [0.05, 0.2, 0.4])
def test_within_rounding_the_best_split_is_not_far_worse_than_another(q: float) -> None:
    """The estimate of rounding is an upper one: errors go on falling below it for a while."""
    scenario = Scenario(family="logistic", size=50, horizon=60, contraction=q)
    for method in ("aid-fp", "aid-cg"):
        found = plane(scenario, method)
        for budget in (40, 60, 100):
            split = found.frontier.within(budget)
            assert split.error < 2 * found.errors[found.products <= budget].min()


def test_a_split_can_be_judged_by_the_bound() -> None:
    found = plane(OTHERS[0], "aid-fp")
    split = best_split_by(found, found.paper, 30)
    assert split is not None
    assert (
        found.paper[split.inner_steps, split.adjoint_steps]
        == found.paper[found.products <= 30].min()
    )
    assert split.error == found.errors[split.inner_steps, split.adjoint_steps]
    assert split.products == found.products[split.inner_steps, split.adjoint_steps] <= 30


def test_where_there_is_no_bound_it_splits_nothing() -> None:
    found = plane(OTHERS[0], "aid-fp")
    assert best_split_by(found, np.full_like(found.paper, np.inf), 30) is None


def test_methods_may_share_what_is_prepared() -> None:
    prepared = prepare(QUADRATICS[0].build(), QUADRATICS[0].solver, QUADRATICS[0].horizon)
    for method in ("aid-fp", "aid-cg"):
        shared = plane(QUADRATICS[0], method, prepared=prepared)
        np.testing.assert_array_equal(shared.errors, plane(QUADRATICS[0], method).errors)
