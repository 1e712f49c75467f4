"""The maps of Budget and their words."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from budget_cases import SCENARIO, VIEW, budget_picture, frame_of, heat, planes
from frames import unpacked

from dashboard.kit.figure.describe import BEYOND_THEORY
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.budget.figure.curves import SHARP_DASH
from dashboard.screens.budget.figure.map import COST_DASH
from dashboard.screens.budget.figure.values import LAYERS, color_range, layer_values
from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import SETTINGS
from hypergrad_core import METHODS, Refusal
from hypergrad_core.studies.plane import best_split_by, plane_methods


def grid(values: dict[str, Any]) -> np.ndarray[Any, Any]:
    rows, columns = (int(part) for part in values["shape"].split(","))
    return unpacked(values).reshape(rows, columns)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_maps_are_the_planes_on_one_scale(layer: str) -> None:
    view = replace(VIEW, layer=layer)
    frame, found = frame_of(view=view), planes()
    for trace, item in zip(heat(frame), found, strict=True):
        np.testing.assert_allclose(
            grid(trace["z"]), np.log10(layer_values(item, layer)), rtol=1e-6, atol=1e-6
        )
        assert trace["coloraxis"] == "coloraxis"
    low, high = color_range(found, layer)
    scale = frame["figure"]["layout"]["coloraxis"]
    assert (scale["cmin"], scale["cmax"]) == (low, high)


def test_row_and_column_of_every_cell_are_those_of_the_plane() -> None:
    frame, found = frame_of(), planes()
    data = frame["figure"]["data"]
    for reading, item in zip(frame["readout"], found, strict=True):
        (column,) = [move for move in frame["moving"] if move["trace"] == reading["trace"]]
        assert column["by"] == 1
        errors = item.errors / item.hypergradient_norm
        label = METHODS[item.method].label
        (row,) = [
            move
            for move in frame["moving"]
            if move["by"] == 0 and data[move["trace"]].get("name") == f"{label}, error"
        ]
        np.testing.assert_allclose(grid(row["y"]), errors, rtol=1e-6)
        assert column["y"] == {"across": frame["moving"].index(row)}
        names = [bound["name"] for bound in reading["bounds"]]
        assert names == ["sharp", "paper", "products"]
        (products,) = [
            move for move in frame["moving"] if move["trace"] == reading["bounds"][2]["trace"]
        ]
        np.testing.assert_array_equal(grid(products["y"]), item.products.T)


def test_the_verdict_and_the_table_say_the_best_split() -> None:
    frame, found = frame_of(), planes()
    for row, item in zip(frame["table"]["rows"], found, strict=True):
        split = item.frontier.within(18)
        label = METHODS[item.method].label
        best = f"{label} t\u00a0=\u00a0{split.inner_steps}, k\u00a0=\u00a0{split.adjoint_steps}"
        spent = f"({split.inner_steps} products on w, {split.on_adjoint} on v; error "
        assert f"{best} {spent}" in frame["message"]
        assert row["cells"][:4] == [
            label,
            f"t\u00a0=\u00a0{split.inner_steps}, k\u00a0=\u00a0{split.adjoint_steps}",
            str(split.inner_steps),
            str(split.on_adjoint),
        ]
    assert frame["message"] in frame["alt"]


@pytest.mark.parametrize("method", plane_methods())
def test_every_method_has_a_map_or_says_why_not(method: str) -> None:
    view = replace(VIEW, left=method, right="none")
    for family, sizes in {
        "quadratic": {"size": 8, "hyper_size": 2},
        "nonsymmetric": {"size": 8, "hyper_size": 2},
        "equilibrium": {"size": 12, "samples": 4},
    }.items():
        scenario = replace(SCENARIO, family=family, **sizes)
        (found,) = Maps.of(scenario, view).run()
        frame = budget_picture((found,), scenario, view, "dark")
        json.dumps(frame, allow_nan=False)
        if isinstance(found, Refusal):
            assert "Use" in found.reason
            assert frame["figure"]["data"] == []
            assert not frame["steps"]
            style = METHOD_STYLES[method]
            assert frame["absent"] == [
                {
                    "name": METHODS[method].label,
                    "color": style.dark,
                    "marker": style.marker,
                    "reason": found.reason,
                }
            ]
        else:
            assert len(heat(dict(frame))) == 1
            assert "absent" not in frame


def test_beyond_the_theory_only_the_measured_is_drawn() -> None:
    scenario = replace(SCENARIO, family="equilibrium", size=12, samples=4, contraction=1.1)
    view = replace(VIEW, right="aid-cgnr")
    frame = frame_of(scenario, view)
    json.dumps(frame, allow_nan=False)
    assert len(heat(frame)) == 2
    assert frame["warning"] == BEYOND_THEORY
    assert "bound" not in " ".join(entry["text"] for entry in frame["key"])
    # No bound, so no split by it.
    assert [row["cells"][-1] for row in frame["table"]["rows"]] == ["–", "–"]


def test_below_1_there_is_a_split_by_the_bound_and_no_warning() -> None:
    frame = frame_of()
    assert "warning" not in frame
    for row, item in zip(frame["table"]["rows"], planes(), strict=True):
        split = best_split_by(item, item.paper, 18)
        assert split is not None
        assert (
            row["cells"][-1]
            == f"t\u00a0=\u00a0{split.inner_steps}, k\u00a0=\u00a0{split.adjoint_steps}"
        )


@pytest.mark.parametrize("q", [0.05, 0.1, 0.3, 0.6, 0.9])
def test_the_best_split_is_never_told_to_be_worse_than_another(q: float) -> None:
    scenario = replace(SETTINGS.scenario, contraction=q)
    frame = frame_of(scenario, SETTINGS.view)
    for row, item in zip(frame["table"]["rows"], planes(scenario, SETTINGS.view), strict=True):
        said = row["cells"][6]
        error, equal = (number(cell) * item.hypergradient_norm for cell in row["cells"][4:6])
        if equal < item.floor:
            assert said == "rounding"
            assert "which is rounding" in frame["message"]
        else:
            assert number(said.removeprefix("at least ")) >= 1
        assert error < 2.1 * equal


def number(text: str) -> float:
    """The value of a number as the page writes it."""
    mantissa, _, power = text.removesuffix("×").partition("10")
    if not power:
        return float(text.removesuffix("×"))
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    return float(mantissa.removesuffix("·") or 1) * 10.0**exponent


def test_a_budget_larger_than_the_map_says_where_the_map_ends() -> None:
    small = replace(SCENARIO, horizon=5)
    frame = frame_of(small, replace(VIEW, budget=60))
    assert frame["message"].endswith("The map ends at T = 5.")
    assert "map ends" not in frame_of()["message"]


def test_the_key_says_what_every_line_means() -> None:
    frame = frame_of()
    said = [entry["text"] for entry in frame["key"]]
    for words in (
        "equal error",
        "equal cost (9, 18, … products)",
        "best split of every budget",
        "of this budget",
    ):
        assert any(words in text for text in said)
    dashes = {
        trace["line"]["dash"]
        for trace in frame["figure"]["data"]
        if trace.get("line", {}).get("dash") not in (None, "solid")
    }
    # The dash of a bound is that of its method; the first stands for all.
    assert {entry["mark"] for entry in frame["key"]} & dashes == {
        COST_DASH,
        SHARP_DASH,
        METHOD_STYLES["aid-fp"].dash,
    }


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_lies_on_the_maps_has_its_own_colour_in_the_key(mode: Mode) -> None:
    frame = budget_picture(Maps.of(SCENARIO, VIEW).run(), SCENARIO, VIEW, mode)
    first = [trace for trace in frame["figure"]["data"] if trace.get("xaxis") == "x"]
    thin, cost = (trace["line"]["color"] for trace in first if trace["type"] == "contour")
    split = [trace["line"]["color"] for trace in first if trace.get("mode") == "lines"][-1]
    (star,) = (trace["marker"]["color"] for trace in first if trace.get("mode") == "markers")
    shown = {entry["text"]: entry for entry in frame["key"]}
    assert [entry.get("color") for entry in frame["key"][:4]] == [thin, cost, split, star]
    assert all("background" in entry for entry in frame["key"][:4])
    beside = shown["beside the maps: measured error"]
    assert "background" not in beside
    assert "color" not in beside


def test_no_error_is_clamped_and_none_leaves_the_frame() -> None:
    scenario = replace(SCENARIO, horizon=60, contraction=0.4)
    frame, found = frame_of(scenario), planes(scenario)
    low, high = frame["figure"]["layout"]["yaxis8"]["range"]
    for item in found:
        assert item.errors.min() < item.floor, "The estimate of rounding is an upper one."
        errors = item.errors / item.hypergradient_norm
        assert low <= np.log10(errors.min())
        assert np.log10(errors.max()) <= high
        # A bound goes on below rounding, where its curve is in the shade.
        paper = item.paper / item.hypergradient_norm
        for reading in frame["readout"]:
            if reading["name"] == METHODS[item.method].label:
                (curve,) = [
                    move
                    for move in frame["moving"]
                    if move["trace"] == reading["bounds"][1]["trace"] and "y" in move
                ]
                rows = frame["moving"][curve["y"]["across"]]
                np.testing.assert_allclose(grid(rows["y"]), paper, rtol=1e-6)
                assert reading["rounding"] == item.floor / item.hypergradient_norm
    scale = frame["figure"]["layout"]["coloraxis"]
    assert 10 ** scale["cmin"] <= min(item.errors.min() / item.hypergradient_norm for item in found)


@pytest.mark.parametrize("right", ["aid-cg", "none"])
def test_on_a_small_screen_everything_is_in_one_column(right: str) -> None:
    frame = frame_of(view=replace(VIEW, right=right))
    layout = {**frame["figure"]["layout"], **frame["narrow"]["layout"]}
    axes = [name for name in layout if name.startswith("yaxis")]
    domains = sorted(layout[name]["domain"] for name in axes)
    assert len(domains) == (3 if right == "none" else 4)
    for lower, upper in pairwise(domains):
        assert lower[1] < upper[0]
    assert all(layout[name.replace("y", "x", 1)]["domain"] == [0, 1] for name in axes)


def test_a_frame_is_quick_to_make() -> None:
    """While a hand moves the map is drawn thirty times a second."""
    found = Maps.of(SETTINGS.scenario, SETTINGS.view).run()
    seconds = []
    for place in range(7):
        view = replace(SETTINGS.view, budget=40 + place)
        started = time.perf_counter()
        budget_picture(found, SETTINGS.scenario, view, "light")
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.01
