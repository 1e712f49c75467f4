"""What the live route is asked and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import cast

import pytest
from frames import frame_of
from hypothesis import given
from hypothesis import strategies as st
from live_cases import echo, request

from dashboard.app import written_frame
from dashboard.chart import Frame
from dashboard.kit.live import (
    MAX_MESSAGE,
    MAX_PARAMS,
    RequestError,
    answer,
    parse,
)
from dashboard.kit.page import written_frame as written_frame_of
from dashboard.screens.explore.page import PAGE
from dashboard.screens.explore.settings import SETTINGS
from hypergrad_core import METHODS


def test_a_good_request_is_read() -> None:
    assert parse(request(7, {"q": "0.9"})) == (7, {"q": "0.9"})
    assert parse(request(0, {}, more=[1])) == (0, {})


QUADRATIC = {"problem": "quadratic"}
BAD = {
    "empty": "",
    "not JSON": "{",
    "a list": "[]",
    "a number": "1",
    "null": "null",
    "no id": '{"params": {}}',
    "a text as id": request("1"),
    "a truth value as id": request(True),
    "a broken number as id": request(1.5),
    "nan as id": '{"id": NaN, "params": {}}',
    "no params": '{"id": 1}',
    "a list of params": request(1, []),
    "a number as a param": request(1, {"q": 0.9}),
    "null as a param": request(1, {"q": None}),
    "a nested param": request(1, {"q": {"a": "b"}}),
    "too many params": request(1, {str(i): "" for i in range(MAX_PARAMS + 1)}),
    "too long": request(1, {"q": "9" * MAX_MESSAGE}),
    "deeply nested": "[" * 4000,
    "many digits": f'{{"id": {"9" * 4000}.5, "params": {{}}}}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_malformed_request_is_refused_in_words(text: str) -> None:
    with pytest.raises(RequestError, match=r"^The (request|params) .*\.$"):
        parse(text)
    reply = json.loads(answer(echo, text))
    assert reply.keys() == {"id", "error"}
    assert reply["id"] is None
    assert reply["error"].startswith("The ")


def test_limits_are_allowed_themselves() -> None:
    most = {str(i): "" for i in range(MAX_PARAMS)}
    assert parse(request(1, most)) == (1, most)
    padding = MAX_MESSAGE - len(request(1, {"q": ""}))
    assert parse(request(1, {"q": "9" * padding}))[0] == 1


def test_the_answer_is_the_frame_of_the_page() -> None:
    scenario, _, _ = SETTINGS.of_link({**QUADRATIC, "d": "20", "q": "0.8"})
    reply = json.loads(answer(written_frame, request(12, {**QUADRATIC, "d": "20", "q": "0.8"})))
    assert reply["id"] == 12
    assert reply["frame"] == json.loads(json.dumps(frame_of(scenario)))


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"q": "2"}, "q = "),
        ({"q": "<script>alert(1)</script>"}, "q = "),
        ({"d": "9" * 4000}, "d = "),
        ({**QUADRATIC, "d": "1000000", "m": "1000"}, "m = "),
        ({"methods": "__class__"}, "methods"),
        ({"problem": "../../etc/passwd"}, "problem = "),
        ({"eps": "1e400"}, "eps = "),
        ({"seed": "\ud800"}, "seed"),
        ({**QUADRATIC, "d": "1000000", "m": "20", "T": "250"}, "takes longer"),
    ],
    ids=str,
)
def test_hostile_params_get_a_readable_refusal(params: dict[str, str], word: str) -> None:
    reply = json.loads(answer(written_frame, request(3, params)))
    assert reply["id"] == 3
    assert word in reply["error"]
    assert "Traceback" not in reply["error"]
    assert "frame" not in reply


def test_unknown_params_are_ignored() -> None:
    known = answer(written_frame, request(1, {"d": "20"}))
    more = {"d": "20", "__proto__": "x", "embed": "true"}
    assert answer(written_frame, request(1, more)) == known


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError("x"), MemoryError("x")])
def test_what_goes_wrong_inside_stays_inside(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(params: Mapping[str, str]) -> str:
        raise error

    reply = json.loads(answer(fail, request(4)))
    assert reply["id"] == 4
    (record,) = caplog.records
    assert reply["error"].endswith(f"{record.message.lower()}.")
    assert "by a fault of the program" in reply["error"]
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_a_frame_with_nan_is_not_sent() -> None:
    page = replace(PAGE, frame=lambda shown, part: cast(Frame, {"x": float("nan")}))
    reply = json.loads(answer(partial(written_frame_of, page), request(4)))
    assert reply["id"] == 4
    assert reply["error"]


@given(st.text())
def test_whatever_is_sent_gets_an_answer(text: str) -> None:
    reply = json.loads(answer(echo, text))
    assert reply.keys() == {"id", "error"}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_whatever_the_id_and_the_params_are_there_is_an_answer(value: object) -> None:
    for text in (request(value), request(1, {"q": value})):
        reply = json.loads(answer(echo, text))
        assert ("error" in reply) != ("frame" in reply)


def test_a_draft_of_every_method_is_sent() -> None:
    """It says whether all points follow; what is expected is counted with numbers of NumPy."""
    link = {**QUADRATIC, "d": "20", "m": "2", "T": "2000", "methods": ".".join(METHODS)}
    reply = json.loads(answer(written_frame, request(8, link)))
    assert reply["frame"]["draft"] is True
