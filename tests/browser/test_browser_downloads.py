"""What can be taken home: curves, figures and a program, each with the same numbers."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from conftest import ROOT, NewContext, Server, Watcher
from explore_page import ExplorePage
from playwright.sync_api import Page
from test_browser_axe import violations
from test_browser_layout import MODES

from hypergrad_core import Scenario, run

pytestmark = pytest.mark.browser

QUERY = "problem=quadratic&q=0.93&d=30&m=10&T=40&seed=5&methods=itd.one-step.aid-cg"
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


def names_on_each_other(page: Page) -> list[str]:
    """Names of curves that lie on another name of their picture."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".hg-names")].flatMap(layer => {
            const shown = [...layer.querySelectorAll("g")].filter(g => g.style.display !== "none");
            const boxes = shown.map(g => g.querySelector("text").getBoundingClientRect());
            const texts = shown.map(g => g.textContent);
            return boxes.flatMap((a, i) => boxes.slice(i + 1).flatMap((b, j) =>
                a.left < b.right && b.left < a.right && a.top + 5 < b.bottom && b.top + 5 < a.bottom
                    ? [`${texts[i]} and ${texts[i + 1 + j]}`] : []));
        })"""
    )
    return found


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
    unit = experiment.constants.hypergradient_norm
    assert len(rows) == 3 * 41
    for curve in experiment.curves:
        own = [row for row in rows if row["method"] == curve.method]
        for name, values in (
            ("relative_error", curve.errors / unit),
            ("relative_paper_bound", curve.paper.values / unit),
            ("relative_sharp_bound", curve.sharp.values / unit),
            ("inner_steps", curve.estimate.points.inner_steps),
            ("adjoint_steps", curve.estimate.points.adjoint_steps),
            ("stored_floats", curve.estimate.costs.stored_floats),
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
    headline = explore.page.locator(".hg-message").inner_text()
    path = save(explore, ".st-key-download_html button", tmp_path)
    assert path.name == "hypergradient-quadratic-q0.93-d30-seed5.html"
    for scheme in ("light", "dark"):
        page = new_context(offline=True, color_scheme=scheme).new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        page.locator("path.js-line").first.wait_for(state="attached")
        text = page.locator("body").inner_text()
        for part in (headline, "q = 0.93", "d = 30", "m = 10", "seed 5", "AID-CG", "One-step"):
            assert part in text
        assert page.locator("table tbody tr").count() == 3
        link = page.locator("main a").get_attribute("href") or ""
        asked_for = [parse_qsl(urlsplit(url).query) for url in (link, explore.page.url)]
        assert sorted(asked_for[0]) == sorted(asked_for[1])
        lines = page.locator("path.js-line").evaluate_all(
            "paths => Math.max(...paths.map(path => path.getBBox().width))"
        )
        assert lines > 500
        assert names_on_each_other(page) == []
        assert violations(page) == []
        # Nothing to send it to anybody with, and nothing asked of anybody.
        titles = page.locator(".modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")
        assert "Reset axes" in titles
        assert not [title for title in titles if re.search("share|cloud|upload", title, re.I)]
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        back = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert (back == "rgb(255, 255, 255)") == (scheme == "light")


def test_pointing_at_a_curve_covers_little_of_it(
    explore: ExplorePage, new_context: NewContext, tmp_path: Path
) -> None:
    explore.open("d=20&T=30&methods=itd.itd-truncated.one-step.itd-forward.aid-fp.aid-cg.aid-cgnr")
    path = save(explore, ".st-key-download_html button", tmp_path)
    page = new_context(offline=True).new_page()
    page.goto(path.as_uri())
    plot = page.locator(".nsewdrag").first
    plot.wait_for(state="attached")
    box = plot.bounding_box()
    assert box is not None
    for place in range(1, 10):
        page.mouse.move(box["x"] + box["width"] * place / 10, box["y"] + box["height"] * 0.3)
        for label in page.locator(".hoverlayer .hovertext").all():
            shown = label.bounding_box()
            assert shown is None or shown["height"] < 0.15 * box["height"]


@pytest.mark.parametrize(
    ("name", "query", "views"),
    [
        ("budget", "d=10&n=10&T=20", 1),
        ("why", "d=4&T=10", 3),
        ("complexity", "d=8&m=2&points=3&qmax=0.9&seeds=1", 1),
        ("descent", "data=synthetic&d=6&n=9&outer=3", 2),
        ("paper", "T=50&values=1&kind=real", 1),
    ],
)
def test_every_page_gives_the_same_things_to_take_home(
    new_context: NewContext,
    server: Server,
    watcher: Watcher,
    tmp_path: Path,
    name: str,
    query: str,
    views: int,
) -> None:
    # Streamlit first looks for its server below the page's own address.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.goto(f"{server.base}{name}?{query}")
    button = page.locator(".st-key-download_html button:enabled")
    button.wait_for(timeout=60_000)
    if name in ("complexity", "descent"):
        page.get_by_text("all measured").wait_for(timeout=60_000)
    for entry in ("The same numbers in Python", "A link to this picture", "Symbols and terms"):
        assert page.get_by_text(entry).count() == 1
    with page.expect_download() as download:
        page.locator(".st-key-download_csv button").click()
    table = tmp_path / download.value.suggested_filename
    download.value.save_as(table)
    column = "certificate" if name == "descent" else "relative_"
    assert column in table.read_text(encoding="utf-8")
    with page.expect_download() as download:
        button.click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.stem == table.stem
    headline = page.locator(".hg-message").first.inner_text()
    page.close()
    alone = new_context(offline=True).new_page()
    alone.goto(saved.as_uri())
    alone.locator("path.js-line").first.wait_for(state="attached")
    assert alone.locator("figure .main-svg").count() >= views
    assert alone.locator("figure").count() == views
    assert headline in alone.locator("main").inner_text()
    assert names_on_each_other(alone) == []
    for scheme in MODES:
        alone.emulate_media(color_scheme=scheme)
        assert violations(alone) == []
    link = alone.locator("main a").get_attribute("href")
    assert link is not None
    assert f"/{name}" in link


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
    rows = list(csv.DictReader(done.stdout.splitlines()))
    experiment = run(SCENARIO)
    norm = experiment.constants.hypergradient_norm
    for curve in experiment.curves:
        own = [float(row["relative_error"]) for row in rows if row["method"] == curve.method]
        np.testing.assert_allclose(own, curve.errors / norm, rtol=1e-6)
