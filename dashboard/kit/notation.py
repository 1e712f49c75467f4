"""Numbers as a page writes them: few digits, the same width, Unicode powers."""

from __future__ import annotations

import math
from collections.abc import Sequence

# The summands of a bound as a page calls them.
TERM_NAMES: dict[str, str] = {
    "inner problem": "inner-problem term",
    "drift": "drift term",
    "adjoint": "adjoint term",
}
SUPERSCRIPTS = str.maketrans("-0123456789.", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹·")


def scientific(value: float, digits: int = 1) -> str:
    """1.2·10⁻⁴, 2·10⁻⁴, 10⁻⁴; plain below a thousand where that is as short.

    ``formatValue`` in ``chart/pure/formats.js`` writes the same.
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "–"
    if value == 0:
        return "0"
    if 0.01 <= abs(value) < 999.5:
        return f"{value:.3g}"
    mantissa, exponent = _parts(value, digits)
    power = "10" + str(exponent).translate(SUPERSCRIPTS)
    return power if mantissa == "1" else f"{mantissa}·{power}"


def _parts(value: float, digits: int) -> tuple[str, int]:
    """Mantissa, without zeros at its end, and exponent."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{float(mantissa):g}", int(exponent)


def latex(value: float, digits: int = 2) -> str:
    """The same in LaTeX."""
    if not math.isfinite(value):
        return r"\infty"
    if value == 0:
        return "0"
    if 0.01 <= abs(value) < 999.5:
        return f"{value:.3g}"
    mantissa, exponent = _parts(value, digits - 1)
    power = rf"10^{{{exponent}}}"
    return power if mantissa == "1" else rf"{mantissa}\cdot{power}"


def power(symbol: str, exponent: float) -> str:
    """κ^0.49: a raised dot would read as "times"."""
    return f"{symbol}^{exponent:.2f}"


def count(value: float) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{int(value):,}".replace(",", "\u2009")


def ratio(value: float) -> str:
    """How many times: 1.0×, 31×, 2.4·10⁵×."""
    if not math.isfinite(value):
        return "–"
    if value < 9.95:
        return f"{value:.1f}×"
    return f"{value:.0f}×" if value < 999.5 else f"{scientific(value)}×"


def percent(share: float) -> str:
    """1.4 %, 85 %, 99.9 %; what is less than a thousandth is written as a number: 2.3·10⁻⁵."""
    if 0 < share < 0.001 or not math.isfinite(share):
        return scientific(share)
    value = 100 * share
    return f"{value:.2g} %" if value < 99.5 else f"{value:.3g} %"


def times(factor: float) -> str:
    """7.6 times, 4.5·10⁵ times."""
    return f"{ratio(factor).removesuffix('×')} times"


def listed(names: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
