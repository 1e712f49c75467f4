"""What can be taken home: curves, figures and a program, each with the same numbers."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, NewContext
from explore_page import ExplorePage

from hypergrad_core import Scenario, run

pytestmark = pytest.mark.browser

QUERY = "q=0.93&d=30&T=40&seed=5&methods=itd.one-step.aid-cg"
SCENARIO = Scenario(
    contraction=0.93, size=30, horizon=40, seed=5, methods=("itd", "one-step", "aid-cg")
)


def save(explore: ExplorePage, press: str, folder: Path) -> Path:
    """Press a download button and save what comes."""
    with explore.page.expect_download() as download:
        explore.page.locator(press).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_csv(explore: ExplorePage, tmp_path: Path) -> None:
    explore.open(QUERY)
    path = save(explore, ".st-key-download_csv button", tmp_path)
    assert path.name == "hypergradient-quadratic-q0.93-d30-seed5.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    for text in ("# contraction: 0.93", "# size: 30", "# horizon: 40", "# seed: 5"):
        assert text in comments
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    experiment = run(SCENARIO)
    assert len(rows) == 3 * 41
    for curve in experiment.curves:
        own = [row for row in rows if row["method"] == curve.method]
        for name, values in (
            ("error", curve.errors),
            ("paper_bound", curve.paper.values),
            ("sharp_bound", curve.sharp.values),
            ("inner_steps", curve.estimate.points.inner_steps),
            ("adjoint_steps", curve.estimate.points.adjoint_steps),
            ("stored_floats", curve.estimate.stored_floats),
        ):
            found = np.array([float(row[name]) for row in own])
            assert np.array_equal(found, np.asarray(values, dtype=float)), (curve.method, name)


def test_csv_is_of_the_settings_on_the_screen(explore: ExplorePage, tmp_path: Path) -> None:
    explore.open(QUERY)
    with explore.redrawn():
        explore.press("contraction", "ArrowRight")
    path = save(explore, ".st-key-download_csv button", tmp_path)
    assert "# contraction: 0.935" in path.read_text(encoding="utf-8").splitlines()


def test_html_works_offline(explore: ExplorePage, new_context: NewContext, tmp_path: Path) -> None:
    explore.open(QUERY)
    path = save(explore, ".st-key-download_html button", tmp_path)
    assert path.suffix == ".html"
    page = new_context(offline=True).new_page()
    page.goto(path.as_uri())
    page.locator("path.js-line").first.wait_for(state="attached")
    assert page.locator("path.js-line").count() > 3
    text = page.locator("body").inner_text()
    for part in ("q = 0.93", "d = 30", "m = 10", "seed 5", "AID-CG", "One-step"):
        assert part in text
    meta = page.evaluate("() => document.getElementById('figure').layout.meta")
    assert meta["horizon"] == 40
    assert meta["methods"] == ["itd", "one-step", "aid-cg"]
    lines = page.locator("path.js-line").evaluate_all(
        "paths => Math.max(...paths.map(path => path.getBBox().width))"
    )
    assert lines > 500


def test_svg_and_png(explore: ExplorePage, tmp_path: Path) -> None:
    explore.open(QUERY)
    svg = save(explore, '.hg-tools button[aria-label="Save the chart as SVG"]', tmp_path)
    text = svg.read_text(encoding="utf-8")
    assert svg.name == "hypergradient-quadratic-q0.93-d30-seed5.svg"
    assert text.lstrip().startswith("<svg")
    assert "AID-CG" in text
    assert text.count("js-line") > 3
    png = save(explore, '.hg-tools button[aria-label="Save the chart as PNG"]', tmp_path)
    assert png.name == "hypergradient-quadratic-q0.93-d30-seed5.png"
    assert png.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert png.stat().st_size > 20_000


def test_python_snippet(explore: ExplorePage, tmp_path: Path) -> None:
    explore.open(QUERY)
    explore.page.get_by_text("The same numbers in Python").click()
    code = explore.page.locator('[data-testid="stCode"] code', has_text="hypergrad_core")
    code.wait_for()
    script = tmp_path / "snippet.py"
    script.write_text(code.inner_text(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    expected = []
    for curve in run(SCENARIO).curves:
        expected.append(curve.method)
        rows = zip(curve.steps, curve.errors, curve.paper.values, curve.sharp.values, strict=True)
        expected += [f"{s:d} {e:.6e} {p:.6e} {b:.6e}" for s, e, p, b in rows]
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == expected
