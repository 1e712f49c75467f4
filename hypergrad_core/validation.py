"""Checks of single values: generous in what is accepted, strict in what is returned."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from numbers import Integral, Real

from hypergrad_core.errors import ScenarioError


def require_one_of(field: str, value: object, allowed: Mapping[str, object]) -> str:
    """The value, if it is a key of ``allowed``.

    Raises:
        ScenarioError: if it is not.
    """
    if not isinstance(value, str) or value not in allowed:
        raise ScenarioError(field, value, f"one of {', '.join(allowed)}", allowed)
    return value


def require_integer(field: str, value: object, low: int, high: int) -> int:
    """The value as Python's own integer, if it is one of any type from ``low`` to ``high``.

    Raises:
        ScenarioError: if it is not.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if low <= number <= high:
            return number
    raise ScenarioError(field, value, f"a whole number from {low} to {high}")


def require_number(field: str, value: object, low: float, high: float) -> float:
    """The value as Python's own float, if it is a real number from ``low`` to ``high``.

    Raises:
        ScenarioError: if it is not.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        # A whole number may be too large for a float.
        with suppress(OverflowError):
            number = float(value) + 0.0  # without the sign of −0
            if low <= number <= high:
                return number
    raise ScenarioError(field, value, f"a number from {low:.15g} to {high:.15g}")
