"""A file of numbers says what it is of, opens again, and a bad one is told apart."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from dashboard.kit.citing import BIBTEX, SOFTWARE
from dashboard.kit.errors import LinkError
from dashboard.kit.page import Export, Table
from dashboard.kit.saved_file import LARGEST_MB, LONGEST_TEXT, read, to_json
from dashboard.pages import PAGES

ROOT = Path(__file__).resolve().parents[3]
NAMES = [page.name for page in PAGES]
TEXT = "# q: 0.9\nmethod,steps,relative_error\nitd,0,1.0\nitd,1,nan\naid-cg,1,1e-05\n"
EXPORT = Export(
    tables=[Table("Curves", "curves", lambda: TEXT)], settings=lambda: {"q": "0.9"}, code=""
)
WHOLE = {"format": "hypergradients", "version": 1, "page": "explore", "link": {"q": "0.9"}}


def test_it_opens_again() -> None:
    link = {"q": "0.93", "methods": "itd.aid-cg"}
    saved = read(to_json("explore", link, EXPORT).encode(), NAMES)
    assert saved.page == "explore"
    assert saved.link == link


def test_it_has_all_numbers() -> None:
    told = json.loads(to_json("explore", {}, EXPORT))
    (table,) = told["tables"]
    assert table["name"] == "curves"
    assert table["columns"] == {
        "method": ["itd", "itd", "aid-cg"],
        "steps": [0, 1, 1],
        "relative_error": [1.0, None, 1e-05],
    }
    assert told["settings"] == {"q": "0.9"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"format": "hypergra', "not JSON"),
        (b"[1, 2]", "not saved by"),
        (b'{"q": 0.9}', "not saved by"),
        (json.dumps({**WHOLE, "version": 2}).encode(), "another version"),
        (json.dumps({**WHOLE, "page": "home"}).encode(), "names no page"),
        (json.dumps({**WHOLE, "page": ["explore"]}).encode(), "names no page"),
        (json.dumps({**WHOLE, "link": None}).encode(), "damaged"),
        (json.dumps({**WHOLE, "link": {"q": 0.9}}).encode(), "damaged"),
        (json.dumps({**WHOLE, "link": {"q": "9" * (LONGEST_TEXT + 1)}}).encode(), "damaged"),
        (json.dumps({**WHOLE, "link": {"embed": "true"}}).encode(), "damaged"),
        (json.dumps({**WHOLE, "link": {"a b": "1"}}).encode(), "damaged"),
        (json.dumps({**WHOLE, "link": {f"q{n}": "" for n in range(101)}}).encode(), "damaged"),
        (b" " * (LARGEST_MB * 1_000_000 + 1), "larger than"),
    ],
)
def test_a_bad_file_is_told(data: bytes, message: str) -> None:
    with pytest.raises(LinkError, match=message):
        read(data, NAMES)


def test_the_server_takes_no_larger_file() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] == LARGEST_MB


def test_the_software_is_cited_with_its_version() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"{{{told['project']['version']}}}" in SOFTWARE


def test_the_paper_is_cited_as_in_the_theory() -> None:
    theory = (ROOT / "hypergrad_core" / "THEORY.md").read_text(encoding="utf-8")
    entry = theory.partition("```bibtex\n")[2].partition("```")[0]
    assert BIBTEX.startswith(entry)
