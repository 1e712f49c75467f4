"""The key, the marks at the edge, and the title of Explore."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from frame_cases import markers
from frames import ALL, experiment_of, explore_picture, frame_of, traces, unpacked

from dashboard.kit.figure.axes import ROUNDING_NAME
from dashboard.kit.figure.describe import describe
from dashboard.kit.notation import count
from dashboard.kit.theme import Mode
from dashboard.screens.explore.figure.lines import extract_lines, unit
from dashboard.screens.explore.settings import BOUNDS, X_AXES, View
from hypergrad_core import Scenario
from hypergrad_core.scenario import SPECTRA
from hypergrad_core.studies.crossing import crossing


@pytest.mark.parametrize("bound", [*BOUNDS])
def test_the_key_names_the_bound_that_predicts(bound: str) -> None:
    texts = [entry["text"] for entry in frame_of(Scenario(), View(bound=bound))["key"]]
    predictor = {"none": "", "sharp": "sharp"}.get(bound, "paper’s")
    predicts = [f"{predictor} bound reaches ε"] if predictor else []
    assert [text for text in texts if "bound reaches" in text] == predicts
    early = frame_of(Scenario(horizon=40), View(bound=bound))["key"]
    late = [entry["text"] for entry in early if "→" in entry["text"]]
    assert late == ["paper’s bound reaches ε (→ after T = 40)"] * (predictor == "paper’s")


def test_the_key_says_what_pale_means_where_there_is_something_pale() -> None:
    def texts(**fields: Any) -> str:
        return str(frame_of(Scenario(**fields))["key"])

    assert "less than rounding" in texts(contraction=0.05)
    assert "less than rounding" not in texts(contraction=0.9)


@pytest.mark.parametrize("bound", ["paper", "sharp", "both"])
def test_the_key_says_whose_bounds_are_drawn_and_how_to_see_others(bound: str) -> None:
    frame = frame_of(Scenario(methods=ALL), View(bound=bound, card="aid-cg"))
    said = [entry for entry in frame["key"] if "(of AID-CG only)" in entry["text"]]
    assert len(said) == (2 if bound == "both" else 1)
    # Once, after the last of them: the cards do what it says.
    hints = [entry for entry in frame["key"] if "hint" in entry]
    assert hints == said[-1:]
    assert "press the card of another method" in hints[0]["hint"]
    assert [card["name"] for card in frame["readout"] if card["focus"] == ""] == ["AID-CG"]
    assert not any("hint" in entry for entry in frame_of(Scenario(), View(bound=bound))["key"])


def beyond(frame: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The marks of predictions beyond the horizon, and their numbers."""
    numbers = traces(frame)[frame["names"][0]["trace"]]
    return markers(frame, "beyond"), numbers


def test_the_first_picture_has_a_mark_for_every_prediction() -> None:
    frame = frame_of(Scenario())
    assert np.isfinite(unpacked(markers(frame, "predicted")["x"])).all()
    assert np.isnan(unpacked(beyond(frame)[0]["x"])).all()


@pytest.mark.parametrize("axis", [*X_AXES])
@pytest.mark.parametrize("bound", ["paper", "both"])
@pytest.mark.parametrize("horizon", [40, 60, 1000])
@pytest.mark.parametrize("methods", [ALL, ("itd", "aid-fp", "aid-cg")], ids=len)
def test_predictions_beyond_the_horizon_stand_at_the_right_edge(
    horizon: int, bound: str, axis: str, methods: tuple[str, ...]
) -> None:
    scenario = Scenario(
        methods=methods, size=20, horizon=horizon, contraction=0.93, adjoint_steps=300
    )
    experiment, view = (
        experiment_of(scenario),
        View(bound=bound, x_axis=axis, target=1e-3, card="itd"),
    )
    frame = frame_of(scenario, view)
    marks, numbers = beyond(frame)
    high = frame["figure"]["layout"]["xaxis"]["range"][1]
    if frame["figure"]["layout"]["xaxis"]["type"] == "log":
        high = 10**high
    found = 0
    for place, (curve, line) in enumerate(
        zip(experiment.curves, extract_lines(experiment, view), strict=True)
    ):
        step = crossing(experiment, curve, view.target * unit(experiment, view)).paper
        x, text_x = unpacked(marks["x"])[place], unpacked(numbers["x"])[place]
        if step is None or step <= horizon or not line.bounds:
            assert np.isnan(x)
            assert np.isnan(text_x)
            continue
        # The number stands in the margin, beside its own hollow mark.
        assert x == text_x == pytest.approx(high)
        assert unpacked(marks["y"])[place] == unpacked(numbers["y"])[place]
        assert marks["marker"]["symbol"][place].endswith("-open")
        wanted = f"{count(step)} {'' if axis == 'steps' else 'steps '}→"
        assert numbers["text"][place].strip() == wanted
        assert numbers["textposition"] == "middle right"
        found += 1
    assert (found > 0) == (horizon < 1000)


def test_a_prediction_that_never_comes_or_lies_in_rounding_has_no_mark() -> None:
    scenario = Scenario(methods=("one-step", "aid-fp"), size=20, horizon=30)
    marks, _ = beyond(frame_of(scenario))
    assert np.isnan(unpacked(marks["x"])[0])
    assert np.isfinite(unpacked(marks["x"])[1])
    marks, _ = beyond(frame_of(scenario, View(target=1e-15)))
    assert np.isnan(unpacked(marks["x"])).all()


def test_names_on_the_figure_have_a_halo_of_the_page() -> None:
    for mode, color in (("light", "#FFFFFF"), ("dark", "#0F1319")):
        frame = dict(explore_picture(experiment_of(Scenario()), View(), cast(Mode, mode)))
        (names,) = [trace for trace in traces(frame) if ROUNDING_NAME in str(trace.get("text"))]
        assert color in names["textfont"]["shadow"]


def test_ticks_of_powers_are_as_large_as_those_of_numbers() -> None:
    # Plotly writes powers on a logarithmic axis 1.25 times as large as it is told to.
    for axis in X_AXES:
        layout = frame_of(Scenario(), View(x_axis=axis))["figure"]["layout"]
        assert 1.25 * layout["yaxis"]["tickfont"]["size"] == layout["font"]["size"]
        assert ("tickfont" in layout["xaxis"]) == (layout["xaxis"]["type"] == "log")


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
        " · n = 20 · heavy ball (optimal constants) · truncation k = 10 · seed 3"
    )
    longer = describe(experiment_of(replace(scenario, start=2.0, precision="single")))
    assert longer.endswith(" · start ‖w₀‖ = 2 ‖w(λ)‖ · single precision · seed 3")


@pytest.mark.parametrize("spectrum", [*SPECTRA])
def test_a_title_has_the_words_of_the_menu(spectrum: str) -> None:
    said = describe(
        experiment_of(Scenario(spectrum=spectrum, size=4, horizon=2, contraction=0.9999))
    )
    label = SPECTRA[spectrum]
    assert f"eigenvalues: {label[0].lower()}{label[1:]} · " in said
    assert "κ = 2·10⁴ · " in said
