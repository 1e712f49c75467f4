"""For a server under test: refuse whatever leaves the machine, and write it down.

Python imports this at its start from a folder of PYTHONPATH. The file is named by NETWORK_LOG. What
is run beside another run of a page is written to the file named by RUNS_LOG.
"""

import os
import sys
import threading

_ASKED = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
}
_OWN = {None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::", b"localhost"}


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event not in _ASKED:
        return
    target = args[_ASKED[event]]
    host = target[0] if isinstance(target, tuple) else target
    is_file = event in ("socket.connect", "socket.sendto") and not isinstance(target, tuple)
    if host in _OWN or is_file:
        return
    with open(os.environ["NETWORK_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{event} {host!r}\n")
    raise OSError(f"{event} {host!r} is refused in this test")


def _runs() -> int:
    """How many threads run the script of a page."""
    frames = sys._current_frames()
    count = 0
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        while frame is not None and frame.f_code.co_name != "_run_script":
            frame = frame.f_back
        count += frame is not None
    return count


_start = threading.Thread.start


def _start_noted(thread: threading.Thread) -> None:
    if thread.name.startswith("ScriptRunner"):
        with open(os.environ["RUNS_LOG"], "a", encoding="utf-8") as log:
            log.write(f"{_runs()}\n")
    _start(thread)


sys.addaudithook(_refuse)
if "RUNS_LOG" in os.environ:
    threading.Thread.start = _start_noted  # type: ignore[method-assign]
