"""Faults that a server meets, one after the other; each says what came of it.

    python tests/benchmarks/faults.py [a word of the name of a fault]

It needs Linux and Chromium, and takes about four minutes.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from test_browser_lost import LINE  # noqa: E402

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY = '.hg-chart[data-ready="true"]'
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
SECONDS = 60
# Bytes of addresses: what the server itself takes, and not what a large run does.
MEMORY = 1_500_000_000


class Server:
    """A dashboard on a port of its own, in an environment of its own."""

    def __init__(self, limits: Mapping[int, int] | None = None, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.base = f"http://localhost:{self.port}/"
        self._environment = {**os.environ, **environment}
        self._limits = limits or {}
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
        self._process = subprocess.Popen(
            [*command, "--server.port", str(self.port)],
            cwd=ROOT,
            env=self._environment,
            preexec_fn=self._limit,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.base}_stcore/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise SystemExit("The server does not start.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.kill()

    def _limit(self) -> None:
        for kind, most in self._limits.items():
            resource.setrlimit(kind, (most, most))

    def kill(self) -> None:
        """End it at once."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def opened(browser: Browser, server: Server, link: str) -> Page:
    """A page with its picture."""
    page = browser.new_context().new_page()
    page.set_default_timeout(1000 * SECONDS)
    page.goto(server.base + link)
    page.locator(READY).wait_for()
    page.locator(STILL).wait_for()
    return page


def press(page: Page) -> str:
    """One step of q by the keyboard; what the address then says."""
    before = page.url
    page.locator(".st-key-contraction input[type=range]").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => location.href !== before", arg=before)
    return page.url.partition("?")[2]


def killed_and_started_again(browser: Browser) -> str:
    """Open pages come back by themselves, with their settings."""
    with Server() as server:
        page = opened(browser, server, "?q=0.8&seed=7")
        server.kill()
        page.wait_for_timeout(3000)
        server.start()
        started = time.monotonic()
        page.wait_for_function(
            "() => !document.querySelector('.st-key-contraction input[type=range]').disabled"
        )
        back = time.monotonic() - started
        page.locator(STILL).wait_for()
        # The new server knows nothing of the session before it hears of this; it must not be lost.
        return f"back after {back:.1f} s; a change gives {press(page)}, the next one {press(page)}"


def connection_lost_in_mid_drag(browser: Browser) -> str:
    """The value at which the hand was lifted meanwhile is heard when the line is mended."""
    with Server() as server:
        page = browser.new_context().new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.add_init_script(LINE)
        page.goto(f"{server.base}?q=0.8")
        page.locator(READY).wait_for()
        page.locator(STILL).wait_for()
        thumb = page.locator(".st-key-contraction input[type=range]").first
        box = thumb.evaluate("thumb => thumb.parentElement.getBoundingClientRect().toJSON()")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 20, y, steps=4)
        page.evaluate("cut(true)")
        page.mouse.move(x + 60, y, steps=4)
        page.mouse.up()
        page.wait_for_timeout(2000)
        meant = (thumb.get_attribute("aria-valuetext") or "").split(" ")[0]
        page.evaluate("cut(false)")
        started = time.monotonic()
        page.wait_for_function(
            "q => new URLSearchParams(location.search).get('q') === q", arg=meant
        )
        return f"q = {meant} was meant, and heard {time.monotonic() - started:.1f} s after"


def memory_limit_reached(browser: Browser) -> str:
    """A run that needs more than there is says so; the server lives on."""
    # It is taken to fit.
    with Server({resource.RLIMIT_AS: MEMORY}, HYPERGRAD_MEMORY="8000") as server:
        page = browser.new_context().new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.goto(f"{server.base}?problem=quadratic&d=1000000&T=260&methods=itd.aid-fp.aid-cg")
        status = page.locator(".st-key-status", has_text=re.compile("memory|would take"))
        status.wait_for()
        said = " ".join(status.inner_text().split())
        change = press(opened(browser, server, "?q=0.8"))
        return f"{said!r}; a change of another visitor gives {change}"


def disk_is_full(browser: Browser) -> str:
    """Nothing can be written to any file: a page opens, follows, and gives its numbers."""
    with Server({resource.RLIMIT_FSIZE: 0}) as server:
        page = opened(browser, server, "?q=0.8")
        change = press(page)
        with page.expect_download() as taken:
            page.locator(".st-key-download_csv button").click()
        size = taken.value.path().stat().st_size
        return f"a change gives {change}; {taken.value.suggested_filename} has {size} bytes"


def home_is_read_only(browser: Browser) -> str:
    """Nothing is kept there, so nothing is missed; root can write all the same."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o500)
        with Server(HOME=home) as server:
            return f"opens; a change gives {press(opened(browser, server, '?q=0.8'))}"


def two_tabs_of_one_visitor(browser: Browser) -> str:
    """Each has settings of its own."""
    with Server() as server:
        first = opened(browser, server, "?q=0.8")
        second = first.context.new_page()
        second.set_default_timeout(1000 * SECONDS)
        second.goto(f"{server.base}?q=0.6")
        second.locator(READY).wait_for()
        second.locator(STILL).wait_for()
        return f"the first goes to {press(first)}, the second to {press(second)}"


FAULTS: tuple[Callable[[Browser], str], ...] = (
    killed_and_started_again,
    connection_lost_in_mid_drag,
    memory_limit_reached,
    disk_is_full,
    home_is_read_only,
    two_tabs_of_one_visitor,
)


def main() -> None:
    """Try all."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        wanted = sys.argv[1:] or [""]
        for fault in FAULTS:
            if any(word in fault.__name__ for word in wanted):
                print(f"{fault.__name__.replace('_', ' ')}: ", end="", flush=True)
                try:
                    print(fault(browser), flush=True)
                except Error as error:
                    print(f"FAILED: {error}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
