"""A running server, opened to a class, which cannot reach any other host: it asks none."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from frames import render_frame
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from dashboard.chart import PLOTLY_PATH
from dashboard.pages import HOME
from hypergrad_core import METHODS

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / ".streamlit" / "config.toml"
OFFLINE = ROOT / "tests" / "support" / "offline"
START_SECONDS = 60
STREAM = "/_stcore/stream"


@dataclass(frozen=True)
class Server:
    """It listens at a port of this machine; what it asked of others is in a file."""

    port: int
    asked: Path
    runs: Path
    process: int = 0

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def get(self, path: str, host: str | None = None) -> Answer:
        """The answer to a request under some name of the server."""
        return self.ask("GET", path, {"Host": host or self.host})

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer to any request."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, {"Host": self.host, **headers})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    @contextmanager
    def talk(
        self, path: str, origin: str | None, host: str | None = None
    ) -> Iterator[ClientConnection]:
        """A WebSocket, as a browser opens it; what is raised if it is refused tells the status."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain:
            named = None if origin is None else Origin(origin)
            address = f"ws://{host or self.host}{path}"
            with connect(address, sock=plain, origin=named, open_timeout=20) as client:
                yield client


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started as for a class."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made = Server(probe.getsockname()[1], folder / "asked.txt", folder / "runs.txt")
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    options = ["--server.address", "0.0.0.0", "--server.port", str(made.port)]
    logs = {"NETWORK_LOG": str(made.asked), "RUNS_LOG": str(made.runs)}
    environment = {**os.environ, "PYTHONPATH": str(OFFLINE), **logs}
    said = folder / "output.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    if made.get("/_stcore/health").status == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            else:
                pytest.fail(f"The server does not start:\n{said.read_text()}")
            yield replace(made, process=process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)


def asked(server: Server) -> str:
    return server.asked.read_text() if server.asked.exists() else ""


def test_the_recorder_refuses_and_notes_other_hosts(tmp_path: Path) -> None:
    log = tmp_path / "asked.txt"
    tries = (
        "import socket\n"
        "for ask in (lambda: socket.create_connection(('evil.example', 80)),\n"
        "            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".connect(('192.0.2.1', 1)),\n"
        "            lambda: socket.gethostbyname('evil.example')):\n"
        "    try: ask()\n"
        "    except OSError as error: assert 'refused in this test' in str(error)\n"
        "    else: raise SystemExit(1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(OFFLINE), "NETWORK_LOG": str(log)}
    subprocess.run([sys.executable, "-c", tries], env=environment, check=True)
    assert len(log.read_text().splitlines()) == 3


def test_the_start_asks_no_other_host(server: Server) -> None:
    assert asked(server) == ""


@pytest.mark.parametrize("path", [STREAM, "/live"])
def test_a_foreign_page_is_turned_away_without_asking_anybody(server: Server, path: str) -> None:
    started = time.monotonic()
    for origin in ("http://evil.example", "http://localhost:1", "null", "http://["):
        with pytest.raises(InvalidStatus) as refused, server.talk(path, origin):
            pass
        assert refused.value.response.status_code == 403
    assert time.monotonic() - started < 5
    assert asked(server) == ""


@pytest.mark.parametrize("path", [STREAM, "/live"])
def test_own_pages_are_answered_under_every_address(server: Server, path: str) -> None:
    for host in (server.host, f"127.0.0.1:{server.port}", "192.0.2.7:8501", "LOCALHOST:8501"):
        with server.talk(path, f"http://{host}".lower(), host):
            pass
    assert asked(server) == ""


def test_a_name_that_somebody_else_has_made_lead_here_is_refused(server: Server) -> None:
    evil = f"evil.example:{server.port}"
    for path in (STREAM, "/live"):
        with pytest.raises(InvalidStatus) as refused, server.talk(path, f"http://{evil}", evil):
            pass
        assert refused.value.response.status_code == 403
    for path in ("/", "/_stcore/health", "/why", "/speaker"):
        assert server.get(path, evil).status == 421
        assert server.get(path).status == 200
    assert asked(server) == ""


@pytest.mark.parametrize(
    "path", ["/", "/why", "/_stcore/health", PLOTLY_PATH, "/speaker", "/nothing.js", "/media/x"]
)
def test_every_answer_says_what_the_browser_may_do(server: Server, path: str) -> None:
    for host in (None, "evil.example"):
        headers = {name.lower(): value for name, value in server.get(path, host).headers.items()}
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
        (scripts,) = re.findall("script-src ([^;]*)", policy)
        assert "unsafe-inline" not in scripts
        # Pages of courses may show it.
        assert "frame-ancestors" not in policy


def test_the_page_that_opens_is_found_by_its_name_as_well(server: Server) -> None:
    for query in ("", "?q=0.5&problem=logistic"):
        answer = server.get(f"/{HOME.name}{query}")
        assert answer.status == 307
        assert answer.headers["location"] == f"/{query}"


@pytest.mark.parametrize("path", ["/", "/speaker"])
def test_the_scripts_that_are_written_in_a_page_may_run(server: Server, path: str) -> None:
    answer = server.get(path)
    scripts = re.findall("<script>(.*?)</script>", answer.body.decode(), re.DOTALL)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


def test_a_message_that_no_page_sends_is_not_taken(server: Server) -> None:
    with server.talk("/live", f"http://{server.host}") as page:
        page.send("x" * 4_900_000)
        assert "longer than" in str(page.recv(timeout=20))
    with server.talk("/live", f"http://{server.host}") as page, suppress(ConnectionClosed):
        page.send("x" * 5_100_000)
        pytest.fail(f"It was read: {page.recv(timeout=20)!r}")


def hear(page: ClientConnection) -> None:
    while True:
        page.recv(timeout=20)


def test_more_than_the_controls_of_a_page_hold_is_not_taken(server: Server) -> None:
    state = ClientState()
    many = state.widget_states.widgets.add()
    many.id, many.string_value = "many", "x" * 1_200_000
    message = BackMsg(rerun_script=state).SerializeToString()
    with server.talk(STREAM, f"http://{server.host}") as page:
        page.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            hear(page)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009  # too big


def test_the_largest_picture_is_far_from_the_limit() -> None:
    params = {"page": "why", "part": "spectrum", "T": "400", "d": "60", "problem": "quadratic"}
    frame = render_frame({**params, "methods": ".".join(METHODS)})
    megabytes = int(re.findall(r"maxMessageSize = (\d+)", SETTINGS.read_text("utf-8"))[0])
    assert 1 < 2 * len(json.dumps(frame)) / 1e6 < megabytes


def resident_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(kilobytes) / 1000


def test_files_that_no_page_has_asked_for_are_not_kept(server: Server) -> None:
    cookie = server.get("/_stcore/health").headers["set-cookie"].partition(";")[0]
    token = cookie.partition("=")[2]
    boundary = "end-of-part"
    part = f"--{boundary}\r\nContent-Disposition: form-data; name=a; filename=a.json\r\n\r\n"
    body = part.encode() + b"x" * 19_000_000 + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Cookie": cookie,
        "X-Xsrftoken": token,
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    with server.talk(STREAM, f"http://{server.host}") as page:
        page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        heard = ForwardMsg()
        while heard.WhichOneof("type") != "new_session":
            heard.ParseFromString(bytes(page.recv(timeout=20)))  # type: ignore[arg-type]
        session = heard.new_session.initialize.session_id
        before = resident_megabytes(server.process)
        for number in range(12):
            path = f"/_stcore/upload_file/{session}/{number}"
            assert server.ask("PUT", path, headers, body).status == 204
        assert resident_megabytes(server.process) - before < 120
        too_much = body.replace(b"x" * 1000, b"x" * 1200)
        assert server.ask("PUT", path, headers, too_much).status == 413


def heard_until_finished(page: ClientConnection) -> Iterator[ForwardMsg]:
    """What the server says until a run of the whole page has ended."""
    while True:
        heard = ForwardMsg.FromString(bytes(page.recv(timeout=20)))  # type: ignore[arg-type]
        yield heard
        kind = heard.WhichOneof("type")
        if kind == "script_finished" and heard.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return


def test_a_page_is_not_run_beside_a_run_of_its_own(server: Server) -> None:
    """Both would change the same state, each behind a lock of its own."""
    with server.talk(STREAM, f"http://{server.host}") as page:
        for _ in range(40):
            page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            time.sleep(0.02)
        for _ in heard_until_finished(page):
            pass
    begun = server.runs.read_text().split()
    assert begun
    assert set(begun) == {"0"}


def test_a_page_that_reads_nothing_for_a_while_is_not_given_up(server: Server) -> None:
    """As on a slow network: the hand is faster than the pictures."""
    with server.talk(STREAM, f"http://{server.host}") as page:
        for _ in range(60):
            page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            time.sleep(0.05)
        with suppress(TimeoutError):
            while True:
                page.recv(timeout=3)
        page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        assert [*heard_until_finished(page)]


def test_a_page_that_says_more_than_a_hand_can_is_not_heard(server: Server) -> None:
    message = BackMsg(rerun_script=ClientState()).SerializeToString()

    def shout(page: ClientConnection) -> None:
        for _ in range(2000):
            page.send(message)
        hear(page)

    with (
        server.talk(STREAM, f"http://{server.host}") as page,
        pytest.raises(ConnectionClosed) as closed,
    ):
        shout(page)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_a_page_begins_at_its_beginning_after_a_part_of_it(server: Server) -> None:
    """The browser shows nothing where the page goes on in the place of the part."""
    with server.talk(STREAM, f"http://{server.host}") as page:
        page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        first = [*heard_until_finished(page)]
        (pages,) = (heard.navigation.app_pages for heard in first if heard.HasField("navigation"))
        (sweep,) = (item for item in pages if item.url_pathname == "complexity")
        whole = ClientState(page_script_hash=sweep.page_script_hash, query_string="d=500&seeds=10")
        page.send(BackMsg(rerun_script=whole).SerializeToString())
        parts = {heard.delta.fragment_id for heard in heard_until_finished(page)} - {""}
        assert parts
        part = ClientState(fragment_id=min(parts), page_script_hash=sweep.page_script_hash)
        for number in range(60):
            page.send(BackMsg(rerun_script=part).SerializeToString())
            time.sleep(number / 2000)
            page.send(BackMsg(rerun_script=whole).SerializeToString())
            places: list[list[int]] = []
            for heard in heard_until_finished(page):
                if heard.WhichOneof("type") == "new_session":
                    places = []
                elif heard.WhichOneof("type") in ("delta", "ref_hash"):
                    places.append([*heard.metadata.delta_path])
            assert [0, 0] in places, f"{number / 2} ms after the part"
