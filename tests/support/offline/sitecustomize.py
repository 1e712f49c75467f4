"""For a server under test: refuse whatever leaves the machine, and write it down.

Python imports this at its start from a folder of PYTHONPATH. The file is named by NETWORK_LOG.
"""

import os
import sys

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


sys.addaudithook(_refuse)
