"""Every family, every method and every inner solver, as a person chooses them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from frames import (
    ALL,
    choose,
    control,
    keys,
    link_in,
    open_page,
    payload,
    shown,
    traces,
    unpacked,
    value_of,
)

from dashboard.kit.figure.describe import BEYOND_THEORY
from dashboard.kit.links import SCENARIO_LINKS
from dashboard.screens.explore.figure.curves import BOUND_NAMES
from dashboard.screens.explore.figure.lines import CROWD
from hypergrad_core import FAMILIES, METHODS
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import SLICES
from tests.core.method_cases import NOT_SELF_ADJOINT, refused_by

# Small enough for all methods at once.
SMALL: dict[str, dict[str, str]] = {
    "quadratic": {"d": "12", "m": "3"},
    "logistic": {"d": "6", "n": "15"},
    "logistic-log": {"d": "6", "n": "15"},
    "softmax": {"d": "6", "n": "15"},
    "learned-digits": {"d": "6", "n": "15"},
    "kernel-ridge": {"d": "10", "m": "3"},
    "kernel-ridge-log": {"d": "10", "m": "3"},
    "biased": {"d": "6", "n": "15"},
    "biased-tasks": {"d": "24", "n": "24"},
    "hyper-representation": {"d": "4", "m": "12", "n": "15"},
    "representation-tasks": {"d": "24", "m": "8", "n": "24"},
    "equilibrium": {"d": "12", "n": "4"},
    "equilibrium-symmetric": {"d": "12", "n": "4"},
    "graph-network": {"d": "16", "n": "8"},
    "nonsymmetric": {"d": "8", "m": "3"},
}
NETWORKS = [key for key, family in FAMILIES.items() if family.largest_contraction >= 1]


def start(family: str, **more: str) -> dict[str, str]:
    """The link of a small problem with all methods, in the order of nothing in particular."""
    return {"problem": family, "methods": ".".join(ALL), "T": "20", **SMALL[family], **more}


def allowed(family: str, vary: str) -> list[str]:
    """The inner solvers that a family allows on a slice."""
    return [
        key
        for key, solver in SOLVERS.items()
        if (FAMILIES[family].affine_symmetric or not solver.affine_symmetric_only)
        and (key != "exact" or vary == "adjoint")
    ]


def refused(family: str, vary: str) -> set[str]:
    """The methods that do not apply."""
    out = refused_by(family)
    if vary == "inner":
        out |= {key for key, method in METHODS.items() if method.whole}
    if vary == "adjoint":
        out |= {key for key, method in METHODS.items() if method.fixed_adjoint_steps}
    return out


CASES = [
    (family, vary, inner)
    for family, vary in itertools.product(FAMILIES, SLICES)
    for inner in allowed(family, vary)
]


def test_every_family_is_tried() -> None:
    assert SMALL.keys() == FAMILIES.keys()
    assert len(NETWORKS) == 3


@pytest.mark.parametrize(("family", "vary", "inner"), CASES, ids=map("-".join, CASES))
def test_every_method_is_drawn_or_says_why_not(family: str, vary: str, inner: str) -> None:
    session = open_page(start(family, vary=vary, t="15", k="5"))
    solvers = allowed(family, vary)
    assert ("inner" in keys(session)) == (len(solvers) > 1)
    if inner != "fixed-point":
        choose(session, "inner", inner)
    if len(solvers) > 1:
        assert control(session, "inner").options == [SOLVERS[key].label for key in solvers]
        assert value_of(session, "inner") == inner
    frame = shown(session)
    assert link_in(frame).get("inner", "fixed-point") == inner
    assert not session.warning

    missing = refused(family, vary)
    drawn = [METHODS[key].label for key in ALL if key not in missing]
    assert [reading["name"] for reading in frame["readout"]] == drawn
    assert [row["cells"][0] for row in frame["table"]["rows"]] == drawn
    told = {item.value.split("**")[1]: item.value.split("here.")[1] for item in session.info}
    assert told.keys() == {METHODS[key].label for key in missing}
    assert all(len(reason.split()) > 5 for reason in told.values())
    for reading in frame["readout"]:
        error = unpacked(traces(frame)[reading["trace"]]["y"])
        assert error.shape == (21,)
        assert np.isfinite(error).all()
        # From four methods on, the bounds are of the one in focus.
        in_focus = len(drawn) < CROWD or reading["focus"] == ""
        assert bool(reading["bounds"]) == in_focus
        for bound in reading["bounds"]:
            assert np.isfinite(unpacked(traces(frame)[bound["trace"]]["y"])).all()
    card = control(session, "card")
    assert card.options == drawn
    assert len(session.latex) > 4


@pytest.mark.parametrize("family", sorted(NOT_SELF_ADJOINT))
def test_where_conjugate_gradient_does_not_apply_the_page_names_what_does(family: str) -> None:
    session = open_page(start(family) | {"methods": "itd.aid-cg.aid-gmres"})
    (message,) = session.info
    assert message.value.startswith("**AID-CG** does not apply here.")
    assert "not symmetric" in message.value
    assert "Use AID-GMRES or AID-CGNR" in message.value
    (absent,) = shown(session)["absent"]
    assert absent["name"] == "AID-CG"
    assert absent["reason"] in message.value


@pytest.mark.parametrize("q", [1.0, 1.2, 1.5])
@pytest.mark.parametrize("family", NETWORKS)
def test_beyond_the_theory_there_is_a_warning_and_no_bound(family: str, q: float) -> None:
    session = open_page(start(family))
    before = shown(session)
    assert any(reading["bounds"] for reading in before["readout"])
    choose(session, "contraction", q)
    frame = shown(session)
    # It goes with the picture, so that it also appears while the hand moves.
    assert frame["warning"] == BEYOND_THEORY
    assert "warning" not in before
    assert not session.warning
    assert len(frame["readout"]) == len(before["readout"])
    drawn = {reading["trace"] for reading in frame["readout"]}
    assert len(drawn) == len(frame["readout"])
    assert all(not reading["bounds"] for reading in frame["readout"])
    for trace in traces(frame):
        assert not any(name in str(trace.get("name", "")) for name in BOUND_NAMES.values())
    assert not any(r"\le\;" in item.value for item in session.latex)
    choose(session, "contraction", 0.9)
    assert not session.warning
    assert shown(session)["figure"] == before["figure"]


@pytest.mark.parametrize("family", [key for key in FAMILIES if key not in NETWORKS])
def test_other_families_end_below_1(family: str) -> None:
    session = open_page(start(family))
    slider = control(session, "contraction")
    assert "no theory" not in "".join(slider.options)
    opened = open_page(start(family, q="1.0"))
    (warning,) = opened.warning
    said = warning.value.replace("\\", "")
    assert "q = 1 is not allowed" in said
    assert "Used instead: 0.9." in said


@pytest.mark.parametrize("family", [key for key, family in FAMILIES.items() if family.suggested])
def test_a_family_brings_sizes_that_suit_it(family: str) -> None:
    first = "quadratic" if family != "quadratic" else "logistic"
    session = open_page({**start(first), "methods": "aid-fp"})
    kept = {"methods": "aid-fp", "T": "20"}
    choose(session, "family", family)
    stored = session.session_state["settings of explore"]
    for name, value in FAMILIES[family].suggested.items():
        assert stored[name] == value
        if name in keys(session):
            assert value_of(session, name) == value
        # The family says it.
        assert SCENARIO_LINKS.link_names[name] not in session.query_params
    assert session.query_params.items() >= kept.items()
    opened = open_page(dict(session.query_params))
    assert shown(opened) == shown(session)
    assert not opened.warning
    assert not session.warning
    # Sizes that a person sets afterwards stay.
    choose(session, "size", 20)
    assert session.query_params["d"] == "20"


def test_a_family_without_wishes_keeps_the_sizes() -> None:
    session = open_page({**start("logistic"), "methods": "aid-fp"})
    choose(session, "family", "biased")
    assert session.query_params == {**start("biased"), "methods": "aid-fp"}


@pytest.mark.parametrize("family", [key for key, family in FAMILIES.items() if family.unit_rows])
def test_rows_of_units_make_d_a_multiple_of_n(family: str) -> None:
    for size, samples in ((14, 4), (3, 8), (500, 4)):
        link = {**start(family), "d": str(size), "n": str(samples), "methods": "aid-fp"}
        scenario, bad = SCENARIO_LINKS.from_link(link)
        assert not bad
        assert scenario.state_size % samples == 0
        assert 0 < scenario.state_size // samples <= 50
        frame = shown(open_page(link))
        assert f"d = {scenario.state_size}" in frame["alt"]


REAL = [(key, data) for key, family in FAMILIES.items() for data in [*family.data][1:]]


@pytest.mark.parametrize(("family", "data"), REAL, ids=map("-".join, REAL))
def test_real_data_are_chosen_on_the_page(family: str, data: str) -> None:
    known: dict[str, Any] = {"methods": "aid-fp", "T": "20"}
    session = open_page({**start(family), **known})
    choose(session, "data", data)
    frame = shown(session)
    assert link_in(frame)["data"] == data
    assert [reading["name"] for reading in frame["readout"]] == ["AID-FP"]
    assert not session.warning
    assert payload(session)["live"]["params"]["data"] == data
    assert shown(open_page(dict(session.query_params))) == frame
