"""The exceptions that carry a message for people. Any other exception is a fault of the program."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# A message shows no more of a value than this many characters.
LONGEST_VALUE = 80


class HypergradError(ValueError):
    """Something that was asked for cannot be done; the message says why and what is possible."""


class ScenarioError(HypergradError):
    """A value that is not allowed.

    Attributes:
        field: the name of the field.
        value: what it was set to, as a message shows it.
        allowed: what is allowed.
        given: the value as a person would write it.
        offered: what is allowed, by the names on the page; in brackets those in a link.
        choices: what there is to choose from, if it is a list.
    """

    def __init__(
        self,
        field: str,
        value: object,
        allowed: str,
        choices: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        text = repr(value)
        if len(text) > LONGEST_VALUE:
            text = f"{text[:LONGEST_VALUE]}…"
        super().__init__(f"{field} = {text} is not allowed: choose {allowed}.")
        self.field = field
        self.value = text
        self.allowed = allowed
        self.given = _given(value)
        self.choices = choices
        # Names may have commas in them.
        names = "; ".join(f"{label_of(key, choices)} ({key})" for key in choices)
        self.offered = allowed.replace(", ".join(choices), names) if choices else allowed


def label_of(value: object, choices: Mapping[str, object]) -> str:
    """What the page calls a value."""
    chosen = choices.get(value, value) if isinstance(value, str) else value
    label = getattr(chosen, "label", chosen)
    return digits_of(label) if isinstance(label, float) else str(label)


def digits_of(value: float) -> str:
    """A number as a person writes it: 7, not 7.0."""
    return f"{float(value):.15g}"


def _given(value: object) -> str:
    if isinstance(value, (int, float)):
        return digits_of(value) if isinstance(value, float) else str(value)
    text = ".".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"“{text[:LONGEST_VALUE]}{'…' if len(text) > LONGEST_VALUE else ''}”"
