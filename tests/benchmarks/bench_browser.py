"""How fast the dashboard is in a real browser, next to a bare Streamlit page with the same plot.

Run by hand, on a machine that does nothing else::

    python tests/benchmarks/bench_browser.py

Both pages are measured in one run, in turn, so that a busy machine slows both down. The bare page
is a select_slider with the same options and an ``st.plotly_chart`` of figures computed beforehand.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import plotly.graph_objects as go  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dashboard.kit.page import Shown  # noqa: E402
from dashboard.kit.scenario_fields import CONTRACTIONS  # noqa: E402
from dashboard.screens.explore.frame import explore_frame  # noqa: E402
from dashboard.screens.explore.settings import SETTINGS, View  # noqa: E402
from hypergrad_core import FAMILIES, Scenario, run  # noqa: E402

DEBUGGING_PORT = 9233
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--remote-debugging-port={DEBUGGING_PORT}",
]
WIDTH, HEIGHT = 1440, 900
TIMEOUT = 60_000
READY = '.hg-chart[data-ready="true"]'
BARE_READY = ".stPlotlyChart path.js-line"

BARE_PAGE = '''
"""A select_slider and a plot of what was computed beforehand."""

import pickle
from pathlib import Path

import streamlit as st

st.set_page_config(layout="wide", initial_sidebar_state=350)
from frames import explore_picture


@st.cache_resource
def load():
    return pickle.loads(Path(__file__).with_name("figures.pickle").read_bytes())


figures = load()
with st.sidebar:
    q = st.select_slider("q", list(figures), value=0.9, key="contraction")
st.plotly_chart(figures[q], theme=None, width="stretch", height=500, key="plot")
'''

# Notes when a key goes down and when the screen frame after a redraw begins.
WATCH = """
([selector, attributes]) => {
    window.__pressed = window.__shown = null;
    const shown = () => {
        if (window.__pressed === null || window.__noted) return;
        window.__noted = true;
        requestAnimationFrame(() => { window.__shown = performance.now(); });
    };
    addEventListener("keydown", () => {
        window.__pressed = performance.now();
        window.__shown = null;
        window.__noted = false;
    }, true);
    const isOurs = node => node.nodeType === 1
        && (node.matches(selector) || (node.querySelector && node.querySelector(selector)));
    new MutationObserver(records => {
        if (records.some(r => r.type === "attributes" ? r.target.matches(selector)
                                                      : [...r.addedNodes].some(isOurs))) shown();
    }).observe(document.body, { subtree: true, childList: true, attributes: true,
                                attributeFilter: attributes });
}
"""


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[str]:
    """A server on a port of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://localhost:{port}/"
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", *command, "--server.port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not _is_healthy(base):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server of {command} does not start.")
            time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_healthy(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def write_bare_page(folder: Path) -> None:
    """The bare page, its figures for all options, and the dashboard's own configuration."""
    figures = {}
    for q in CONTRACTIONS:
        scenario = Scenario(contraction=q)
        frame = explore_frame(Shown(SETTINGS, scenario, run(scenario), scenario, View(), "light"))
        figures[q] = go.Figure(frame["figure"])
    (folder / "figures.pickle").write_bytes(pickle.dumps(figures))
    (folder / "bare.py").write_text(BARE_PAGE, encoding="utf-8")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")


def open_page(browser: Browser, base: str, ready: str) -> tuple[Page, float]:
    """A fresh page, and the seconds from navigation until its plot is there."""
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
    page.set_default_timeout(TIMEOUT)
    started = time.perf_counter()
    page.goto(base, wait_until="commit")
    page.locator(ready).first.wait_for(state="attached")
    return page, time.perf_counter() - started


def settle(page: Page) -> None:
    """Wait until Streamlit has nothing to do and the page has drawn a few quiet frames."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(300)  # longer than the chart waits until Plotly redraws


def press(page: Page, key: str) -> float:
    """Milliseconds from a key press on q to the screen frame with the new curves."""
    page.locator(".st-key-contraction input[type=range]").press(key)
    page.wait_for_function("() => window.__shown !== null")
    taken: float = page.evaluate("() => window.__shown - window.__pressed")
    settle(page)
    return taken


def bench_presses(browser: Browser, ours: str, bare: str, presses: int) -> list[list[float]]:
    """(a) Milliseconds of each press, for the dashboard and for the bare page."""
    pages = [
        (open_page(browser, ours, READY)[0], ".hg-chart", ["data-drawn-link"]),
        (open_page(browser, bare, BARE_READY)[0], "path.js-line", ["d"]),
    ]
    taken: list[list[float]] = [[], []]
    for page, selector, attributes in pages:
        settle(page)
        page.evaluate(WATCH, [selector, attributes])
        press(page, "ArrowRight")  # warm
    for number in range(presses):
        for (page, _, _), times in zip(pages, taken, strict=True):
            page.bring_to_front()
            times.append(press(page, "ArrowLeft" if number < presses // 2 else "ArrowRight"))
    for page, _, _ in pages:
        page.context.close()
    return taken


def sweep(page: Page, x: float, y: float, width: float, seconds: float) -> float:
    """Move the pressed mouse to and fro at 60 Hz; return the seconds it took.

    A mouse does not wait until the page has dealt with where it was, as ``page.mouse`` does.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{DEBUGGING_PORT}/json") as answer:
        targets = json.load(answer)
    (address,) = [item["webSocketDebuggerUrl"] for item in targets if item["url"] == page.url]
    with connect(address, max_queue=None) as hand:
        started = time.perf_counter()
        number = 0
        while (now := time.perf_counter() - started) < seconds:
            phase = (now / 1.5) % 2  # one way in 1.5 s
            place = x + width * (phase if phase < 1 else 2 - phase)
            move = {"type": "mouseMoved", "x": place, "y": y, "button": "left", "buttons": 1}
            number += 1
            message = {"id": number, "method": "Input.dispatchMouseEvent", "params": move}
            hand.send(json.dumps(message))
            time.sleep(max(0.0, started + number / 60 - time.perf_counter()))
        return time.perf_counter() - started


def bench_scrubbing(page: Page, seconds: float) -> float:
    """(b) Pictures per second while the cursor is moved."""
    box = page.locator(".hg-scrub").bounding_box()
    assert box is not None
    x, y = box["x"] + 12, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    before = page.evaluate("() => performance.now()")
    taken = sweep(page, x, y, box["width"] - 24, seconds)
    paints: int = page.evaluate(
        "before => document.querySelector('.hg-chart').__paints.filter(t => t > before).length",
        before,
    )
    page.mouse.up()
    settle(page)
    return paints / taken


class Drag(NamedTuple):
    """What came out where q was dragged: pictures a second, and how many are wanted.

    In the first round nothing has been computed before; ``rate`` is the median of all.
    """

    name: str
    first: float
    rate: float
    wanted: float


def bench_dragging(page: Page, seconds: float) -> float:
    """Distinct pictures per second while q is dragged."""
    thumb = page.locator(".st-key-contraction input[type=range]").locator("xpath=../..")
    track = page.locator(".st-key-contraction [data-rac][role=group]")
    box, rail = thumb.bounding_box(), track.bounding_box()
    assert box is not None
    assert rail is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(
        """() => {
            const root = document.querySelector(".hg-chart");
            let last = root.dataset.drawnLink;
            window.__pictures = 0;
            window.__watcher?.disconnect();
            window.__watcher = new MutationObserver(() => {
                if (root.dataset.drawnLink !== last) window.__pictures += 1;
                last = root.dataset.drawnLink;
            });
            window.__watcher.observe(root, { attributeFilter: ["data-drawn-link"] });
        }"""
    )
    page.mouse.move(x, y)
    page.mouse.down()
    taken = sweep(page, x, y, rail["x"] + 10 - x, seconds)
    pictures: int = page.evaluate("() => window.__pictures")
    page.mouse.up()
    settle(page)
    return pictures / taken


def drag_links() -> dict[str, tuple[str, float]]:
    """Links on which q is dragged, by name, each with the pictures a second that are wanted."""
    links = {"Explore": ("", 30.0), "Budget": ("budget", 30.0), "Why": ("why", 30.0)}
    for key, family in FAMILIES.items():
        for data in family.data:
            links[f"{key}, {data}"] = (f"?problem={key}&data={data}", 15.0)
    return links


def bench_drags(browser: Browser, base: str, rounds: int) -> list[Drag]:
    """(c) Pictures a second while q is dragged, on every page and for every family."""
    found = []
    for name, (link, wanted) in drag_links().items():
        page, _ = open_page(browser, base + link, READY)
        settle(page)
        rates = [bench_dragging(page, 3) for _ in range(rounds)]
        page.context.close()
        found.append(Drag(name, rates[0], statistics.median(rates), wanted))
    return found


def bench_cold(browser: Browser, ours: list[str], folder: Path, runs: int) -> list[list[float]]:
    """(d) Seconds from navigation to the first plot, each with a fresh server and browser."""
    taken: list[list[float]] = [[], []]
    for _ in range(runs):
        for number, (command, place, ready) in enumerate(
            ((ours, ROOT, READY), (["bare.py"], folder, BARE_READY))
        ):
            with serving(command, place) as base:
                page, seconds = open_page(browser, base, ready)
                taken[number].append(seconds)
                page.context.close()
    return taken


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def verdict(good: bool) -> str:
    """One word."""
    return "met" if good else "MISSED"


def print_drags(drags: list[Drag]) -> None:
    """The pictures a second of (c), a line each."""
    print(f"{'(c) dragging q, pictures/s':36}{'first':>7}{'median':>8}{'aim':>7}")
    for name, first, rate, wanted in drags:
        aim = f"≥ {wanted:.0f}"
        print(f"    {name:32}{first:7.0f}{rate:8.0f}{aim:>7}  {verdict(rate >= wanted)}")


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=40, help="key presses on each page")
    parser.add_argument("--runs", type=int, default=5, help="cold starts of each page")
    parser.add_argument("--rounds", type=int, default=3, help="of 3 s of scrubbing and of dragging")
    parser.add_argument("--drags", action="store_true", help="nothing but (c)")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit(f"No browser: none of {', '.join(BROWSERS)} is installed.")
    command = [str(ROOT / "dashboard" / "app.py")]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        if not options.drags:
            compare(browser, command, folder, options)
        with serving(command, ROOT) as ours:
            print_drags(bench_drags(browser, ours, options.rounds))
        browser.close()
    load = f"load {busy:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{os.cpu_count()} cores, {load}.")


def compare(
    browser: Browser, command: list[str], folder: Path, options: argparse.Namespace
) -> None:
    """The dashboard beside the bare page."""
    write_bare_page(folder)
    with serving(command, ROOT) as ours, serving(["bare.py"], folder) as bare:
        presses, bare_presses = bench_presses(browser, ours, bare, options.presses)
        page, _ = open_page(browser, ours, READY)
        settle(page)
        scrubs = [bench_scrubbing(page, 3) for _ in range(options.rounds)]
        page.context.close()
    cold, bare_cold = bench_cold(browser, command, folder, options.runs)
    median = statistics.median
    a, a_bare = median(presses), median(bare_presses)
    b = median(scrubs)
    d, d_bare = median(cold), median(bare_cold)
    rows = [
        ("", "dashboard", "bare page", "aim", ""),
        ("(a) key press, median ms", f"{a:.0f}", f"{a_bare:.0f}", "≤ bare", verdict(a <= a_bare)),
        (
            "    key press, p95 ms",
            f"{percentile(presses, 0.95):.0f}",
            f"{percentile(bare_presses, 0.95):.0f}",
            "≤ bare",
            verdict(percentile(presses, 0.95) <= percentile(bare_presses, 0.95)),
        ),
        ("(b) scrubbing, pictures/s", f"{b:.0f}", "–", "≥ 50", verdict(b >= 50)),
        ("(d) cold start, median s", f"{d:.2f}", f"{d_bare:.2f}", "", ""),
        ("    ratio", f"{d / d_bare:.2f}", "1", "≤ 1.5", verdict(d <= 1.5 * d_bare)),
    ]
    for label, own, other, aim, word in rows:
        print(f"{label:28}{own:>10}{other:>11}{aim:>9}  {word}")
    print(f"\n{len(presses)} presses and {len(cold)} cold starts each, {len(scrubs)} × 3 s.\n")


if __name__ == "__main__":
    main()
