"""A control in one declaration: its default, what is allowed, its names, and how it is drawn.

A field of a page's view is declared where it stands:

    show: str = choice("all", SHOWN, link="show", label="Show", help="Which views are drawn.")

Its check, its parameter in links, its widget with label and help, and its name in messages and
exports follow from that. What concerns no page in particular, the fields of a scenario, is declared
in ``scenario_fields.py``. No Streamlit in here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from hypergrad_core import Scenario
from hypergrad_core.errors import ScenarioError
from hypergrad_core.validation import require_integer, require_number, require_one_of

Options = Mapping[str, str]
"""Values of a field, and what they are called."""


@dataclass(frozen=True)
class Choice:
    """A list to choose one value from."""

    options: Options


@dataclass(frozen=True)
class Switch:
    """A row of buttons, one for each value."""

    options: Options


@dataclass(frozen=True)
class Pills:
    """Any number of these values, but at least so many."""

    options: Options
    least: int = 0


@dataclass(frozen=True)
class Slider:
    """A slider over listed values, which pictures follow; ``write`` says how a value reads."""

    stops: Sequence[Any]
    write: Callable[[Any], str]


@dataclass(frozen=True)
class Number:
    """A whole number to type."""

    least: int
    most: int


Widget = Choice | Switch | Pills | Slider | Number


@dataclass(frozen=True)
class Form:
    """How values are written that are neither numbers nor names.

    Attributes:
        write: as a link says it.
        read: the value of such a text; the text itself if it is none, to be refused.
        name: what people call it.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    name: Callable[[Any], str]


def _as_it_is(name: str, value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting.

    Attributes:
        link: its query parameter.
        label: the name of its control.
        help: what it is, in a sentence or two; "" where there is no control.
        widget: how it is drawn; None if no control sets it.
        check: called with its name and a value; the value as it is kept, or a ``ScenarioError``.
        beside: whether the page draws it next to what it is about, not in the sidebar.
        when: whether it is drawn, given the values of all fields.
        former: values in older links, and what they are called now.
        form: how its values are written; None for numbers, names and tuples of names.
        exported: its name in exports, if that is not its label.
        title: how it reads in the title of a run, given the sizes d and m that were built; "" if it
            says nothing.
    """

    link: str
    label: str
    help: str = ""
    widget: Widget | None = None
    check: Callable[[str, Any], Any] = _as_it_is
    beside: bool = False
    when: Callable[[Mapping[str, Any]], bool] = lambda values: True
    former: Mapping[str, str] = field(default_factory=dict)
    form: Form | None = None
    exported: str = ""
    title: Callable[[Scenario, Mapping[str, int]], str] = lambda scenario, sizes: ""

    def __post_init__(self) -> None:
        if self.widget is not None and not self.help:
            raise TypeError(f"The control {self.label} has no help.")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Base of settings of a page: frozen dataclasses whose fields are declared as in this module.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    def __post_init__(self) -> None:
        for name, declared in fields_of(type(self)).items():
            object.__setattr__(self, name, declared.check(name, getattr(self, name)))


def fields_of(kind: type[Any]) -> Mapping[str, Field]:
    """The declarations of settings of that kind, in their order.

    Raises:
        TypeError: if a field has none.
    """
    declared = {}
    for item in fields(kind):
        if "declared" not in item.metadata:
            raise TypeError(f"{kind.__name__}.{item.name} is not declared: see kit/fields.py.")
        declared[item.name] = item.metadata["declared"]
    return MappingProxyType(declared)


def _one_of(options: Options) -> Callable[[str, Any], str]:
    return lambda name, value: require_one_of(name, value, options)


def _within(default: float, low: float, high: float) -> Callable[[str, Any], float]:
    if isinstance(default, int):
        return lambda name, value: require_integer(name, value, int(low), int(high))
    return lambda name, value: require_number(name, value, low, high)


def _any_of(options: Options) -> Callable[[str, Any], tuple[str, ...]]:
    def check(name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, tuple):
            raise ScenarioError(name, value, f"any of {', '.join(options)}", options)
        return tuple(require_one_of(name, item, options) for item in value)

    return check


def _declare(default: Any, declared: Field) -> Any:
    return field(default=default, metadata={"declared": declared})


def choice(default: str, options: Options, **names: Any) -> Any:
    """One of several values, chosen from a list; ``names`` are other attributes of ``Field``."""
    names = {"check": _one_of(options), **names}
    return _declare(default, Field(widget=Choice(options), **names))


def switch(default: str, options: Options, **names: Any) -> Any:
    """One of a few values, each a button."""
    return _declare(default, Field(widget=Switch(options), check=_one_of(options), **names))


def pills(default: tuple[str, ...], options: Options, **names: Any) -> Any:
    """Any number of values."""
    return _declare(default, Field(widget=Pills(options), check=_any_of(options), **names))


def slider(default: float, ends: tuple[float, float], stops: Slider, **names: Any) -> Any:
    """A number between two ends, whole if the default is; a link may hold what is no stop."""
    return _declare(default, Field(widget=stops, check=_within(default, *ends), **names))


def kept(default: float, ends: tuple[float, float], *, link: str, label: str) -> Any:
    """A number that no control sets, such as where the cursor is."""
    return _declare(default, Field(link=link, label=label, check=_within(default, *ends)))


def kept_text(
    default: str, *, link: str, label: str, check: Callable[[str, Any], Any] = _as_it_is
) -> Any:
    """A text that no control of its own sets."""
    return _declare(default, Field(link=link, label=label, check=check))
