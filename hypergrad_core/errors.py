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
        value: what it was set to.
        allowed: what is allowed.
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
        self.value = value
        self.allowed = allowed
        self.choices = choices

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[object, ...]]:
        # An exception is otherwise built anew from its message alone, which fails in a process
        # that waits for the result of another.
        return type(self), (self.field, self.value, self.allowed, dict(self.choices))
