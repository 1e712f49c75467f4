"""A λ that a link gives: how it is written, what is said of it, and the way back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from frames import (
    choose,
    control,
    experiment_of,
    keys,
    open_page,
    payload,
    render_frame,
    shown,
    turn_to,
    value_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.kit import given_hyper
from dashboard.kit.errors import LinkError
from dashboard.kit.export import file_name, settings_of
from dashboard.kit.links import SCENARIO_LINKS
from dashboard.kit.live import MAX_MESSAGE
from dashboard.kit.saved_file import LONGEST_TEXT, read, to_json
from dashboard.kit.session import ANOTHER_FAMILY
from dashboard.kit.settings import SHARED
from dashboard.kit.snippets import LONGEST_LINE, call
from dashboard.pages import PAGES
from dashboard.screens.explore.page import PAGE, preview
from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.scenario import LARGEST_ENTRY, MOST_HYPERS

HYPER = (0.1, -1.5, 1 / 3, 2e-300, -0.75, 5.0)
QUADRATIC = Scenario(family="quadratic", size=8, hyper_size=6, horizon=20, hyper=HYPER)
LOGISTIC = Scenario(family="logistic-log", size=5, samples=9, horizon=20, hyper=(-1.0,) * 5)
SETTINGS = PAGE.settings


def link_of(scenario: Scenario) -> dict[str, str]:
    return SETTINGS.link_of(scenario, SETTINGS.view)


def sentences(session: AppTest) -> str:
    return "\n".join(item.value for item in session.main.markdown)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.lists(st.floats(-LARGEST_ENTRY, LARGEST_ENTRY), min_size=1, max_size=MOST_HYPERS).map(tuple)
)
def test_a_link_has_every_bit(hyper: tuple[float, ...]) -> None:
    text = given_hyper.write(hyper)
    again = given_hyper.read(text)
    assert np.array(again).tobytes() == np.array(hyper).tobytes()
    assert set(text) <= {*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"}
    assert len(text) <= given_hyper.LONGEST_TEXT


def test_the_longest_has_room_in_a_request_and_in_a_file() -> None:
    scenario = Scenario(family="logistic-log", size=200, samples=9, hyper=(-1 / 3,) * 200)
    params = SETTINGS.link_of(scenario, SETTINGS.view, full=True)
    assert len(params["hyper"]) == given_hyper.LONGEST_TEXT < LONGEST_TEXT
    assert len(json.dumps({"id": 10**6, "params": params})) < 0.7 * MAX_MESSAGE
    assert SETTINGS.of_link(params) == (scenario, SETTINGS.view, ())


@pytest.mark.parametrize("scenario", [QUADRATIC, LOGISTIC, replace(QUADRATIC, hyper=None)])
@pytest.mark.parametrize("full", [False, True])
def test_a_link_leads_to_the_same(scenario: Scenario, full: bool) -> None:
    link = SETTINGS.link_of(scenario, SETTINGS.view, full=full)
    assert ("hyper" in link) is (full or scenario.hyper is not None)
    assert SETTINGS.of_link(link) == (scenario, SETTINGS.view, ())


HOSTILE = [
    "",
    "=",
    "A",
    "A" * 10,
    "A" * 12,
    "AAAAAAAAAAA=",
    "AAAAAAAAAA+/",
    "None",
    "none",
    "Own",
    "0.1",
    "nan",
    "1_2",
    "🙂" * 8,
    "\ud800" * 8,
    "A" * (given_hyper.LONGEST_TEXT + 1),
    "A" * 10**6,
    "<script>alert(1)</script>",
    given_hyper.write((math.nan,) * 6),
    given_hyper.write((math.inf,) * 6),
    given_hyper.write((1e300,) * 6),
    given_hyper.write((1.0,) * 5),
    given_hyper.write((1.0,) * MOST_HYPERS),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_what_is_no_lambda_is_named_and_left_out(text: str) -> None:
    plain = replace(QUADRATIC, hyper=None)
    scenario, _, (message,) = SETTINGS.of_link({**link_of(plain), "hyper": text})
    assert scenario == plain
    assert message.startswith("λ: hyper = “")
    assert "is not allowed: choose 6 numbers from -1,000,000 to 1,000,000" in message
    assert message.endswith("Used instead: the problem’s own.")
    assert len(message) < 300
    assert message.isprintable()


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (
            {"problem": "logistic", "d": "2", "hyper": given_hyper.write((1.0, -1.0))},
            "penalties and widths of the problem positive and finite. Used instead: the problem’s",
        ),
        (
            {"problem": "logistic-log", "d": "2", "hyper": given_hyper.write((-60.0, 0.0))},
            "choose a λ at which q is from 0.01 to 0.9999: here it is 1",
        ),
        (
            {"problem": "quadratic", "m": "1", "d": "3000", "hyper": given_hyper.write((1.0,))},
            "choose no λ where d is above 2,000",
        ),
        (
            {"problem": "learned-digits", "data": "digits", "hyper": given_hyper.write((1.0,))},
            "choose no λ of more than 200 entries, and it has 640 here",
        ),
    ],
)
def test_a_lambda_that_the_problem_does_not_take_is_left_out(
    link: dict[str, str], why: str
) -> None:
    scenario, _, (message,) = SETTINGS.of_link(link)
    assert scenario.hyper is None
    assert why in message
    with pytest.raises(LinkError, match="hyper = "):
        render_frame({"page": "explore", **link})


def test_complexity_has_no_use_for_one() -> None:
    (complexity,) = (page for page in PAGES if page.name == "complexity")
    link = SCENARIO_LINKS.to_link(QUADRATIC, full=True)
    scenario, _, (message,) = complexity.settings.of_link(link)
    assert scenario.hyper is None
    assert "no λ on this page: each q makes a problem with another one" in message
    having = {page.name for page in PAGES if "hyper" in page.settings.shared}
    assert "hyper" in SHARED
    assert having == {"explore", "why", "budget"}


def test_where_it_is_shown_it_is_named() -> None:
    q = LOGISTIC.built_contraction()
    told = settings_of(LOGISTIC, 5, 5)
    assert [float(entry) for entry in told["hyper"].split()] == [-1.0] * 5
    assert float(told["contraction at hyper"]) == q != LOGISTIC.contraction
    assert "hyper" not in settings_of(replace(LOGISTIC, hyper=None), 5, 5)
    names = {
        file_name(replace(LOGISTIC, hyper=hyper), 5) for hyper in (None, (1.0,) * 5, (-1.0,) * 5)
    }
    assert len(names) == 3
    frame = shown(open_page(link_of(LOGISTIC)))
    assert f"λ given: (−1, −1, −1, …, 5 entries) · q = {q:.6g} · κ = " in frame["title"]


@pytest.mark.parametrize("scenario", [QUADRATIC, LOGISTIC])
def test_python_and_a_saved_file_have_every_bit(scenario: Scenario) -> None:
    long = replace(scenario, hyper=tuple(x / 7 for x in scenario.hyper or ()))
    for indent in (0, 8):
        code = call(long, indent)
        assert eval(code, {"Scenario": Scenario}) == long
        assert max(map(len, code.splitlines())) <= LONGEST_LINE + 2
    experiment = experiment_of(long)
    export = PAGE.export(
        PAGE.shown(long, experiment, long, SETTINGS.view, "light")  # type: ignore[arg-type]
    )
    assert export is not None
    link = SETTINGS.link_of(long, SETTINGS.view, full=True)
    saved = read(to_json("explore", link, export).encode(), ["explore"])
    assert SETTINGS.of_link(saved.link)[0] == long
    assert f"# hyper: {' '.join(map(repr, long.hyper or ()))}\n" in export.tables[0].make()


@pytest.mark.parametrize("page", ["explore", "why", "budget"])
def test_a_page_shows_it_says_so_and_knows_the_way_back(page: str) -> None:
    (of,) = (item for item in PAGES if item.name == page)
    link = of.settings.link_of(LOGISTIC, of.settings.view)
    session = open_page(link, page)
    assert not session.warning
    q = LOGISTIC.built_contraction()
    said = sentences(session)
    assert "**λ is given: (−1, −1, −1, …, 5 entries).** It is not the problem’s own" in said
    assert f"at this λ, **q\u00a0=\u00a0{q:.4g}**" in said
    assert session.query_params["hyper"] == given_hyper.write(LOGISTIC.hyper)
    control(session, "own_hyper").click().run()
    assert "λ is given" not in sentences(session)
    assert "hyper" not in session.query_params
    assert session.query_params["d"] == "5"


def test_a_link_that_allows_few_controls_has_no_way_back_either() -> None:
    for only, has in (("q", False), ("q.hyper", True)):
        session = open_page({**link_of(LOGISTIC), "only": only})
        assert "λ is given" in sentences(session)
        assert ("own_hyper" in keys(session)) is has


def test_the_live_route_shows_the_same() -> None:
    session = open_page(link_of(LOGISTIC))
    live = payload(session)["live"]
    frame = render_frame({**live["params"], "whole": ""})
    assert frame["figure"] == shown(session)["figure"]
    moved = render_frame({**live["params"], "q": "0.5", "whole": ""})
    # q says which problem it is; this λ of this one is the same whatever its own would be.
    assert moved["figure"]["data"] == frame["figure"]["data"]


def test_another_family_has_its_own_lambda() -> None:
    session = open_page(link_of(LOGISTIC))
    choose(session, "family", "logistic")
    assert "λ is given" not in sentences(session)
    assert ANOTHER_FAMILY in session.warning[0].value.replace("\\", "")
    assert value_of(session, "size") == 5
    # Nor does it come along from where it was.
    turn_to(session, "why")
    session.query_params.clear()
    session.run()
    assert "λ is given" not in sentences(session)


def test_where_it_does_not_fit_any_more_the_own_one_is_taken() -> None:
    session = open_page(link_of(LOGISTIC))
    choose(session, "seed", 3)
    assert "λ is given" in sentences(session)
    assert not session.warning
    choose(session, "size", 8)
    assert "λ is given" not in sentences(session)
    assert "choose 8 numbers" in session.warning[0].value.replace("\\", "")
    assert (value_of(session, "size"), value_of(session, "seed")) == (8, 3)


def test_it_comes_along_to_pages_that_have_it() -> None:
    session = open_page(link_of(LOGISTIC))
    for page, has in (("budget", True), ("complexity", False), ("why", True), ("descent", False)):
        turn_to(session, page)
        session.query_params.clear()
        session.run()
        assert ("λ is given" in sentences(session)) is has, page
        assert not session.warning


def test_descent_keeps_one_of_a_link_until_the_problem_is_another() -> None:
    (descent,) = (item for item in PAGES if item.name == "descent")
    session = open_page(descent.settings.link_of(LOGISTIC, descent.settings.view), "descent")
    assert session.query_params["hyper"] == given_hyper.write(LOGISTIC.hyper)

    def look_at(page: str) -> None:
        turn_to(session, page)
        session.query_params.clear()
        session.run()

    look_at("explore")
    look_at("descent")
    assert session.query_params["hyper"] == given_hyper.write(LOGISTIC.hyper)
    look_at("explore")
    choose(session, "seed", 3)
    look_at("descent")
    assert value_of(session, "seed") == 3
    assert "hyper" not in session.query_params


def test_what_is_quick_to_look_at_has_its_own() -> None:
    long = Scenario(family="logistic-log", size=150, samples=400, hyper=(0.0,) * 150)
    assert preview(long) == preview(replace(long, hyper=None))


def test_the_contraction_is_that_of_the_problem() -> None:
    assert given_hyper.contraction_of(replace(LOGISTIC, hyper=None)) == LOGISTIC.contraction
    many: Any = replace(LOGISTIC, methods=("itd",), horizon=7, start=1.0, precision="single")
    assert given_hyper.contraction_of(many) == LOGISTIC.build().contraction
    with pytest.raises(ScenarioError, match="q is from"):
        given_hyper.admit(replace(LOGISTIC, hyper=(-60.0,) * 5))
