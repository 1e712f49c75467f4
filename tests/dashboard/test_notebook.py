"""Pictures without a server: every picture of every page is a figure that Plotly accepts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
import plotly.offline  # type: ignore[import-untyped]
import pytest
from own_cases import REGRESSION

import dashboard
from dashboard.chart import PLOTLY_FILE, PLOTLY_PATH
from dashboard.notebook import figure
from dashboard.pages import PAGES
from hypergrad_core import HypergradError, Scenario, read_table, run

# What is long at the settings with which a page opens.
SHORT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "complexity": ({"size": 16, "hyper_size": 2}, {"points": 3, "largest": 0.95, "seeds": 1}),
    # The only family with images.
    "descent": (
        {"family": "learned-digits", "data": "digits", "methods": ("aid-cg",)},
        {"steps": 2, "rule": "fixed"},
    ),
    "paper": ({"horizon": 50}, {"values": 2, "kind": "networks"}),
}
PICTURES = [(page.name, part) for page in PAGES for part in page.parts]


# What a picture is drawn for, where it is not for all that its page shows.
DRAWN_FOR: dict[tuple[str, str], dict[str, Any]] = {
    ("descent", "paths"): {"family": "quadratic", "size": 5, "hyper_size": 2},
}


def settings_of(name: str, part: str) -> tuple[Scenario, dict[str, Any]]:
    (page,) = [page for page in PAGES if page.name == name]
    fields, view = SHORT.get(name, ({}, {}))
    if (name, part) in DRAWN_FOR:
        fields = {"data": "synthetic", **DRAWN_FOR[name, part]}
    return replace(page.settings.scenario, **fields), view


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "part"), PICTURES)
def test_every_picture_is_a_figure(name: str, part: str, theme: str) -> None:
    scenario, view = settings_of(name, part)
    made = figure(name, scenario, part=part, theme=theme, **view)
    assert isinstance(made, go.Figure)
    assert made.layout.title.text
    assert any(trace.visible is not False for trace in made.data)


def test_a_table_of_ones_own_has_a_picture() -> None:
    table = read_table(REGRESSION)
    made = figure("explore", Scenario(family="biased", data=table, horizon=20))
    assert str(table)[4:] in made.layout.title.text


def test_the_measured_curve_is_in_it_and_read_at_the_cursor() -> None:
    scenario = Scenario(contraction=0.8, horizon=30)
    made = dashboard.figure("explore", scenario, error="absolute")
    errors = run(scenario).curve("aid-cg").errors
    curves = [trace.y for trace in made.data if isinstance(trace.y, np.ndarray)]
    assert any(y.shape == errors.shape and np.allclose(y, errors, rtol=1e-12) for y in curves)
    path = [figure("why", cursor=step, part="plane").data for step in (2, 9)]
    assert path[0] != path[1]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"page": "nowhere"}, "explore"),
        ({"theme": "blue"}, "light"),
        ({"part": "spectrum"}, "part"),
        ({"colour": 1}, "x_axis"),
        ({"page": "budget", "budget": -1}, "budget"),
        ({"page": "budget", "scenario": Scenario(horizon=500)}, "horizon"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(HypergradError, match=said):
        figure(**fields)


def test_the_chart_speaks_the_same_plotly_as_the_package() -> None:
    version = plotly.offline.get_plotlyjs_version()
    assert f"-{version}.min.js" in PLOTLY_PATH
    assert f"plotly.js (cartesian - minified) v{version}" in PLOTLY_FILE.read_text("utf-8")[:300]


def test_figures_come_without_a_warning_of_streamlit() -> None:
    code = "import dashboard; print(len(dashboard.figure('explore').data))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 3
    assert "warning" not in done.stderr.lower()
    assert "ScriptRunContext" not in done.stderr
