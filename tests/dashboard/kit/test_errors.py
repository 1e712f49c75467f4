"""A fault of ours is logged, and shown as one sentence; a message for people is shown as it is."""

from __future__ import annotations

import json
import re

import pytest
from frames import ROOT, forget, turn_to
from streamlit.testing.v1 import AppTest

from dashboard.app import written_frame
from dashboard.kit.errors import plain
from dashboard.kit.links import given
from dashboard.kit.live import answer
from dashboard.pages import PAGES
from hypergrad_core import ScenarioError
from hypergrad_core.arrays import FloatArray
from hypergrad_core.problems import logistic
from tests.support.hostile import MARKUP

# Those that compute one problem while the page waits.
NAMES = ("explore", "budget", "why")
LINK = {"problem": "logistic", "d": "6", "n": "15", "T": "9"}
SENTENCE = "This setting could not be computed, by a fault of the program."


@pytest.fixture(autouse=True)
def wrong_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family with a fault: NumPy refuses with a ``ValueError``, as scenarios do."""

    def product(self: object, adjoints: FloatArray) -> FloatArray:
        return adjoints @ adjoints.T @ adjoints[:, :-1] + adjoints

    monkeypatch.setattr(logistic._LogisticLinearisation, "vjp_hyper", product)
    for page in PAGES:
        forget(monkeypatch, page.results)


def code_in(text: str, log: pytest.LogCaptureFixture) -> None:
    """The sentence is there, nothing of the fault itself, and the log has the rest."""
    assert SENTENCE in text
    assert "broadcast" not in text
    assert "does not apply" not in text
    records = [record for record in log.records if record.name == "dashboard.kit.errors"]
    assert records
    assert all("broadcast" in str(record.exc_info) for record in records)
    assert any(record.message.removeprefix("Fault ") in text for record in records)


@pytest.mark.parametrize("page", NAMES)
def test_a_page_says_one_sentence(page: str, caplog: pytest.LogCaptureFixture) -> None:
    session = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=60)
    for name, value in LINK.items():
        session.query_params[name] = value
    session.run()
    turn_to(session, page)
    session.run()
    assert not session.exception
    code_in(" ".join(item.value for item in session.error), caplog)
    assert "broadcast" not in " ".join(item.value for item in session.markdown)


@pytest.mark.parametrize("page", NAMES)
def test_the_live_route_says_one_sentence(page: str, caplog: pytest.LogCaptureFixture) -> None:
    message = {"id": 3, "params": {**LINK, "page": page, "q": "0.7"}}
    reply = json.loads(answer(written_frame, json.dumps(message)))
    assert reply["id"] == 3
    code_in(reply["error"], caplog)


@pytest.mark.parametrize("text", [*MARKUP, "*" * 200, "‖w‖ ≤ 1"])
def test_a_text_is_shown_as_it_is(text: str) -> None:
    shown = plain(text)
    assert shown.replace("\u2060", "").replace("\\", "") == " ".join(text.split())
    signs = re.sub(r"\\[!-/:-@\[-`{-~]", "", shown)
    assert not {*signs} & {*"![]()<>*`$_:#~|&@"}
    # What becomes a link or a sign although it is escaped.
    read = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown)
    assert not re.search(r"https?://|www\.|\w@|:streamlit:|<-|->|--|[<>~]=", read)


def test_signs_that_cannot_be_seen_are_shown_by_their_codes() -> None:
    error = ScenarioError("contraction", "\u202e9.0\ud800\n\x00é 🙂", "a number")
    assert given(error) == r"“\u202e9.0\ud800\n\x00é 🙂”"
