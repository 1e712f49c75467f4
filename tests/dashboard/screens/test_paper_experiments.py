"""The list of the paper's experiments: every link opens what it says."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from dashboard.pages import PAGES
from dashboard.screens.descent.race import Race
from dashboard.screens.paper.experiments import (
    EXPERIMENTS,
    State,
    Tried,
    experiments_key,
    experiments_table,
)
from hypergrad_core import METHODS, minimize


@pytest.mark.parametrize("tried", EXPERIMENTS, ids=lambda tried: tried.name)
def test_every_link_is_understood(tried: Tried) -> None:
    (page,) = [page for page in PAGES if page.name == tried.page]
    link = dict(parse_qsl(tried.link, strict_parsing=True))
    scenario, view, messages = page.settings.of_link(link)
    assert not messages
    assert {*link} <= {*page.settings.own(link)}
    if tried.page == "descent":
        problem = scenario.build()
        for way in Race.of(scenario, view).ways:
            assert METHODS[way.method].refusal(problem) == ""


@pytest.mark.parametrize(
    "tried", [t for t in EXPERIMENTS if t.page == "descent"], ids=lambda tried: tried.name
)
def test_every_descent_that_is_linked_lowers_f(tried: Tried) -> None:
    (page,) = [page for page in PAGES if page.name == tried.page]
    scenario, view, _ = page.settings.of_link(dict(parse_qsl(tried.link)))
    for way in Race.of(scenario, view).ways:
        problem = way.scenario.build()
        first, *_, last = minimize(problem, way.method, way.budget, way.outer, truth=False).steps
        assert problem.at(last.hyper).objective() < 0.98 * problem.objective()
        if view.height == "accuracy":
            assert last.accuracy > first.accuracy + 0.02


def test_all_are_listed_with_their_sign() -> None:
    table = experiments_table(lambda page, link: f"{page}?{link}")
    assert len(table.splitlines()) == 2 + len(EXPERIMENTS)
    for tried in EXPERIMENTS:
        assert f"({tried.page}?{tried.link})" in table
    assert all(state in experiments_key() for state in State)
