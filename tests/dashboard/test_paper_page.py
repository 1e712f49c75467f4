"""The Paper page: its figure, its verdicts, its progress, and what is taken home."""

from __future__ import annotations

import csv
import io
import itertools
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from frames import ROOT, check, choose, control, keys, unpacked
from streamlit.testing.v1 import AppTest

from dashboard import replications
from dashboard.compute import BackgroundRun, CachedRun, ResultCache
from dashboard.export import replications_to_csv
from dashboard.figures.paper_panels import panel_title, paper_panels
from dashboard.replications import KINDS, Task, panels
from dashboard.theme import METHOD_STYLES
from hypergrad_core import Scenario
from hypergrad_core.paper import Replication, Verdict, claims, replicate
from hypergrad_core.problem import Progress

SECONDS = 30.0
VALUES = 3
TINY = (
    Scenario(family="logistic", size=5, samples=12, contraction=0.8, horizon=30),
    Scenario(family="kernel-ridge", size=8, hyper_size=3, contraction=0.8, horizon=30),
    Scenario(family="biased", size=5, samples=12, contraction=0.8, horizon=30, inner="heavy-ball"),
    Scenario(family="equilibrium", size=8, samples=4, contraction=0.8, horizon=30),
)


@cache
def tiny_runs() -> tuple[Replication, ...]:
    """The four panels of a small figure; run once for all tests."""
    return Task(TINY, VALUES).run(lambda fraction: None)


class Runs:
    """Small panels instead of those of the page, which take as long as the test wants."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: BaseException | None = None
        self.asked: list[tuple[str, float, int, int]] = []
        self.started = 0

    def panels(
        self, kind: str, contraction: float, horizon: int, seed: int
    ) -> tuple[Scenario, ...]:
        """As the page's, but small; the horizon tells what was asked for apart."""
        self.asked.append((kind, contraction, horizon, seed))
        return tuple(
            Scenario(
                family=scenario.family,
                size=scenario.size,
                samples=scenario.samples,
                hyper_size=scenario.hyper_size,
                inner=scenario.inner,
                contraction=min(contraction, scenario.problem_family.largest_contraction),
                horizon=30,
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
        while not self.go_on.wait(0.005):
            progress(0.4)
        if self.error is not None:
            raise self.error
        return replicate(scenario, 2, progress)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    made = Runs()
    monkeypatch.setattr(replications, "panels", made.panels)
    monkeypatch.setattr(replications, "replicate", made.replicate)
    monkeypatch.setattr(replications, "FIGURES", ResultCache(16))
    yield made
    made.error = None
    made.go_on.set()


def open_paper() -> AppTest:
    """A session of the page, as its address opens it."""
    session = AppTest.from_file(ROOT / "dashboard" / "main.py", default_timeout=60)
    session.run()
    check(session)
    session.switch_page(str(ROOT / "dashboard" / "screens" / "paper.py"))
    return check(session.run())


def job_of(session: AppTest) -> CachedRun[Task, Any]:
    job = session.session_state["job of paper"]
    assert isinstance(job, CachedRun)
    return job


def finish(session: AppTest, job: BackgroundRun | None = None) -> None:
    """Wait for the job of the session, then run the page as its timer would."""
    running = job or job_of(session)
    deadline = time.monotonic() + SECONDS
    while running.running:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    check(session.run())


def figures(session: AppTest) -> list[Any]:
    return list(session.get("plotly_chart"))


def tables(session: AppTest) -> list[list[str]]:
    """The rows of each table of verdicts."""
    found = [item.value for item in session.main.markdown if item.value.startswith("| The paper")]
    return [text.splitlines()[2:] for text in found]


def sidebar(session: AppTest) -> str:
    return "\n".join(item.value for item in session.sidebar.markdown)


def test_first_progress_then_the_figure_and_the_second_visit_is_at_once(runs: Runs) -> None:
    runs.go_on.clear()
    session = open_paper()
    job = job_of(session)
    while job.fraction == 0:
        time.sleep(0.005)
    check(session.run())
    (bar,) = session.get("progress")
    assert bar.proto.value == 10
    assert "10%" in bar.proto.text
    assert figures(session) == []
    assert tables(session) == []
    assert any("as soon as it is computed" in item.value for item in session.info)

    runs.go_on.set()
    finish(session)
    assert not session.get("progress")
    assert not session.info
    assert len(figures(session)) == 1
    assert len(tables(session)) == len(TINY)
    assert runs.started == len(TINY)
    assert runs.asked[-1] == ("made-up", 0.9, 100, 0)

    # Another person, and the same one again: nothing is run.
    other = open_paper()
    assert len(figures(other)) == 1
    assert not other.get("progress")
    assert figures(other)[0].proto.spec == figures(session)[0].proto.spec
    check(session.run())
    assert runs.started == len(TINY)


def test_a_run_can_be_stopped_and_started_again(runs: Runs) -> None:
    runs.go_on.clear()
    session = open_paper()
    job = job_of(session)
    while job.fraction == 0:
        time.sleep(0.005)
    check(session.run())
    control(session, "stop").click().run()
    check(session)
    finish(session, job)
    assert job.stopped
    assert "Stopped at 10%" in sidebar(session)
    assert figures(session) == []
    control(session, "again").click().run()
    check(session)
    again = job_of(session)
    assert again is not job
    runs.go_on.set()
    finish(session, again)
    assert len(figures(session)) == 1
    assert "Stopped" not in sidebar(session)
    assert "stop" not in keys(session)


def test_another_setting_stops_the_run_and_the_old_figure_stays_until_the_new_one(
    runs: Runs,
) -> None:
    session = open_paper()
    finish(session)
    before = figures(session)[0].proto.spec
    runs.go_on.clear()
    choose(session, "paper_seed", 5)
    first = job_of(session)
    assert figures(session)[0].proto.spec == before
    choose(session, "paper_seed", 6)
    second = job_of(session)
    assert first.stopped
    assert second is not first
    runs.go_on.set()
    finish(session, second)
    assert figures(session)[0].proto.spec != before
    assert runs.asked[-1] == ("made-up", 0.9, 100, 6)
    # Back to the first one: it is remembered.
    started = runs.started
    choose(session, "paper_seed", 0)
    assert figures(session)[0].proto.spec == before
    assert runs.started == started


def test_a_run_that_fails_says_so_in_words(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    runs.error = RuntimeError("the matrix is singular")
    session = open_paper()
    finish(session)
    assert "could not be computed: the matrix is singular" in sidebar(session)
    assert {*keys(session)} >= {"again", "paper_kind"}
    assert [type(failure.exc_value) for failure in seen] == [RuntimeError]


def test_the_controls_reach_the_panels(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    assert control(session, "paper_kind").options == [*KINDS.values()]
    choose(session, "paper_T", 50)
    choose(session, "paper_values", 3)
    choose(session, "paper_q_made-up", 0.8)
    assert runs.asked[-1] == ("made-up", 0.8, 50, 0)
    assert job_of(session).key.values == 3
    assert "no theory" not in "".join(control(session, "paper_q_made-up").options)
    choose(session, "paper_kind", "networks")
    assert runs.asked[-1] == ("networks", 0.9, 50, 0)
    assert not session.warning
    choose(session, "paper_q_networks", 1.2)
    assert runs.asked[-1] == ("networks", 1.2, 50, 0)
    (warning,) = session.warning
    assert "q = 1.2 is not below 1" in warning.value
    finish(session)


def test_each_table_has_a_row_for_each_claim(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    replicated = replications.FIGURES.find(job_task(session))
    assert replicated is not None
    shown = tables(session)
    titles = [item.value for item in session.main.markdown]
    for run, rows in zip(replicated, shown, strict=True):
        assert f"**{panel_title(run)}**" in titles
        said = claims(run)
        assert len(rows) == len(said) == 6
        for claim, row in zip(said, rows, strict=True):
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            assert cells[0] == claim.text
            assert cells[1].endswith(claim.verdict)
            assert cells[2] == claim.evidence
            assert isinstance(claim.verdict, Verdict)


def job_task(session: AppTest) -> Task:
    task = session.session_state["shown on paper"]
    assert isinstance(task, Task)
    return task


def test_the_download_is_offered_with_the_figure(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    assert [item.key for item in session.get("download_button")] == ["paper_csv"]


def test_the_exported_file_has_every_error() -> None:
    text = replications_to_csv(tiny_runs())
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments == [f"# {run.scenario}" for run in tiny_runs()]
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
def test_the_figure_has_four_linked_panels_and_one_entry_for_each_label(mode: Any) -> None:
    figure: dict[str, Any] = dict(paper_panels(tiny_runs(), mode))
    layout, data = figure["layout"], figure["data"]
    suffixes = ["", "2", "3", "4"]
    axes = {key for key in layout if key.startswith(("xaxis", "yaxis"))}
    assert axes == {f"{axis}axis{suffix}" for axis in "xy" for suffix in suffixes}
    for suffix in suffixes:
        x_axis, y_axis = layout[f"xaxis{suffix}"], layout[f"yaxis{suffix}"]
        assert x_axis.get("matches") == ("x" if suffix else None)
        assert x_axis["range"] == [0, 30]
        assert (x_axis["anchor"], y_axis["anchor"]) == (f"y{suffix}", f"x{suffix}")
        assert y_axis["type"] == "log"
        assert "matches" not in y_axis
        assert y_axis["range"][0] < y_axis["range"][1]
        for axis in (x_axis, y_axis):
            low, high = axis["domain"]
            assert 0 <= low < high <= 1 + 1e-12
    assert [note["text"] for note in layout["annotations"]] == [
        f"<b>{panel_title(run)}</b>" for run in tiny_runs()
    ]
    # No two panels overlap.
    boxes = [
        (*layout[f"xaxis{suffix}"]["domain"], *layout[f"yaxis{suffix}"]["domain"])
        for suffix in suffixes
    ]
    for one, other in itertools.combinations(boxes, 2):
        assert one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]
    entries = [trace["name"] for trace in data if trace.get("showlegend", True)]
    labels = {track.label for run in tiny_runs() for track in run.tracks}
    assert len(entries) == len(set(entries))
    assert set(entries) == {*labels, "floating-point floor"}
    # A press on an entry works on all panels.
    for trace in data:
        assert trace["legendgroup"] in {*labels, "floor"}


def test_each_band_is_around_its_mean_and_all_are_the_measured_ones() -> None:
    data = paper_panels(tiny_runs(), "light")["data"]
    for run, suffix in zip(tiny_runs(), ["", "2", "3", "4"], strict=True):
        here = [trace for trace in data if trace["yaxis"] == f"y{suffix}"]
        assert len(here) == 3 * len(run.tracks) + 1
        for place, track in enumerate(run.tracks):
            low, high, mean = here[3 * place : 3 * place + 3]
            assert {trace["legendgroup"] for trace in (low, high, mean)} == {track.label}
            assert high["fill"] == "tonexty"
            assert "fill" not in low
            assert mean["name"] == track.label
            assert mean["line"]["color"] == METHOD_STYLES[track.method].color("light")
            edges = [unpacked(trace["y"]) for trace in (low, mean, high)]
            assert all(np.isfinite(edge).all() and (edge > 0).all() for edge in edges)
            assert (edges[0] <= edges[1] * (1 + 1e-12)).all()
            assert (edges[1] <= edges[2] * (1 + 1e-12)).all()
            for trace in (low, high, mean):
                assert (unpacked(trace["x"]) == run.steps).all()
            smallest = run.floor / 100
            errors = run.errors[place]
            assert edges[0] == pytest.approx(np.maximum(errors.min(axis=0), smallest), rel=1e-12)
            assert edges[2] == pytest.approx(np.maximum(errors.max(axis=0), smallest), rel=1e-12)
        floor = here[-1]
        assert floor["y"] == [run.floor, run.floor]


def test_a_figure_of_a_problem_beyond_theory_can_be_drawn() -> None:
    scenario = Scenario(family="graph-network", size=8, samples=4, contraction=1.2, horizon=20)
    run = replicate(scenario, 2)
    assert run.contraction >= 1
    assert not np.isfinite(run.bounds).any()
    paper_panels((run,) * 4, "light")
    verdicts = {claim.text: claim.verdict for claim in claims(run)}
    assert verdicts["The bound of AID-FP is never above that of ITD"] == Verdict.OPEN


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


def test_the_progress_of_a_figure_goes_from_0_to_1() -> None:
    seen: list[float] = []
    Task(TINY[:2], 2).run(seen.append)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
