"""Numbers as a page writes them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from words_cases import number

from dashboard.kit.notation import (
    count,
    latex,
    listed,
    ratio,
    scientific,
)


def test_names_are_listed() -> None:
    assert listed(["A"]) == "A"
    assert listed(["A", "B"]) == "A and B"
    assert listed(["A", "B", "C"]) == "A, B and C"


positive = st.floats(min_value=1e-300, max_value=1e300)


@given(positive)
def test_a_number_in_latex_is_that_number(value: float) -> None:
    assert number(latex(value)) == pytest.approx(value, rel=0.051)
    assert number(latex(value, 3)) == pytest.approx(value, rel=0.0051)


@given(positive)
def test_a_number_on_the_page_is_that_number(value: float) -> None:
    plain = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)·?)?(?:10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", scientific(value))
    assert found, scientific(value)
    mantissa, exponent = float(found[1] or 1), int((found[2] or "0").translate(plain))
    assert mantissa * 10.0**exponent == pytest.approx(value, rel=0.051)
    assert not (found[1] or "").endswith(".0")


@pytest.mark.parametrize("value", [999.4, 999.5, 999.6, 999.99, 1000.0, 0.00999, 0.01, 9.996])
def test_numbers_on_the_edge_of_two_notations_are_written_plainly(value: float) -> None:
    for text in (scientific(value), latex(value), latex(value, 3), ratio(value)):
        assert "e" not in text.replace("cdot", "")


@pytest.mark.parametrize(
    ("value", "text", "formula"),
    [
        (2000.0, "2·10³", r"2\cdot10^{3}"),
        (1.96e3, "2·10³", r"2\cdot10^{3}"),
        (2.04e-5, "2·10⁻⁵", r"2\cdot10^{-5}"),
        (2.5e-5, "2.5·10⁻⁵", r"2.5\cdot10^{-5}"),
        (1e-4, "10⁻⁴", r"10^{-4}"),
        (2.0, "2", "2"),
    ],
)
def test_a_number_has_one_notation(value: float, text: str, formula: str) -> None:
    assert (scientific(value), latex(value)) == (text, formula)


def test_numbers_that_are_none() -> None:
    assert scientific(0.0) == latex(0.0) == "0"
    assert scientific(np.inf) == "∞"
    assert scientific(np.nan) == "–"
    assert latex(np.inf) == r"\infty"
    assert ratio(np.inf) == "–"


@given(st.integers(min_value=0, max_value=10**12))
def test_a_count_has_all_its_digits(value: int) -> None:
    assert int(count(value).replace("\u2009", "")) == value
