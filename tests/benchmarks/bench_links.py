"""Random links through every page, with another seed each time.

    python tests/benchmarks/bench_links.py [SEED] [read] [opened] [browser]

10,000 links are read and written back, 300 open their page in a session without a browser, 100 in
Chromium; or only what is named.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "dashboard")]

from frames import turn_to  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from playwright.sync_api import Error as PlaywrightError  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from dashboard.pages import HOME  # noqa: E402
from tests.support.links import random_link, random_page, survives  # noqa: E402
from tests.support.visitors import serving  # noqa: E402

READ, OPENED, LOOKED_AT = 10_000, 300, 100
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
# Sizes that are quick, where a link names none.
QUICK = {"d": "5", "n": "10", "T": "8", "points": "4", "seeds": "1", "values": "2"}


def read(rng: random.Random) -> int:
    """Read links and write them back; how many go wrong."""
    bad, started = 0, time.monotonic()
    for _ in range(READ):
        page = random_page(rng)
        link = random_link(page, rng)
        try:
            survives(page, link)
        except Exception as error:
            bad += told(page.name, link, error)
    print(f"{READ} links read in {time.monotonic() - started:.1f} s, {bad} wrong")
    return bad


def quick_link(rng: random.Random) -> tuple[str, dict[str, str]]:
    """A page, by name, and a link to it that most often is quick."""
    page = random_page(rng)
    names = {field.link for field in page.settings.fields.values()}
    link = {name: text for name, text in QUICK.items() if name in names}
    # Half a sign cannot be written into an address.
    hostile = random_link(page, rng).items()
    return page.name, {**link, **{name: text.replace("\ud800", "?") for name, text in hostile}}


def opened(rng: random.Random) -> int:
    """Open pages in sessions without a browser; how many go wrong."""
    bad, slowest = 0, 0.0
    for _ in range(OPENED):
        name, link = quick_link(rng)
        session = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=120)
        turn_to(session, name)
        session.query_params.update(link)
        began = time.monotonic()
        session.run()
        slowest = max(slowest, time.monotonic() - began)
        said = [item.message for item in session.exception]
        said += [item.value for item in session.error]
        bad += told(name, link, said) if said else 0
    print(f"{OPENED} links opened, the slowest in {slowest:.1f} s, {bad} wrong")
    return bad


def looked_at(rng: random.Random) -> int:
    """Open pages in Chromium; how many show or throw an error, ask others, or never rest."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    bad = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "output.txt") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(LOOKED_AT):
            name, link = quick_link(rng)
            # A server has an end of what it reads as an address.
            query = urlencode({key: text[:400] for key, text in link.items()})
            said = visit(browser, server.host, f"{'' if name == HOME.name else name}?{query}")
            bad += told(name, link, said) if said else 0
        browser.close()
    print(f"{LOOKED_AT} links opened in Chromium, {bad} wrong")
    return bad


def visit(browser: Browser, host: str, address: str) -> list[str]:
    """What goes wrong with a page."""
    said: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: said.append(f"thrown: {error}"))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            None
            if urlsplit(request.url).netloc in ("", host)
            else said.append(f"asked: {request.url}")
        ),
    )
    try:
        page.goto(f"http://{host}/{address}", timeout=60_000)
        page.locator(".st-key-take, .st-key-stop, .stAlert").first.wait_for(
            state="attached", timeout=60_000
        )
        page.locator(STILL).wait_for(timeout=60_000)
        boxes = page.locator('[data-testid="stException"]').all_inner_texts()
        said += [f"shown: {text}" for text in boxes]
    except PlaywrightError as error:
        said.append(str(error))
    page.close()
    return said


def told(page: str, link: dict[str, str], said: object) -> int:
    """One link that went wrong."""
    print(f"{page} {link}\n    {said!r}")
    return 1


def main() -> int:
    """Read, open, look at, and say what went wrong; how many links did."""
    kinds = [word for word in sys.argv[1:] if word in PARTS] or list(PARTS)
    seeds = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    seed = seeds[0] if seeds else random.randrange(10**6)
    print(f"seed {seed}")
    return sum(PARTS[kind](random.Random(seed)) for kind in kinds)


PARTS: dict[str, Callable[[random.Random], int]] = {
    "read": read,
    "opened": opened,
    "browser": looked_at,
}

if __name__ == "__main__":
    sys.exit(min(main(), 1))
