"""f over hyperparameters: on a plane of two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import HypergradError
from hypergrad_core.reference import Reference
from hypergrad_core.studies.landscape import objective_plane
from tests.core.helpers import build

TWO: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 6, "hyper_size": 2},
    "nonsymmetric": {"size": 6, "hyper_size": 2},
    "kernel-ridge": {"size": 7, "hyper_size": 2},
    "logistic": {"size": 2, "samples": 9},
    "biased": {"size": 2, "samples": 9},
}


@pytest.mark.parametrize("family", TWO)
def test_f_is_exact_on_a_plane_and_blank_where_it_is_not_meant(family: str) -> None:
    problem = build(family=family, **TWO[family])
    first, second = np.array([-0.5, 0.2, 1.0]), np.array([0.3, 0.7])
    told: list[float] = []
    values = objective_plane(problem, first, second, told.append)
    assert told == pytest.approx(np.arange(6) / 6)
    for row, column in np.ndindex(2, 3):
        hyper = np.array([first[column], second[row]])
        assert np.isnan(values[row, column]) == (not problem.admits(hyper))
        if problem.admits(hyper):
            assert values[row, column] == problem.at(hyper).objective()
    assert np.isnan(values[0, 0]) == (family in ("kernel-ridge", "logistic"))


def test_the_slope_of_the_plane_is_the_hypergradient() -> None:
    problem = build(family="logistic-log", size=2, samples=9)
    here, step = problem.hyper, 1e-5
    values = objective_plane(problem, *(np.array([value - step, value + step]) for value in here))
    along = (values.mean(axis=0), values.mean(axis=1))
    slopes = [(ends[1] - ends[0]) / (2 * step) for ends in along]
    np.testing.assert_allclose(slopes, problem.reference.hypergradient, rtol=1e-6)


def test_a_plane_takes_two_hyperparameters() -> None:
    with pytest.raises(HypergradError, match="the problem has 3"):
        objective_plane(build(family="quadratic", size=5, hyper_size=3), np.ones(2), np.ones(2))


def test_a_singular_matrix_says_that_the_solution_is_not_reached() -> None:
    problem = build(family="quadratic", size=5, hyper_size=2)

    class Singular(type(problem)):  # type: ignore[misc]
        def solve(self) -> Reference:
            raise np.linalg.LinAlgError("Singular matrix")

    broken = Singular(
        **{name: getattr(problem, name) for name in type(problem).__dataclass_fields__}
    )
    with pytest.raises(HypergradError, match="was not reached: a matrix is singular"):
        _ = broken.reference
    assert np.isnan(objective_plane(broken, np.ones(1), np.ones(1))).all()
    assert np.isfinite(objective_plane(replace(problem), np.ones(1), np.ones(1))).all()
