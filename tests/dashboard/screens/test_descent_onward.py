"""From each outer step of Descent a link leads to Explore at the λ of that step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import check, choose, experiment_of, open_page, render_frame
from streamlit.testing.v1 import AppTest

from dashboard.kit.page import Shown
from dashboard.screens.descent.onward import onward
from dashboard.screens.descent.race import RACES, Race, arrived, run_of
from dashboard.screens.descent.settings import SETTINGS, DescentView
from dashboard.screens.explore.settings import SETTINGS as EXPLORE
from hypergrad_core import METHODS, Scenario, read_table, run
from hypergrad_core.studies.descent import minimize

PROBLEMS = [
    Scenario(family="biased", size=6, samples=9),
    Scenario(family="quadratic", size=6, hyper_size=2, seed=3),
    Scenario(family="logistic-log", size=5, samples=12, methods=("itd", "aid-gmres")),
    Scenario(family="kernel-ridge-log", size=12, hyper_size=3, methods=("aid-cg",)),
    Scenario(family="softmax", size=9, samples=9, methods=("aid-fp",)),
    Scenario(family="hyper-representation", size=3, hyper_size=6, samples=9, methods=("aid-fp",)),
    Scenario(family="equilibrium", size=12, samples=6, methods=("aid-fp",)),
    Scenario(family="graph-network", size=12, samples=6, methods=("aid-fp",)),
]


def shown_of(scenario: Scenario, view: DescentView, done: int = 9) -> Any:
    race = Race.of(scenario, view)
    runs = tuple(part if place < done else None for place, part in enumerate(RACES.compute(race)))
    return Shown(SETTINGS, race, runs, scenario, view, "light")


@pytest.mark.parametrize("scenario", PROBLEMS, ids=lambda scenario: scenario.family)
def test_explore_has_the_numbers_of_the_core_at_that_lambda(scenario: Scenario) -> None:
    view = DescentView(steps=4, rule="backtracking", length=0.2)
    race = Race.of(scenario, view)
    for way in race.ways:
        # What a script would compute, on another machine.
        steps = minimize(way.scenario.build(), way.method, way.budget, way.outer).steps
        for number in (1, len(steps) - 1):
            to = onward(shown_of(scenario, replace(view, at=number, lights=way.method)))
            assert to is not None
            assert to.link is not None
            assert to.name == f"outer step {number} of {METHODS[way.method].label}"
            found, _, messages = EXPLORE.of_link(to.link)
            assert not messages
            assert found.methods == (way.method,)
            assert replace(found, hyper=None) == way.scenario
            there = way.scenario.build().at(steps[number].hyper).tuned()
            assert np.array_equal(found.build().hyper, there.hyper)
            experiment = experiment_of(found)
            assert experiment.constants.contraction == there.constants.contraction
            assert np.array_equal(experiment.hypergradient, there.reference.hypergradient)
            frame = render_frame({"page": "explore", "whole": "", **to.link})
            assert f"q = {there.contraction:.6g}" in frame["title"]


def test_where_the_descent_begins_lambda_is_the_own_one() -> None:
    to = onward(shown_of(PROBLEMS[2], DescentView(steps=4, at=0, lights="itd")))
    assert to is not None
    assert to.link is not None
    scenario, _, messages = EXPLORE.of_link(to.link)
    assert scenario == replace(PROBLEMS[2], methods=("itd",))
    assert not messages


def test_a_step_beyond_the_last_is_the_last_one() -> None:
    view = DescentView(steps=3, at=150, rule="fixed", length=0.1)
    to = onward(shown_of(PROBLEMS[0], view))
    assert to is not None
    assert to.name.startswith("outer step 3 of ")


def test_there_is_none_before_a_descent_is_there() -> None:
    assert onward(shown_of(PROBLEMS[0], DescentView(steps=3), done=0)) is None


@pytest.mark.parametrize(
    ("scenario", "view", "taken"),
    [
        (
            Scenario(family="learned-digits", size=210, samples=9, methods=("aid-fp",)),
            DescentView(steps=1, rule="fixed", at=1),
            "no λ of more than 200 entries, and it has 210 here",
        ),
        (
            Scenario(family="hyper-representation", data="wine", methods=("aid-fp",), size=10),
            DescentView(steps=8, rule="fixed", at=8, inner_budget=20, adjoint_budget=20),
            "a λ at which q is from 0.01 to 0.9999: here it is 0.99",
        ),
    ],
)
def test_it_says_why_there_is_none(scenario: Scenario, view: DescentView, taken: str) -> None:
    to = onward(shown_of(scenario, view))
    assert to is not None
    assert to.link is None
    assert taken in to.taken
    link = SETTINGS.link_of(scenario, view)
    session = settled(open_page(link, "descent"))
    assert any(
        item.value == f"No link from {to.name}: Explore takes {to.taken}."
        for item in session.main.caption
    )


def settled(session: AppTest) -> AppTest:
    """The page when all descents are there."""
    RACES.compute(Race.of(*SETTINGS.of_link(dict_of(session))[:2]))
    return check(session.run())


def dict_of(session: AppTest) -> dict[str, str]:
    return {name: str(values[0]) for name, values in session.query_params.items()}


def link_on(session: AppTest) -> tuple[str, dict[str, str]]:
    """What the link to Explore is called, and where it leads."""
    (button,) = (item.proto for item in session.get("link_button"))
    address, _, query = button.url.partition("?")
    assert address == "explore" or address == "./"
    return button.label, dict(parse_qsl(query, strict_parsing=True))


def test_the_page_has_the_link_of_the_step_at_the_cursor() -> None:
    link = {"problem": "logistic-log", "d": "5", "n": "12", "outer": "4", "methods": "itd.aid-fp"}
    session = settled(open_page(link, "descent"))
    scenario, view, _ = SETTINGS.of_link(link)
    runs = arrived(RACES.compute(Race.of(scenario, view)))
    for at in (3, 1):
        session.query_params["i"] = str(at)
        check(session.run())
        best = run_of(runs, "best")
        assert best is not None
        assert best.descent is not None
        label, query = link_on(session)
        assert label == f"Explore at the λ of outer step {at} of {METHODS[best.method].label}"
        found = EXPLORE.of_link(query)[0]
        assert found.hyper == tuple(best.descent.steps[at].hyper.tolist())
    choose(session, "lights", "itd")
    label, query = link_on(session)
    assert label.endswith("of ITD")
    # Somebody else opens it, and reads that λ is given.
    other = open_page(query)
    assert not other.warning
    assert any("λ is given" in item.value for item in other.main.markdown)
    hypergradient = run(EXPLORE.of_link(query)[0]).hypergradient
    itd = run_of(runs, "itd")
    assert itd is not None
    assert itd.descent is not None
    size = np.linalg.norm(hypergradient)
    error = np.linalg.norm(hypergradient - itd.descent.steps[1].true_hypergradient)
    assert error <= 1e-9 * size


def test_a_step_on_own_data_leads_to_the_same_table() -> None:
    rows = "\n".join(f"{i},{i * 7 % 11},{i * i % 13}" for i in range(24))
    table = read_table(f"a,b,y\n{rows}".encode())
    scenario = Scenario(family="biased", data=table, methods=("aid-fp",))
    to = onward(shown_of(scenario, DescentView(steps=2, rule="fixed", length=0.1, at=1)))
    assert to is not None
    assert to.link is not None
    found, _, messages = EXPLORE.of_link(to.link, {str(table): table})
    assert not messages
    assert found.data == table
    assert len(found.hyper or ()) == 2
