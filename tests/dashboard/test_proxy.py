"""Whose word on a visitor's address is believed: the proxy's that is named, and nobody else's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.visitors import Served, serving

MOST = 2
PROXY = "127.0.0.2"
STRANGER = "127.0.0.1"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with few places, which has been told of a proxy."""
    settings = {"HYPERGRAD_CONNECTIONS": str(MOST), "FORWARDED_ALLOW_IPS": PROXY}
    with serving(tmp_path_factory.mktemp("served") / "output.txt", settings=settings) as running:
        yield running


def visit(served: Served, through: str, said: str) -> ClientConnection:
    """A WebSocket from an address of this machine, which says that it is there for another one."""
    port = int(served.host.partition(":")[2])
    way = socket.create_connection(("127.0.0.1", port), 20, (through, 0))
    address = f"ws://{served.host}/live"
    return connect(address, sock=way, additional_headers={"X-Forwarded-For": said}, **own(served))


def own(served: Served) -> dict[str, str]:
    """As a page of this server asks."""
    return {"origin": f"http://{served.host}"}


def refused(served: Served, through: str, said: str) -> bool:
    try:
        with visit(served, through, said):
            return False
    except InvalidStatus as error:
        return error.response.status_code == 403


def test_visitors_of_the_proxy_are_counted_apart(served: Served) -> None:
    with ExitStack() as opened:
        for visitor in ("192.0.2.1", "192.0.2.2"):
            for _ in range(MOST):
                opened.enter_context(visit(served, PROXY, visitor))
            assert refused(served, PROXY, visitor)
            # What a visitor has claimed stands before what the proxy has added.
            assert refused(served, PROXY, f"192.0.2.99, {visitor}")
        assert not refused(served, PROXY, "192.0.2.3")


def test_what_others_say_is_not_believed(served: Served) -> None:
    with ExitStack() as opened:
        for number in range(MOST):
            opened.enter_context(visit(served, STRANGER, f"192.0.2.{number}"))
        assert refused(served, STRANGER, "192.0.2.50")
