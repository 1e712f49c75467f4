"""Settings ⇄ links: frozen dataclasses of plain values, written as query parameters and back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, Self

from hypergrad_core.errors import ScenarioError, digits_of, label_of


def require_one_of(field: str, value: object, allowed: Mapping[str, object]) -> None:
    """Refuse a value that is not a key of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ScenarioError(field, value, f"one of {', '.join(allowed)}", allowed)


def require_integer(field: str, value: object, low: int, high: int) -> None:
    """Refuse a value that is not a whole number from ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ScenarioError(field, value, f"a whole number from {low} to {high}")


def require_number(field: str, value: object, low: float, high: float) -> None:
    """Refuse a value that is not a number from ``low`` to ``high``."""
    if not isinstance(value, float) or not low <= value <= high:
        raise ScenarioError(field, value, f"a number from {digits_of(low)} to {digits_of(high)}")


@dataclass(frozen=True, kw_only=True)
class LinkSettings:
    """Base of settings that are written as query parameters and read back.

    Subclasses are frozen dataclasses all of whose fields have defaults: str, int, float or tuple
    of str. They refuse a bad value with a ``ScenarioError``.

    Attributes:
        link_names: field → query parameter.
        labels: field → name of its control on the page.
        former: field → values in older links, and what they are called now.
    """

    link_names: ClassVar[Mapping[str, str]]
    labels: ClassVar[Mapping[str, str]]
    former: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})

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
            text = cls.former.get(item.name, {}).get(text, text)
            values[item.name] = _read(text, item.default)
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
                other = f"{cls.labels[error.field]} = {error.given}"
                why = f"another: {other} needs {error.offered}"
                clash = ScenarioError(name, value, why)
                refused.append(error if error.field == name else clash)
        values.clear()
        values.update(kept)
        return refused

    @classmethod
    def told(cls, error: ScenarioError, found: Self) -> str:
        """The message to who opened the link: by the names on the page, and with what is taken."""
        taken = getattr(found, error.field)
        names = [label_of(part, error.choices) for part in _parts(taken)]
        return (
            f"{cls.labels[error.field]}: {cls.link_names[error.field]} = {error.given} is not "
            f"allowed: choose {error.offered}. Used instead: {', '.join(names)}."
        )


def _write(value: object) -> str:
    if isinstance(value, tuple):
        return ".".join(value)
    # A subclass of float, such as NumPy's, writes itself in another way.
    return repr(float(value)) if isinstance(value, float) else str(value)


def _parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _read(text: str, default: object) -> object:
    """The value that a text stands for; the text itself if it is none, to be refused as such."""
    if isinstance(default, tuple):
        return tuple(part for part in text.split(".") if part)
    # Python reads the digits of every script, and 1_0 as 10.
    if isinstance(default, (int, float)) and text.isascii() and "_" not in text:
        with suppress(ValueError):
            return float(text) if isinstance(default, float) else int(text)
    return text
