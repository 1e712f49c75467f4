"""The settings of each page in a session, in step with widgets, link and history.

The store of a page holds the value of every field, also of those whose widget is hidden just now,
so that nothing is lost when a family or a slice is changed and changed back, or the page is left.
It is what counts: widgets are set to it, the address is written from it. It changes in three ways
only: ``keep`` (a hand on a control), ``open_link`` (a link, a preset, Back and Forward) and
``reset``.

Values in ``SHARED`` that a person has chosen come along to the next page, as far as it has room for
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import streamlit as st

from dashboard.kit import given_hyper, presenting
from dashboard.kit.errors import plain
from dashboard.kit.links import NOTHING_HELD, SCENARIO_LINKS, Held, values_of
from dashboard.kit.own import Given, forget
from dashboard.kit.settings import PROBLEM, SIZES, PageSettings, View
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.data.table import is_own

BACK_TO_OWN = "The problem’s own λ"
ANOTHER_FAMILY = "λ: the one that was given belongs to another problem. Used instead: its own."

# In the session.
_ACTIVE = "page"  # that was run last: the callbacks of its widgets come before its next run
_CHOSEN = "chosen"  # values of SHARED that are not the pages' own
_TOUCHED = "touched"  # whether a hand was on a control since the last run
_FIRST = "first page"  # the name of the one that has no name in its address
_FIRST_RUN = "first run"  # whether the session has begun with it
_TABS = "tabs"  # the pages, by name
_OWN = "own data"  # that the visitor has given
_ASKED = "asked own data"  # the name of those that the last link is to
_UNOPENED = "link to own data"  # the page and that link, until they are given
_DRAWN = "drawn controls"  # names of the fields whose control this run has drawn


def active() -> PageSettings[Any]:
    """Of the page that is drawn."""
    settings: PageSettings[Any] = st.session_state[_ACTIVE]
    return settings


def store() -> dict[str, Any]:
    """The values of all fields of the page that is drawn."""
    values: dict[str, Any] = st.session_state[_key(active().name)]
    return values


def drawn() -> set[str]:
    """Names of the fields whose control this run has drawn so far."""
    names: set[str] = st.session_state[_DRAWN]
    return names


def own_data() -> Given | None:
    """The table of their own that the visitor has given."""
    table: Given | None = st.session_state.get(_OWN)
    return table


def held() -> Held:
    """The same, by what links call it."""
    mine = own_data()
    return NOTHING_HELD if mine is None else mine.held


def hold(mine: Given | None) -> None:
    """Keep a table in the place of the one before, until the session ends; None to keep none."""
    before = own_data()
    if before is not None:
        forget(before)
    st.session_state[_OWN] = mine


def is_first_run() -> bool:
    """Whether this session has drawn nothing before."""
    first: bool = st.session_state[_FIRST_RUN]
    return first


def preset() -> str | None:
    """The preset that a link has named or a hand has chosen on the page that is drawn."""
    chosen: str | None = st.session_state.get(_preset(active().name))
    return chosen


def asked(settings: PageSettings[Any]) -> dict[str, str]:
    """The address, or what was written into it last where it says nothing of this page."""
    address: dict[str, str] = st.query_params.to_dict()
    written: dict[str, str] = st.session_state.get(_written(settings.name), {})
    return address if settings.own(address) else written


def know(tabs: Mapping[str, Any], first: str) -> None:
    """These are the pages, as Streamlit knows them; ``first`` opens if an address names none."""
    st.session_state[_TABS] = dict(tabs)
    st.session_state[_FIRST] = first


def tabs() -> Mapping[str, Any]:
    """All pages, as Streamlit knows them, by name."""
    known: Mapping[str, Any] = st.session_state[_TABS]
    return known


def href(page: str, link: str) -> str:
    """The address of a page with the settings of a query string, as any page can link to it."""
    return f"{'./' if page == st.session_state[_FIRST] else page}?{link}"


def restore(settings: PageSettings[Any]) -> None:
    """Make this the page whose controls are drawn, with the settings that the address asks for.

    The address differs from what was written into it when the page is opened with a link, and when
    a person goes back or forward. A hand on a control comes before it: the address of that run may
    still be the one before.
    """
    before: PageSettings[Any] | None = st.session_state.get(_ACTIVE)
    st.session_state[_ACTIVE] = settings
    st.session_state[_FIRST_RUN] = before is None
    st.session_state[_DRAWN] = set()
    touched = st.session_state.pop(_TOUCHED, False)
    st.session_state.setdefault(_CHOSEN, {})
    asked = settings.own(st.query_params.to_dict())
    if before is not None and before.name != settings.name and not asked:
        _come_along(settings)
    elif asked != st.session_state.get(_written(settings.name)) and not touched:
        _open(settings, asked)


def open_link(link: Mapping[str, str]) -> None:
    """A hand has chosen a link: take all settings from it.

    What it leaves out is as the page begins.
    """
    _open(active(), link)
    st.session_state[_TOUCHED] = True


def reset() -> None:
    """Everything as it begins, what all pages share included."""
    settings = active()
    st.session_state[_CHOSEN] = {}
    _load(settings, settings.scenario, settings.view)
    st.session_state[_preset(settings.name)] = None
    st.session_state[_UNOPENED] = None
    st.session_state[_TOUCHED] = True


def keep(**values: Any) -> None:
    """A hand has set these fields of the page that is drawn."""
    store().update(values)
    _choose(values)
    # What a hand has set since counts more than a link that could not be opened.
    st.session_state[_UNOPENED] = None
    st.session_state[_TOUCHED] = True


def keep_family(family: str) -> None:
    """A hand has set the family: it brings the sizes that suit it here.

    Those of another may be far too large or too small for it.
    """
    beside = SCENARIO_LINKS.beside({"family": family}, active().scenario)
    suggested = FAMILIES[family].suggested
    if store()["hyper"] is not None:
        st.session_state[_notices(active().name)].append(ANOTHER_FAMILY)
    # A λ is of one family, whatever others have as many entries.
    brought = {**{name: beside[name] for name in suggested}, "hyper": None}
    store().update(brought)
    _forget(brought)
    keep(family=family)


def current(settings: PageSettings[View]) -> tuple[Scenario, View]:
    """The settings in the store; a combination that is not allowed falls back, and says so."""
    scenario, refused = settings.mended(_stored(), held())
    store().update(values_of(scenario))
    st.session_state[_notices(settings.name)] += [
        SCENARIO_LINKS.told(error, scenario) for error in refused
    ]
    return scenario, view_of(settings)


def view_of(settings: PageSettings[View]) -> View:
    """The view in the store."""
    values = store()
    own = {item.name: values[item.name] for item in fields(settings.view)}
    return replace(settings.view, **own)


def expected() -> Scenario | None:
    """The scenario of the store as it stands; None if the controls have yet to mend it."""
    scenario, refused = active().mended(_stored(), held())
    return None if refused else scenario


def write_address(scenario: Scenario, view: Any) -> None:
    """Keep the address bar in step with the settings."""
    settings = active()
    address = st.query_params.to_dict()
    ours = settings.address_of(scenario, view, preset())
    st.session_state[_written(settings.name)] = ours
    foreign = {name: text for name, text in address.items() if name not in settings.own(address)}
    if {**foreign, **ours} != address:
        st.query_params.from_dict({**foreign, **ours})


def show_notices() -> None:
    """Messages on values that were not allowed, until they are dismissed."""
    notices = st.session_state[_notices(active().name)]
    # In one place, there or not: what is drawn by the clock after it keeps its own.
    with st.container(key="notices"):
        if not notices:
            return
        lines = "\n".join(f"- {plain(notice)}" for notice in notices)
        st.warning(
            "Some settings were not allowed and have been replaced. A link may hold values between "
            f"the stops of a slider and beyond its ends, within the limits named here.\n\n{lines}"
        )
        st.button("Dismiss", key="dismiss", on_click=dismiss)


def show_hyper(scenario: Scenario) -> None:
    """That λ is given, and not the problem's own; and a way back to that."""
    # In one place, there or not, as the messages are.
    with st.container(key="given_hyper"):
        if scenario.hyper is None:
            return
        told, back = st.columns([5, 1], vertical_alignment="center")
        q = given_hyper.contraction_of(scenario)
        told.markdown(
            f"**λ is given: {given_hyper.name(scenario.hyper)}.** It is not the problem’s own, for "
            f"which q = {scenario.contraction:g} was chosen: at this λ, "
            f"**q = {q:.4g}**."
        )
        if presenting.allows(SCENARIO_LINKS.link_names["hyper"], BACK_TO_OWN):
            back.button(
                BACK_TO_OWN,
                key="own_hyper",
                on_click=keep,
                kwargs={"hyper": None},
                width="stretch",
            )


def dismiss() -> None:
    """The messages on the page that is drawn have been read."""
    st.session_state[_notices(active().name)].clear()


def reset_button() -> None:
    """A way back to where everything begins."""
    st.button(
        "Reset",
        key="reset",
        icon=":material/restart_alt:",
        help="All settings as this page begins.",
        on_click=reset,
        width="stretch",
    )


def asked_own() -> str:
    """What the last link calls the table that has to be given again; "" if it is to none."""
    asked: str = st.session_state.get(_ASKED, "")
    return "" if asked in held() else asked


def open_waiting() -> bool:
    """Open the last link once more if it waits for the table that has just been given.

    Without the table not all of it could be taken: a λ, say, has an entry for each feature.
    """
    waiting: tuple[str, dict[str, str]] | None = st.session_state.get(_UNOPENED)
    if waiting is None:
        return False
    page, link = waiting
    if page != active().name or link[SCENARIO_LINKS.link_names["data"]] not in held():
        return False
    open_link(link)
    return True


def _open(settings: PageSettings[Any], link: Mapping[str, str]) -> None:
    data = link.get(SCENARIO_LINKS.link_names["data"], "")
    st.session_state[_ASKED] = data if is_own(data) else ""
    waits = is_own(data) and data not in held()
    st.session_state[_UNOPENED] = (settings.name, dict(link)) if waits else None
    st.session_state[_preset(settings.name)] = link.get(settings.preset)
    scenario, view, messages = settings.of_link(link, held())
    values = _load(settings, scenario, view, messages)
    _forget(settings.shared)
    named = settings.written_out(link)
    _choose(
        {name: values[name] for name in settings.shared if SCENARIO_LINKS.link_names[name] in named}
    )


def _load(
    settings: PageSettings[View], scenario: Scenario, view: View, notices: tuple[str, ...] = ()
) -> dict[str, Any]:
    values = {**values_of(scenario), **asdict(view)}
    st.session_state[_key(settings.name)] = values
    st.session_state[_notices(settings.name)] = list(notices)
    return values


def _choose(values: Mapping[str, Any]) -> None:
    """Of these fields and the problem they are part of, take the shared ones along."""
    shared = {*active().shared}
    named = {*values} & shared
    if named & {*PROBLEM, *SIZES}:
        named |= {*PROBLEM} & shared
    st.session_state[_CHOSEN].update({name: store()[name] for name in named})


def _forget(names: Iterable[str]) -> None:
    for name in names:
        st.session_state[_CHOSEN].pop(name, None)


def _come_along(settings: PageSettings[Any]) -> None:
    """Reached from another page by its tab: what was chosen there comes along.

    The rest is as this page was left. The controls limit to what there is room for here.
    """
    if _key(settings.name) not in st.session_state:
        _load(settings, settings.scenario, settings.view)
    chosen = {name: st.session_state[_CHOSEN].get(name) for name in settings.shared}
    named = {name: value for name, value in chosen.items() if value is not None}
    beside = SCENARIO_LINKS.beside(named, settings.scenario)
    brought = {name: named.get(name, beside[name]) for name in settings.shared}
    recipe = [name for name in brought if name in (*PROBLEM, *SIZES)]
    if "hyper" not in brought and any(store()[name] != brought[name] for name in recipe):
        # A λ is of one problem, whatever others have as many entries.
        store()["hyper"] = None
    store().update(brought)


def _stored() -> dict[str, Any]:
    return {item.name: store()[item.name] for item in fields(Scenario)}


def _key(page: str) -> str:
    return f"settings of {page}"


def _written(page: str) -> str:
    return f"address of {page}"


def _notices(page: str) -> str:
    return f"notices of {page}"


def _preset(page: str) -> str:
    return f"preset of {page}"
