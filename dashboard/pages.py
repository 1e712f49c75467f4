"""All pages, in the order of their tabs, and the one that opens."""

from __future__ import annotations

from typing import Any

from dashboard.kit.page import Page
from dashboard.screens.budget.page import PAGE as BUDGET
from dashboard.screens.complexity.page import PAGE as COMPLEXITY
from dashboard.screens.descent.page import PAGE as DESCENT
from dashboard.screens.explore.page import PAGE as EXPLORE
from dashboard.screens.lecture.page import lecture
from dashboard.screens.paper.page import PAGE as PAPER
from dashboard.screens.theory.page import PAGE as THEORY
from dashboard.screens.why.page import PAGE as WHY

_PICTURES: tuple[Page[Any, Any, Any], ...] = (
    EXPLORE,
    COMPLEXITY,
    BUDGET,
    WHY,
    DESCENT,
    PAPER,
)
LECTURE: Page[Any, Any, Any] = lecture(_PICTURES)
PAGES: tuple[Page[Any, Any, Any], ...] = (LECTURE, *_PICTURES, THEORY)
HOME: Page[Any, Any, Any] = EXPLORE
