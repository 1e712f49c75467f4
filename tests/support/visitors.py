"""Visitors without a browser: they speak its protocol over real sockets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.util import calc_hash
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
LARGEST = 2**26
# Messages that a visitor keeps, as a browser does.
MOST_KNOWN = 50


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Served:
    """A server that runs.

    Attributes:
        host: with its port.
        process: its number.
    """

    host: str
    process: int


@contextmanager
def serving(
    log: Path, script: str = "dashboard/app.py", settings: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """A server of a script, as a host starts it, on a port of its own.

    Args:
        log: where it writes.
        script: what it serves.
        settings: environment variables.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    env = {**os.environ, **(settings or {})}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=env)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _healthy(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield Served(f"localhost:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Visitor:
    """One session of a page, as a browser keeps it.

    Attributes:
        host: of the server.
        page: name of the page; "" for the first.
        query: the address after the question mark.
        cookie: what its browser keeps for the server.
        widgets: the identifiers of the widgets that were sent, by key.
        texts: what was written on the page since the last run began.
        received: bytes since the last run began.
    """

    host: str
    page: str = ""
    query: str = ""
    cookie: str = ""
    widgets: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    received: int = 0
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _known: dict[str, ForwardMsg] = field(default_factory=dict)
    _fragments: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._socket: ClientConnection = await connect(
            f"ws://{self.host}/_stcore/stream",
            origin=f"http://{self.host}",  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": self.cookie},
            max_size=LARGEST,
        )
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._socket.close()

    async def open(self) -> float:
        """Load the page; how many seconds that took."""
        return await self.run()

    async def choose(self, key: str, option: str) -> float:
        """Set a slider of stops, and wait for the page; how many seconds that took."""
        state = WidgetState(id=self.widgets[key])
        state.string_array_value.data.append(option)
        self._states[key] = state
        return await self.run()

    async def press(self, key: str) -> float:
        """Press a button, and wait for the page; how many seconds that took."""
        return await self.run(WidgetState(id=self.widgets[key], trigger_value=True))

    async def run(self, *pressed: WidgetState) -> float:
        """Ask for a run of the script, and wait until it has ended."""
        ask = BackMsg()
        client = ask.rerun_script
        client.query_string = self.query
        client.page_script_hash = calc_hash(self.page) if self.page else ""
        client.context_info.timezone = "UTC"
        client.context_info.locale = "en"
        client.context_info.url = f"http://{self.host}/{self.page}"
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        # A browser says what it need not be sent again.
        client.cached_message_hashes.extend(self._known)
        client.widget_states.widgets.extend(
            state for state in (*self._states.values(), *pressed) if state.id
        )
        started = time.perf_counter()
        self.texts, self.received = [], 0
        await self._socket.send(ask.SerializeToString())
        while True:
            message = await self.hear()
            if message.WhichOneof("type") == "script_finished":
                return time.perf_counter() - started

    async def hear(self) -> ForwardMsg:
        """The next message, after taking note of what it says."""
        data = await self._socket.recv()
        assert isinstance(data, bytes)
        self.received += len(data)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            message = self._known[message.ref_hash] = self._known.pop(message.ref_hash)
        elif message.hash and message.metadata.cacheable:
            self._known[message.hash] = message
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._note(message.delta.new_element)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        return message

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        sent = getattr(element, kind)
        identity = str(getattr(sent, "id", ""))
        if identity.startswith("$$ID"):
            key = identity.split("-", 2)[-1]
            self.widgets[key] = identity
            if kind == "slider":
                self.options[key] = list(sent.options)
                if key in self._states:
                    self._states[key].id = identity
        elif kind in ("markdown", "alert", "progress", "exception"):
            self.texts.append(
                sent.text
                if kind == "progress"
                else getattr(sent, "body", "") or getattr(sent, "message", "")
            )


@dataclass
class LiveSocket:
    """A live route, as a chart speaks to it."""

    host: str

    async def __aenter__(self) -> Self:
        self._socket: ClientConnection = await connect(
            f"ws://{self.host}/live",
            origin=f"http://{self.host}",  # type: ignore[arg-type]
            max_size=LARGEST,
        )
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._socket.close()

    async def say(self, number: int, params: Mapping[str, str]) -> None:
        """Ask without waiting."""
        await self._socket.send(json.dumps({"id": number, "params": dict(params)}))

    async def hear(self) -> dict[str, Any]:
        """The next answer."""
        reply: dict[str, Any] = json.loads(await self._socket.recv())
        return reply

    async def hear_number(self) -> int:
        """The number of the next answer, which is not read any further."""
        text = str(await self._socket.recv())
        return int(text[text.index(":") + 1 : text.index(",")])

    async def ask(self, number: int, params: Mapping[str, str]) -> tuple[float, dict[str, Any]]:
        """How many seconds an answer takes, and what it is."""
        started = time.perf_counter()
        await self.say(number, params)
        reply = await self.hear()
        return time.perf_counter() - started, reply
