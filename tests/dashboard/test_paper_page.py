"""The Paper page: its figure, its verdicts, its progress, its link, and what is taken home."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import check, choose, control, keys, open_page, payload, unpacked
from streamlit.testing.v1 import AppTest

from dashboard.kit.compute import BackgroundRun, CachedRun, ResultCache
from dashboard.kit.export import replications_to_csv
from dashboard.kit.figure.describe import BEYOND_THEORY
from dashboard.kit.notation import scientific
from dashboard.kit.theme import METHOD_STYLES
from dashboard.screens.paper import task as paper
from dashboard.screens.paper.figure import LETTERS, MARKERS, PLAIN_WIDTH, Look, paper_panels
from dashboard.screens.paper.settings import (
    KINDS,
    PROBLEMS,
    SETTINGS,
    PaperView,
    largest_contraction,
)
from dashboard.screens.paper.task import Task, panels
from dashboard.screens.paper.words import PAPER_LINK, SYMBOLS, claims_key, claims_table, verdict
from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.arrays import Progress
from hypergrad_core.paper import (
    Replication,
    Track,
    Verdict,
    claims,
    replicate,
    same_setting,
)

SECONDS = 60.0
VALUES = 3
TINY = (
    Scenario(family="logistic", size=5, samples=12, contraction=0.8, horizon=30),
    Scenario(family="kernel-ridge", size=8, hyper_size=3, contraction=0.8, horizon=30),
    Scenario(family="biased", size=5, samples=12, contraction=0.8, horizon=30, inner="heavy-ball"),
    Scenario(family="equilibrium", size=8, samples=4, contraction=0.8, horizon=30),
)
SUFFIXES = ("", "2", "3", "4")


@cache
def tiny_runs() -> tuple[Replication, ...]:
    """The four panels of a small figure; run once for all tests."""
    return tuple(replicate(scenario, VALUES) for scenario in TINY)


def drawn(mode: Any = "light", runs: tuple[Replication | None, ...] | None = None) -> Any:
    """The small figure, and what goes with its cursor."""
    return paper_panels(TINY, tiny_runs() if runs is None else runs, VALUES, mode)


class Runs:
    """Small panels instead of those of the page, which take as long as the test wants."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: BaseException | None = None
        self.asked: list[tuple[str, float, int, int]] = []
        self.started = 0
        # How many panels are let through before the others wait.
        self.free = 0

    def panels(
        self, kind: str, contraction: float, horizon: int, seed: int
    ) -> tuple[Scenario, ...]:
        """As the page's, but small; what differs between kinds and horizons is told apart."""
        self.asked.append((kind, contraction, horizon, seed))
        number = [*KINDS].index(kind)
        return tuple(
            Scenario(
                family=scenario.family,
                size=scenario.size,
                samples=scenario.samples + number,
                hyper_size=scenario.hyper_size,
                inner=scenario.inner,
                contraction=min(contraction, scenario.problem_family.largest_contraction),
                horizon=horizon // 2,
                seed=seed,
            )
            for scenario in TINY
        )

    def replicate(
        self, scenario: Scenario, values: int = 20, progress: Progress | None = None
    ) -> Replication:
        """As the core, after a wait at 40 % of each panel; two values of λ are enough."""
        self.started += 1
        assert progress is not None
        while self.started > self.free and not self.go_on.wait(0.005):
            progress(0.4)
        if self.error is not None:
            raise self.error
        return replicate(scenario, 2, progress)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    made = Runs()
    monkeypatch.setattr(paper, "panels", made.panels)
    monkeypatch.setattr(paper, "replicate", made.replicate)
    monkeypatch.setattr(paper, "FIGURES", ResultCache(16))
    monkeypatch.setattr(paper, "PANELS", ResultCache(64))
    yield made
    made.error = None
    made.go_on.set()


def open_paper(link: dict[str, str] | None = None) -> AppTest:
    """A session of the page, as its address opens it."""
    return open_page(link, "paper")


def job_of(session: AppTest) -> CachedRun[Task, Any]:
    job = session.session_state["job of paper"]
    assert isinstance(job, CachedRun)
    return job


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def finish(session: AppTest, job: BackgroundRun | None = None) -> None:
    """Wait for the job of the session, then run the page as its timer would."""
    running = job or job_of(session)
    wait_until(lambda: not running.running)
    check(session.run())


def frame(session: AppTest) -> dict[str, Any]:
    """The frame that the chart received."""
    found: dict[str, Any] = payload(session)["frame"]
    return found


def link(session: AppTest) -> dict[str, str]:
    """The settings that the chart says it shows, without the theme."""
    found = dict(parse_qsl(frame(session)["link"], strict_parsing=True))
    assert found.pop("theme") == "light"
    return found


def tables(session: AppTest) -> list[list[list[str]]]:
    """The cells of each table of claims, the head first."""
    found = [item.value for item in session.main.markdown if item.value.startswith("| The paper")]
    return [
        [
            [cell.strip() for cell in row.strip("|").split("|")]
            for row in text.splitlines()
            if not row.startswith("|---")
        ]
        for text in found
    ]


def plain(cell: str) -> str:
    """A cell with spaces that may be broken."""
    return cell.replace("\u00a0", " ")


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
    assert payload(session)["pending"] == "Computing q = 0.9 …"
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


def test_one_table_has_a_row_for_each_claim_and_a_column_for_each_panel(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    found = paper.FIGURES.find(session.session_state["shown on paper"])
    assert found is not None
    ((head, *rows),) = tables(session)
    names = [run.scenario.problem_family.label for run in found]
    titles = [f"{letter} · {name}" for letter, name in zip(LETTERS, names, strict=True)]
    assert head == ["The paper says", *titles]
    said = [claims(run) for run in found]
    assert len(rows) == 6
    for place, row in enumerate(rows):
        assert plain(row[0]) == said[0][place].text
        for claim, cell in zip((column[place] for column in said), row[1:], strict=True):
            assert plain(cell) == f"{SYMBOLS[claim.verdict]} {claim.tell(scientific)}"
            assert not re.search(r" [=%]", cell), "It may be broken at the end of a line."
    assert not re.search(r"\de[+-]\d", claims_table(found)), "Powers of ten are written out."
    key, _ = [item.value for item in session.caption]
    assert all(f"{SYMBOLS[verdict]} {verdict}" in key for verdict in Verdict)
    assert "at least 90 % of the steps" in key


@pytest.mark.parametrize("kind", KINDS)
def test_itd_and_aid_fp_are_never_judged_across_two_maps(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every panel of every figure, as the page shows them; at sizes that are quick."""
    sizes = {"size": 8, "samples": 8, "hyper_size": 4}
    quick = [
        (family, data, sizes if data == "synthetic" else {}) for family, data, _ in PROBLEMS[kind]
    ]
    monkeypatch.setitem(PROBLEMS, kind, tuple(quick))
    for scenario in panels(kind, 0.9, 60, 0):
        told = claims(replicate(scenario, 2))
        for claim in told:
            alike = all(same_setting(scenario, one, other) for one, other in claim.compared)
            assert alike or claim.verdict in (Verdict.OPEN, Verdict.ELSEWHERE)
        for claim in told[1:3]:
            assert claim.verdict is Verdict.HOLDS, f"{scenario.family}: {claim.tell()}"
            assert ("plain map" in claim.evidence) is (scenario.inner == "heavy-ball")


def test_the_page_names_the_paper(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    said = "\n".join(item.value for item in session.main.caption)
    assert "Grazzi" in said
    assert "On the Iteration Complexity of Hypergradient Computation" in said
    assert PAPER_LINK in said
    assert frame(session)["title"].startswith(
        "Grazzi, Franceschi, Pontil, Salzo (ICML 2020), Figure 1, rerun on synthetic data · "
    )


def test_the_key_says_what_differs_from_the_paper() -> None:
    plain, _, momentum, network = tiny_runs()
    assert "one and the same map" not in claims_key((plain, network))
    assert "one and the same map" in claims_key((plain, momentum))
    assert "the thick ITD curve unrolls heavy ball" in claims_key((plain, momentum))
    assert "AID-CGNR" not in claims_key((plain, momentum))
    assert "AID-CGNR" in claims_key((plain, network))


def test_the_message_counts_what_holds() -> None:
    runs = tiny_runs()
    told = [claims(run) for run in runs]
    held = [sum(claim.verdict is Verdict.HOLDS for claim in row) for row in zip(*told, strict=True)]
    names = ["no panel", "one panel", "two panels", "three panels", "all four panels"]
    said = [names[count] for count in held]
    unclear = [claim[3].verdict for claim in told].count(Verdict.OPEN)
    rest = f"; in {names[unclear]} no clear difference can be told" if unclear else ""
    assert verdict(runs, 4) == (
        f"With k = t, conjugate gradient is fastest in {said[3]}{rest}. With k = 10, "
        f"AID-FP stops at a plateau in {said[4]}, conjugate gradient in {said[5]}."
    )
    # Where both kinds of AID end on a plateau it is said once. ITD and AID-CG all but coincide.
    wide = panels("synthetic", 0.9, 80, 0)[2]
    assert verdict((replicate(wide, 2),) * 4, 4) == (
        "With k = t, conjugate gradient is fastest in no panel; "
        "in all four panels no clear difference can be told. "
        "With k = 10, both AID methods stop at a plateau in all four panels."
    )


def test_the_message_says_where_the_claims_do_not_apply() -> None:
    network = tiny_runs()[3]
    assert verdict((network,) * 4, 4).startswith("∂₁Φ is not symmetric in any panel")
    beyond = replace(network, contraction=1.1)
    assert verdict((beyond,) * 4, 4).startswith("q is not below 1")


def test_downloads_and_link_are_offered_with_the_figure(runs: Runs) -> None:
    session = open_paper({"seed": "8"})
    assert not session.get("download_button")
    finish(session)
    assert [item.key for item in session.get("download_button")] == [
        "download_csv",
        "download_html",
    ]
    code, link = session.get("code")
    assert "seed=8" in code.value
    assert link.value.endswith("?seed=8")


def test_the_exported_file_has_every_error() -> None:
    text = replications_to_csv(tiny_runs())
    for number, run in enumerate(tiny_runs(), 1):
        scenario = run.scenario
        told = f"{scenario.family} ({scenario.problem_family.label})"
        assert f"# panel {number}, family: {told}" in text.splitlines()
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    rows = list(csv.DictReader(io.StringIO(body)))
    assert len(rows) == sum(run.errors.size for run in tiny_runs())
    read = iter(rows)
    for run in tiny_runs():
        for place, track in enumerate(run.tracks):
            for number, t in itertools.product(range(VALUES), run.steps):
                row = next(read)
                assert row["family"] == run.scenario.family
                assert row["data"] == run.scenario.data
                assert row["curve"] == track.label
                assert (int(row["value_of_lambda"]), int(row["t"])) == (number, t)
                assert float(row["relative_error"]) == run.errors[place, number, t]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_figure_has_four_linked_panels(mode: Any) -> None:
    layout = drawn(mode).figure["layout"]
    axes = {key for key in layout if key.startswith(("xaxis", "yaxis"))}
    assert axes == {f"{axis}axis{suffix}" for axis in "xy" for suffix in SUFFIXES}
    for suffix in SUFFIXES:
        x_axis, y_axis = layout[f"xaxis{suffix}"], layout[f"yaxis{suffix}"]
        assert x_axis.get("matches") == ("x" if suffix else None)
        assert x_axis["range"] == [0, 30]
        assert (x_axis["anchor"], y_axis["anchor"]) == (f"y{suffix}", f"x{suffix}")
        assert y_axis["type"] == "log"
        assert "matches" not in y_axis
        assert y_axis["range"][0] < y_axis["range"][1]
        assert y_axis["title"]["text"] == "Relative error"
        for axis in (x_axis, y_axis):
            low, high = axis["domain"]
            assert 0 <= low < high <= 1 + 1e-12
    titles = [layout[f"xaxis{suffix}"].get("title", {}).get("text") for suffix in SUFFIXES]
    assert titles == ["", "", "Inner steps t", "Inner steps t"]
    notes = [note["text"] for note in layout["annotations"]]
    assert notes == [
        "<b>a · Logistic regression</b>, synthetic data",
        "<b>b · Kernel ridge regression</b>, synthetic data",
        "<b>c · Biased regularisation</b>, synthetic data",
        "<b>d · Equilibrium model</b>, synthetic data",
    ]
    # No two panels overlap.
    boxes = [
        (*layout[f"xaxis{suffix}"]["domain"], *layout[f"yaxis{suffix}"]["domain"])
        for suffix in SUFFIXES
    ]
    for one, other in itertools.combinations(boxes, 2):
        assert one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_key_shows_marker_and_colour_of_each_curve_once(mode: Any) -> None:
    found = drawn(mode)
    tracks = {track.label: track for run in tiny_runs() for track in run.tracks}
    shown = {entry["text"]: entry for entry in found.key}
    assert len(shown) == len(found.key)
    for label, track in tracks.items():
        if track.plain:
            assert label not in shown
            continue
        style = METHOD_STYLES[track.method]
        assert shown[label]["color"] == style.color(mode)
        hollow = track.adjoint_steps is not None
        assert shown[label]["mark"] == style.marker + ("-open" if hollow else "")
    rest = [entry["text"] for entry in found.key if entry["text"] not in tracks]
    assert rest == [
        "thin: ITD and AID-FP on the plain map (thick ITD: unrolls heavy ball)",
        f"smallest to largest error over {VALUES} λ",
    ]
    # No panel of these goes down to where errors may be rounding.
    assert all(
        run.floor < 10.0 ** found.figure["layout"][f"yaxis{suffix}"]["range"][0]
        for run, suffix in zip(tiny_runs(), SUFFIXES, strict=True)
    )
    exact = replace(tiny_runs()[0], floor=1e-2)
    texts = [entry["text"] for entry in drawn(mode, (exact, None, None, None)).key]
    assert "rounding (upper estimate)" in texts
    assert len({entry["mark"] for entry in found.key}) == len(found.key)
    assert not found.figure["layout"]["showlegend"]


def test_each_band_is_around_its_mean_and_all_are_the_measured_ones() -> None:
    data = drawn().figure["data"]
    for run, suffix in zip(tiny_runs(), SUFFIXES, strict=True):
        here = [trace for trace in data if trace.get("yaxis") == f"y{suffix}"]
        marked = [track for track in run.tracks if not track.plain]
        count, plain = len(marked), len(run.tracks) - len(marked)
        assert plain == (2 if run.scenario.inner == "heavy-ball" else 0)
        assert len(here) == 4 * count + plain + 1
        bands, lines, floor = here[: 2 * count], here[2 * count : -1], here[-1]
        for track, thin in zip(run.tracks[count:], lines[4 * count - 2 * count :], strict=True):
            assert thin["line"]["width"] == PLAIN_WIDTH
            np.testing.assert_array_equal(unpacked(thin["y"]), run.mean(track))
        for place, track in enumerate(marked):
            low, high = bands[2 * place : 2 * place + 2]
            mean, markers = lines[2 * place : 2 * place + 2]
            assert high["fill"] == "tonexty"
            assert "fill" not in low
            assert mean["name"] == track.label
            color = METHOD_STYLES[track.method].color("light")
            assert mean["line"]["color"] == markers["marker"]["color"] == color
            edges = [unpacked(trace["y"]) for trace in (low, mean, high)]
            assert (edges[0] <= edges[1] * (1 + 1e-12)).all()
            assert (edges[1] <= edges[2] * (1 + 1e-12)).all()
            for trace in (low, high, mean):
                assert (unpacked(trace["x"]) == run.steps).all()
            for edge, expected in zip((edges[0], edges[2]), run.band(track), strict=True):
                np.testing.assert_array_equal(edge, expected)
            np.testing.assert_array_equal(edges[1], run.mean(track))
            places = unpacked(markers["x"]).astype(int)
            assert len(places) == MARKERS
            np.testing.assert_array_equal(unpacked(markers["y"]), edges[1][places])
        # Curves that coincide all show their markers.
        starts = [unpacked(lines[2 * place + 1]["x"])[0] for place in range(count)]
        assert len(set(starts)) == count
        assert floor["y"] == [run.floor, run.floor]


def test_the_cursor_reads_every_curve_of_every_panel_at_one_step() -> None:
    found = drawn()
    data = found.figure["data"]
    assert [(line["xaxis"], line["along"], line["by"]) for line in found.lines] == [
        (f"x{suffix}", "x", 0) for suffix in SUFFIXES
    ]
    for line in found.lines:
        np.testing.assert_array_equal(unpacked(line["at"]), TINY[0].steps())
    read = 0
    for reading in found.readings:
        (track,) = {
            track for run in tiny_runs() for track in run.tracks if track.label == reading["name"]
        }
        assert reading["color"] == METHOD_STYLES[track.method].color("light")
        cells = {reading["label"]: reading["trace"]}
        cells |= {bound["name"]: bound["trace"] for bound in reading["bounds"]}
        assert reading["marker"] == Look.of(track, "light").symbol
        for letter, run in zip(LETTERS, tiny_runs(), strict=True):
            assert (letter in cells) is (track in run.tracks)
            if letter in cells:
                values = unpacked(data[cells[letter]]["y"])
                np.testing.assert_array_equal(values, run.mean(track))
                read += 1
    assert read == sum(not track.plain for run in tiny_runs() for track in run.tracks)
    # Each curve has a mark: those that are read by themselves, and a dot for each of the others.
    marked = [reading["trace"] for reading in found.readings] + [dot["trace"] for dot in found.dots]
    assert len(marked) == len(set(marked)) == read
    assert all("marker" not in data[place] and data[place]["name"] for place in marked)


def test_an_unfinished_figure_has_empty_panels_with_their_axes() -> None:
    found = drawn(runs=(tiny_runs()[0], None, None, None))
    data, layout = found.figure["data"], found.figure["layout"]
    for suffix in SUFFIXES[1:]:
        (trace,) = [trace for trace in data if trace.get("yaxis") == f"y{suffix}"]
        assert trace["x"] == [None]
        assert layout[f"xaxis{suffix}"]["range"] == [0, 30]
    assert len(found.lines) == 1
    assert [len(reading["bounds"]) for reading in found.readings] == [0] * 5
    nothing = drawn(runs=(None,) * 4)
    assert nothing.readings == []
    json.dumps(nothing.figure, allow_nan=False)


def test_the_frame_says_in_words_what_the_figure_shows(runs: Runs) -> None:
    session = open_paper({"values": "2"})
    finish(session)
    shown = frame(session)
    assert shown["alt"].startswith("Relative error over inner steps t in 4 panels: a · Logistic")
    assert shown["alt"].endswith(shown["message"])
    assert shown["steps"] == [f"t = {step}" for step in range(51)]
    assert shown["at"] == [*range(51)]
    assert "q = 0.9 · 2 λ · seed 0" in shown["title"]
    assert "title" not in shown["figure"]["layout"]
    assert "warning" not in shown
    found = paper.FIGURES.find(session.session_state["shown on paper"])
    assert found is not None
    rows = {row["cells"][0]: row["cells"][1:] for row in shown["table"]["rows"]}
    for place, run in enumerate(found):
        for track in run.tracks:
            low, high = (scientific(float(edge[-1]), digits=0) for edge in run.band(track))
            mean = scientific(float(run.mean(track)[-1]))
            assert rows[track.label][place] == f"{mean} ({low} – {high})"
    assert rows[Track("aid-cg").label][3] == "–"


def test_a_figure_of_a_problem_beyond_theory_can_be_drawn() -> None:
    scenario = Scenario(family="graph-network", size=8, samples=4, contraction=1.2, horizon=20)
    run = replicate(scenario, 2)
    assert run.contraction >= 1
    assert not np.isfinite(run.bounds).any()
    found = paper_panels((scenario,) * 4, (run,) * 4, 2, "light")
    json.dumps(found.figure, allow_nan=False)
    assert {claim.verdict for claim in claims(run)} == {Verdict.ELSEWHERE}


def test_no_measured_curve_leaves_its_panel() -> None:
    layout = drawn().figure["layout"]
    for run, suffix in zip(tiny_runs(), SUFFIXES, strict=True):
        low, high = layout[f"yaxis{suffix}"]["range"]
        for track in run.tracks:
            for edge in (run.mean(track), *run.band(track)):
                assert (10.0**low <= edge).all()
                assert (edge <= 10.0**high).all()


def test_on_a_small_screen_the_panels_are_in_one_column() -> None:
    found = drawn()
    assert found.narrow is not None
    layout = found.narrow["layout"]
    domains = [layout[f"yaxis{suffix}"]["domain"] for suffix in SUFFIXES]
    for upper, lower in itertools.pairwise(domains):
        assert lower[1] < upper[0]
    assert all(layout[f"xaxis{suffix}"]["domain"] == [0, 1] for suffix in SUFFIXES)
    # Only the last names its axis, also where the figure has a name there.
    named = [layout[f"xaxis{suffix}"]["title"]["text"] for suffix in SUFFIXES]
    assert named == ["", "", "", "Inner steps t"]
    whole = found.figure["layout"]["annotations"]
    assert [note["text"] for note in layout["annotations"]] == [note["text"] for note in whole]


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("contraction", [0.05, 0.9, 0.999])
def test_every_kind_has_four_panels_with_the_solver_of_the_paper(
    kind: str, contraction: float
) -> None:
    four = panels(kind, contraction, 50, 7)
    assert len(set(four)) == 4
    for scenario in four:
        assert (scenario.contraction, scenario.horizon, scenario.seed) == (contraction, 50, 7)
        affine = scenario.problem_family.affine
        assert scenario.inner == ("heavy-ball" if affine else "fixed-point")


def test_the_progress_of_a_figure_goes_from_0_to_1(runs: Runs) -> None:
    seen: list[float] = []
    Task.of(SETTINGS.scenario, SETTINGS.view).run(seen.append)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
