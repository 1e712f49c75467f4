"""The settings of each page: one store in the session, filled from the link and written to it.

A store holds the value of every field, also of those whose widget is hidden just now, so that
nothing is lost when a family or a slice is changed and changed back, or the page is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Generic, TypeVar

import streamlit as st

from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.link import LinkSettings

View = TypeVar("View", bound=LinkSettings)

# The page that was run last: the callbacks of its widgets come before its next run.
_ACTIVE = "page"
_NAMES = "link names"


@dataclass(frozen=True)
class PageSettings(Generic[View]):
    """What a page is set to before anything is chosen, and what it can show.

    Attributes:
        name: of the page.
        scenario: the default scenario.
        view: the default view.
        check: raises a ``ScenarioError`` for what is a valid scenario but too much for the page.
    """

    name: str
    scenario: Scenario
    view: View
    check: Callable[[Scenario], None] = lambda scenario: None

    def link_of(self, scenario: Scenario, view: View, *, full: bool = False) -> dict[str, str]:
        """The query parameters that restore the picture; defaults are left out unless ``full``."""
        return {
            **scenario.to_link(full=full, defaults=self.scenario),
            **view.to_link(full=full, defaults=self.view),
        }

    def of_link(self, link: Mapping[str, str]) -> tuple[Scenario, View, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out."""
        scenario, bad = Scenario.from_link(link, self.scenario)
        view, worse = type(self.view).from_link(link, self.view)
        messages = (*bad, *worse)
        try:
            self.check(scenario)
        except ScenarioError as error:
            return self.scenario, view, (*messages, str(error))
        return scenario, view, messages

    @property
    def _names(self) -> set[str]:
        return {*Scenario.link_names.values(), *self.view.link_names.values()}

    def restore(self) -> None:
        """Make this the page whose controls are drawn; at first, take the settings of the link."""
        st.session_state[_ACTIVE] = self.name
        st.session_state[_NAMES] = {**Scenario.link_names, **self.view.link_names}
        if _key(self.name) in st.session_state:
            return
        scenario, view, messages = self.of_link(st.query_params.to_dict())
        self.load(scenario, view)
        st.session_state[_notices(self.name)] = list(messages)

    def load(self, scenario: Scenario, view: View) -> None:
        """Set everything at once."""
        st.session_state[_key(self.name)] = {**asdict(scenario), **asdict(view)}

    def _scenario(self) -> Scenario:
        values = {item.name: store()[item.name] for item in fields(Scenario)}
        scenario = Scenario(**values)
        self.check(scenario)
        return scenario

    def current(self) -> tuple[Scenario, View]:
        """The settings in the store; a combination that is not allowed falls back, and says so."""
        values = {item.name: store()[item.name] for item in fields(self.view)}
        view = replace(self.view, **values)
        while True:
            try:
                return self._scenario(), view
            except ScenarioError as error:
                st.session_state[_notices(self.name)] += [str(error)]
                store()[error.field] = getattr(self.scenario, error.field)
                st.session_state.pop(error.field, None)

    def expected(self) -> Scenario | None:
        """The scenario of the store as it stands; None if the controls have yet to mend it."""
        try:
            return self._scenario()
        except ScenarioError:
            return None

    def write_address(self, scenario: Scenario, view: View) -> None:
        """Keep the address bar in step with the settings."""
        here = st.query_params.to_dict()
        others = {name: value for name, value in here.items() if name not in self._names}
        wanted = {**others, **self.link_of(scenario, view)}
        if wanted != here:
            st.query_params.from_dict(wanted)

    def show_notices(self) -> None:
        """Messages on values that were not allowed, until they are dismissed."""
        notices = st.session_state[_notices(self.name)]
        if not notices:
            return
        lines = "\n".join(f"- {notice}" for notice in notices)
        st.warning(f"Some settings were not allowed and have been replaced.\n\n{lines}")
        if st.button("Dismiss", key="dismiss"):
            st.session_state[_notices(self.name)] = []
            st.rerun()


def store() -> dict[str, Any]:
    """The values of all fields of the page that is drawn."""
    values: dict[str, Any] = st.session_state[_key(st.session_state[_ACTIVE])]
    return values


def link_name(field: str) -> str:
    """The query parameter of a field of the page that is drawn."""
    name: str = st.session_state[_NAMES][field]
    return name


def _key(page: str) -> str:
    return f"settings of {page}"


def _notices(page: str) -> str:
    return f"notices of {page}"
