"""What the base class does for every problem: moving, keeping, measuring."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import kept_property
from hypergrad_core.problems import nonsymmetric, quadratic, tanh_network
from hypergrad_core.problems.quadratic import Quadratic
from tests.core.helpers import build, relative_gap

SMALL = {"size": 12, "samples": 6, "hyper_size": 5}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_problem_cannot_be_changed(family: str) -> None:
    problem = build(family=family, **SMALL)
    with pytest.raises(FrozenInstanceError):
        problem.initial_state = np.ones(problem.state_size)  # type: ignore[misc]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_kept_is_the_same_at_every_hyperparameter(family: str) -> None:
    """A copy that kept it, and one that is built from its fields alone, agree to the last bit."""
    problem = build(family=family, **SMALL)
    _ = problem.constants, problem.canonical(), problem.reference
    moved = problem.at(1.01 * problem.hyper).starting_at(np.ones(problem.state_size))
    made = {item.name: getattr(moved, item.name) for item in fields(moved) if item.init}
    fresh = type(moved)(**made)
    for name in dir(type(problem)):
        if isinstance(getattr(type(problem), name), cached_property):
            kept, again = getattr(moved, name), getattr(fresh, name)
            if not hasattr(kept, "reference"):
                assert str(kept) == str(again), name
    assert moved.constants == fresh.constants


NORMS: dict[str, Any] = {
    "quadratic": (quadratic, "spectral_norm"),
    "nonsymmetric": (nonsymmetric, "spectral_norm"),
}


@pytest.mark.parametrize("family", NORMS)
def test_what_is_expensive_and_fixed_is_not_computed_again(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = build(family=family, **SMALL).canonical()
    before = problem.constants

    def never(matrix: Any) -> float:
        raise AssertionError("computed again")

    monkeypatch.setattr(*NORMS[family], never)
    moved = problem.at(1.01 * problem.hyper)
    assert moved.constants.hyper_jacobian_norm == before.hyper_jacobian_norm
    assert moved.constants.distance != before.distance


def test_the_norm_of_a_graph_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = build(family="graph-network", **SMALL)
    assert isinstance(problem, tanh_network.TanhNetwork)
    norms = problem._mixing_norms
    moved = problem.at(1.01 * problem.hyper)
    assert vars(moved)["_mixing_norms"] is norms
    assert "recurrent" not in vars(moved)


def test_the_eigenbasis_is_entered_once_for_all_hyperparameters() -> None:
    problem = build(size=30, hyper_size=3)
    assert isinstance(problem, Quadratic)
    first = problem.canonical()
    other = problem.at(2 * problem.hyper).starting_at(np.ones(30))
    second = other.canonical()
    assert second.coupling is first.coupling
    assert np.array_equal(second.hyper, 2 * problem.hyper)
    assert relative_gap(second.initial_state, problem.basis.to_eigen(np.ones((1, 30)))[0]) < 1e-14
    assert isinstance(type(problem).__dict__["_rotated"], kept_property)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_base_class_measures_what_the_reference_tells(family: str) -> None:
    problem = build(family=family, start=2.0, **SMALL)
    constants, truth = problem.constants, problem.reference
    solution = truth.solution[None]
    told = {
        "distance": truth.solution - problem.initial_state,
        "outer_gradient_norm": problem.outer_gradient_state(solution)[0],
        "direct_gradient_norm": problem.outer_gradient_hyper(solution)[0],
        "adjoint_norm": truth.adjoint,
        "hypergradient_norm": truth.hypergradient,
        "solution_norm": truth.solution,
    }
    for name, vector in told.items():
        assert getattr(constants, name) == pytest.approx(float(row_norms(vector[None])[0])), name
    bound = constants.outer_gradient_norm + constants.mu1 * constants.distance
    cap = problem.lipschitz().outer_gradient_cap
    assert constants.outer_gradient_bound == pytest.approx(min(bound, cap))
    assert constants.symmetric == problem.symmetric
