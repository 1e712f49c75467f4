"""What the tests of the live route share."""

from __future__ import annotations

import json
from collections.abc import Mapping


def request(number: object = 1, params: object = None, **extra: object) -> str:
    return json.dumps({"id": number, "params": {} if params is None else params, **extra})


def echo(params: Mapping[str, str]) -> str:
    """A frame that names what was asked for."""
    return json.dumps({"link": json.dumps(dict(params))})
