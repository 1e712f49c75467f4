"""The settings of each page: one store in the session, in step with widgets, link and history.

The store of a page holds the value of every field, also of those whose widget is hidden just now,
so that nothing is lost when a family or a slice is changed and changed back, or the page is left.
It is what counts: widgets are set to it, the address is written from it. It changes in three ways
only: ``keep`` (a hand on a control), ``open_link`` (a link, a preset, Back and Forward) and
``reset``.

What is solved is common to all pages: the values in ``SHARED`` that a person has chosen come along
to the next page, as far as it has room for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Generic, TypeVar

import streamlit as st

from dashboard.links import SCENARIO_LINKS, LinkSettings
from hypergrad_core import FAMILIES, Scenario, ScenarioError

View = TypeVar("View", bound=LinkSettings)

PROBLEM = ("family", "data", "contraction", "spectrum", "start", "precision", "seed")
"""What is solved. Where one of these or of ``SIZES`` is chosen, all of these come along."""

SIZES = ("size", "hyper_size", "samples")

SHARED = (*PROBLEM, *SIZES, "methods")
"""Fields that mean the same on each page that has them."""

# In the session.
_ACTIVE = "page"  # that was run last: the callbacks of its widgets come before its next run
_CHOSEN = "chosen"  # values of SHARED that are not the pages' own
_TOUCHED = "touched"  # whether a hand was on a control since the last run


@dataclass(frozen=True)
class PageSettings(Generic[View]):
    """What a page is set to before anything is chosen, and what it can show.

    Attributes:
        name: of the page.
        scenario: the default scenario.
        view: the default view.
        check: raises a ``ScenarioError`` for what is a valid scenario but too much for the page.
        shared: the fields of ``SHARED`` that the page has a control for.
    """

    name: str
    scenario: Scenario
    view: View
    check: Callable[[Scenario], None] = lambda scenario: None
    shared: tuple[str, ...] = SHARED

    def link_of(self, scenario: Scenario, view: View, *, full: bool = False) -> dict[str, str]:
        """The query parameters that restore the picture; defaults are left out unless ``full``."""
        return {
            **SCENARIO_LINKS.to_link(scenario, full=full, defaults=self.scenario),
            **view.to_link(full=full, defaults=self.view),
        }

    def address_of(self, scenario: Scenario, view: View) -> dict[str, str]:
        """The link as it is written into the address bar."""
        return self.link_of(scenario, view)

    def of_link(self, link: Mapping[str, str]) -> tuple[Scenario, View, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out."""
        read, bad = SCENARIO_LINKS.from_link(link, self.scenario)
        scenario, refused = self._mended(asdict(read))
        view, worse = type(self.view).from_link(link, self.view)
        told = tuple(SCENARIO_LINKS.told(error, scenario) for error in refused)
        return scenario, view, (*bad, *worse, *told)

    def restore(self) -> None:
        """Make this the page whose controls are drawn, with the settings that the address asks for.

        The address differs from what was written into it when the page is opened with a link, and
        when a person goes back or forward. A hand on a control comes before it: the address of
        that run may still be the one before.
        """
        before: PageSettings[Any] | None = st.session_state.get(_ACTIVE)
        st.session_state[_ACTIVE] = self
        touched = st.session_state.pop(_TOUCHED, False)
        st.session_state.setdefault(_CHOSEN, {})
        asked = self._own(st.query_params.to_dict())
        if before is not None and before.name != self.name and not asked:
            self._come_along()
        elif asked != st.session_state.get(_written(self.name)) and not touched:
            self._open(asked)

    def open_link(self, link: Mapping[str, str]) -> None:
        """A hand has chosen a link: take all settings from it.

        What it leaves out is as the page begins.
        """
        self._open(link)
        st.session_state[_TOUCHED] = True

    def _open(self, link: Mapping[str, str]) -> None:
        scenario, view, messages = self.of_link(link)
        values = self._load(scenario, view, messages)
        self._forget(self.shared)
        self._choose(
            {name: values[name] for name in self.shared if SCENARIO_LINKS.link_names[name] in link}
        )

    def reset(self) -> None:
        """Everything as it begins, what all pages share included."""
        st.session_state[_CHOSEN] = {}
        self._load(self.scenario, self.view)
        st.session_state[_TOUCHED] = True

    def _load(
        self, scenario: Scenario, view: View, notices: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        values = {**asdict(scenario), **asdict(view)}
        st.session_state[_key(self.name)] = values
        st.session_state[_notices(self.name)] = list(notices)
        return values

    def keep(self, **values: Any) -> None:
        """A hand has set these fields."""
        store().update(values)
        self._choose(values)
        st.session_state[_TOUCHED] = True

    def keep_family(self, family: str) -> None:
        """A hand has set the family: it brings the sizes that suit it here.

        Those of another may be far too large or too small for it.
        """
        beside = SCENARIO_LINKS.beside({"family": family}, self.scenario)
        suggested = FAMILIES[family].suggested
        store().update({name: beside[name] for name in suggested})
        self._forget(suggested)
        self.keep(family=family)

    def _choose(self, values: Mapping[str, Any]) -> None:
        """Of these fields and the problem they are part of, take the shared ones along."""
        named = {*values} & {*self.shared}
        if named & {*PROBLEM, *SIZES}:
            named |= {*PROBLEM} & {*self.shared}
        st.session_state[_CHOSEN].update({name: store()[name] for name in named})

    def _forget(self, names: Iterable[str]) -> None:
        for name in names:
            st.session_state[_CHOSEN].pop(name, None)

    def _come_along(self) -> None:
        """Reached from another page by its tab: what was chosen there comes along.

        The rest is as this page was left. The controls limit to what there is room for here.
        """
        if _key(self.name) not in st.session_state:
            self._load(self.scenario, self.view)
        chosen = {name: st.session_state[_CHOSEN].get(name) for name in self.shared}
        named = {name: value for name, value in chosen.items() if value is not None}
        beside = SCENARIO_LINKS.beside(named, self.scenario)
        store().update({name: named.get(name, beside[name]) for name in self.shared})

    def _own(self, link: Mapping[str, str]) -> dict[str, str]:
        """The part of an address that is ours."""
        names = {*SCENARIO_LINKS.link_names.values(), *self.view.link_names.values()}
        return {name: text for name, text in link.items() if name in names}

    def _mended(self, values: Mapping[str, Any]) -> tuple[Scenario, list[ScenarioError]]:
        """The scenario of these values, each that is not allowed replaced; and why."""
        named = dict(values)
        refused: list[ScenarioError] = []
        while True:
            try:
                scenario = Scenario(**named)
                self.check(scenario)
                return scenario, refused
            except ScenarioError as error:
                refused.append(error)
                beside = SCENARIO_LINKS.beside({"family": named["family"]}, self.scenario)
                if named[error.field] == beside[error.field]:
                    # What begins here does not go with the rest: all begins anew.
                    named = asdict(self.scenario)
                else:
                    named[error.field] = beside[error.field]

    def current(self) -> tuple[Scenario, View]:
        """The settings in the store; a combination that is not allowed falls back, and says so."""
        values = store()
        view = replace(self.view, **{item.name: values[item.name] for item in fields(self.view)})
        scenario, refused = self._mended(self._stored())
        values.update(asdict(scenario))
        st.session_state[_notices(self.name)] += [
            SCENARIO_LINKS.told(error, scenario) for error in refused
        ]
        return scenario, view

    def expected(self) -> Scenario | None:
        """The scenario of the store as it stands; None if the controls have yet to mend it."""
        scenario, refused = self._mended(self._stored())
        return None if refused else scenario

    def _stored(self) -> dict[str, Any]:
        return {item.name: store()[item.name] for item in fields(Scenario)}

    def write_address(self, scenario: Scenario, view: View) -> None:
        """Keep the address bar in step with the settings."""
        here = st.query_params.to_dict()
        ours = self.address_of(scenario, view)
        st.session_state[_written(self.name)] = ours
        wanted = {name: text for name, text in here.items() if name not in self._own(here)}
        wanted.update(ours)
        if wanted != here:
            st.query_params.from_dict(wanted)

    def show_notices(self) -> None:
        """Messages on values that were not allowed, until they are dismissed."""
        notices = st.session_state[_notices(self.name)]
        if not notices:
            return
        lines = "\n".join(f"- {plain(notice)}" for notice in notices)
        st.warning(
            "Some settings were not allowed and have been replaced. A link may hold values between "
            f"the stops of a slider and beyond its ends, within the limits named here.\n\n{lines}"
        )
        st.button("Dismiss", key="dismiss", on_click=notices.clear)

    def reset_button(self) -> None:
        """A way back to where everything begins."""
        st.button(
            "Reset",
            key="reset",
            icon=":material/restart_alt:",
            help="All settings as this page begins.",
            on_click=self.reset,
            width="stretch",
        )


def active() -> PageSettings[Any]:
    """Of the page that is drawn."""
    settings: PageSettings[Any] = st.session_state[_ACTIVE]
    return settings


def store() -> dict[str, Any]:
    """The values of all fields of the page that is drawn."""
    values: dict[str, Any] = st.session_state[_key(active().name)]
    return values


def keep(**values: Any) -> None:
    """A hand has set these fields of the page that is drawn."""
    active().keep(**values)


def link_name(field: str) -> str:
    """The query parameter of a field of the page that is drawn."""
    names = {**SCENARIO_LINKS.link_names, **active().view.link_names}
    return str(names[field])


def label_of(field: str) -> str:
    """The name of the control of a field on the page that is drawn."""
    names = {**SCENARIO_LINKS.labels, **active().view.labels}
    return str(names[field])


def plain(text: str) -> str:
    """The text with nothing in it that Markdown would read: a link must not write on the page."""
    # Markdown knows of no others: before a sign such as ‖ it would show the backslash.
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def _key(page: str) -> str:
    return f"settings of {page}"


def _written(page: str) -> str:
    return f"address of {page}"


def _notices(page: str) -> str:
    return f"notices of {page}"
