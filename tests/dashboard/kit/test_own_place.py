"""A visitor gives a table: what was understood, every message, and nobody else gets to it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from frames import (
    check,
    choose,
    control,
    keys,
    open_page,
    payload,
    render_frame,
    shown,
    turn_to,
    value_of,
)
from own_cases import CLASSES, OTHER, REGRESSION, ROWS, TWO_CLASSES, csv_of, give, opened
from streamlit.testing.v1 import AppTest

from dashboard.kit import own
from dashboard.kit.errors import LinkError
from dashboard.kit.given_hyper import write
from dashboard.kit.own import OWN_PARAM
from dashboard.kit.own_place import LIMITS, families_for, understood
from dashboard.screens.descent.race import RACES, Race, arrived
from dashboard.screens.descent.settings import SETTINGS as DESCENT
from hypergrad_core import FAMILIES, read_table
from hypergrad_core.data.sheet import LARGEST_BYTES, LARGEST_COLUMNS, LARGEST_ROWS

PAGES = ("explore", "complexity", "budget", "why")
QUICK = {
    "descent": {"outer": "2", "rule": "fixed", "methods": "aid-fp"},
    "budget": {"T": "8"},
    "complexity": {"points": "3", "seeds": "1", "qmax": "0.85"},
}


def own_page(content: bytes = REGRESSION, page: str = "explore") -> AppTest:
    """A page of a visitor who has given a file."""
    return give(opened(open_page(QUICK.get(page, {"T": "20"}), page)), content)


def told(session: AppTest) -> str:
    """All that the sidebar says."""
    parts = (*session.sidebar.markdown, *session.sidebar.error, *session.sidebar.warning)
    return "\n".join(item.value.replace("\\", "") for item in parts)


def frames_of(session: AppTest) -> list[dict[str, Any]]:
    """What the charts of the page received."""
    received = [json.loads(chart.proto.bytes)["frame"] for chart in session.get("bidi_component")]
    assert received
    return received


def preview_of(session: AppTest) -> str:
    """The first rows."""
    (preview,) = [item.value for item in session.get("html") if 'class="own-preview' in item.value]
    return str(preview)


def test_the_limits_are_stated_before_a_file_is_given() -> None:
    session = opened(open_page())
    assert LIMITS in [item.value for item in session.sidebar.caption]
    for limit in (f"{LARGEST_BYTES // 10**6} MB", f"{LARGEST_ROWS:,} rows", f"{LARGEST_COLUMNS} c"):
        assert limit in LIMITS


@pytest.mark.parametrize("page", PAGES)
def test_a_good_file_is_understood_and_run(page: str) -> None:
    session = own_page(page=page)
    table = read_table(REGRESSION)
    assert value_of(session, "family") in families_for(table)
    assert session.query_params["data"] == str(table)
    assert f"{ROWS} rows of 2 features. The target, **y**, is a number" in told(session)
    assert "Column “name” was left out: row 2 has “n0”, which is not a number." in told(session)
    assert all(str(table)[4:] in frame["title"] for frame in frames_of(session))
    assert not session.error


@pytest.mark.parametrize(
    ("content", "families"),
    [
        (REGRESSION, ["kernel-ridge", "kernel-ridge-log", "biased"]),
        (TWO_CLASSES, ["logistic", "logistic-log", "softmax"]),
        (CLASSES, ["softmax"]),
        (csv_of(["1", "2", "3"]), ["softmax", "kernel-ridge", "kernel-ridge-log", "biased"]),
    ],
)
def test_it_goes_to_the_problems_that_learn_its_target(content: bytes, families: list[str]) -> None:
    assert families_for(read_table(content)) == families
    session = own_page(content)
    for family in FAMILIES:
        choose(session, "family", family)
        offers = value_of(session, "data") if "data" in keys(session) else "synthetic"
        assert family in families or offers != str(read_table(content))
        if family in families:
            choose(session, "data", str(read_table(content)))
            assert shown(session)["title"].startswith(FAMILIES[family].label)


def test_of_classes_it_is_said_how_many_rows_each_has_and_which_are_held_out() -> None:
    lines = csv_of(["a", "b", "c", "a"]).decode().splitlines()
    lines[-1] = lines[-1].removesuffix("a") + "<i>$d$"
    session = own_page("\n".join(lines).encode())
    assert "is 4 classes: <i>$d$ (1 row), a (11 rows), b (6 rows), c (6 rows)." in told(session)
    assert "It goes to Softmax regression." in told(session)
    assert "Softmax regression takes thirds, chosen by the seed: one to train on" in told(session)
    assert "trained on; the others validate" not in told(session)
    assert value_of(session, "family") == "softmax"
    assert "d = 8 inner variables and n = 8 training examples" in "\n".join(
        item.value for item in session.sidebar.caption
    )
    assert not session.error


def test_of_numbers_that_may_be_classes_both_is_said() -> None:
    words = understood(read_table(csv_of(["1", "2", "3"])))
    classes = "3 classes: 1 (8 rows), 2 (8 rows), 3 (8 rows)"
    assert f"is {classes}; or a number, for regression. It goes to Softmax regression" in words
    assert "The seed chooses the half of the rows that is trained on" in words
    words = understood(read_table(csv_of(["5", "7", "9"])))
    assert "is a number, for regression, or 3 classes: 5 (8 rows)" in words
    words = understood(read_table(TWO_CLASSES))
    assert "is 2 classes: sick (8 rows), well (16 rows). It goes to Logistic regression" in words


def test_too_many_classes_and_features_together_are_told() -> None:
    names = [f"x{i}" for i in range(101)]
    rows = [
        ",".join([*(f"{(i + 1) * (j + 3) % 1009}" for j in range(101)), "abcdefghij"[i % 10]])
        for i in range(40)
    ]
    session = own_page("\n".join([",".join([*names, "y"]), *rows]).encode())
    assert "No problem here learns such a target: choose another column." in told(session)
    assert "for each class and feature, 10 × 101 here, and at most 1,000 are" in told(session)
    assert "data" not in session.query_params


@pytest.mark.parametrize("page", PAGES)
def test_classes_are_run_on_every_page(page: str) -> None:
    session = own_page(CLASSES, page)
    assert session.query_params["problem"] == "softmax"
    assert all(str(read_table(CLASSES))[4:] in frame["title"] for frame in frames_of(session))
    assert not session.error


@pytest.mark.parametrize("content", [REGRESSION, TWO_CLASSES, CLASSES])
def test_a_descent_takes_them(content: bytes) -> None:
    session = own_page(content, "descent")
    table = read_table(content)
    assert session.query_params["data"] == str(table)
    scenario, view, _ = DESCENT.of_link(dict(session.query_params), {str(table): table})
    (found, *_) = [run.descent for run in arrived(RACES.compute(Race.of(scenario, view)))]
    assert found is not None
    check(session.run())
    assert all(str(table)[4:] in frame["title"] for frame in frames_of(session))
    bodies = [item.proto.body for item in session.get("html")]
    (final,) = [body for body in bodies if body.startswith('<div class="final-values">')]
    assert ("Accuracy, %" in final) is (content == CLASSES)
    assert np.isfinite(found.last.accuracy) == (content == CLASSES)
    if content == CLASSES:
        assert f"{100 * found.last.accuracy:.1f}" in final


BAD = {
    "empty": (b"", "The file is empty."),
    "text": (csv_of([f"v{i}" for i in range(ROWS)]), "row 2 has “v0”, which is not a number"),
    "one class": (csv_of(["sick"]), "column “y”, has one value in all 24 rows"),
    "too large": (b"a,b\n" * 300_000, "at most 1,000,000 are read"),
    "not a CSV": (b"\x89PNG\r\n\x1a\n\x00", "not text in UTF-8"),
    "a million columns": (b"," * 999_999, "names 1,000,000 columns: at most 200 are read"),
    "a formula": (csv_of(["=1+1"] + [f"{i}" for i in range(23)]), "“=1+1”: formulas are not"),
    "decimal commas": (b"a;b;y\n1,5;2;3\n", "separated by semicolons"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_told_and_the_page_goes_on(content: bytes, message: str) -> None:
    session = give(opened(open_page({"T": "20", "problem": "kernel-ridge"})), content)
    assert message in told(session)
    assert "data" not in session.query_params
    choose(session, "contraction", 0.5)
    assert "q = 0.5" in shown(session)["title"]
    give(session, REGRESSION)
    assert session.query_params["data"] == str(read_table(REGRESSION))
    assert message not in told(session)


def test_what_is_missing_or_a_formula_in_a_feature_is_told_with_row_and_column() -> None:
    lines = csv_of(["1", "2", "3.5"], third="sum").decode().splitlines()
    lines[3] = "2,,=A4+B4,1"
    session = own_page("\n".join(lines).encode())
    assert "Column “sum” was left out: row 2 has “n0”" in told(session)
    assert "because a value is missing: 1, row 4 in column “dose”." in told(session)
    lines[1] = "0,0.1,=A2+B2,1"
    assert "row 2 has “=A2+B2”: formulas are not computed" in told(
        give(session, "\n".join(lines).encode())
    )


def test_another_column_can_be_the_target() -> None:
    session = own_page()
    (place,) = [item for item in session.sidebar.selectbox if item.label == "Target"]
    assert place.value == "y"
    place.set_value("dose").run()
    assert session.query_params["data"] == str(read_table(REGRESSION, "dose"))
    (place,) = [item for item in session.sidebar.selectbox if item.label == "Target"]
    place.set_value("name").run()
    assert "column “name”, is neither numbers nor at most 10 classes: row 2" in told(session)
    (place,) = [item for item in session.sidebar.selectbox if item.label == "Target"]
    place.set_value("y").run()
    assert session.query_params["data"] == str(read_table(REGRESSION))


def test_names_write_nothing_on_the_page() -> None:
    content = REGRESSION.replace(b"dose", b"<b>**[x](http://a.b)").replace(b",y", b",$y$_<i>_")
    session = own_page(content)
    assert "**\\$y\\$\\_\\<i\\>\\_**" in session.sidebar.markdown[1].value
    preview = preview_of(session)
    assert "&lt;b&gt;**[x](http://a.b)" in preview
    assert "<b>" not in preview
    assert "<i>" not in preview


def test_the_preview_shows_the_first_rows_as_numbers() -> None:
    session = own_page(TWO_CLASSES)
    preview = preview_of(session)
    assert "<tr><th>y</th><th>age</th><th>dose</th></tr>" in preview
    assert "<tr><td>well</td><td>1</td><td>0.7</td></tr>" in preview
    assert preview.count("<td>0.7</td>") == 1


def test_it_comes_along_to_the_other_pages() -> None:
    session = own_page()
    name = str(read_table(REGRESSION))
    for page in PAGES[1:]:
        turn_to(session, page)
        session.query_params.clear()
        session.run()
        assert session.query_params["data"] == name
        turn_to(session, "explore")
        session.run()


def test_it_can_be_forgotten() -> None:
    session = own_page()
    token = payload(session)["live"]["params"][OWN_PARAM]
    control(session, "forget_own").click().run()
    assert "data" not in session.query_params
    assert str(read_table(REGRESSION))[4:] not in json.dumps(payload(session))
    del session
    assert own.held_by(token) == {}


def test_a_link_to_own_data_asks_for_the_file_and_takes_it() -> None:
    first = own_page()
    choose(first, "contraction", 0.8)
    link = dict(first.query_params)
    second = open_page(link)
    (warning,) = [item.value.replace("\\", "") for item in second.main.warning]
    assert f"the link is to somebody's own data, {link['data']}, and" in warning
    assert "Give the file again under “Your own data (CSV)”" in warning
    assert "data" not in second.query_params
    assert second.query_params["q"] == "0.8"
    # The place is open already.
    give(second, OTHER)
    assert f"The link is to {link['data']}, and this is {read_table(OTHER)}" in told(second)
    give(second, REGRESSION)
    assert not second.warning
    assert second.query_params == link
    assert shown(second)["figure"] == shown(first)["figure"]


def test_no_visitor_gets_to_the_data_of_another() -> None:
    first, second = own_page(), own_page(OTHER)
    tables = [read_table(REGRESSION), read_table(OTHER)]
    asked = [payload(session)["live"]["params"] for session in (first, second)]
    for mine, table in zip(asked, tables, strict=True):
        assert mine["data"] == str(table)
        assert str(table)[4:] in render_frame(mine)["title"]
    # With the hash of another, and any token but that of this very table.
    for token in (asked[1][OWN_PARAM], "", "x" * 22, str(tables[0]), None):
        request = {**asked[0], OWN_PARAM: token}
        with pytest.raises(LinkError, match="Give the file again"):
            render_frame({name: value for name, value in request.items() if value is not None})
    # Nor by its address, although this visitor has data of its own, and the result is kept.
    link = dict(first.query_params)
    third = open_page(link)
    assert "data" not in third.query_params
    second.query_params.clear()
    second.query_params.update(link)
    second.run()
    assert str(tables[0])[4:] not in shown(second)["title"]
    for session in (second, third):
        received = json.dumps(payload(session))
        assert asked[0][OWN_PARAM] not in received
        assert str(tables[0])[4:] not in received


def test_no_link_and_no_export_has_the_token() -> None:
    session = own_page()
    token = payload(session)["live"]["params"][OWN_PARAM]
    assert len(token) >= 22
    page = json.dumps({name: part for name, part in payload(session).items() if name != "live"})
    assert token not in page
    assert token not in urlencode(dict(session.query_params))
    assert OWN_PARAM not in dict(parse_qsl(shown(session)["link"]))


def test_a_moving_hand_gets_what_a_release_gives() -> None:
    session = own_page()
    asked = {**payload(session)["live"]["params"], "q": "0.7"}
    moved = render_frame(asked)
    choose(session, "contraction", 0.7)
    assert shown(session)["figure"] == json.loads(json.dumps(moved["figure"]))
    assert np.isfinite(len(moved["message"]))


def test_what_is_understood_has_an_end() -> None:
    columns = [f"c{i}" for i in range(40)]
    rows = [
        ",".join([*("x" for _ in columns), f"{i}", f"{i * i}", f"{i / 2}"]) for i in range(ROWS)
    ]
    table = read_table("\n".join([",".join([*columns, "a", "b", "y"]), *rows]).encode())
    words = understood(table)
    assert words.count("was left out") == 10
    assert words.endswith("- More of that, not listed: 30.")


def test_a_link_to_own_data_is_opened_once_more_when_they_are_given() -> None:
    table = read_table(REGRESSION)
    given = {"problem": "biased", "data": str(table), "T": "20", "q": "0.7", "at": "3"}
    link = {**given, "hyper": write((0.5, -0.25))}
    session = open_page(link)
    # Without the table this λ has entries for features that nobody knows.
    assert "hyper" not in session.query_params
    give(session, REGRESSION)
    assert dict(parse_qsl(urlencode(session.query_params))) == link
    assert "λ given: (0.5, −0.25)" in shown(session)["title"]
    assert not session.main.warning
    # Only once: a hand on a control counts from here on.
    choose(opened(session), "contraction", 0.5)
    choose(session, "own_target", "age")
    choose(session, "own_target", "y")
    assert session.query_params["q"] == "0.5"
