"""What Theory can be set to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.kit.fields import Declared, choice
from dashboard.kit.settings import PageSettings
from dashboard.screens.theory.sections import SECTIONS, THEOREMS
from hypergrad_core import Scenario, ScenarioError

TITLES = {key: section.title for key, section in SECTIONS.items()}
# Labels are found in small letters too.
SPELLINGS = {**THEOREMS, **{key.lower(): key for key in SECTIONS if not key.islower()}}


def _section(name: str, value: Any) -> str:
    """As any choice, but they are too many to be listed in a message."""
    if not isinstance(value, str) or value not in SECTIONS:
        allowed = "a label such as R12, or another section in the list of contents"
        raise ScenarioError(name, value, allowed, TITLES)
    return value


@dataclass(frozen=True, kw_only=True)
class TheoryView(Declared):
    """Which section is read."""

    section: str = choice(
        next(iter(SECTIONS)),
        TITLES,
        link="section",
        label="Section",
        help="Type a label, such as R12, or a part of a title.",
        check=_section,
        former=SPELLINGS,
    )


# Nothing is computed, so nothing of what is solved comes along.
SETTINGS = PageSettings("theory", Scenario(), TheoryView(), shared=())
