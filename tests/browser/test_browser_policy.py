"""The browser is told what a page may do. That none wants more is seen where axe-core looks."""

from __future__ import annotations

import pytest
from conftest import NewContext, Server, Watcher
from test_browser_layout import DRAWN

pytestmark = pytest.mark.browser

FOREIGN = "https://evil.example/p.png"
NOTED = """
document.addEventListener("securitypolicyviolation", (event) => {
    (window.violated ??= []).push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


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
