"""How far two colours are apart, and those of the theme."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from frames import ROOT

from dashboard.kit.theme import Mode

SETTINGS: dict[str, Any] = tomllib.loads(
    (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
)


def channels(color: str) -> tuple[float, float, float]:
    """Red, green and blue of a hex colour, each from 0 to 1."""
    found = re.fullmatch(r"#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})", color)
    assert found, f"{color!r} is not a hex colour"
    red, green, blue = (int(found[i], 16) / 255 for i in (1, 2, 3))
    return red, green, blue


def luminance(color: str) -> float:
    """Relative luminance as the accessibility guidelines define it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def background(mode: Mode) -> str:
    return str(SETTINGS["theme"][mode]["backgroundColor"])
