"""Reads the formulas of the bounds: a small part of LaTeX, evaluated with numbers for symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from hypergrad_core.arrays import FloatArray

Number = float | FloatArray
# What only sets the formula.
SPACES = re.compile(r"\\[,;!]|\\left|\\right|\s")
TOKEN = re.compile(r"\d+(?:\.\d+)?|[-+/^(),{}]|\\(?:t?frac|sqrt|min)|T_k|[A-Za-z]|\\[A-Za-z]+")
CLOSING = {"(": ")", "{": "}"}
OPERATORS = set("+-/^),}") | {""}


def evaluate(formula: str, values: Mapping[str, Number]) -> FloatArray:
    """The value of a formula in which symbols stand for numbers or arrays of one shape.

    Products are written without a sign. T_k is the Chebyshev polynomial of degree k.

    Args:
        formula: LaTeX.
        values: by symbol, such as ``r"\\nu_1"``; one that begins with another one is read first.

    Raises:
        ValueError: if the formula has what is not known here.
    """
    return np.asarray(_Reader(formula, values).all())


class _Reader:
    """A reader of one formula, from the left to the right."""

    def __init__(self, formula: str, values: Mapping[str, Number]) -> None:
        names = sorted(values, key=len, reverse=True)
        # A name of one letter is a token anyway; longer ones have an index.
        known = "|".join(re.escape(name) for name in names if len(name) > 1)
        token = re.compile(f"{known}|{TOKEN.pattern}" if known else TOKEN.pattern)
        self._values = values
        self._tokens: list[str] = []
        text = SPACES.sub(" ", formula)
        place = 0
        while place < len(text):
            if text[place] == " ":
                place += 1
                continue
            found = token.match(text, place)
            if found is None:
                raise ValueError(f"{formula!r} cannot be read from {text[place:]!r} on")
            self._tokens.append(found[0])
            place = found.end()

    def all(self) -> Number:
        """The whole formula."""
        value = self._sum()
        if self._tokens:
            raise ValueError(f"{self._tokens[0]!r} is not expected")
        return value

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, *expected: str) -> str:
        if not self._tokens or (expected and self._tokens[0] not in expected):
            raise ValueError(f"{self._next()!r} is not one of {expected}")
        return self._tokens.pop(0)

    def _sum(self) -> Number:
        value = -self._product() if self._next() == "-" and self._take() else self._product()
        while self._next() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            value = value + sign * self._product()
        return value

    def _product(self) -> Number:
        value = self._power()
        while self._next() not in OPERATORS - {"/"}:
            if self._next() == "/":
                self._take()
                value = value / self._power()
            else:
                value = value * self._power()
        return value

    def _power(self) -> Number:
        value = self._factor()
        if self._next() == "^":
            self._take()
            exponent = self._factor()
            value = np.asarray(value, dtype=np.float64) ** exponent
        return value

    def _factor(self) -> Number:
        token = self._take()
        if token in CLOSING:
            value = self._sum()
            self._take(CLOSING[token])
            return value
        if token in (r"\frac", r"\tfrac"):
            above = self._factor()
            return above / self._factor()
        if token == r"\sqrt":
            return np.sqrt(self._factor())
        if token == r"\min":
            self._take("(")
            one = self._sum()
            self._take(",")
            other = self._sum()
            self._take(")")
            return np.minimum(one, other)
        if token == "T_k":
            # Beyond the largest float it is infinity, and its inverse 0.
            with np.errstate(over="ignore"):
                return np.cosh(self._values["k"] * np.arccosh(self._factor()))
        if token.isdigit():
            return float(token)
        if token not in self._values:
            raise ValueError(f"{token!r} has no value")
        return self._values[token]
