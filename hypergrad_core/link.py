"""Settings ⇄ links: frozen dataclasses of plain values, written as query parameters and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

# A message shows no more of a value than this many characters.
LONGEST_VALUE = 80


class ScenarioError(ValueError):
    """A value that is not allowed.

    Attributes:
        field: the name of the field.
        value: what it was set to, as a message shows it.
        allowed: what is allowed.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        text = repr(value)
        if len(text) > LONGEST_VALUE:
            text = f"{text[:LONGEST_VALUE]}…"
        super().__init__(f"{field} = {text} is not allowed: choose {allowed}.")
        self.field = field
        self.value = text
        self.allowed = allowed


def require_one_of(field: str, value: object, allowed: Mapping[str, object]) -> None:
    """Refuse a value that is not a key of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ScenarioError(field, value, f"one of {', '.join(allowed)}")


def require_integer(field: str, value: object, low: int, high: int) -> None:
    """Refuse a value that is not a whole number from ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ScenarioError(field, value, f"a whole number from {low} to {high}")


def require_number(field: str, value: object, low: float, high: float) -> None:
    """Refuse a value that is not a number from ``low`` to ``high``."""
    if not isinstance(value, float) or not low <= value <= high:
        raise ScenarioError(field, value, f"a number from {low:g} to {high:g}")


@dataclass(frozen=True, kw_only=True)
class LinkSettings:
    """Base of settings that are written as query parameters and read back.

    Subclasses are frozen dataclasses all of whose fields have defaults: str, int, float or tuple
    of str. They refuse a bad value with a ``ScenarioError``.

    Attributes:
        link_names: field → query parameter.
    """

    link_names: ClassVar[Mapping[str, str]]

    def to_link(self, *, full: bool = False, defaults: Self | None = None) -> dict[str, str]:
        """Query parameters; what ``from_link`` restores by itself is left out unless ``full``."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        left_out = self.beside(values, defaults)
        return {
            self.link_names[name]: _write(value)
            for name, value in values.items()
            if full or value != left_out[name]
        }

    @classmethod
    def from_link(
        cls, link: Mapping[str, str], defaults: Self | None = None
    ) -> tuple[Self, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out.

        A bad value falls back to that of ``defaults``; parameters that are not named are ignored.
        """
        values: dict[str, Any] = {}
        refused: list[ScenarioError] = []
        for item in fields(cls):
            text = link.get(cls.link_names[item.name])
            if text is None:
                continue
            try:
                values[item.name] = _read(item.name, text, item.default)
            except ScenarioError as error:
                refused.append(error)
        while True:
            try:
                found = cls._completed(values, defaults)
                break
            except ScenarioError as error:
                if error.field in values:
                    del values[error.field]
                    refused.append(error)
                else:
                    # A default does not go with what is named.
                    refused += cls._keep_compatible(values, defaults)
        return found, tuple(cls.told(error, found) for error in refused)

    @classmethod
    def beside(cls, named: Mapping[str, Any], defaults: Self | None) -> dict[str, Any]:
        """What each field is if a link leaves it out, given those that it names.

        It may depend on named values that are not those of ``defaults``, and on no others: these
        alone are sure to be in the link.
        """
        base = cls() if defaults is None else defaults
        return {item.name: getattr(base, item.name) for item in fields(cls)}

    @classmethod
    def _completed(cls, values: Mapping[str, Any], defaults: Self | None) -> Self:
        return cls(**{**cls.beside(values, defaults), **values})

    @classmethod
    def _keep_compatible(cls, values: dict[str, Any], defaults: Self | None) -> list[ScenarioError]:
        """Drop from the named values, in their order, each that the defaults do not allow."""
        refused = []
        kept: dict[str, Any] = {}
        for name, value in values.items():
            try:
                cls._completed({**kept, name: value}, defaults)
                kept[name] = value
            except ScenarioError as error:
                param = cls.link_names[error.field]
                why = f"another: {param} = {error.value} needs {error.allowed}"
                clash = ScenarioError(name, value, why)
                refused.append(error if error.field == name else clash)
        values.clear()
        values.update(kept)
        return refused

    @classmethod
    def told(cls, error: ScenarioError, found: Self) -> str:
        """The message to who opened the link: by the names in it, and with what is taken."""
        param = cls.link_names[error.field]
        taken = _write(getattr(found, error.field))
        return (
            f"{param} = {error.value} is not allowed: choose {error.allowed}. "
            f"{param} = {taken} is used instead."
        )


def _write(value: object) -> str:
    if isinstance(value, tuple):
        return ".".join(value)
    # A subclass of float, such as NumPy's, writes itself in another way.
    return repr(float(value)) if isinstance(value, float) else str(value)


def _read(name: str, text: str, default: object) -> object:
    if isinstance(default, tuple):
        return tuple(part for part in text.split(".") if part)
    try:
        # Python reads the digits of every script, and 1_0 as 10.
        if isinstance(default, (int, float)) and (not text.isascii() or "_" in text):
            raise ValueError
        if isinstance(default, float):
            return float(text)
        if isinstance(default, int):
            return int(text)
    except ValueError:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise ScenarioError(name, text, kind) from None
    return text
