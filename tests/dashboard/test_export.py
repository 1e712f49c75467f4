"""What is taken home: the numbers, the figure and the code are those of the picture."""

from __future__ import annotations

import csv
import html.parser
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frames import ALL, ROOT, experiment_of, traces, unpacked

from dashboard.chart import PLOTLY_FILE
from dashboard.explore import explore_frame
from dashboard.export import COLUMNS, file_name, to_csv, to_html, to_snippet
from dashboard.figures.error_curves import describe
from dashboard.view import View
from hypergrad_core import Scenario

SCENARIOS = [
    Scenario(),
    Scenario(methods=ALL, size=12, horizon=20, seed=3, contraction=0.123456789012345678),
    Scenario(methods=ALL, size=12, horizon=20, vary="adjoint", inner_steps=7),
    Scenario(methods=ALL, size=12, horizon=20, vary="inner", adjoint_steps=4),
    Scenario(family="logistic", data="breast_cancer", horizon=15, methods=("aid-fp", "itd")),
    Scenario(methods=("itd",), vary="adjoint", size=12, horizon=5),
]
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)


def table_of(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The comment lines and the rows of an exported file."""
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert lines[: len(comments)] == comments
    pairs = (comment.removeprefix("# ").split(": ", 1) for comment in comments)
    rows = csv.DictReader(lines[len(comments) :])
    assert rows.fieldnames is not None
    assert tuple(rows.fieldnames) == COLUMNS
    return dict(pairs), list(rows)


@every_scenario
def test_every_number_of_the_csv_is_exact(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    comments, rows = table_of(to_csv(experiment))
    assert float(comments["hypergradient_norm"]) == experiment.constants.hypergradient_norm
    assert len(rows) == sum(len(curve.steps) for curve in experiment.curves)
    for curve in experiment.curves:
        estimate = curve.estimate
        own = [row for row in rows if row["method"] == curve.method]
        wanted = {
            "inner_steps": estimate.points.inner_steps,
            "adjoint_steps": estimate.points.adjoint_steps,
            "error": curve.errors,
            "paper_bound": curve.paper.values,
            "sharp_bound": curve.sharp.values,
            "floor": np.full(len(own), curve.floor),
            "map_evaluations": estimate.map_evaluations,
            "state_products": estimate.state_products,
            "hyper_products": estimate.hyper_products,
            "stored_floats": estimate.stored_floats,
        }
        for name, values in wanted.items():
            read = np.array([values.dtype.type(row[name]) for row in own])
            np.testing.assert_array_equal(read, values)


@every_scenario
def test_the_csv_says_what_was_run(scenario: Scenario) -> None:
    comments, _ = table_of(to_csv(experiment_of(scenario)))
    for item in fields(Scenario):
        assert comments[item.name] == str(getattr(scenario, item.name))


@every_scenario
def test_the_csv_says_what_each_bound_is_worth(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    comments, _ = table_of(to_csv(experiment))
    for curve in experiment.curves:
        for name, bound in (("paper_bound", curve.paper), ("sharp_bound", curve.sharp)):
            said = f"tier {bound.tier}, {bound.status}"
            assert comments[f"{name} of {curve.method}"] == said
            assert re.fullmatch("tier [PXTV], (tight|upper|heuristic)", said)
            assert comments[f"source of {name} of {curve.method}"] == bound.source


def test_the_csv_can_be_read_with_numpy() -> None:
    experiment = experiment_of(Scenario())
    lines = [line for line in to_csv(experiment).splitlines() if not line.startswith("#")]
    errors = np.loadtxt(lines, delimiter=",", skiprows=1, usecols=3)
    wanted = np.concatenate([curve.errors for curve in experiment.curves])
    np.testing.assert_array_equal(errors, wanted)


@every_scenario
def test_the_snippet_prints_the_numbers_of_the_experiment(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", to_snippet(experiment)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert finished.stderr == ""
    wanted = []
    for curve in experiment.curves:
        wanted.append(curve.method)
        for i, step in enumerate(curve.steps):
            values = (curve.errors[i], curve.paper.values[i], curve.sharp.values[i])
            wanted.append(" ".join([f"{step:5d}", *(f"{value:.6e}" for value in values)]))
    assert finished.stdout.splitlines() == wanted


class Page(html.parser.HTMLParser):
    """What a page of HTML refers to, and its text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._stack: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag."""
        self.tags.append((tag, dict(attrs)))
        self._stack.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the tag."""
        if tag in self._stack:
            self._stack.remove(tag)

    def handle_data(self, data: str) -> None:
        """Remember text and scripts apart."""
        if "script" in self._stack:
            self.scripts[-1] += data
        else:
            self.text += data


def figure_of(page: Page) -> dict[str, Any]:
    """The figure that the page draws."""
    found = re.match(r"const figure = (.*);Plotly\.newPlot\(", page.scripts[-1], re.DOTALL)
    assert found
    figure: dict[str, Any] = json.loads(found[1])
    return figure


@pytest.mark.parametrize("scenario", [SCENARIOS[0], SCENARIOS[4], SCENARIOS[5]], ids=str)
def test_the_page_works_without_a_network(scenario: Scenario) -> None:
    page = Page(to_html(experiment_of(scenario), View()))
    plotly, drawing = page.scripts
    assert plotly == PLOTLY_FILE.read_text(encoding="utf-8")
    for tag, attributes in page.tags:
        assert tag in {"html", "head", "meta", "title", "style", "body", "div", "p", "script"}
        assert not {"src", "href", "data", "action"} & attributes.keys()
    for text in (drawing, page.text):
        assert not re.search(r"\w+://|@import|url\(", text)


@every_scenario
def test_the_page_has_the_figure_and_its_parameters(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    view = View(error="absolute", bound="paper", x_axis="products")
    page = Page(to_html(experiment, view))
    figure = figure_of(page)
    meta = figure["layout"]["meta"]
    for settings in (scenario, view):
        for item in fields(settings):
            value = getattr(settings, item.name)
            assert meta[item.name] == (list(value) if isinstance(value, tuple) else value)
    assert page.text.count(describe(experiment)) == 2
    frame = dict(explore_frame(experiment, view, "light"))
    assert len(figure["data"]) == len(traces(frame))
    for ours, theirs in zip(figure["data"], traces(frame), strict=True):
        np.testing.assert_array_equal(unpacked(ours["y"]), unpacked(theirs["y"]))


def test_nothing_in_a_figure_can_end_its_script() -> None:
    _, drawing = to_html(experiment_of(Scenario()), View()).split("<script>const figure")
    assert drawing.count("</") == drawing.count("</script>") + drawing.count("</body>") + 1
    assert drawing.count("</script>") == 1


@every_scenario
def test_files_have_names_that_every_system_takes(scenario: Scenario) -> None:
    name = file_name(experiment_of(scenario))
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,100}", name)
    assert f"q{scenario.contraction:g}" in name
    assert f"seed{scenario.seed}" in name
    assert Path(name).name == name
