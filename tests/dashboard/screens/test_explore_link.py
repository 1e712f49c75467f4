"""The link of a frame restores it; a moving hand gets a quick one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from frame_cases import SCENARIOS, SMALL, VIEWS, every_scenario
from frames import ALL, experiment_of, frame_of, link_in, render_frame, traces, unpacked

from dashboard.chart import WHOLE_PARAM
from dashboard.kit import compute
from dashboard.kit.links import links_of
from dashboard.kit.page import Shown
from dashboard.screens.explore.frame import explore_frame
from dashboard.screens.explore.settings import SETTINGS, View
from hypergrad_core import Scenario, run
from hypergrad_core.studies.experiment import DRAFT_STRIDE


@pytest.mark.parametrize("mode", ["light", "dark"])
@every_scenario
def test_the_link_of_a_frame_restores_its_setting_and_the_frame(
    scenario: Scenario, mode: str
) -> None:
    view = View(x_axis="products", error="absolute", bound="sharp", target=2.5e-5, card="itd")
    params = {**SETTINGS.link_of(scenario, view), "theme": mode}
    frame = render_frame({**params, WHOLE_PARAM: "1"})
    assert dict(parse_qsl(frame["link"])) == params
    settings = link_in(dict(frame))
    assert SETTINGS.of_link(settings) == (scenario, view, ())
    # Computed anew, not taken from the cache, it is the same to the last digit.
    compute.EXPERIMENTS.store(run(scenario))
    assert json.dumps(render_frame(dict(parse_qsl(frame["link"])))) == json.dumps(frame)


def test_a_frame_that_stands_in_has_the_link_that_was_asked_for() -> None:
    asked = Scenario(seed=5)
    frame = explore_frame(
        Shown(SETTINGS, asked, experiment_of(SCENARIOS[0]), asked, View(), "dark")
    )
    assert dict(parse_qsl(frame["link"])) == {**SETTINGS.link_of(asked, View()), "theme": "dark"}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": "1"}, "q"),
        ({"q": "inf"}, "q"),
        ({"d": "1e3"}, "d"),
        ({"problem": ""}, "problem"),
        ({"methods": "."}, "methods"),
        ({"problem": "quadratic", "m": "1000", "d": "1000000"}, "m"),
        ({"problem": "quadratic", "d": "1000000", "T": "2000"}, "T"),
        ({"eps": "-1"}, "eps"),
        ({"bound": "all"}, "bound"),
        ({"at": "x"}, "at"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, str], field: str) -> None:
    allowed = rf"^[A-Z].*: {re.escape(field)} = .* is not allowed: choose "
    with pytest.raises(ValueError, match=allowed):
        render_frame(params)


def test_all_bad_parameters_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"q = .*eps = "):
        render_frame({"q": "7", "eps": "7e7"})


def test_a_hand_that_moves_gets_fewer_points_and_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    params = {"problem": "equilibrium", "d": "20", "n": "5", "T": "42", "eps": "0.1"}
    monkeypatch.setattr(compute, "DRAFT_SECONDS", 0.0)
    draft = render_frame(params)
    whole = render_frame({**params, WHOLE_PARAM: "1"})
    assert json.loads(json.dumps(draft, allow_nan=False))["draft"] is True
    assert "draft" not in whole
    assert draft["at"] == [*range(8), *range(8, 42, DRAFT_STRIDE), 42]
    assert whole["at"] == [*range(43)]
    # Another picture, of the same settings.
    assert draft["link"] != whole["link"]
    assert parse_qsl(draft["link"]) == parse_qsl(whole["link"])
    assert draft["title"] == f"{whole['title']} · drawn at fewer steps"
    assert "at most" in draft["message"]
    assert "at most" not in whole["message"]
    for row, all_of_it in zip(draft["table"]["rows"], whole["table"]["rows"], strict=True):
        reached = re.fullmatch(r"≤ (\d+)", row["cells"][1])
        assert reached
        assert 0 <= int(reached[1]) - int(all_of_it["cells"][1]) < DRAFT_STRIDE
    # What is known already is shown with all its points.
    assert render_frame(params) == whole


def test_a_slow_setting_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "LIVE_SECONDS", 0.0)
    params = {"d": "21", "seed": "77"}
    with pytest.raises(ValueError, match="takes longer: it is computed when you let go"):
        render_frame(params)
    scenario, _, _ = SETTINGS.of_link(params)
    # What is known already is shown, however long it took.
    compute.EXPERIMENTS.store(run(scenario))
    assert link_in(dict(render_frame(params))) == params


@pytest.mark.parametrize("field", ["contraction", "seed", "target"])
@pytest.mark.parametrize(
    "view", VIEWS, ids=lambda view: "-".join(links_of(View).to_link(view).values()) or "default"
)
def test_a_slider_moves_points_but_never_the_structure(view: View, field: str) -> None:
    base = Scenario(methods=ALL, **SMALL["quadratic"])
    settings: list[tuple[Scenario, View]] = {
        "contraction": [(replace(base, contraction=q), view) for q in (0.3, 0.9, 0.999)],
        "seed": [(replace(base, seed=seed), view) for seed in (0, 1)],
        "target": [(base, replace(view, target=target)) for target in (1e-14, 1e-3, 30.0)],
    }[field]

    def structure(frame: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [
            (
                trace["type"],
                trace["mode"],
                trace.get("name"),
                trace.get("fill"),
                trace.get("line"),
                len(unpacked(trace["x"])),
            )
            for trace in traces(frame)
        ]

    first, *others = [frame_of(scenario, seen) for scenario, seen in settings]
    for other in others:
        assert structure(other) == structure(first)
        assert other["steps"] == first["steps"]
        layouts = [frame["figure"]["layout"] for frame in (first, other)]
        assert layouts[0]["uirevision"] == layouts[1]["uirevision"]
        assert layouts[0]["margin"] == layouts[1]["margin"]


@every_scenario
def test_an_experiment_has_one_colour_a_method_in_chart_and_table(scenario: Scenario) -> None:
    frame = frame_of(scenario)
    colors = [reading["color"] for reading in frame["readout"]]
    assert len(set(colors)) == len(colors)
    assert [row["color"] for row in frame["table"]["rows"]] == colors
    markers_of = [reading["marker"] for reading in frame["readout"]]
    assert [row["marker"] for row in frame["table"]["rows"]] == markers_of
    assert len(set(markers_of)) == len(markers_of)
