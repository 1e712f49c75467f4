"""The dashboard as ``dashboard/deploy`` sets it up: several processes, and nginx before them."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.visitors import ROOT, free_port

DEPLOY = ROOT / "dashboard" / "deploy"
UNIT = DEPLOY / "hypergrad@.service"
SECONDS = 60.0
NAME = "hypergrad.example.org"
LIVE_PLACES = 12
"""WebSockets that one address may have at one process."""

# What stands around the file in /etc/nginx/nginx.conf, without its folders.
MAIN = """
daemon off;
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    log_format told '$upstream_addr|$request_method|$uri|$status|$http_user_agent';
    access_log {folder}/access.txt told;
    include hypergrad.conf;
}}
"""


class Passed(NamedTuple):
    """A request that has gone through nginx.

    Attributes:
        processes: the addresses that were asked, with commas between them; "-" for none.
        method: GET or another one.
        path: without what follows the question mark.
        status: of the answer; a WebSocket has 101, and is known when it has ended.
        agent: what the visitor calls himself.
    """

    processes: str
    method: str
    path: str
    status: str
    agent: str


class Answer(NamedTuple):
    """What came back, with the names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def settings() -> dict[str, str]:
    """The environment of each process: ``hypergrad.env``, and what a test wants smaller."""
    text = (DEPLOY / "hypergrad.env").read_text(encoding="utf-8")
    told = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    assert told["STREAMLIT_SERVER_ALLOWED_HOSTS"] == NAME
    hosts = f"localhost 127.0.0.1 {NAME}"
    return {
        **told,
        "STREAMLIT_SERVER_COOKIE_SECRET": "the same for all",
        "STREAMLIT_SERVER_ALLOWED_HOSTS": hosts,
        "HYPERGRAD_CONNECTIONS": str(LIVE_PLACES),
    }


def command(port: int) -> list[str]:
    """How the unit starts a process, from this folder and with this Python."""
    (line,) = re.findall(r"^ExecStart=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    python, *words = line.split()
    assert python == "/opt/hypergrad/.venv/bin/python"
    return [sys.executable, *(word.replace("%i", str(port)) for word in words)]


@dataclass
class Deployed:
    """Processes behind nginx.

    Attributes:
        folder: of the configuration and of what is written.
        port: at which nginx listens.
        ports: those of the processes.
        more: what else these are told, by environment variables.
    """

    folder: Path
    port: int
    ports: tuple[int, int]
    more: Mapping[str, str] = field(default_factory=dict)
    _running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """Where all of them write."""
        return self.folder / "output.txt"

    @property
    def processes(self) -> set[str]:
        """Their addresses, as nginx writes them down."""
        return {f"127.0.0.1:{port}" for port in self.ports}

    @property
    def numbers(self) -> list[int]:
        """Those of the processes, as the system counts them."""
        return [self._running[port].pid for port in self.ports]

    def start(self, port: int) -> None:
        """A process."""
        self._run(port, command(port), {**settings(), **self.more})

    def stop(self, port: int) -> None:
        """End a process, or nginx."""
        process = self._running.pop(port)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self) -> None:
        """End everything."""
        for port in [*self._running]:
            self.stop(port)

    def start_proxy(self, nginx: str) -> None:
        """The files of ``dashboard/deploy``, with ports and folders of this test."""
        included = self.folder / "hypergrad"
        included.mkdir()
        servers = (DEPLOY / "hypergrad" / "processes.conf").read_text(encoding="utf-8")
        for before, port in zip(("8501", "8502"), self.ports, strict=True):
            servers = put(servers, f"127.0.0.1:{before} ", f"127.0.0.1:{port} ")
        (included / "processes.conf").write_text(servers, encoding="utf-8")
        address = (DEPLOY / "hypergrad" / "address.conf").read_text(encoding="utf-8")
        address = put(address, "listen 80;", f"listen 127.0.0.1:{self.port};")
        address = put(address, "listen [::]:80;", "")
        (included / "address.conf").write_text(address, encoding="utf-8")
        text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        text = put(text, "/var/cache/nginx-hypergrad", str(self.folder / "cache"))
        (self.folder / "hypergrad.conf").write_text(text, encoding="utf-8")
        # Root's workers would not see the folder of a test otherwise.
        user = "user root;" if os.geteuid() == 0 else ""
        main = self.folder / "nginx.conf"
        main.write_text(MAIN.format(folder=self.folder, user=user), encoding="utf-8")
        self._run(self.port, [nginx, "-p", str(self.folder), "-c", str(main), "-e", "stderr"], {})

    def wait_for(self, port: int) -> None:
        """Until a process answers, or nginx for one of them."""
        self.wait_until(lambda: self._answers(port), f"port {port} answers")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Until something is so; fails if it takes too long, or if a process ends by itself."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            ended = any(process.poll() is not None for process in self._running.values())
            if ended or time.monotonic() > deadline:
                pytest.fail(f"Not so: {what}\n{self.log.read_text()}")
            time.sleep(0.05)

    def ask(self, path: str, *, port: int = 0, **headers: str) -> Answer:
        """The answer of nginx, or of what listens at another port; ``user_agent`` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)) as way:
            way.request("GET", path, headers=named)
            answer = way.getresponse()
            heads = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, heads, answer.read())

    def passed(self, agent: str, least: int = 1, **wanted: str) -> list[Passed]:
        """What a visitor's requests went through; nginx writes it down when they have ended.

        Args:
            agent: what the visitor calls himself.
            least: how many are waited for.
            wanted: what else these requests have, such as their path.
        """

        def found() -> list[Passed]:
            text = (self.folder / "access.txt").read_text(encoding="utf-8")
            lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
            told = [Passed(*line.rstrip("\n").split("|", 4)) for line in lines]
            return [
                one for one in told if {**wanted, "agent": agent}.items() <= one._asdict().items()
            ]

        self.wait_until(lambda: len(found()) >= least, f"{agent} has {least} requests {wanted}")
        return found()

    def _answers(self, port: int) -> bool:
        try:
            return self.ask("/_stcore/health", port=port, user_agent="start").status == 200
        except OSError:
            return False

    def _run(self, port: int, words: list[str], more: Mapping[str, str]) -> None:
        with self.log.open("ab") as out:
            self._running[port] = subprocess.Popen(
                words, cwd=ROOT, stdout=out, stderr=out, env={**os.environ, **more}
            )


def put(text: str, before: str, after: str) -> str:
    """Replace what is there once."""
    assert text.count(before) == 1, before
    return text.replace(before, after)


def find_nginx() -> str:
    """The command, which Debian keeps from the path of those who are not root."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.fail("No nginx is installed: tests/run installs it, and so does apt-get.")
    return found


@contextmanager
def deployed(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Deployed]:
    """Two processes and nginx, ready.

    Args:
        folder: of the configuration and of what is written.
        more: what else the processes are told, by environment variables.
    """
    nginx = find_nginx()
    made = Deployed(folder, free_port(), (free_port(), free_port()), more or {})
    try:
        for port in made.ports:
            made.start(port)
        made.start_proxy(nginx)
        for port in (*made.ports, made.port):
            made.wait_for(port)
        yield made
    finally:
        made.stop_all()
