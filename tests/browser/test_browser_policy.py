"""The browser is told what a page may do, and no page wants more than that."""

from __future__ import annotations

import pytest
from conftest import NewContext, Server, Watcher
from explore_page import TIMEOUT
from test_browser_layout import DRAWN, LINKS
from test_browser_room import PAGES

pytestmark = pytest.mark.browser

FOREIGN = "https://evil.example/p.png"
NOTED = """
document.addEventListener("securitypolicyviolation", (event) => {
    (window.violated ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.mark.parametrize("name", PAGES)
def test_no_page_wants_more_than_it_may_have(
    name: str, new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    context = new_context()
    context.add_init_script(NOTED)
    page = context.new_page()
    page.set_default_timeout(3 * TIMEOUT)
    page.goto(server.base + LINKS[name])
    page.wait_for_function(DRAWN)
    for summary in page.locator(".stMain summary").all():
        summary.click()
    page.wait_for_timeout(500)
    page.wait_for_function(DRAWN)
    assert page.evaluate("window.violated ?? []") == []


def test_a_script_from_elsewhere_does_not_run(
    new_context: NewContext, server: Server, watcher: Watcher
) -> None:
    watcher.allowed.append("Content Security Policy")
    context = new_context()
    context.add_init_script(NOTED)
    page = context.new_page()
    page.goto(server.base)
    page.wait_for_function(DRAWN)
    page.evaluate(
        """address => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            new Image().src = address;
            setTimeout("window.evaluated = true");
        }""",
        FOREIGN,
    )
    page.wait_for_function("() => (window.violated ?? []).length >= 3")
    assert page.evaluate("[window.ran, window.evaluated]") == [None, None]
    # It was asked for, and the browser did not send it.
    watcher.requests.remove(FOREIGN)
