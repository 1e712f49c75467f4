"""The Paper page in a browser: by its address and by the navigation, with all it asks for."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from conftest import NewContext, Server, Watcher
from playwright.sync_api import Page, Response

pytestmark = pytest.mark.browser

FIRST_RUN = 45_000
"""Milliseconds for four panels at twenty values of λ, on a machine that is busy."""

_DRAWN = """
() => {
    const plots = [...document.querySelectorAll(".js-plotly-plot .cartesianlayer > .subplot")];
    return plots.length === 4
        && plots.every(plot => plot.querySelectorAll("path.js-line").length >= 5);
}
"""

# Streamlit looks for its server below the address of the page first, then at the root.
LOOKED_FOR = ("/paper/_stcore/health", "/paper/_stcore/host-config")


def read(page: Page) -> list[list[str]]:
    """Wait for the figure; the first column of each table of verdicts."""
    page.wait_for_function(_DRAWN, timeout=FIRST_RUN)
    page.get_by_text("The paper says — measured here").wait_for()
    tables = page.locator('[data-testid="stMarkdownContainer"] table')
    tables.nth(3).wait_for()
    assert tables.count() == 4
    found: list[list[str]] = tables.evaluate_all(
        "tables => tables.map(table =>"
        " [...table.tBodies[0].rows].map(row => row.cells[0].textContent.trim()))"
    )
    return found


def test_the_figure_by_its_address_and_by_the_navigation(
    new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    missing: list[str] = []

    def note(answer: Response) -> None:
        if answer.status >= 400:
            missing.append(urlsplit(answer.url).path)

    page = new_context().new_page()
    page.on("response", note)
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page.goto(f"{server.base}paper")
    page.get_by_text("Values of λ").wait_for()
    claims = read(page)
    assert all(len(rows) == 6 for rows in claims)
    assert len(page.locator(".js-plotly-plot .annotation-text").all()) == 4
    assert page.locator('[data-testid="stProgress"]').count() == 0
    assert set(missing) <= set(LOOKED_FOR)

    # Somebody else comes by the navigation; the figure is remembered.
    missing.clear()
    other = new_context().new_page()
    other.on("response", note)
    other.goto(server.base)
    other.locator('.hg-chart[data-ready="true"]').wait_for()
    other.get_by_role("link", name="Paper").click()
    other.wait_for_url("**/paper")
    assert read(other) == claims
    assert other.locator(".hg-chart").count() == 0

    other.get_by_role("link", name="Explore").click()
    other.locator('.hg-chart[data-ready="true"]').wait_for()
    assert other.locator(".js-plotly-plot .cartesianlayer > .subplot").count() == 1
    assert missing == []
