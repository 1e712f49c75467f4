"""A server, a Chromium, and pages that notice every request and every error."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from explore_page import ExplorePage
from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "test-artifacts"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
OWN_HOSTS = {"localhost", "127.0.0.1"}
LOCAL_SCHEMES = {"data", "blob", "about", "file"}

_reports = pytest.StashKey[dict[str, pytest.TestReport]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests last: Playwright keeps an event loop running in the main thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether the test failed, and show what the server said if it did."""
    report = yield
    item.stash.setdefault(_reports, {})[report.when or ""] = report
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, Server):
        report.sections.append(("server", server.output()[-8000:]))
    return report


@dataclass
class Server:
    """A running dashboard."""

    base: str
    log: Path

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_healthy(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard, started as the README says, on a port of its own."""
    port = _free_port()
    log = tmp_path_factory.mktemp("server") / "output.txt"
    running = Server(f"http://localhost:{port}/", log)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_healthy(running.base):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"The dashboard does not start:\n{running.output()}")
                time.sleep(0.1)
            yield running
            assert process.poll() is None, f"The server ended by itself:\n{running.output()}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(f"No browser: none of {', '.join(BROWSERS)} is installed.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        yield chromium
        chromium.close()


@dataclass
class Watcher:
    """What the pages of one test ask for and complain of.

    Attributes:
        allowed: console errors that this test provokes, as regular expressions.
    """

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> Callable[[], None]:
        """Record all pages of a context; returns how to stop."""

        def console(message: Any) -> None:
            if message.type == "error":
                self.errors.append(message.text)

        listeners: dict[str, Callable[[Any], None]] = {
            "request": lambda request: self.requests.append(request.url),
            "console": console,
            "weberror": lambda error: self.errors.append(f"uncaught: {error.error}"),
            "page": lambda page: page.on("websocket", lambda ws: self.requests.append(ws.url)),
        }
        for event, listener in listeners.items():
            context.on(event, listener)  # type: ignore[call-overload]

        def leave() -> None:
            for event, listener in listeners.items():
                context.remove_listener(event, listener)

        return leave

    def outside(self) -> list[str]:
        """Requests to other hosts than the dashboard's."""
        parts = [(url, urlsplit(url)) for url in self.requests]
        return [
            url
            for url, part in parts
            if part.scheme not in LOCAL_SCHEMES and part.hostname not in OWN_HOSTS
        ]

    def complaints(self) -> list[str]:
        """Errors that were not expected."""
        return [
            text
            for text in self.errors
            if not any(re.search(pattern, text) for pattern in self.allowed)
        ]


@pytest.fixture
def watcher() -> Watcher:
    """The record of this test's pages."""
    return Watcher()


NewContext = Callable[..., BrowserContext]


class Contexts:
    """Browser contexts that are used again: the scripts of the page are then fetched only once.

    Nothing else is remembered in them.
    """

    def __init__(self, browser: Browser, origin: str) -> None:
        self._browser = browser
        self._origin = origin
        self._idle: dict[str, list[BrowserContext]] = {}

    def take(self, options: dict[str, Any]) -> BrowserContext:
        """A context with these options and no pages."""
        idle = self._idle.get(repr(sorted(options.items())))
        return idle.pop() if idle else self._browser.new_context(**options)

    def give_back(self, context: BrowserContext, options: dict[str, Any]) -> None:
        """Close the pages, and forget what they have kept."""
        blank = context.new_page()
        for page in context.pages:
            if page is not blank:
                page.close()
        kept = {"origin": self._origin, "storageTypes": "cookies,local_storage,indexeddb"}
        context.new_cdp_session(blank).send("Storage.clearDataForOrigin", kept)
        blank.close()
        self._idle.setdefault(repr(sorted(options.items())), []).append(context)


@pytest.fixture(scope="session")
def contexts(browser: Browser, server: Server) -> Contexts:
    """All contexts of the session."""
    return Contexts(browser, server.base.rstrip("/"))


@pytest.fixture
def new_context(
    contexts: Contexts, server: Server, watcher: Watcher, request: pytest.FixtureRequest
) -> Iterator[NewContext]:
    """Make browser contexts, each with nothing remembered.

    At the end no page may have asked another host or have met an error, nor the server.
    """
    taken: list[tuple[BrowserContext, dict[str, Any], Callable[[], None]]] = []
    said = len(server.output())

    def make(**options: Any) -> BrowserContext:
        whole = {"viewport": {"width": 1440, "height": 900}, "accept_downloads": True, **options}
        context = contexts.take(whole)
        taken.append((context, whole, watcher.follow(context)))
        return context

    yield make
    call = request.node.stash.get(_reports, {}).get("call")
    is_sound = call is not None and call.passed
    if not is_sound:
        _save_screenshots([context for context, _, _ in taken], request.node.name)
    for context, options, leave in taken:
        leave()
        if is_sound:
            contexts.give_back(context, options)
        else:
            context.close()
    assert not watcher.outside(), "A page asked another host."
    assert not watcher.complaints(), "A page met an error."
    assert "Traceback" not in server.output()[said:], server.output()[said:]


def _save_screenshots(contexts: list[BrowserContext], name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "-", name)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=ARTIFACTS / f"{stem}-{number}.png")


@pytest.fixture
def explore(new_context: NewContext, server: Server) -> ExplorePage:
    """A fresh page, not yet opened."""
    return ExplorePage(new_context().new_page(), server.base)
