"""From an outer step of Descent to Explore, by hand and by keys."""

from __future__ import annotations

import re

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LINK = "descent?problem=logistic-log&data=breast_cancer&methods=aid-cg&outer=4&i=1"


def test_the_link_follows_the_step_and_opens_explore_at_its_lambda(
    server: Server, new_context: NewContext, watcher: Watcher
) -> None:
    # Streamlit looks for its server below the address of the page first, then at the root.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = new_context().new_page()
    page.goto(server.base + LINK)
    link = page.locator(".st-key-onward a")
    expect(link).to_have_text(re.compile("outer step 1 of AID-CG"), timeout=TIMEOUT)
    first = link.get_attribute("href")
    # The keys of the chart move the step, and the link with it.
    page.locator(".hg-chart .hg-plot").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(link).to_have_text(re.compile("outer step 3 of AID-CG"), timeout=TIMEOUT)
    assert link.get_attribute("href") != first
    link.focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    explore = opened.value
    said = explore.locator(".st-key-given_hyper")
    expect(said).to_contain_text("λ is given: (", timeout=TIMEOUT)
    expect(said).to_contain_text("30 entries")
    title = explore.locator(".hg-title")
    expect(title).to_contain_text("λ given: (", timeout=TIMEOUT)
    # Somebody else opens the same address.
    other = new_context().new_page()
    other.goto(explore.url)
    expect(other.locator(".hg-title")).to_have_text(title.inner_text(), timeout=TIMEOUT)
    # And goes back to the λ of the problem.
    other.locator(".st-key-own_hyper button").click()
    expect(other.locator(".st-key-own_hyper")).to_have_count(0, timeout=TIMEOUT)
    expect(other.locator(".hg-title")).to_contain_text("q = 0.9 ·", timeout=TIMEOUT)
    assert "hyper=" not in other.url
