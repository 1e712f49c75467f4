"""Faults that a server meets, one after the other; each says what came of it.

    python tests/benchmarks/faults.py

It needs Chromium and takes about two minutes.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY = '.hg-chart[data-ready="true"]'
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
SECONDS = 60


class Server:
    """A dashboard on a port of its own, in an environment of its own."""

    def __init__(self, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.base = f"http://localhost:{self.port}/"
        self._environment = {**os.environ, **environment}
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
        self._process = subprocess.Popen(
            [*command, "--server.port", str(self.port)],
            cwd=ROOT,
            env=self._environment,
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
    server = Server()
    try:
        page = opened(browser, server, "?q=0.8&seed=7")
        server.kill()
        page.wait_for_timeout(3000)
        server.start()
        started = time.monotonic()
        page.wait_for_function(
            "() => !document.querySelector('.st-key-contraction input[type=range]').disabled"
        )
        back = time.monotonic() - started
        # The page is built anew for a session that the new server does not know.
        page.wait_for_timeout(3000)
        page.locator(STILL).wait_for()
        page.locator(".st-key-contraction input[type=range]").first.focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(3000)
        first = page.url.partition("?")[2]
        return f"back after {back:.1f} s; a change gives {first}, the next one {press(page)}"
    finally:
        server.kill()


def home_is_read_only(browser: Browser) -> str:
    """Nothing is kept there, so nothing is missed; root can write all the same."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o500)
        server = Server(HOME=home)
        try:
            return f"opens; a change gives {press(opened(browser, server, '?q=0.8'))}"
        finally:
            server.kill()


def two_tabs_of_one_visitor(browser: Browser) -> str:
    """Each has settings of its own."""
    server = Server()
    try:
        first = opened(browser, server, "?q=0.8")
        second = first.context.new_page()
        second.set_default_timeout(1000 * SECONDS)
        second.goto(f"{server.base}?q=0.6")
        second.locator(READY).wait_for()
        second.locator(STILL).wait_for()
        return f"the first goes to {press(first)}, the second to {press(second)}"
    finally:
        server.kill()


FAULTS: tuple[Callable[[Browser], str], ...] = (
    killed_and_started_again,
    home_is_read_only,
    two_tabs_of_one_visitor,
)


def main() -> None:
    """Try all."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for fault in FAULTS:
            print(f"{fault.__name__.replace('_', ' ')}: ", end="", flush=True)
            print(fault(browser), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
