"""Take the pictures of README again: ``.venv/bin/python .readme/take.py``, or named pages."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]

from bench_browser import BROWSER_ARGS, BROWSERS, serving, settle  # noqa: E402

from dashboard.pages import HOME, PAGES  # noqa: E402

# Pages whose picture is not of how they open.
LINKS = {HOME.name: "", "lecture": "lecture?lesson=kappa&guess=1000&stage=told"}

MINUTES = 5 * 60_000
WHOLE = """() => document.querySelector('[data-testid="stProgress"]') === null
    && [...document.querySelectorAll(".hg-chart")].every(chart => chart.dataset.ready === "true")"""


def take(page: Page, base: str, name: str) -> None:
    """The page when all of it is there."""
    page.goto(base + LINKS.get(name, name))
    page.locator('[data-testid="stMain"] .gl-words').first.wait_for()
    settle(page)
    page.wait_for_function(WHOLE, timeout=MINUTES)
    settle(page)
    path = Path(__file__).with_name(f"{name}.png")
    page.screenshot(path=path)
    # So many colours are a third of the bytes.
    Image.open(path).quantize(256).save(path, optimize=True)


def main() -> None:
    """All pages, or those that are named."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    names = sys.argv[1:] or [page.name for page in PAGES]
    with sync_playwright() as playwright, serving(["dashboard/app.py"], ROOT) as base:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        for name in names:
            take(page, base, name)


if __name__ == "__main__":
    main()
