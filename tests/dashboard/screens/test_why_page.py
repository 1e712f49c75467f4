"""The Why page: its lessons, controls, links, and what is taken home."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import check, choose, control, forget, link_in, open_page, render_frame, unpacked
from streamlit.testing.v1 import AppTest
from why_cases import OTHERS, SCENARIO, VIEW, dissected, frame_of, lesson

from dashboard.kit.errors import LinkError
from dashboard.lessons.why import PRESETS, Preset
from dashboard.screens.why.frame import DISSECTIONS
from dashboard.screens.why.settings import (
    PARTS,
    SETTINGS,
    WHAT_IF,
    largest_samples,
    preset_named,
    settings_of,
)
from dashboard.screens.why.words import constants_table
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.dissection import Dissection, dissect
from hypergrad_core.studies.modes import LARGEST_SIZE

SMALL = {"d": "6", "T": "12"}


def open_why(link: dict[str, str]) -> AppTest:
    """A session of the page, as its address opens it."""
    return open_page(link, "why")


def payloads(session: AppTest) -> list[dict[str, Any]]:
    """All that each chart received."""
    return [json.loads(item.proto.bytes) for item in session.get("bidi_component")]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_a_preset_says_its_text_and_is_shown_as_chosen(preset: Preset) -> None:
    session = open_why({"preset": preset.key})
    assert not session.warning
    assert any(preset.text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value == preset.key


NETWORKS = ("equilibrium", "equilibrium-symmetric", "graph-network")


@pytest.mark.parametrize("family", NETWORKS)
def test_a_network_that_is_too_large_to_take_apart_says_so(family: str) -> None:
    """Its d follows from n: the slider ends where there is no room, a link is told."""
    session = open_why({"problem": family, "n": "501"})
    (warning,) = session.warning
    assert "from 2 to 500" in warning.value
    stops = control(session, "samples").options
    assert stops[-1] == "500"
    assert not SETTINGS.of_link({"problem": family, "n": "500"})[2]
    with pytest.raises(LinkError, match="from 2 to 500 on this page"):
        render_frame({"page": "why", "problem": family, "n": "501"})


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_that_the_page_allows_is_too_large_to_take_apart(family: str) -> None:
    for data, known in FAMILIES[family].data.items():
        for size in (2, 7, 30, 59, 60):
            most = largest_samples(family, data, size)
            sizes = range(2, most + 1) if known.state_size is None else (100,)
            assert max(FAMILIES[family].state_size(data, size, n) for n in sizes) <= LARGEST_SIZE


def test_a_run_that_takes_long_shows_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def held(scenario: Scenario, report: Progress) -> Dissection:
        while not go_on.wait(0.005):
            report(0.3)
        return dissect(scenario)

    monkeypatch.setattr(DISSECTIONS, "_work", held)
    monkeypatch.setattr(DISSECTIONS, "_expected", lambda scenario: 60.0)
    forget(monkeypatch, DISSECTIONS)
    session = open_why(SMALL)
    job = session.session_state["job of why"]
    while not job.fraction:
        time.sleep(0.005)
    check(session.run())
    assert session.get("progress")[0].proto.value == 30
    assert not payloads(session)
    control(session, "stop").click().run()
    while job.running:
        time.sleep(0.005)
    check(session.run())
    assert any("Stopped at 30%" in item.value for item in session.sidebar.markdown)
    control(session, "again").click().run()
    go_on.set()
    job = session.session_state["job of why"]
    while job.running:
        time.sleep(0.005)
    check(session.run())
    assert len(payloads(session)) == 3


def test_a_text_stays_when_its_problem_is_looked_at_in_another_way() -> None:
    session = open_why({"preset": "curse"})
    choose(session, "method", "aid-cg")
    assert any(preset_named("curse").text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value == "curse"
    choose(session, "contraction", 0.9)
    assert not any(preset_named("curse").text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value is None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_settings_that_nobody_chose_as_a_lesson_stay_as_they_are(preset: Preset) -> None:
    session = open_why(dict(parse_qsl(preset.link)))
    assert not any(preset.text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value is None
    assert "preset" not in session.query_params


def test_reset_ends_a_lesson() -> None:
    session = open_why({"preset": "curse"})
    check(session.button(key="reset").click().run())
    assert session.selectbox(key="preset").value is None
    assert session.query_params == {}


def test_two_clusters_take_two_steps() -> None:
    found, _ = lesson("clusters")
    run = found.run_of("aid-cg")
    assert run.settled == 2
    assert "AID-CG 2" in frame_of("spectrum", found.scenario)["message"]


def test_a_run_that_has_left_its_polynomial_is_said_to() -> None:
    """Eigenvalues of very different size cost conjugate gradient its orthogonality."""
    hard = replace(SCENARIO, spectrum="log-uniform", size=40, contraction=0.99, horizon=40)
    assert "no longer follows its polynomial" in frame_of("spectrum", hard)["message"]
    assert "no longer" not in frame_of("spectrum")["message"]


def test_the_same_q_gives_three_different_curves() -> None:
    smooth, zigzag, far = (lesson(key)[0] for key in ("near-plus", "near-minus", "far-start"))
    contractions = {found.scenario.contraction for found in (smooth, zigzag, far)}
    assert len(contractions) == 1

    def errors(found: Dissection) -> np.ndarray[Any, Any]:
        curve = found.experiment.curve("itd")
        return curve.errors / curve.errors[0]

    assert (np.diff(errors(smooth)) < 0).all()
    assert (np.diff(errors(zigzag)[:12]) > 0).sum() >= 3
    assert errors(far).max() > 20


def test_the_curse_of_unrolling_peaks_where_it_is_predicted() -> None:
    found, view = lesson("curse")
    curve = found.experiment.curve("itd")
    assert curve.errors.max() > 10 * curve.errors[0]
    frame = frame_of("bound", found.scenario, view)
    texts = [
        text
        for trace in frame["figure"]["data"]
        if trace["mode"] == "text"
        for text in trace["text"]
    ]
    (predicted,) = [text for text in texts if "bound on ‖wₜ′(λ) − w′(λ)‖ peaks" in text]
    (measured,) = [text for text in texts if "measured error peaks" in text]
    steps = [float(text.split("t = ")[1].split(" ")[0]) for text in (predicted, measured)]
    assert steps[1] == int(np.argmax(curve.errors))
    assert abs(steps[0] - steps[1]) <= 2
    # A factor of another quantity beside that of the error would look like a bound that is false.
    assert "×" not in predicted
    assert "19× its first value" in measured


def test_conjugate_gradient_goes_wrong_where_it_does_not_apply() -> None:
    found, _ = lesson("no-cg")
    forced, cure = found.run_of("aid-cg"), found.run_of("aid-cgnr")
    assert forced.forced
    assert forced.residual_norms[-1] > 10 * forced.residual_norms[0]
    assert cure.residual_norms[1] < 1e-12 * cure.residual_norms[0]
    names = [reading["name"] for reading in frame_of("plane", found.scenario)["readout"]]
    assert "AID-CG (does not apply)" in names
    link = {"problem": "nonsymmetric", "d": "2", "m": "2", "T": "10", "show": "plane"}
    assert any("does not apply here" in item.value for item in open_why(link).info)
    # The picture of the bound has a place for the reason.
    assert not open_why({**link, "show": "bound"}).info


def test_a_misjudged_q_makes_the_bound_false_and_the_page_says_so() -> None:
    found, view = lesson("misjudged")
    assert "the bound is false from t = " in frame_of("bound", found.scenario, view)["message"]
    honest = replace(view, assumed=0.95)
    assert "false" not in frame_of("bound", found.scenario, honest)["message"]


@pytest.mark.parametrize("key", WHAT_IF)
def test_what_if_draws_the_bound_of_other_constants(key: str) -> None:
    scenario = OTHERS[0]
    view = replace(VIEW, what_if=(key,))
    plain, other = (frame_of("bound", scenario, item) for item in (VIEW, view))
    extra = len(other["readout"][0]["bounds"]) - len(plain["readout"][0]["bounds"])
    assert extra == 1
    assert "With " in other["message"]


CHANGES: list[tuple[dict[str, str], str, Any, dict[str, str]]] = [
    ({}, "show", "spectrum", {"show": "spectrum"}),
    ({}, "contraction", 0.8, {"q": "0.8"}),
    ({}, "size", 10, {"d": "10"}),
    ({}, "spectrum", "clusters", {"spectrum": "clusters"}),
    ({}, "start", 2.0, {"start": "2.0"}),
    ({}, "precision", "single", {"precision": "single"}),
    ({}, "methods", ["itd", "aid-cg"], {"methods": "itd.aid-cg"}),
    ({}, "inner", "heavy-ball", {"inner": "heavy-ball"}),
    ({}, "horizon", 20, {"T": "20"}),
    ({}, "what_if", ["misjudged"], {"if": "misjudged"}),
    ({"if": "misjudged"}, "assumed", 0.7, {"assumed": "0.7"}),
    ({}, "method", "aid-cg", {"method": "aid-cg"}),
    ({}, "stack", "residual", {"stack": "residual"}),
]


@pytest.mark.parametrize(
    ("start", "key", "value", "link"), CHANGES, ids=[change[1] for change in CHANGES]
)
def test_a_control_changes_a_view_and_the_link_and_the_link_restores_both(
    start: dict[str, str], key: str, value: Any, link: dict[str, str]
) -> None:
    begin = {**SMALL, **start}
    session = open_why(begin)
    before = payloads(session)
    choose(session, key, value)
    after = payloads(session)
    assert [item["frame"]["figure"] for item in after] != [
        item["frame"]["figure"] for item in before
    ]
    assert session.query_params == {**begin, **link}
    assert payloads(open_why(dict(session.query_params))) == after


def test_a_preset_that_is_chosen_sets_everything() -> None:
    session = open_why(SMALL)
    choose(session, "preset", PRESETS[0].key)
    scenario, view, messages = SETTINGS.of_link(dict(session.query_params))
    assert messages == ()
    assert (scenario, view) == settings_of(PRESETS[0])
    assert session.query_params == {"preset": PRESETS[0].key}


def test_a_link_names_a_preset_and_what_is_different() -> None:
    session = open_why({"preset": "curse", "method": "aid-cg", "at": "30"})
    assert not session.warning
    sent = payloads(session)[0]
    assert sent["cursor"] == 30
    scenario, view = settings_of(preset_named("curse"))
    assert session.query_params == {"preset": "curse", "method": "aid-cg", "at": "30"}
    shown = SETTINGS.of_link(link_in(sent["frame"]))[:2]
    assert shown == (scenario, replace(view, method="aid-cg", cursor=30))
    # Another problem is written out, and is no longer the preset's.
    choose(session, "contraction", 0.9)
    assert "preset" not in session.query_params
    assert SETTINGS.of_link(dict(session.query_params))[0] == replace(scenario, contraction=0.9)


def test_an_unknown_preset_is_named_and_the_page_goes_on() -> None:
    session = open_why({"preset": "x", **SMALL})
    (warning,) = session.warning
    assert "curse" in warning.value
    assert len(payloads(session)) == 3


def test_views_step_together_and_only_one_reports() -> None:
    sent = payloads(open_why({**SMALL, "at": "7"}))
    assert len(sent) == len(PARTS)
    assert {item["group"] for item in sent} == {"why"}
    assert [item["cursor"] for item in sent] == [7] * 3
    assert [item["commit"] for item in sent] == [True, False, False]


def test_the_live_route_answers_with_each_view() -> None:
    for item in payloads(open_why(SMALL)):
        assert render_frame(item["live"]["params"]) == item["frame"]
    with pytest.raises(ValueError, match="part"):
        render_frame({"page": "why", "part": "x"})


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"show": "x"}, "show"),
        ({"method": "x"}, "method"),
        ({"if": "x"}, "if"),
        ({"assumed": "1"}, "assumed"),
        ({"stack": "x"}, "stack"),
        ({"at": "-1"}, "at"),
        ({"d": "500"}, "d"),
        ({"T": "2000"}, "T"),
        ({"vary": "inner"}, "vary"),
    ],
)
def test_a_bad_value_is_named_and_the_page_goes_on(link: dict[str, str], said: str) -> None:
    session = open_why({**SMALL, **link})
    (warning,) = session.warning
    assert f"{said} = " in warning.value.replace("\\", "")
    assert len(payloads(session)) == 3


def test_beyond_the_theory_there_is_no_bound_to_take_apart() -> None:
    """The frames say so, so that it is said while q still moves; once, above the first of them."""
    session = open_why({"problem": "equilibrium", "d": "12", "n": "4", "q": "1.2", "T": "10"})
    frames = [item["frame"] for item in payloads(session)]
    assert not [trace for trace in frames[2]["figure"]["data"] if trace.get("fill")]
    assert [bool(frame.get("warning")) for frame in frames] == [True, False, False]
    (alone,) = payloads(open_why({**dict(session.query_params), "show": "bound"}))
    assert alone["frame"]["warning"]
    assert not any(item["frame"].get("warning") for item in payloads(open_why(SMALL)))


def test_a_method_that_does_not_apply_is_named_in_the_picture_with_its_reason() -> None:
    frame = frame_of("bound", replace(OTHERS[-1], methods=("itd", "aid-cg")))
    (absent,) = frame["absent"]
    assert absent["name"] == "AID-CG"
    assert absent["reason"]


def test_two_condition_numbers_have_two_names() -> None:
    """κ = (1 + q)/(1 − q) is not the condition number of M where the step is not the best one."""
    found, view = lesson("far-start")
    assert found.modes is not None
    assert found.scenario.condition_number == pytest.approx(19)
    assert found.modes.condition_number == pytest.approx(1.93, abs=0.01)
    frame = frame_of("spectrum", found.scenario, view)
    assert "κ = 19" in frame["title"]
    assert frame["message"].startswith("√cond(M) = 1.39,")
    rows = {row.split("|")[1].strip(): row for row in constants_table(found).splitlines()}
    assert "$19$" in rows[r"$\kappa$"]
    assert "$1.93$" in rows[r"$\kappa_M$"]
    assert "cond(M)" in rows[r"$\kappa_M$"]


def test_every_column_of_the_constants_has_a_heading() -> None:
    head = constants_table(dissected(SCENARIO)).splitlines()[0]
    assert all(cell.strip() for cell in head.strip("|").split("|"))


def test_what_changes_nothing_is_said_to() -> None:
    """Φ is affine: ν₁ is 0 already."""
    message = frame_of("bound", SCENARIO, replace(VIEW, what_if=("flat",)))["message"]
    assert message.endswith("With ν₁ = 0 it would be the same.")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("scenario", [SCENARIO, OTHERS[-1]], ids=lambda scenario: scenario.family)
def test_panels_are_in_one_column_where_there_is_little_room(part: str, scenario: Scenario) -> None:
    frame = frame_of(part, scenario)
    layout, narrow = frame["figure"]["layout"], frame["narrow"]["layout"]
    names = [name for name in layout if re.fullmatch(r"xaxis\d*", name)]
    for name in names:
        assert narrow.get(name, layout[name]).get("domain", [0, 1]) == [0, 1]
    rows = [
        narrow.get(name, layout[name])["domain"]
        for name in layout
        if re.fullmatch(r"yaxis\d*", name)
    ]
    rows.sort()
    assert all(lower[1] < upper[0] for lower, upper in pairwise(rows))


@pytest.mark.parametrize("part", PARTS)
def test_a_moving_hand_finds_the_same_traces_for_every_q(part: str) -> None:
    """Then new numbers are written into what is drawn, many times a second."""
    shapes = []
    for q in (0.5, 0.8, 0.9, 0.97):
        frame = frame_of(part, replace(SETTINGS.scenario, contraction=q))
        shapes.append(
            [
                (trace.get("name"), trace["type"], trace["mode"], len(unpacked(trace["x"])))
                for trace in frame["figure"]["data"]
            ]
        )
        assert all(trace["type"] == "scatter" for trace in frame["figure"]["data"])
    assert all(shape == shapes[0] for shape in shapes)
