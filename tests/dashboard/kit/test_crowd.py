"""One visitor cannot fill the server: connections and files are counted."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboard.kit import crowd
from dashboard.kit.crowd import STREAM_PATH, UPLOAD_PATH, Crowd, Outbox, Uploads


async def nothing() -> Message:
    return {"type": "websocket.connect"}


def test_an_address_has_so_many_connections() -> None:
    gone = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await gone.wait()

    async def talk() -> list[str]:
        guarded = Crowd(app, 2)
        said: list[str] = []

        async def open_one(address: str) -> None:
            async def send(message: Message) -> None:
                said.append(f"{address} {message['type']} {message.get('code', '')}".strip())

            scope = {"type": "websocket", "client": (address, 1), "headers": [], "path": "/"}
            await guarded(scope, nothing, send)

        tasks = []
        for address in ("a", "a", "a", "b"):
            tasks.append(asyncio.create_task(open_one(address)))
            await asyncio.sleep(0)
        gone.set()
        await asyncio.gather(*tasks)
        await open_one("a")
        return said

    accepted = "websocket.accept"
    assert asyncio.run(talk()) == [
        f"a {accepted}", f"a {accepted}", "a websocket.close 1013", f"b {accepted}",
        f"a {accepted}",
    ]  # fmt: skip


class Line:
    """A page, and the server that tells it three bytes for each that it asks."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.asked, self.answered, self.refused = 0, 0, 0
        self.read: list[bytes] = []
        self.gone = False

    async def ask(self) -> Message:
        await asyncio.sleep(0)
        self.asked += 1
        return {"type": "websocket.receive", "bytes": b"?"}

    async def hear(self, message: Message) -> None:
        await self.reads.wait()
        if self.gone:
            raise OSError
        self.read.append(message["bytes"])

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        for number in range(20):
            await receive()
            for part in range(3):
                try:
                    await send({"type": "websocket.send", "bytes": bytes([3 * number + part])})
                except OSError:
                    self.refused += 1
            self.answered += 1

    def open(self, path: str = STREAM_PATH) -> asyncio.Task[None]:
        scope = {"type": "websocket", "path": path}
        return asyncio.create_task(Outbox(self.app, 10)(scope, self.ask, self.hear))  # type: ignore[arg-type]


async def a_while() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


def test_a_page_is_heard_again_when_it_has_read_what_it_was_told() -> None:
    async def talk() -> None:
        line = Line()
        opened = line.open()
        await a_while()
        # The fourth answer is more than the ten bytes that may be unread; nothing is held up.
        assert (line.asked, line.answered, line.read) == (4, 4, [])
        line.reads.set()
        await a_while()
        await opened
        assert line.answered == 20
        assert b"".join(line.read[:50]) == bytes(range(len(line.read[:50])))

    asyncio.run(talk())


def test_a_page_that_has_gone_is_told_nothing() -> None:
    async def talk() -> None:
        line = Line()
        opened = line.open()
        await a_while()
        line.gone = True
        line.reads.set()
        await a_while()
        await opened
        assert line.read == []
        assert (line.answered, line.refused) == (20, 0), "It is heard to go, and nothing fails."

    asyncio.run(talk())


def test_nothing_is_sent_after_the_end() -> None:
    sent: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.send", "bytes": b"late"})
        await send({"type": "websocket.close", "code": 1009})
        await a_while()

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def talk() -> None:
        await Outbox(app)({"type": "websocket", "path": STREAM_PATH}, nothing, send)

    asyncio.run(talk())
    assert sent == ["websocket.close"]


def test_other_connections_are_left_to_themselves() -> None:
    async def talk() -> None:
        line = Line()
        opened = line.open("/live")
        await a_while()
        assert (line.asked, line.answered) == (1, 0)
        opened.cancel()

    asyncio.run(talk())


class Store:
    """What is kept of the files that came."""

    def __init__(self, status: int = 204) -> None:
        self.files: dict[tuple[str, str], int] = {}
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._status = status
        self.uploads = Uploads(self._take, lambda session, file: self._forget(session, file))

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.go_on.wait()
        session, file = scope["path"].removeprefix(UPLOAD_PATH).split("/")
        if self._status < 300:
            self.files[session, file] = len((await receive())["body"])
        await send({"type": "http.response.start", "status": self._status, "headers": []})

    def _forget(self, session: str, file: str) -> None:
        del self.files[session, file]

    async def put(self, session: str, file: str, size: int) -> int:
        """Send a file; the status of the answer."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"x" * size}

        async def send(message: Message) -> None:
            sent.append(message)

        path = f"{UPLOAD_PATH}{session}/{file}"
        scope = {"type": "http", "method": "PUT", "path": path, "headers": []}
        await self.uploads(scope, receive, send)
        status: int = sent[0]["status"]
        return status


def test_a_visitor_has_one_file_and_all_together_so_many_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowd, "KEPT_BYTES", 100)

    async def talk() -> None:
        store = Store()
        for file in "123":
            assert await store.put("a", file, 30) == 204
        assert store.files == {("a", "3"): 30}
        await store.put("a", "3", 40)
        await store.put("b", "1", 40)
        assert store.files == {("a", "3"): 40, ("b", "1"): 40}
        await store.put("c", "1", 40)
        assert store.files == {("b", "1"): 40, ("c", "1"): 40}

    asyncio.run(talk())


def test_files_that_are_refused_count_for_nothing() -> None:
    async def talk() -> None:
        store = Store(413)
        assert await store.put("a", "1", 30) == 413

    asyncio.run(talk())


def test_few_files_come_at_once() -> None:
    async def talk() -> None:
        store = Store()
        store.go_on.clear()
        waiting = [asyncio.create_task(store.put(f"{n}", "1", 1)) for n in range(crowd.UPLOADS)]
        await asyncio.sleep(0)
        assert await store.put("late", "1", 1) == 503
        store.go_on.set()
        assert await asyncio.gather(*waiting) == [204] * crowd.UPLOADS
        assert await store.put("late", "1", 1) == 204

    asyncio.run(talk())
