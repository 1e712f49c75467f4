"""Whose a long run is, and what is said of it while it waits."""

from __future__ import annotations

import pytest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from dashboard.kit.status import visitor_of


def test_all_tabs_of_a_browser_are_one_visitor() -> None:
    token = bytes(range(16))
    cookies = {generate_xsrf_token_string(token, 1) for _ in range(3)}
    assert len(cookies) == 3, "Each has a mask of its own."
    assert {visitor_of(cookie, "") for cookie in cookies} == {token.hex()}


@pytest.mark.parametrize("cookie", ["", "nonsense", "2|a|b|c", "2|zz|zz|1", "||||", "2|||1"])
def test_who_has_no_cookie_is_known_by_the_session(cookie: str) -> None:
    assert visitor_of(cookie, "session") == "session"
