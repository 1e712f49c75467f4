"""What the tests of controls share."""

from __future__ import annotations

LOGISTIC = {"problem": "logistic", "d": "10", "n": "20"}
SMALL = {"problem": "quadratic", "d": "20"}
