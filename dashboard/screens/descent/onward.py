"""From an outer step to Explore: the same problem and method at the λ of that step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import streamlit as st

from dashboard.kit import session
from dashboard.kit.given_hyper import admit
from dashboard.kit.links import SCENARIO_LINKS
from dashboard.screens.descent.frame import DescentShown
from dashboard.screens.descent.race import Race, arrived, run_of
from hypergrad_core import METHODS, Scenario, ScenarioError

PAGE = "explore"


@dataclass(frozen=True)
class Onward:
    """Where an outer step leads.

    Attributes:
        name: of the step.
        link: query parameters of Explore; None where it does not take this λ.
        taken: what it takes instead, or "".
    """

    name: str
    link: Mapping[str, str] | None
    taken: str = ""


def onward(shown: DescentShown) -> Onward | None:
    """The step at the cursor, of the method whose signs are drawn; None while there is none."""
    chosen = run_of(arrived(shown.result), shown.view.lights)
    if chosen is None or chosen.descent is None:
        return None
    steps = chosen.descent.steps
    number = min(shown.view.at, len(steps) - 1)
    name = f"outer step {number} of {METHODS[chosen.method].label}"
    scenario = _scenario_of(shown.key, chosen.method)
    try:
        # The first λ is where the descent begins: nothing need be told of it.
        if number:
            hyper = tuple(steps[number].hyper.tolist())
            scenario = replace(scenario, hyper=hyper)
        admit(scenario)
    except ScenarioError as error:
        return Onward(name, None, error.allowed)
    return Onward(name, SCENARIO_LINKS.to_link(scenario, full=True))


def _scenario_of(race: Race, method: str) -> Scenario:
    return next(way.scenario for way in race.ways if way.method == method)


def draw_onward(shown: DescentShown) -> None:
    """The link to Explore at the λ of the step at the cursor, or why there is none."""
    to = onward(shown)
    with st.container(key="onward"):
        if to is None:
            return
        if to.link is None:
            st.caption(f"No link from {to.name}: Explore takes {to.taken}.")
            return
        st.link_button(
            f"Explore at the λ of {to.name}",
            session.href(PAGE, urlencode(to.link)),
            icon=":material/open_in_new:",
            width="stretch",
        )
