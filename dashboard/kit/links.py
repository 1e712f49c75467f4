"""Settings ⇄ links: frozen dataclasses of plain values, written as query parameters and back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from dashboard.kit.fields import Field, Form, fields_of
from dashboard.kit.scenario_fields import SCENARIO_FIELDS
from hypergrad_core import FAMILIES, Scenario, ScenarioError, Table
from hypergrad_core.data.table import is_own
from hypergrad_core.errors import LONGEST_VALUE

Settings = TypeVar("Settings")

Held = Mapping[str, Table]
"""Tables of their own that somebody has given, by what links call them."""

NOTHING_HELD: Held = MappingProxyType({})

OWN_PLACE = "Your own data (CSV)"
"""What the place is called where they are given."""


class Links(Generic[Settings]):
    """How settings of one type are written as query parameters and read back.

    Args:
        kind: a frozen dataclass all of whose fields have defaults: str, int, float, tuple of str,
            or what their declaration has a ``form`` for. It refuses a bad value with a
            ``ScenarioError``.
        declared: the declaration of each of its fields.

    Raises:
        TypeError: if a field is not declared, or two have the same query parameter.
    """

    def __init__(self, kind: type[Settings], declared: Mapping[str, Field]) -> None:
        names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
        if {*names} != {*declared}:
            odd = ", ".join(sorted({*names} ^ {*declared}))
            raise TypeError(f"{kind.__name__}: not both a field and declared: {odd}.")
        self._kind = kind
        self.declared = {name: declared[name] for name in names}
        self.link_names = {name: field.link for name, field in self.declared.items()}
        self.labels = {name: field.label for name, field in self.declared.items()}
        if len({*self.link_names.values()}) < len(names):
            raise TypeError(f"{kind.__name__}: two fields have the same parameter in links.")

    def to_link(
        self, settings: Settings, *, full: bool = False, defaults: Settings | None = None
    ) -> dict[str, str]:
        """Query parameters; what ``from_link`` restores by itself is left out unless ``full``."""
        values = {name: getattr(settings, name) for name in self.link_names}
        left_out = self.beside(values, defaults)
        return {
            self.link_names[name]: self._write(name, value)
            for name, value in values.items()
            if full or value != left_out[name]
        }

    def from_link(
        self,
        link: Mapping[str, str],
        defaults: Settings | None = None,
        held: Held = NOTHING_HELD,
    ) -> tuple[Settings, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out.

        A bad value falls back to that of ``defaults``; parameters that are not named are ignored.
        A table is named only, and has to be one of ``held``.
        """
        values: dict[str, Any] = {}
        refused: list[ScenarioError] = []
        plain = self._kind()
        for name, parameter in self.link_names.items():
            text = link.get(parameter)
            if text is None:
                continue
            text = self.declared[name].former.get(text, text)
            form = self.declared[name].form
            read = _read(text, getattr(plain, name)) if form is None else form.read(text)
            values[name] = held.get(text) or read
        while True:
            try:
                settings = self._completed(values, defaults)
                break
            except ScenarioError as error:
                if error.field in values:
                    del values[error.field]
                    refused.append(error)
                else:
                    # A default does not go with what is named.
                    refused += self._keep_compatible(values, defaults)
        return settings, tuple(self.told(error, settings) for error in refused)

    def beside(self, named: Mapping[str, Any], defaults: Settings | None) -> dict[str, Any]:
        """What each field is if a link leaves it out, given those that it names.

        It may depend on named values that are not those of ``defaults``, and on no others: these
        alone are sure to be in the link.
        """
        base = self._kind() if defaults is None else defaults
        return {name: getattr(base, name) for name in self.link_names}

    def told(self, error: ScenarioError, settings: Settings) -> str:
        """The message to who opened the link: by the names on the page, and with what is taken."""
        used, form = getattr(settings, error.field), self.declared[error.field].form
        names = [_label_of(part, error.choices) for part in _parts(used)]
        if form is not None:
            error, names = named(error, form), [form.name(used)]
        return (
            f"{self.labels[error.field]}: {self.link_names[error.field]} = {given(error)} is not "
            f"allowed: choose {offered(error)}. Used instead: {', '.join(names)}."
        )

    def _write(self, name: str, value: Any) -> str:
        form = self.declared[name].form
        return _write(value) if form is None else form.write(value)

    def _completed(self, values: Mapping[str, Any], defaults: Settings | None) -> Settings:
        return self._kind(**{**self.beside(values, defaults), **values})

    def _keep_compatible(
        self, values: dict[str, Any], defaults: Settings | None
    ) -> list[ScenarioError]:
        """Drop from the named values, in their order, each that the defaults do not allow."""
        refused = []
        kept: dict[str, Any] = {}
        for name, value in values.items():
            try:
                self._completed({**kept, name: value}, defaults)
                kept[name] = value
            except ScenarioError as error:
                other = f"{self.labels[error.field]} = {given(error)}"
                why = f"another: {other} needs {offered(error)}"
                clash = ScenarioError(name, value, why)
                refused.append(error if error.field == name else clash)
        values.clear()
        values.update(kept)
        return refused


def links_of(kind: type[Settings]) -> Links[Settings]:
    """How settings whose fields are declared in their class are written and read."""
    return Links(kind, fields_of(kind))


class ScenarioLinks(Links[Scenario]):
    """How scenarios are written and read."""

    def beside(self, named: Mapping[str, Any], defaults: Scenario | None) -> dict[str, Any]:
        """As the base has it, but another family brings sizes that suit it."""
        base = super().beside(named, defaults)
        family = named.get("family", base["family"])
        if family != base["family"] and family in FAMILIES:
            own = FAMILIES[base["family"]].suggested
            for name, suggested in FAMILIES[family].suggested.items():
                # Defaults with small problems of their own stay small.
                chosen = base[name] not in {getattr(Scenario, name), own.get(name)}
                base[name] = min(base[name], suggested) if chosen else suggested
        return base

    def told(self, error: ScenarioError, settings: Scenario) -> str:
        """As of any settings; a table that is not held has to be given again."""
        if not is_own(error.value):
            return super().told(error, settings)
        return (
            f"{self.labels['data']}: the link is to somebody's own data, {error.value}, and has no "
            "more of them than this hash of their content. Give the file again under "
            f"“{OWN_PLACE}”. Used instead: {settings.data_set.label}."
        )


def values_of(scenario: Scenario) -> dict[str, Any]:
    """The values of all fields, as a session keeps them: a table by its name."""
    values = {item.name: getattr(scenario, item.name) for item in fields(scenario)}
    return {**values, "data": str(scenario.data)}


SCENARIO_LINKS = ScenarioLinks(Scenario, SCENARIO_FIELDS)


def named(error: ScenarioError, form: Form) -> ScenarioError:
    """The same with the value as people call it."""
    return ScenarioError(error.field, form.name(error.value), error.allowed, error.choices)


def given(error: ScenarioError) -> str:
    """The value that was refused, as a person would write it."""
    value = error.value
    if isinstance(value, (int, float)):
        return _digits_of(value) if isinstance(value, float) else str(value)
    text = ".".join(map(str, value)) if isinstance(value, tuple) else str(value)
    shown = "".join(map(_visible, text[:LONGEST_VALUE]))
    return f"“{shown}{'…' if len(text) > LONGEST_VALUE else ''}”"


def _visible(sign: str) -> str:
    """A sign, or the code of one that cannot be seen, such as a mark that turns the line round."""
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


def offered(error: ScenarioError) -> str:
    """What is allowed instead, by the names on the page; in brackets those in a link."""
    choices = error.choices
    # Names may have commas in them.
    names = "; ".join(f"{_label_of(key, choices)} ({key})" for key in choices)
    return error.allowed.replace(", ".join(choices), names) if choices else error.allowed


def _label_of(value: object, choices: Mapping[str, object]) -> str:
    """What the page calls a value."""
    chosen = choices.get(value, value) if isinstance(value, str) else value
    label = getattr(chosen, "label", chosen)
    return _digits_of(label) if isinstance(label, float) else str(label)


def _digits_of(value: float) -> str:
    """A number as a person writes it: 7, not 7.0."""
    return f"{float(value):.15g}"


def _write(value: object) -> str:
    return ".".join(value) if isinstance(value, tuple) else str(value)


def _parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _read(text: str, default: object) -> object:
    """The value that a text stands for; the text itself if it is none, to be refused as such."""
    if isinstance(default, tuple):
        return tuple(part for part in text.split(".") if part)
    # Python reads the digits of every script, and 1_0 as 10.
    if isinstance(default, (int, float)) and text.isascii() and "_" not in text:
        with suppress(ValueError):
            # −0 is 0, but not by its name, by which a slider finds it.
            return float(text) + 0.0 if isinstance(default, float) else int(text)
    return text
