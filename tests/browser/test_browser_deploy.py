"""The files of ``dashboard/deploy`` do what they say: two processes behind one address."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import Contexts, Server, Watcher
from explore_page import TIMEOUT, ExplorePage
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dashboard.chart import LIVE_OWN_PATH, LIVE_PATH, PLOTLY_PATH
from tests.support.deployed import LIVE_PLACES, NAME, Deployed, deployed

pytestmark = pytest.mark.browser

HEALTH = "/_stcore/health"
COOKIE = "hypergrad_place"
SESSIONS = ("/_stcore/", "/media/")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Two processes and nginx."""
    with deployed(tmp_path_factory.mktemp("deployed")) as running:
        yield running


@pytest.fixture(scope="module")
def server(many: Deployed) -> Server:
    """Instead of a single process: what the other fixtures open, and whose words they read."""
    return Server(f"http://localhost:{many.port}/", many.log)


@pytest.fixture(scope="module")
def contexts(browser: Browser, server: Server) -> Contexts:
    """Contexts of this address."""
    return Contexts(browser, server.base.rstrip("/"))


def save(page: Page, key: str, folder: Path) -> Path:
    """Press a button of the menu, and save what comes."""
    with page.expect_download(timeout=3 * TIMEOUT) as download:
        page.locator(f".st-key-download_{key} button:enabled").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_page_does_behind_nginx_what_it_does_alone(
    explore: ExplorePage, many: Deployed, watcher: Watcher, tmp_path: Path
) -> None:
    # Streamlit first looks for its server below the page's own address.
    watcher.allowed.append(r"status of 404 \(Not Found\)")
    page = explore.page
    agent = page.evaluate("navigator.userAgent")
    explore.open("q=0.9&d=20&T=30&methods=itd.aid-cg")
    before = explore.paths
    with explore.redrawn():
        explore.press("contraction", "ArrowRight")
    assert explore.paths != before
    assert float(explore.address["q"]) > 0.9

    drawn = explore.drawn_link
    with explore.grabbed("contraction") as (x, y):
        page.mouse.move(x - 30, y)
        explore.wait_for_other_link(drawn)
        # Only the live route answers before the hand is lifted.
        assert explore.address["q"] != explore.drawn["q"]
        held = explore.drawn["q"]
    explore.wait_for_address("q", held)
    explore.settle()

    assert "relative_error" in save(page, "csv", tmp_path).read_text(encoding="utf-8")
    assert "plotly" in save(page, "html", tmp_path).read_text(encoding="utf-8").lower()
    saved = save(page, "json", tmp_path)
    headline = explore.message
    assert json.loads(saved.read_text(encoding="utf-8"))["page"] == "explore"

    page.get_by_role("link", name="Theory").click()
    expect(page.locator("h1.page-name")).to_have_text("Theory", timeout=TIMEOUT)
    page.get_by_text("Open a saved file").click()
    page.locator('input[type="file"]').set_input_files(saved)
    expect(page.locator(".hg-message")).to_have_text(headline, timeout=TIMEOUT)
    assert parse_qs(urlsplit(page.url).query)["q"] == [held]

    page.close()
    many.passed(agent, path="/_stcore/stream", status="101")
    many.passed(agent, path=LIVE_PATH, status="101")
    bound = [one for one in many.passed(agent) if one.path.startswith(SESSIONS)]
    assert len({one.processes for one in bound}) == 1, bound
    assert any(one.method == "PUT" for one in bound), "No file was sent."
    assert any(one.path.startswith("/media/") for one in bound), "No file came."


def place(many: Deployed, agent: str) -> str:
    """The cookie of somebody who opens the page."""
    answer = many.ask("/", user_agent=agent)
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(
        rf"{COOKIE}=[0-9a-f]{{4}}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax", cookie
    )
    return cookie.partition(";")[0]


def test_a_class_behind_one_address_is_spread_and_everybody_stays(many: Deployed) -> None:
    visitors = [f"visitor {number}" for number in range(40)]
    for agent in visitors:
        cookie = place(many, agent)
        for _ in range(2):
            for path in (HEALTH, "/media/none", "/theory"):
                many.ask(path, user_agent=f"{agent} later", cookie=cookie)
        again = many.ask("/", user_agent=f"{agent} later", cookie=cookie)
        assert again.headers["set-cookie"].startswith(f"{cookie}; ")
    # A frame of another site keeps no cookie.
    for _ in range(4):
        many.ask(HEALTH, user_agent="framed")
    where = {
        agent: {one.processes for one in many.passed(f"{agent} later", 7)} for agent in visitors
    }
    assert all(len(processes) == 1 for processes in where.values()), "Somebody has moved."
    counts = Counter(process for processes in where.values() for process in processes)
    assert counts.keys() == many.processes
    assert min(counts.values()) >= 5
    assert len({one.processes for one in many.passed("framed", 4)}) == 1


def live(
    many: Deployed, source: str, agent: str, path: str = LIVE_PATH, **headers: str
) -> ClientConnection:
    """A connection of the live route, from an address of its own."""
    way = socket.create_connection(("127.0.0.1", many.port), 20, (source, 0))
    host = f"localhost:{many.port}"
    return connect(
        f"ws://{host}{path}",
        sock=way,
        origin=f"http://{host}",  # type: ignore[arg-type]
        user_agent_header=agent,
        additional_headers=headers,
    )


def test_every_process_answers_a_moving_hand_and_counts_visitors_apart(many: Deployed) -> None:
    params = {"page": "explore", "d": "5", "T": "8"}
    with ExitStack() as opened:
        for number in range(2 * LIVE_PLACES):
            client = opened.enter_context(live(many, "127.0.0.5", "hand"))
            if number < 4:
                client.send(json.dumps({"id": number, "params": params}))
                answer = json.loads(client.recv(20))
                assert answer["id"] == number
                assert "d=5" in answer["frame"]["link"]
        # All places of this address are taken, whatever else it says that it is.
        with pytest.raises(InvalidStatus) as refused:
            live(many, "127.0.0.5", "hand", **{"X-Forwarded-For": "192.0.2.7"})
        assert refused.value.response.status_code == 403
        opened.enter_context(live(many, "127.0.0.6", "neighbour"))
    ended = many.passed("hand", 2 * LIVE_PLACES, status="101")
    assert Counter(one.processes for one in ended) == dict.fromkeys(many.processes, LIVE_PLACES)


def test_a_hand_on_own_data_is_answered_where_they_are(many: Deployed) -> None:
    for number in range(4):
        cookie = place(many, "owner")
        many.ask(HEALTH, user_agent=f"page {number}", cookie=cookie)
        (page,) = many.passed(f"page {number}")
        with ExitStack() as opened:
            for _ in range(3):
                way = live(many, "127.0.0.9", f"hand {number}", LIVE_OWN_PATH, Cookie=cookie)
                opened.enter_context(way)
        hands = many.passed(f"hand {number}", 3, status="101")
        assert {one.processes for one in hands} == {page.processes}


def test_what_never_changes_is_compressed_and_asked_for_once(many: Deployed) -> None:
    page = many.ask("/").body.decode()
    (script,) = re.findall(r'src="\./(static/js/index\.[\w-]+\.js)"', page)
    for path in (f"/{script}", PLOTLY_PATH):
        plain = many.ask(path, port=many.ports[0])
        for _ in range(3):
            answer = many.ask(path, user_agent="script", accept_encoding="gzip")
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["cache-control"] == plain.headers["cache-control"]
            assert gzip.decompress(answer.body) == plain.body
        asked = [one.processes for one in many.passed("script", 3, path=path)]
        assert asked[1:] == ["-", "-"], "A process was asked again."
        # Whoever takes nothing compressed gets what he can read.
        assert many.ask(path).body == plain.body


def test_the_name_of_the_proxy_is_known_and_no_other(many: Deployed) -> None:
    assert many.ask(HEALTH, host=NAME).status == 200
    assert many.ask(HEALTH, host="evil.example").status == 421


def test_a_process_that_is_started_again_keeps_its_visitors(many: Deployed) -> None:
    cookies = {}
    for _ in range(40):
        cookie = place(many, "drawn")
        many.ask(HEALTH, user_agent=cookie, cookie=cookie)
        cookies[many.passed(cookie)[0].processes] = cookie
    assert cookies.keys() == many.processes
    stopped = many.ports[0]
    address = f"127.0.0.1:{stopped}"
    mine, other = cookies[address], cookies[(many.processes - {address}).pop()]
    many.stop(stopped)
    # A page and a moving hand are answered by another one; what belongs to a session is not.
    assert many.ask("/", cookie=mine).status == 200
    for _ in range(2):
        with live(many, "127.0.0.8", "meanwhile") as client:
            client.send(json.dumps({"id": 1, "params": {"d": "5", "T": "8"}}))
            assert "frame" in json.loads(client.recv(20))
    assert many.ask(HEALTH, cookie=mine).status == 502
    assert many.ask(HEALTH, cookie=other).status == 200
    many.start(stopped)
    many.wait_for(stopped)
    assert many.ask(HEALTH, user_agent="returned", cookie=mine).status == 200
    assert many.passed("returned")[0].processes == address
