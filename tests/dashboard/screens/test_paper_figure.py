"""The four panels of Paper."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from frames import unpacked
from paper_cases import TINY, VALUES, Runs, finish, frame, open_paper, tiny_runs

from dashboard.kit.compute import reporting_to
from dashboard.kit.notation import scientific
from dashboard.kit.theme import METHOD_STYLES
from dashboard.screens.paper import task as paper
from dashboard.screens.paper.figure import LETTERS, MARKERS, PLAIN_WIDTH, Look, paper_panels
from dashboard.screens.paper.settings import (
    KINDS,
    SETTINGS,
)
from dashboard.screens.paper.task import Task, panels
from hypergrad_core import Scenario
from hypergrad_core.studies.claims import Verdict, claims
from hypergrad_core.studies.replication import Replication, Track, replicate

SUFFIXES = ("", "2", "3", "4")


def drawn(mode: Any = "light", runs: tuple[Replication | None, ...] | None = None) -> Any:
    """The small figure, and what goes with its cursor."""
    return paper_panels(TINY, tiny_runs() if runs is None else runs, VALUES, mode)


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
        affine = scenario.problem_family.affine_symmetric
        assert scenario.inner == ("heavy-ball" if affine else "fixed-point")


def test_the_progress_of_a_figure_goes_from_0_to_1(runs: Runs) -> None:
    seen: list[float] = []
    with reporting_to(seen.append):
        paper.FIGURES.compute(Task.of(SETTINGS.scenario, SETTINGS.view))
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
