"""The Budget page: controls, links, and what is taken home."""

from __future__ import annotations

import csv
import threading
import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from budget_cases import SCENARIO, VIEW, frame_of, heat, planes
from frames import check, choose, control, open_page, payload, render_frame, shown
from streamlit.testing.v1 import AppTest

from dashboard.kit import compute
from dashboard.kit.fields import fields_of
from dashboard.screens.budget.export import planes_to_csv
from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import LEFT, SETTINGS, BudgetView
from hypergrad_core import ScenarioError
from hypergrad_core.studies.plane import plane_methods

SMALL = {"d": "10", "n": "20", "T": "15", "budget": "18"}


def open_budget(link: dict[str, str]) -> AppTest:
    """A session of the page, as its address opens it."""
    return open_page(link, "budget")


CHANGES: list[tuple[str, Any, dict[str, str]]] = [
    ("budget", 30, {"budget": "30"}),
    ("left", "itd-truncated", {"left": "itd-truncated"}),
    ("right", "none", {"right": "none"}),
    ("layer", "sharp", {"layer": "sharp"}),
    ("contraction", 0.8, {"q": "0.8"}),
    ("size", 15, {"d": "15"}),
    ("samples", 25, {"n": "25"}),
    ("horizon", 10, {"T": "10"}),
    ("seed", 3, {"seed": "3"}),
    ("data", "breast_cancer", {"data": "breast_cancer"}),
]


@pytest.mark.parametrize(("key", "value", "link"), CHANGES, ids=[change[0] for change in CHANGES])
def test_a_control_changes_maps_and_link_and_the_link_restores_both(
    key: str, value: Any, link: dict[str, str]
) -> None:
    session = open_budget(SMALL)
    before = shown(session)
    choose(session, key, value)
    after = shown(session)
    assert after["figure"] != before["figure"]
    assert session.query_params == {**SMALL, **link}
    opened = open_budget(dict(session.query_params))
    assert shown(opened) == after
    assert payload(opened) == payload(session)


def test_the_live_route_answers_with_the_frame_of_the_page() -> None:
    session = open_budget(SMALL)
    params = payload(session)["live"]["params"]
    assert params["page"] == "budget"
    assert render_frame(params) == shown(session)
    with pytest.raises(ValueError, match="no page 'nonsense'"):
        render_frame({**params, "page": "nonsense"})


def test_the_live_route_refuses_what_takes_long() -> None:
    with pytest.raises(ValueError, match="let go"):
        render_frame({"page": "budget", "d": "200", "n": "2000", "T": "100"})


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"layer": "x"}, "layer"),
        ({"budget": "0"}, "budget"),
        ({"T": "500"}, "T"),
        ({"d": "900"}, "d"),
        ({"left": "itd"}, "left"),
    ],
)
def test_a_bad_value_is_named_and_the_page_goes_on(link: dict[str, str], said: str) -> None:
    session = open_budget({**SMALL, **link})
    (warning,) = session.warning
    assert f"{said} = " in warning.value.replace("\\", "")
    assert heat(shown(session))


def test_the_cell_is_in_the_link() -> None:
    session = open_budget({**SMALL, "row": "12", "column": "3"})
    assert (payload(session)["cursor"], payload(session)["other"]) == (12, 3)
    # The step is wanted also where the maps end before it: the chart shows the nearest.
    session = open_budget({**SMALL, "row": "99", "column": "3"})
    assert (payload(session)["cursor"], payload(session)["other"]) == (99, 3)


def test_the_link_of_a_frame_is_that_of_its_settings() -> None:
    link = dict(parse_qsl(frame_of()["link"]))
    assert link.pop("theme") == "light"
    assert SETTINGS.of_link(link) == (SCENARIO, VIEW, ())


def test_planes_are_taken_home_at_full_precision() -> None:
    found = planes()
    text = planes_to_csv(found)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == sum(item.errors.size for item in found)
    for row in (rows[0], rows[77], rows[-1]):
        (item,) = [item for item in found if item.method == row["method"]]
        cell = int(row["inner_steps"]), int(row["adjoint_steps"])
        unit = item.hypergradient_norm
        assert float(row["relative_error"]) == item.errors[cell] / unit
        assert float(row["relative_paper_bound"]) == item.paper[cell] / unit
        assert float(row["relative_sharp_bound"]) == item.sharp[cell] / unit
        assert int(row["products"]) == item.products[cell]


def test_maps_of_other_settings_are_shown_as_what_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until the new maps are there: with their own title and link, and with a word on it."""
    session = open_budget({**SMALL, "right": "none"})
    before = shown(session)
    assert payload(session)["pending"] == ""
    go_on = threading.Event()
    monkeypatch.setattr(compute, "JOB_SECONDS", -1.0)
    whole = Maps.run

    def slow(maps: Maps, progress: Any = None) -> Any:
        go_on.wait(60)
        return whole(maps, progress)

    monkeypatch.setattr(Maps, "run", slow)
    choose(session, "contraction", 0.77)
    assert shown(session) == before
    assert payload(session)["pending"] == "Computing q = 0.77 …"
    # The sliders are compared with what is set, not with what is shown.
    assert payload(session)["live"]["params"]["q"] == "0.77"
    # Also where other methods are asked for, and more of them.
    choose(session, "left", "aid-gmres")
    choose(session, "right", "aid-cg")
    assert shown(session) == before
    go_on.set()
    job = session.session_state["job of budget"]
    deadline = time.monotonic() + 60
    while job.running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    check(session.run())
    assert payload(session)["pending"] == ""
    assert len(heat(shown(session))) == 2
    assert dict(parse_qsl(shown(session)["link"]))["q"] == "0.77"


def test_what_makes_no_difference_is_computed_once() -> None:
    one = Maps.of(SCENARIO, VIEW)
    assert one == Maps.of(replace(SCENARIO, methods=("itd",), inner_steps=3), replace(VIEW, row=1))
    assert one != Maps.of(replace(SCENARIO, seed=1), VIEW)


def test_every_field_of_the_view_is_checked() -> None:
    bad: dict[str, Any] = {
        "left": "one-step",
        "right": "x",
        "layer": "y",
        "budget": 1.5,
        "row": -1,
        "column": 101,
    }
    assert bad.keys() == fields_of(BudgetView).keys()
    for field, value in bad.items():
        with pytest.raises(ScenarioError) as caught:
            replace(VIEW, **{field: value})
        assert caught.value.field == field


def test_all_plane_methods_can_be_chosen() -> None:
    session = open_budget(SMALL)
    assert list(LEFT) == list(plane_methods())
    assert control(session, "left").options == list(LEFT.values())
