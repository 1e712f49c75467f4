"""Which scripts the browser may run, and which sites may show the dashboard."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys

import pytest
from frames import ROOT

from dashboard.kit.policy import headers, own, own_page

POLICY = "content-security-policy"


def hash_of(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def test_the_scripts_that_are_named_may_run() -> None:
    html = '<script type="application/json">{}</script><script>\none()\n</script><script>2</script>'
    assert own("three(‖)") == "three(‖)"
    assert own_page(html) == html
    policy = headers()[POLICY]
    for script in ("\none()\n", "2", "three(‖)"):
        assert f"'sha256-{hash_of(script)}'" in policy
    assert hash_of("{}") not in policy


def test_the_host_can_say_who_shows_it_in_a_frame() -> None:
    assert "frame-ancestors" not in headers()[POLICY]
    one = "https://course.example.org http://127.0.0.1:8000 https://*.example.org"
    assert headers(one)[POLICY].endswith(f"; frame-ancestors 'self' {one}")
    assert headers("")[POLICY].endswith("; frame-ancestors 'self'")


@pytest.mark.parametrize("site", ["course.example.org", "https://a; script-src *", "'none'", "* *"])
def test_what_is_no_site_is_told(site: str) -> None:
    with pytest.raises(ValueError, match=re.escape("is not a site that may show")):
        headers(site)


def test_it_is_read_from_the_environment() -> None:
    code = "from dashboard.app import app; print(app._user_middleware[0].kwargs['headers'])"
    site = "https://course.example.org"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"HYPERGRAD_EMBEDDED_BY": site, "PATH": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"frame-ancestors 'self' {site}" in done.stdout
