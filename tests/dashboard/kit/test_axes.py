"""Logarithmic axes end where the data do; what lies within rounding is drawn, but faded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from frames import unpacked
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kit.figure.axes import (
    DECADES,
    NEARLY_ZERO,
    Plot,
    bound_traces,
    clear_of,
    level_names,
    log_range,
)

PLOT = Plot((0.0, 100.0), (-6.0, 0.0), logarithmic=False)
FALLING = np.logspace(0, -16, 40)


@settings(deadline=None)
@given(
    st.lists(st.floats(min_value=1e-17, max_value=1e8), min_size=1, max_size=30),
    st.floats(min_value=1e-15, max_value=1e6),
)
def test_what_was_measured_and_the_levels_lie_inside(values: list[float], level: float) -> None:
    measured = np.array(values)
    low, high = log_range([measured], levels=[level])
    assert 10**low < min(measured.min(), level)
    assert max(measured.max(), level) < 10**high
    # And not much further than that.
    assert min(measured.min(), level) < 10 ** (low + DECADES + 0.2)
    assert low % DECADES == high % DECADES == 0


@pytest.mark.parametrize("zero", [0.0, 5e-324, 1e-300, 1e-25])
def test_a_zero_does_not_stretch_the_axis(zero: float) -> None:
    assert log_range([np.append(FALLING, zero)]) == log_range([FALLING])
    small = 1e-9 * FALLING
    assert log_range([np.append(small, 1e-9 * zero)], scale=1e-9) == log_range([small], scale=1e-9)


def test_a_bound_stretches_the_axis_only_where_it_is_not_below_rounding() -> None:
    bound = np.logspace(4, -90, 100)
    low, high = log_range([np.logspace(0, -5, 10)], [bound], rounding=1e-12)
    assert (low, high) == (-12, 6)
    assert log_range([FALLING], [np.full(3, np.inf)], rounding=1e-12) == log_range([FALLING])


def test_an_axis_of_nothing_is_an_axis() -> None:
    for measured in ([], [np.zeros(3)], [np.array([np.nan])]):
        low, high = log_range(measured)
        assert low < high


def test_a_bound_is_drawn_as_it_is_and_faded_below_rounding() -> None:
    values = np.array([1.0, 1e-5, 1e-12, 9e-13, 0.0, 1e-40])
    whole, clear = bound_traces(np.arange(6.0), values, 1e-12, name="bound", line={"width": 2})
    np.testing.assert_array_equal(unpacked(whole["y"]), np.maximum(values, NEARLY_ZERO))
    np.testing.assert_array_equal(np.isfinite(unpacked(clear["y"])), values >= 1e-12)
    np.testing.assert_array_equal(unpacked(clear["y"])[:3], values[:3])
    assert whole["opacity"] < 0.5
    assert "opacity" not in clear
    assert whole["line"] == clear["line"]
    assert np.isnan(clear_of(values, np.inf)).all()


@pytest.mark.parametrize(("steep", "side"), [(True, 1), (False, 0)])
def test_the_name_of_a_level_stands_where_the_curves_are_not(steep: bool, side: int) -> None:
    x = np.arange(101.0)
    y = 10.0 ** (-x) if steep else 10.0 ** (-x / 23)
    trace = level_names(PLOT, {"ε": 1e-4}, [(x, y)], "light")
    seen = np.isfinite(unpacked(trace["y"]))
    assert seen.tolist() == [side == 0, side == 1]
    assert unpacked(trace["x"]).tolist() == [0.0, 100.0]
    assert 1e-4 < unpacked(trace["y"])[side] < 10**-3.5


def test_a_level_outside_the_axis_has_no_name() -> None:
    levels = {"far below": 1e-13, "zero": 0.0, "here": 1e-4}
    trace = level_names(PLOT, levels, [], "dark")
    named = [
        text.strip()
        for text, y in zip(trace["text"], unpacked(trace["y"]), strict=True)
        if math.isfinite(y)
    ]
    assert named == ["here"]


@pytest.mark.parametrize(("other", "apart"), [(4e-5, True), (2e-4, True), (1e-1, False)])
def test_names_of_levels_that_are_close_stand_at_different_ends(other: float, apart: bool) -> None:
    trace = level_names(PLOT, {"ε": 1e-4, "rounding": other}, [], "light")
    first, second = np.flatnonzero(np.isfinite(unpacked(trace["y"])))
    assert (first % 2 != second % 2) == apart
