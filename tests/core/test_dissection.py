"""A small problem taken apart: its experiment at every step, and the heights over its planes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import Scenario, run
from hypergrad_core.studies.dissection import dissect

SMALL = Scenario(family="quadratic", size=6, hyper_size=2, samples=12, horizon=12)


@pytest.mark.parametrize("horizon", [40, 200, 250, 400])
def test_every_step_of_every_curve_is_the_one_that_it_says(horizon: int) -> None:
    """Also beyond the number of points of a sampled curve."""
    found = dissect(replace(SMALL, horizon=horizon)).experiment
    for t in (0, 1, 19, horizon // 2, horizon - 1, horizon):
        alone = run(replace(SMALL, horizon=max(t, 1)))
        for curve, wanted in zip(found.curves, alone.curves, strict=True):
            np.testing.assert_array_equal(curve.steps, np.arange(horizon + 1))
            place = -1 if t else 0
            assert curve.errors[t] == pytest.approx(wanted.errors[place], rel=1e-6, abs=1e-14)
            for bound in ("paper", "sharp"):
                values, there = getattr(curve, bound).values, getattr(wanted, bound).values
                assert values[t] == pytest.approx(there[place], rel=1e-9)


@pytest.mark.parametrize(
    "scenario",
    [
        SMALL,
        replace(SMALL, family="nonsymmetric", size=2),
        replace(SMALL, family="logistic"),
        replace(SMALL, family="equilibrium-symmetric", size=12, samples=4, contraction=1.4),
    ],
    ids=lambda scenario: scenario.family,
)
def test_level_curves_have_the_height_that_they_are_of(scenario: Scenario) -> None:
    found = dissect(scenario)
    heights = np.array([1e-3, 1.0, 7.0])
    for plane in (found.projection, found.adjoint_projection):
        curves = plane.level_curves(heights, np.linspace(0, 2 * np.pi, 9))
        assert curves.shape == (3, 9, 2)
        expected = np.broadcast_to(heights[:, None], (3, 9))
        np.testing.assert_allclose(plane.heights(curves), expected, rtol=1e-9)
