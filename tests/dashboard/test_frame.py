"""The frame of a setting: one picture, its table and its words, from one experiment."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import ALL, experiment_of, frame_of, link_in, traces, unpacked

from dashboard import compute
from dashboard.explore import LONGEST_HEADLINE, SETTINGS, explore_frame, render_frame
from dashboard.figures.error_curves import KEYS, describe, extract_lines, unit
from dashboard.notation import count, ratio, scientific
from dashboard.theme import Mode
from dashboard.view import BOUNDS, ERRORS, X_AXES, View
from hypergrad_core import FAMILIES, METHODS, Experiment, Scenario, run
from hypergrad_core.complexity import Crossing, crossing, first_to_stay
from hypergrad_core.scenario import SLICES

SMALL: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 12, "hyper_size": 3, "horizon": 40},
    "logistic": {"size": 6, "samples": 15, "horizon": 40},
    "logistic-log": {"size": 6, "samples": 15, "horizon": 40},
    "kernel-ridge": {"size": 10, "hyper_size": 3, "horizon": 40},
    "biased": {"size": 6, "samples": 15, "horizon": 40},
    "hyper-representation": {"size": 4, "hyper_size": 12, "samples": 15, "horizon": 40},
    "equilibrium": {"size": 12, "samples": 4, "horizon": 40},
    "equilibrium-symmetric": {"size": 12, "samples": 4, "horizon": 40},
    "graph-network": {"size": 16, "samples": 8, "horizon": 40},
    "nonsymmetric": {"size": 8, "hyper_size": 3, "horizon": 40},
}
SCENARIOS = [
    Scenario(family=family, methods=ALL, vary=vary, inner_steps=20, **SMALL[family])
    for family in FAMILIES
    for vary in SLICES
]
SCENARIOS += [
    Scenario(methods=ALL, vary="adjoint", inner="exact", **SMALL["quadratic"]),
    Scenario(contraction=0.5),
    Scenario(size=20, horizon=1000, contraction=0.98),
]
# The extremes of what may be asked for.
CORNERS = [
    Scenario(size=2, hyper_size=1, horizon=1, methods=ALL),
    Scenario(size=2, hyper_size=1, horizon=1, contraction=0.01, methods=ALL),
    Scenario(size=3, horizon=2, contraction=0.9999, methods=ALL, adjoint_steps=0),
    Scenario(size=5, horizon=8, vary="inner", adjoint_steps=0, methods=ALL),
    Scenario(size=5, horizon=8, vary="adjoint", inner_steps=0, methods=ALL),
    Scenario(size=5, horizon=8, vary="adjoint", methods=("itd",)),
    Scenario(family="logistic", size=2, samples=2, horizon=1, methods=ALL),
    Scenario(family="logistic", size=4, samples=5, horizon=30, contraction=0.01, methods=ALL),
]
VIEWS = [
    View(x_axis=x_axis, error=error, bound=bound)
    for x_axis, error, bound in itertools.product(X_AXES, ERRORS, BOUNDS)
]


def name_of(scenario: Scenario) -> str:
    return " ".join(f"{key}={value}" for key, value in scenario.to_link().items())


every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)


def markers(frame: dict[str, Any], word: str) -> dict[str, Any]:
    """The trace of the marks where the target is reached, "measured" or "predicted"."""
    found = [trace for trace in traces(frame) if f"({word})" in str(trace.get("text", ""))]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("scenario", SCENARIOS + CORNERS, ids=name_of)
def test_every_view_of_every_slice_of_every_family_makes_a_frame(scenario: Scenario) -> None:
    for view in VIEWS:
        frame = frame_of(scenario, view)
        json.dumps(frame, allow_nan=False)
        assert len(frame["steps"]) == len(scenario.steps())
        assert len(frame["table"]["rows"]) == len(frame["readout"])
        for trace in traces(frame):
            x, y = unpacked(trace["x"]), unpacked(trace["y"])
            assert x.shape == y.shape
            if trace["mode"] == "lines":
                assert np.isfinite(x).all()
                assert np.isfinite(y).all()
                assert (y > 0).all()
        for axis in ("xaxis", "yaxis"):
            low, high = frame["figure"]["layout"][axis]["range"]
            assert low < high


@pytest.mark.parametrize("target", [1e-15, 1e6])
def test_a_target_far_off_makes_a_frame(target: float) -> None:
    for error in ERRORS:
        frame = frame_of(SCENARIOS[0], View(target=target, error=error))
        json.dumps(frame, allow_nan=False)
        low, high = frame["figure"]["layout"]["yaxis"]["range"]
        assert low < np.log10(target) < high


@every_scenario
def test_curves_are_packed(scenario: Scenario) -> None:
    frame = frame_of(scenario)
    drawn = {reading["trace"] for reading in frame["readout"]}
    drawn |= {bound["trace"] for reading in frame["readout"] for bound in reading["bounds"]}
    for index in drawn:
        trace = traces(frame)[index]
        assert trace["x"]["dtype"] == trace["y"]["dtype"] == "f8"
        assert len(unpacked(trace["x"])) == len(frame["steps"])


@every_scenario
def test_the_cursor_reads_what_was_measured_and_what_was_bounded(scenario: Scenario) -> None:
    experiment, view = experiment_of(scenario), View(bound="both")
    frame = frame_of(scenario, view)
    scale = experiment.constants.hypergradient_norm
    assert [reading["name"] for reading in frame["readout"]] == [
        line.label for line in extract_lines(experiment, view)
    ]
    for reading, curve in zip(frame["readout"], experiment.curves, strict=True):
        measured = traces(frame)[reading["trace"]]
        assert measured["line"]["color"] == reading["color"]
        assert "dash" not in measured["line"]
        np.testing.assert_array_equal(unpacked(measured["x"]), curve.steps)
        # What is all rounding may be drawn at the end of the axis.
        clear = curve.errors > curve.floor
        assert clear.any()
        np.testing.assert_allclose(
            unpacked(measured["y"])[clear], curve.errors[clear] / scale, rtol=1e-13
        )
        assert (unpacked(measured["y"])[~clear] <= curve.floor / scale).all()
        raw = {"sharp": curve.sharp.values, "paper": curve.paper.values}
        assert sorted(bound["name"] for bound in reading["bounds"]) == ["paper", "sharp"]
        for bound in reading["bounds"]:
            trace = traces(frame)[bound["trace"]]
            assert trace["line"]["dash"]
            assert trace["line"]["color"] == reading["color"]
            np.testing.assert_allclose(
                unpacked(trace["y"]) * scale,
                np.maximum(raw[bound["name"]], curve.floor),
                rtol=1e-12,
            )


@every_scenario
def test_bounds_are_drawn_above_the_floor_and_above_the_error(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    for view in VIEWS:
        scale = unit(experiment, view)
        for line, curve in zip(extract_lines(experiment, view), experiment.curves, strict=True):
            floor = curve.floor / scale
            for values in line.bounds.values():
                assert (values >= floor).all()
                assert (line.error <= values * (1 + 1e-9) + floor).all()


@every_scenario
def test_a_relative_error_times_the_norm_is_the_absolute_one(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    norm = float(np.linalg.norm(experiment.hypergradient))
    floor = experiment.constants.rounding_floor
    relative = frame_of(scenario, View(error="relative"))
    absolute = frame_of(scenario, View(error="absolute"))
    for reading in relative["readout"]:
        for index in (reading["trace"], *(bound["trace"] for bound in reading["bounds"])):
            ours = unpacked(traces(relative)[index]["y"]) * norm
            theirs = unpacked(traces(absolute)[index]["y"])
            clear = theirs > floor
            np.testing.assert_allclose(ours[clear], theirs[clear], rtol=1e-12)


@pytest.mark.parametrize("axis", ["products", "floats"])
@every_scenario
def test_costs_on_the_horizontal_axis_are_those_of_the_estimate(
    scenario: Scenario, axis: str
) -> None:
    frame = frame_of(scenario, View(x_axis=axis))
    for reading, curve in zip(frame["readout"], experiment_of(scenario).curves, strict=True):
        wanted = {"products": curve.estimate.products, "floats": curve.estimate.stored_floats}
        np.testing.assert_array_equal(unpacked(traces(frame)[reading["trace"]]["x"]), wanted[axis])


def cells_of(found: Crossing, scenario: Scenario) -> list[str]:
    """The three numbers of steps in a row of the table."""
    sampled = scenario.horizon > 200

    def within(step: int | None) -> str:
        if step is None:
            return f"> {count(scenario.horizon)}"
        return f"≤ {count(step)}" if sampled and step > 0 else count(step)

    paper = "never" if found.paper is None else count(found.paper)
    return [within(found.measured), paper, within(found.sharp)]


@pytest.mark.parametrize("target", [1e-1, 1e-4, 1e-9])
@every_scenario
def test_the_table_has_the_crossings_of_the_core(scenario: Scenario, target: float) -> None:
    experiment = experiment_of(scenario)
    for error in ERRORS:
        view = View(target=target, error=error)
        rows = frame_of(scenario, view)["table"]["rows"]
        for row, curve in zip(rows, experiment.curves, strict=True):
            found = crossing(experiment, curve, target * unit(experiment, view))
            assert row["cells"][1:4] == cells_of(found, scenario)
            at = -1 if found.index is None else found.index
            assert row["cells"][6] == count(curve.estimate.products[at])
            assert row["cells"][7] == count(curve.estimate.stored_floats[at])
            clear = curve.errors[at] > curve.floor
            for cell, bound in zip(row["cells"][4:6], (curve.paper, curve.sharp), strict=True):
                wanted = ratio(bound.values[at] / curve.errors[at]) if clear else "rounding"
                assert cell == wanted


@every_scenario
def test_the_table_has_a_cell_for_each_heading(scenario: Scenario) -> None:
    table = frame_of(scenario)["table"]
    for row in table["rows"]:
        assert len(row["cells"]) == len(table["columns"])
        assert all(row["cells"])
    assert scientific(View().target) in table["caption"]


@pytest.mark.parametrize("bound", ["sharp", "paper", "both"])
@every_scenario
def test_marks_sit_where_the_target_is_reached(scenario: Scenario, bound: str) -> None:
    experiment = experiment_of(scenario)
    view = View(bound=bound, target=1e-5)
    frame = frame_of(scenario, view)
    scale = unit(experiment, view)
    # With both bounds the paper's is the prediction.
    predictor = "sharp" if bound == "sharp" else "paper"
    for word in ("measured", "predicted"):
        trace = markers(frame, word)
        assert unpacked(trace["y"]).tolist() == [view.target] * len(experiment.curves)
        for x, curve in zip(unpacked(trace["x"]), experiment.curves, strict=True):
            values = curve.errors if word == "measured" else getattr(curve, predictor).values
            index = first_to_stay(np.maximum(values, 1e-300), view.target * scale)
            if index is None:
                assert np.isnan(x)
            else:
                assert x == curve.steps[index]
                assert (values[index:] <= view.target * scale).all()
                assert index == 0 or values[index - 1] > view.target * scale
    symbols = markers(frame, "predicted")["marker"]["symbol"]
    assert all(symbol.endswith("-open") for symbol in symbols)


def test_without_bounds_nothing_is_predicted() -> None:
    frame = frame_of(SCENARIOS[0], View(bound="none"))
    assert not any("(predicted)" in str(trace.get("text", "")) for trace in traces(frame))
    assert all(reading["bounds"] == [] for reading in frame["readout"])


def test_a_sampled_horizon_says_at_most() -> None:
    scenario = Scenario(size=20, horizon=1000, contraction=0.98)
    assert len(scenario.steps()) < 1001
    rows = frame_of(scenario, View(target=1e-3))["table"]["rows"]
    assert all(row["cells"][1].startswith("≤ ") for row in rows)
    assert all(row["cells"][3].startswith("≤ ") for row in rows)
    complete = frame_of(replace(scenario, horizon=200), View(target=1.0))["table"]["rows"]
    assert not any("≤" in cell for row in complete for cell in row["cells"])
    thinned = experiment_of(scenario)
    full = experiment_of(replace(scenario, horizon=200, contraction=0.9))
    for experiment, sign in ((thinned, "≤ "), (full, "")):
        message = explore_frame(experiment, View(target=1e-3), "light")["message"]
        for line in extract_lines(experiment, View(target=1e-3)):
            assert f"after {sign}{line.crossing.measured}" in message
        assert ("≤" in message) == bool(sign)


@every_scenario
def test_the_headline_and_the_alternative_text_have_the_numbers(scenario: Scenario) -> None:
    experiment, view = experiment_of(scenario), View(target=1e-3)
    frame = frame_of(scenario, view)
    assert describe(experiment) in frame["alt"]
    assert f"q = {scenario.contraction:g}" in frame["alt"]
    assert scientific(view.target) in frame["message"]
    scale = unit(experiment, view)
    assert scientific(experiment.curves[0].floor / scale) in frame["alt"]
    lines = extract_lines(experiment, view)
    for line in lines:
        assert f"{line.label} ends at {scientific(float(line.error[-1]))}" in frame["alt"]
    groups: dict[int | None, list[str]] = {}
    for line in lines:
        groups.setdefault(line.crossing.measured, []).append(line.label)
    for step, labels in groups.items():
        words = f"not within {scenario.horizon}" if step is None else "after"
        joined = ", ".join(labels[:-1]) + f" and {labels[-1]}" if labels[1:] else labels[0]
        if len(groups) > 1 or step is not None:
            number = "" if step is None else f" (≤ )?{step}\\b"
            assert re.search(rf"(^|[,;] |by ){joined} {words}{number}", frame["alt"])
    steps = [step for step in groups if step is not None]
    for step in (min(steps), max(steps)) if steps else ():
        assert re.search(rf"\b{step}\b", frame["message"])
    for refusal in experiment.refusals:
        assert f"{METHODS[refusal.method].label} does not apply here." in frame["alt"]
        assert "apply" not in frame["message"]
    assert len(frame["message"]) <= LONGEST_HEADLINE


def test_the_headline_ranks_by_steps_and_names_ties_together() -> None:
    message = frame_of(Scenario(), View(target=1e-2))["message"]
    steps = [int(step) for step in re.findall(r"after (\d+)", message)]
    assert len(steps) == 2
    assert steps == sorted(steps)
    assert message.endswith(f", ITD and AID-FP after {steps[1]} steps.")


@pytest.mark.parametrize("target", [3e-14, 1e-9, 3e-6, 1e-4, 3e-2, 0.3])
@pytest.mark.parametrize("contraction", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("horizon", [60, 1500])
def test_the_headline_of_all_methods_stays_short(
    contraction: float, target: float, horizon: int
) -> None:
    scenario = Scenario(methods=ALL, size=20, contraction=contraction, horizon=horizon)
    experiment, view = experiment_of(scenario), View(target=target)
    message = frame_of(scenario, view)["message"]
    assert len(message) <= LONGEST_HEADLINE
    # Who is first, who is last and who does not get there are all named.
    reached = {line.label: line.crossing.measured for line in extract_lines(experiment, view)}
    steps = [step for step in reached.values() if step is not None]
    for label, step in reached.items():
        if steps and step in {None, min(steps), max(steps)}:
            assert re.search(rf"{label}\b", message)
    assert message.count(" and ") <= len({*reached.values()})


def row_of(experiment: Experiment, method: str, view: View) -> list[str]:
    """The cells of a method in the table."""
    found = explore_frame(experiment, view, "light")["table"]["rows"]
    (row,) = [row for row in found if row["cells"][0] == METHODS[method].label]
    return row["cells"]


def test_beyond_the_theory_nothing_is_said_of_bounds() -> None:
    scenario = Scenario(family="equilibrium", contraction=1.2, **SMALL["equilibrium"])
    for bound in BOUNDS:
        for target in (1e-4, 1e-15, 1e3):
            view = View(bound=bound, target=target)
            frame = frame_of(scenario, view)
            (key,) = frame["figure"]["layout"]["annotations"]
            assert key["text"] == KEYS["none"]
            for method in ("itd", "aid-fp"):
                assert row_of(experiment_of(scenario), method, view)[2:6] == ["–"] * 4
            assert not any("predicted" in str(trace.get("text", "")) for trace in traces(frame))


@pytest.mark.parametrize("bound", [*BOUNDS])
def test_the_key_names_the_bound_that_predicts(bound: str) -> None:
    (key,) = frame_of(Scenario(), View(bound=bound))["figure"]["layout"]["annotations"]
    said = {"none": None, "sharp": "□ sharp bound predicts"}.get(bound, "□ paper’s bound predicts")
    assert ("□" in key["text"]) == (said is not None)
    assert said is None or said in key["text"]
    assert ("→" in key["text"]) == (bound in {"paper", "both"})


def beyond(frame: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The marks of predictions beyond the horizon, and their numbers."""
    data = traces(frame)
    texts = [str(trace.get("text")) for trace in data]
    (place,) = [place for place, text in enumerate(texts) if "(predicted beyond T)" in text]
    return data[place], data[place + 1]


def test_the_first_picture_has_a_mark_for_every_prediction() -> None:
    frame = frame_of(Scenario())
    assert np.isfinite(unpacked(markers(frame, "predicted")["x"])).all()
    assert np.isnan(unpacked(beyond(frame)[0]["x"])).all()


@pytest.mark.parametrize("axis", [*X_AXES])
@pytest.mark.parametrize("bound", ["paper", "both"])
@pytest.mark.parametrize("horizon", [40, 60, 1000])
def test_predictions_beyond_the_horizon_stand_at_the_right_edge(
    horizon: int, bound: str, axis: str
) -> None:
    scenario = Scenario(methods=ALL, size=20, horizon=horizon, contraction=0.93, adjoint_steps=300)
    experiment, view = experiment_of(scenario), View(bound=bound, x_axis=axis, target=1e-3)
    frame = frame_of(scenario, view)
    marks, numbers = beyond(frame)
    low, high = frame["figure"]["layout"]["xaxis"]["range"]
    if axis == "floats":
        low, high = 10**low, 10**high
    seen: dict[int, float] = {}
    for place, curve in enumerate(experiment.curves):
        step = crossing(experiment, curve, view.target * unit(experiment, view)).paper
        x, text_x = unpacked(marks["x"])[place], unpacked(numbers["x"])[place]
        if step is None or step <= horizon:
            assert np.isnan(x)
            assert np.isnan(text_x)
            continue
        assert low + 0.3 * (high - low) < x < high or axis == "floats"
        assert unpacked(marks["y"])[place] == view.target
        # Its own hollow mark, and the number once for all who share it.
        assert marks["marker"]["symbol"][place].endswith("-open")
        assert f"{count(step)} " in marks["text"][place]
        if step in seen:
            assert x == seen[step]
            assert np.isnan(text_x)
        else:
            assert text_x == x
            assert numbers["text"][place] == f"{count(step)} {'' if axis == 'steps' else 'steps '}→"
        seen[step] = x
    assert (len(seen) > 0) == (horizon < 1000)
    # The later, the further out.
    assert [seen[step] for step in sorted(seen)] == sorted(seen.values())
    assert len({*seen.values()}) == len(seen)


def test_a_prediction_that_never_comes_or_lies_in_rounding_has_no_mark() -> None:
    scenario = Scenario(methods=("one-step", "aid-fp"), size=20, horizon=30)
    marks, _ = beyond(frame_of(scenario))
    assert np.isnan(unpacked(marks["x"])[0])
    assert np.isfinite(unpacked(marks["x"])[1])
    marks, _ = beyond(frame_of(scenario, View(target=1e-15)))
    assert np.isnan(unpacked(marks["x"])).all()


def test_names_on_the_figure_have_a_halo_of_the_page() -> None:
    for mode, color in (("light", "#FFFFFF"), ("dark", "#0F1319")):
        frame = dict(explore_frame(experiment_of(Scenario()), View(), cast(Mode, mode)))
        (names,) = [trace for trace in traces(frame) if "floor" in str(trace.get("text"))]
        assert color in names["textfont"]["shadow"]


def test_ticks_of_powers_are_as_large_as_those_of_numbers() -> None:
    # Plotly writes powers on a logarithmic axis 1.25 times as large as it is told to.
    for axis in X_AXES:
        layout = frame_of(Scenario(), View(x_axis=axis))["figure"]["layout"]
        assert 1.25 * layout["yaxis"]["tickfont"]["size"] == layout["font"]["size"]
        assert ("tickfont" in layout["xaxis"]) == (axis == "floats")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"inner": "heavy-ball"}),
        ({}, {"start": 2.0}),
        ({}, {"precision": "single"}),
        ({"methods": ("itd-truncated",)}, {"methods": ("itd-truncated",), "adjoint_steps": 7}),
        ({"family": "logistic"}, {"family": "logistic", "samples": 99}),
        ({"family": "equilibrium"}, {"family": "equilibrium", "data": "digits"}),
    ],
    ids=str,
)
def test_titles_tell_runs_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    small: dict[str, Any] = {"size": 10, "horizon": 5}
    titles = [describe(experiment_of(Scenario(**{**small, **fields}))) for fields in (one, other)]
    assert titles[0] != titles[1]


def test_a_title_names_what_was_run() -> None:
    scenario = Scenario(
        family="biased",
        data="digits",
        methods=("itd", "itd-truncated"),
        inner="heavy-ball",
        horizon=5,
        seed=3,
    )
    assert describe(experiment_of(scenario)) == (
        "Biased regularisation · Two handwritten digits · q = 0.9 · κ = 19 · d = 64 · m = 64"
        " · n = 20 · heavy ball · truncation k = 10 · seed 3"
    )
    # What follows from q goes first where there is no room.
    longer = describe(experiment_of(replace(scenario, start=2.0, precision="single")))
    assert "κ" not in longer
    assert longer.endswith(" · heavy ball · truncation k = 10 · start 2 · single · seed 3")


@pytest.mark.parametrize("mode", ["light", "dark"])
@every_scenario
def test_the_link_of_a_frame_restores_its_setting_and_the_frame(
    scenario: Scenario, mode: str
) -> None:
    view = View(x_axis="products", error="absolute", bound="sharp", target=2.5e-5, card="itd")
    params = {**SETTINGS.link_of(scenario, view), "theme": mode}
    frame = render_frame(params)
    assert dict(parse_qsl(frame["link"])) == params
    settings = link_in(dict(frame))
    assert Scenario.from_link(settings) == (scenario, ())
    assert View.from_link(settings) == (view, ())
    # Computed anew, not taken from the cache, it is the same to the last digit.
    compute.EXPERIMENTS.store(run(scenario))
    assert json.dumps(render_frame(dict(parse_qsl(frame["link"])))) == json.dumps(frame)


def test_a_frame_that_stands_in_has_the_link_that_was_asked_for() -> None:
    asked = Scenario(seed=5)
    frame = explore_frame(experiment_of(SCENARIOS[0]), View(), "dark", asked=asked)
    assert dict(parse_qsl(frame["link"])) == {"seed": "5", "theme": "dark"}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": "1"}, "q"),
        ({"q": "inf"}, "q"),
        ({"d": "1e3"}, "d"),
        ({"problem": ""}, "problem"),
        ({"methods": "."}, "methods"),
        ({"m": "1000", "d": "1000000"}, "m"),
        ({"d": "1000000", "T": "2000"}, "T"),
        ({"eps": "-1"}, "eps"),
        ({"bound": "all"}, "bound"),
        ({"at": "x"}, "at"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, str], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(field)} = .* is not allowed: choose "):
        render_frame(params)


def test_all_bad_parameters_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"q = .*eps = "):
        render_frame({"q": "7", "eps": "7e7"})


def test_a_slow_setting_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "LIVE_SECONDS", 0.0)
    params = {"d": "21", "seed": "77"}
    with pytest.raises(ValueError, match="takes longer: it is computed when you let go"):
        render_frame(params)
    scenario, _ = Scenario.from_link(params)
    # What is known already is shown, however long it took.
    compute.EXPERIMENTS.store(run(scenario))
    assert link_in(dict(render_frame(params))) == params


@pytest.mark.parametrize("field", ["contraction", "seed", "target"])
@pytest.mark.parametrize(
    "view", VIEWS, ids=lambda view: "-".join(view.to_link().values()) or "default"
)
def test_a_slider_moves_points_but_never_the_structure(view: View, field: str) -> None:
    base = Scenario(methods=ALL, **SMALL["quadratic"])
    settings: list[tuple[Scenario, View]] = {
        "contraction": [(replace(base, contraction=q), view) for q in (0.3, 0.9, 0.999)],
        "seed": [(replace(base, seed=seed), view) for seed in (0, 1)],
        "target": [(base, replace(view, target=target)) for target in (1e-14, 1e-3, 30.0)],
    }[field]

    def structure(frame: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [
            (
                trace["type"],
                trace["mode"],
                trace.get("name"),
                trace.get("fill"),
                trace.get("line"),
                len(unpacked(trace["x"])),
            )
            for trace in traces(frame)
        ]

    first, *others = [frame_of(scenario, seen) for scenario, seen in settings]
    for other in others:
        assert structure(other) == structure(first)
        assert other["steps"] == first["steps"]
        layouts = [frame["figure"]["layout"] for frame in (first, other)]
        assert layouts[0]["uirevision"] == layouts[1]["uirevision"]
        assert layouts[0]["margin"] == layouts[1]["margin"]


@every_scenario
def test_an_experiment_has_one_colour_a_method_in_chart_and_table(scenario: Scenario) -> None:
    frame = frame_of(scenario)
    colors = [reading["color"] for reading in frame["readout"]]
    assert len(set(colors)) == len(colors)
    assert [row["color"] for row in frame["table"]["rows"]] == colors
