"""What a link says is shown as it is: nothing becomes a link, a picture, a colour or a formula."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlencode

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import expect

from dashboard.kit.page import Page
from dashboard.pages import HOME, PAGES
from tests.support.hostile import MARKUP
from tests.support.links import random_link

pytestmark = pytest.mark.browser

MADE = "a, img, svg, b, strong, em, del, code, pre, h1, h2, ol, table, script, style, .katex, span"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_that_a_link_says_is_read_as_markup(
    page: Page[Any, Any, Any], new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    names = [field.link for field in page.settings.fields.values()]
    tab = new_context().new_page()
    tab.set_default_timeout(3 * TIMEOUT)
    address = server.base + ("" if page is HOME else page.name)
    told = ""
    for first in range(0, len(MARKUP), len(names)):
        link = {name: MARKUP[(first + n) % len(MARKUP)] for n, name in enumerate(names)}
        tab.goto(f"{address}?{urlencode(link)}")
        notice = tab.locator('.stMain [data-testid="stAlertContainer"]').first
        notice.wait_for()
        expect(notice.locator(MADE)).to_have_count(0)
        told += notice.inner_text()
    assert "evil.example" in told.replace("\u2060", "")


@pytest.mark.parametrize("seed", range(20))
def test_a_random_link_opens_its_page(
    seed: int, new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    rng = random.Random(seed)
    page = PAGES[seed % len(PAGES)]
    link = {name: text[:400] for name, text in random_link(page, rng).items() if name != "problem"}
    tab = new_context().new_page()
    tab.set_default_timeout(3 * TIMEOUT)
    address = server.base + ("" if page is HOME else page.name)
    tab.goto(f"{address}?{urlencode(link, errors='replace')}&{urlencode({'q': '2'})}")
    tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    tab.locator(".st-key-take").wait_for(state="attached")
    assert not tab.locator('[data-testid="stException"]').count()
