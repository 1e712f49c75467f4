"""Tables of visitors' own, and how they are given to a page."""

from __future__ import annotations

from typing import Any

from frames import check
from streamlit.testing.v1 import AppTest

ROWS = 24


def csv_of(target: list[str], third: str = "name") -> bytes:
    """A file of two features, a column of text and a target, whose values come in turn."""
    lines = [f"age,dose,{third},y"]
    lines += [f"{i},{i * 7 % 11 / 10},n{i},{target[i % len(target)]}" for i in range(ROWS)]
    return "\n".join(lines).encode()


REGRESSION = csv_of([str(i * i % 13 + 0.5) for i in range(ROWS)])
OTHER = REGRESSION.replace(b"0.7", b"0.8")
TWO_CLASSES = csv_of(["sick", "well", "well"])
CLASSES = csv_of(["a", "b", "c"])


def opened(session: AppTest) -> AppTest:
    """The session with the place for own data open."""
    session.session_state["own_data"] = True
    return check(session.run())


def give(session: AppTest, content: bytes) -> AppTest:
    """Give a file as a person does."""
    place: Any = next(item for item in session.file_uploader if item.key.startswith("own_"))
    place.set_value(("own.csv", content, "text/csv"))
    return check(session.run())
