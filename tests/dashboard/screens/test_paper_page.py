"""The Paper page: runs, controls and links."""

from __future__ import annotations

from typing import Any

import pytest
from frames import check, choose, control, keys, payload
from paper_cases import (
    TINY,
    Runs,
    finish,
    frame,
    job_of,
    link,
    open_paper,
    tables,
    wait_until,
)
from streamlit.testing.v1 import AppTest

from dashboard.kit.figure.describe import BEYOND_THEORY
from dashboard.screens.paper.settings import (
    KINDS,
    SETTINGS,
    PaperView,
    largest_contraction,
)
from dashboard.screens.paper.task import Task
from hypergrad_core import ScenarioError


def sidebar(session: AppTest) -> str:
    """All that the sidebar says, the text of the bar included."""
    bars = [item.proto.text for item in session.get("progress")]
    return "\n".join([*(item.value for item in session.sidebar.markdown), *bars])


def address(session: AppTest) -> dict[str, str]:
    """The query parameters of the address."""
    found = dict(session.query_params)
    return {name: text if isinstance(text, str) else text[0] for name, text in found.items()}


def test_first_progress_then_the_figure_and_the_second_visit_is_at_once(runs: Runs) -> None:
    runs.go_on.clear()
    session = open_paper()
    job = job_of(session)
    wait_until(lambda: job.fraction > 0)
    check(session.run())
    (bar,) = session.get("progress")
    assert bar.proto.value == 10
    assert bar.proto.text == "Computing … 10%"
    assert frame(session)["message"] == "0 of 4 panels so far."
    assert tables(session) == []

    runs.go_on.set()
    finish(session)
    assert not session.get("progress")
    assert "panels" not in link(session)
    assert len(tables(session)) == 1
    assert runs.started == len(TINY)
    assert runs.asked[-1] == ("synthetic", 0.9, 100, 0)

    # Another person, and the same one again: nothing is run.
    other = open_paper()
    assert frame(other) == frame(session)
    assert not other.get("progress")
    check(session.run())
    assert runs.started == len(TINY)


def test_panels_are_drawn_as_they_come(runs: Runs) -> None:
    runs.go_on.clear()
    runs.free = 2
    session = open_paper()
    wait_until(lambda: runs.started == 3)
    check(session.run())
    shown = frame(session)
    assert shown["message"] == "2 of 4 panels so far."
    assert link(session) == {"panels": "2"}
    with_curves = {trace["yaxis"] for trace in shown["figure"]["data"] if "fill" in trace}
    notes = [note["text"] for note in shown["figure"]["layout"]["annotations"]]
    assert notes.count("not computed yet") == 2
    # The chart looks at it in every trace, also in that of an empty panel.
    assert all("mode" in trace for trace in shown["figure"]["data"])
    assert with_curves == {"y", "y2"}
    assert [row["cells"][3:] for row in shown["table"]["rows"]] == [["–", "–"]] * 5
    # What is there is not run again when the run is stopped and started again.
    control(session, "stop").click().run()
    finish(session, job_of(session))
    runs.go_on.set()
    control(session, "again").click().run()
    finish(session)
    assert runs.started == 5
    assert frame(session)["message"].startswith("With k = t,")


def test_a_run_can_be_stopped_and_started_again(runs: Runs) -> None:
    runs.go_on.clear()
    session = open_paper()
    job = job_of(session)
    wait_until(lambda: job.fraction > 0)
    check(session.run())
    control(session, "stop").click().run()
    check(session)
    finish(session, job)
    assert job.stopped
    assert sidebar(session).endswith("Stopped at 10%.")
    assert frame(session)["message"] == "0 of 4 panels so far."
    control(session, "again").click().run()
    check(session)
    again = job_of(session)
    assert again is not job
    runs.go_on.set()
    finish(session, again)
    assert len(tables(session)) == 1
    assert "Stopped" not in sidebar(session)
    assert "stop" not in keys(session)


def test_another_setting_stops_the_run_and_the_old_figure_stays_until_the_new_one(
    runs: Runs,
) -> None:
    session = open_paper()
    finish(session)
    before = frame(session)
    runs.go_on.clear()
    assert payload(session)["pending"] == ""
    choose(session, "seed", 5)
    first = job_of(session)
    assert frame(session) == before
    assert payload(session)["pending"] == "Computing seed = 5 …"
    assert "The picture still shows the previous settings." in sidebar(session)
    choose(session, "seed", 6)
    second = job_of(session)
    assert first.stopped
    assert second is not first
    assert frame(session) == before
    wait_until(lambda: second.fraction > 0)
    control(session, "stop").click().run()
    finish(session, second)
    assert sidebar(session).endswith(
        "Stopped at 10%. The picture still shows the previous settings."
    )
    over_picture = payload(session)["pending"]
    assert over_picture == "Stopped. The picture still shows the previous settings."
    runs.go_on.set()
    control(session, "again").click().run()
    finish(session)
    assert link(session) == {"seed": "6"}
    assert frame(session)["figure"] != before["figure"]
    assert runs.asked[-1] == ("synthetic", 0.9, 100, 6)
    # Back to the first one: it is remembered.
    started = runs.started
    choose(session, "seed", 0)
    assert frame(session) == before
    assert runs.started == started


def test_a_run_that_fails_says_so_in_words(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    runs.error = RuntimeError("the matrix is singular")
    session = open_paper()
    finish(session)
    assert "could not be computed, by a fault of the program" in sidebar(session)
    assert {*keys(session)} >= {"again", "kind"}
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [runs.error]


def test_the_controls_reach_the_panels_and_the_address(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    assert address(session) == {}
    assert control(session, "kind").options == [*KINDS.values()]
    choose(session, "horizon", 50)
    choose(session, "values", 3)
    choose(session, "contraction", 0.8)
    assert job_of(session).key == Task("synthetic", 3, 0.8, 50, 0)
    assert "no theory" not in "".join(control(session, "contraction").options)
    choose(session, "kind", "networks")
    assert job_of(session).key == Task("networks", 3, 0.8, 50, 0)
    assert not session.warning
    choose(session, "contraction", 1.2)
    assert job_of(session).key == Task("networks", 3, 1.2, 50, 0)
    assert address(session) == {"kind": "networks", "q": "1.2", "T": "50", "values": "3"}
    finish(session)
    assert link(session) == address(session)
    # With the picture, so that it goes with it.
    assert frame(session)["warning"] == BEYOND_THEORY
    # Where nothing beyond 1 may be chosen, the nearest that may.
    choose(session, "kind", "real")
    assert job_of(session).key == Task("real", 3, largest_contraction("real"), 50, 0)
    finish(session)
    assert "warning" not in frame(session)


def test_whichever_run_a_control_is_made_from_it_begins_with_its_value(runs: Runs) -> None:
    """A browser that is late makes the controls of a later run than the first."""

    def begin(session: AppTest) -> dict[str, Any]:
        sliders = {name: control(session, name).proto for name in ("contraction", "horizon")}
        stops = {name: proto.options[int(proto.default[0])] for name, proto in sliders.items()}
        return {**stops, "seed": int(control(session, "seed").proto.default)}

    session = open_paper({"q": "0.7", "T": "150", "seed": "3"})
    wanted = {"contraction": "0.7 (κ = 5.67)", "horizon": "150", "seed": 3}
    assert begin(session) == wanted
    finish(session)
    assert begin(session) == wanted
    choose(session, "horizon", 100)
    finish(session)
    assert begin(session) == {**wanted, "horizon": "100"}


def test_a_link_opens_the_figure_that_it_names(runs: Runs) -> None:
    wanted = {"kind": "networks", "q": "1.3", "T": "120", "values": "4", "seed": "9", "at": "33"}
    session = open_paper(wanted)
    assert job_of(session).key == Task("networks", 4, 1.3, 120, 9)
    finish(session)
    assert address(session) == wanted
    assert payload(session)["cursor"] == 33
    # Where it is read is no other figure.
    assert link(session) == {name: wanted[name] for name in ("kind", "q", "T", "values", "seed")}


def test_an_older_link_to_synthetic_data_opens() -> None:
    _, view, messages = SETTINGS.of_link({"kind": "made-up", "values": "4"})
    assert (view, messages) == (PaperView(kind="synthetic", values=4), ())


BAD = {
    "kind": ("Real+data", "Real (real); Networks (networks)"),
    "q": ("1.2", "from 0.01 to 0.9999 for these problems"),
    "T": ("300", "from 50 to 200"),
    "values": ("21", "from 1 to 20"),
    "seed": ("-1", "from 0 to 9999"),
    "at": ("x", "a whole number"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_in_a_link_is_named_and_the_others_are_kept(name: str) -> None:
    good = {"q": "0.7", "T": "150", "values": "5", "seed": "3", "at": "20"}
    bad, allowed = BAD[name]
    scenario, view, messages = SETTINGS.of_link({**good, name: bad})
    (message,) = messages
    assert bad.split("+")[0] in message
    assert allowed in message
    kept = {**SETTINGS.link_of(scenario, view, full=True)}
    default = SETTINGS.link_of(SETTINGS.scenario, SETTINGS.view, full=True)
    for other in good:
        assert kept[other] == (default[other] if other == name else good[other])


def test_several_bad_values_are_all_named(runs: Runs) -> None:
    session = open_paper({"kind": "neural", "q": "1.2", "T": "7", "seed": "4"})
    (warning,) = session.warning
    assert warning.value.count("is not allowed") == 3
    assert runs.asked[-1] == ("synthetic", 0.9, 100, 4)
    assert address(session) == {"seed": "4"}
    control(session, "dismiss").click().run()
    assert not session.warning
    finish(session)


def test_settings_of_other_pages_make_no_difference(runs: Runs) -> None:
    session = open_paper({"problem": "nonsymmetric", "d": "7", "seed": "2"})
    assert not session.warning
    assert address(session) == {"seed": "2"}
    finish(session)
    assert link(session) == {"seed": "2"}


@pytest.mark.parametrize(("kind", "allowed"), [("networks", True), ("real", False)])
def test_q_beyond_1_is_for_networks(kind: str, allowed: bool) -> None:
    scenario, _, messages = SETTINGS.of_link({"kind": kind, "q": "1.5"})
    assert (scenario.contraction, messages == ()) == ((1.5, True) if allowed else (0.9, False))
    assert largest_contraction(kind) == (1.5 if allowed else 0.9999)


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "Real data"), ("values", 0), ("values", 21), ("cursor", 201)]
)
def test_a_bad_view_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ScenarioError) as refused:
        PaperView(**{field: value})
    assert refused.value.field == field
