"""The picture of a sweep, and its words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from complexity_cases import SCENARIO, VIEW, complexity_picture, frame_of, measured
from frames import unpacked

from dashboard.kit.status import time_left
from dashboard.screens.complexity import words
from dashboard.screens.complexity.export import requirements_to_csv
from dashboard.screens.complexity.figure import TITLES, sweep_title
from dashboard.screens.complexity.growth import AXES, growths, theory_slope
from dashboard.screens.complexity.settings import SETTINGS
from dashboard.screens.complexity.sweep import Sweep, seconds_left
from dashboard.screens.complexity.words import deviations, headline
from hypergrad_core import METHODS, Scenario
from hypergrad_core.scenario import SPECTRA


def test_the_default_slopes_are_those_of_theory() -> None:
    """What the page shows when it is opened, for one seed and 8 of its κ from 10 to 2000."""
    view = replace(SETTINGS.view, points=8, seeds=1, largest=0.999)
    sweep = Sweep.of(SETTINGS.scenario, view)
    found = list(measured(sweep))
    slopes = {growth.method: growth for growth in growths(found)}
    assert slopes.keys() == {"itd", "aid-fp", "aid-cg"}
    for method in ("itd", "aid-fp"):
        assert slopes[method].inner_slope == pytest.approx(1, abs=0.1)
        assert slopes[method].adjoint_slope == pytest.approx(1, abs=0.1)
    assert slopes["aid-cg"].adjoint_slope == pytest.approx(0.5, abs=0.1)
    fitted = slopes["aid-cg"].adjoint_slope
    assert headline(found, SETTINGS.scenario, len(found)) == (
        "ITD and AID-FP: steps grow like κ. AID-CG: t grows like κ, "
        f"k like κ^{fitted:.2f} ≈ √κ. As the theory says."
    )
    assert deviations(found, SETTINGS.scenario) == []


def test_a_slope_that_is_not_that_of_theory_is_explained() -> None:
    """With few eigenvalues conjugate gradient ends early, whatever κ is."""
    view = replace(VIEW, largest=0.999, points=8, seeds=1)
    found = list(measured(Sweep.of(SCENARIO, view)))
    said = headline(found, SCENARIO, len(found))
    assert "k of AID-CG" in said.partition("Not as the theory says: ")[2]
    assert said.endswith(", see below.")
    (said,) = [text for text in deviations(found, SCENARIO) if "AID-CG" in text and ": k" in text]
    assert "It ends early: with d = 12" in said


@pytest.mark.parametrize("axis", AXES)
def test_the_figure_has_means_spreads_and_predictions(axis: str) -> None:
    frame = frame_of(replace(VIEW, axis=axis))
    json.dumps(frame, allow_nan=False)
    sweep = Sweep.of(SCENARIO, VIEW)
    kappas = sorted({item.condition_number for item in sweep.scenarios})
    data = frame["figure"]["data"]
    assert len(frame["steps"]) == len(kappas) == 4
    for reading, growth in zip(frame["readout"], growths(measured(sweep)), strict=True):
        assert reading["name"] == METHODS[growth.method].label
        trace = data[reading["trace"]]
        np.testing.assert_array_equal(unpacked(trace["x"]), kappas)
        means = [growth.measured(axis)[kappa] for kappa in kappas]
        np.testing.assert_allclose(unpacked(trace["y"]), means, rtol=1e-12)
        low, high = (unpacked(data[reading["trace"] - place]["y"]) for place in (2, 1))
        assert (low <= np.multiply(means, 1 + 1e-12)).all()
        assert (high >= np.multiply(means, 1 - 1e-12)).all()
        names = [bound["name"] for bound in reading["bounds"]]
        assert names == (["predicted"] if axis in ("inner", "adjoint") else [])
        for bound in reading["bounds"]:
            assert (unpacked(data[bound["trace"]]["y"]) >= means).all()
    hidden = frame_of(replace(VIEW, axis=axis, predicted="hidden"))
    assert all(reading["bounds"] == [] for reading in hidden["readout"])
    said = [entry["text"] for entry in frame["key"]]
    assert ("paper’s bound" in said) is (axis in ("inner", "adjoint"))
    assert "paper’s bound" not in [entry["text"] for entry in hidden["key"]]
    assert {"title", "annotations"}.isdisjoint(frame["figure"]["layout"])
    assert len(TITLES[axis]) < 20, "It must be shorter than the chart is high."


def test_the_ends_and_the_guides_have_names_that_the_chart_keeps_apart() -> None:
    frame = frame_of()
    (names,) = frame["names"]
    trace = frame["figure"]["data"][names["trace"]]
    texts = [text.strip() for text in trace["text"]]
    assert texts[:2] == ["∝ κ", "∝ √κ"]
    x, y = unpacked(trace["x"]), unpacked(trace["y"])
    for place, growth in enumerate(growths(measured(Sweep.of(SCENARIO, VIEW))), start=2):
        assert METHODS[growth.method].label in texts[place]
        last = max(growth.adjoint)
        assert (x[place], y[place]) == (last, growth.adjoint[last])
    # No other text is in the picture.
    others = [item for item in frame["figure"]["data"] if "text" in item and item is not trace]
    assert others == []


def test_the_title_names_the_sweep_in_the_words_of_the_menus() -> None:
    scenario = replace(SCENARIO, inner="heavy-ball", precision="single", start=2.0)
    title = sweep_title([], scenario, replace(SETTINGS.view, target=1e-4, seeds=3))
    assert SPECTRA[scenario.spectrum].lower() in title.lower()
    assert "chebyshev" not in title
    assert "heavy ball" in title
    assert "start ‖w₀‖ = 2 ‖w(λ)‖" in title
    assert title.endswith("3 seeds from 0")


def test_a_law_is_told_with_what_it_is_about() -> None:
    assert words._law(1.02, 1.0) == "κ"
    assert words._law(0.93, 1.0) == "κ^0.93 ≈ κ"
    assert words._law(0.49, 0.5) == "κ^0.49 ≈ √κ"
    assert words._law(0.3, 0.5) == "κ^0.30"


@pytest.mark.parametrize(("fit", "agreeing"), [(0.404, True), (0.3951, True), (0.394, False)])
def test_a_law_is_judged_as_it_is_written(fit: float, agreeing: bool) -> None:
    """κ^0.40 is about √κ, however it was rounded."""
    assert words.agrees(fit, 0.5) is agreeing
    assert ("≈ √κ" in words._law(fit, 0.5)) is agreeing


def test_nothing_is_judged_before_all_runs_are_there() -> None:
    """Neither by the headline nor by what is taken home, and both say how far the sweep is."""
    view = replace(VIEW, largest=0.999, points=8, seeds=2)
    sweep = Sweep.of(SCENARIO, view)
    found = list(measured(sweep))
    for done in (11, 15, 16):
        frame = complexity_picture(found[:done], SCENARIO, view, "light")
        text = requirements_to_csv(found[:done], len(sweep.scenarios))
        partial = done < 16
        assert frame["message"].startswith(f"So far ({done} of 16 runs): ") is partial
        assert ("the theory says" in frame["message"]) is not partial
        assert ("≈" in frame["message"]) <= (not partial)
        assert frame["title"].endswith(f" · {done} of 16 runs") is partial
        assert (f"# not finished: {done} of 16 runs" in text.splitlines()) is partial
        caption = frame["table"]["caption"]
        assert caption.startswith("Largest κ so far: " if partial else "Largest κ: 2·10³. ")
        assert caption.endswith("exponents are fitted for κ from 10 to 2000.")


@pytest.mark.parametrize("done", [11, 15, 16])
@pytest.mark.parametrize("axis", ["inner", "adjoint"])
def test_a_label_has_the_exponent_of_the_headline(axis: str, done: int) -> None:
    """While the seeds of a κ arrive as well: then a fit to means is another."""
    view = replace(VIEW, largest=0.999, points=8, seeds=2, axis=axis)
    sweep = Sweep.of(SCENARIO, view)
    found = list(measured(sweep))[:done]
    frame = complexity_picture(found, SCENARIO, view, "light")
    texts = frame["figure"]["data"][frame["names"][0]["trace"]]["text"]
    column = {"inner": 1, "adjoint": 4}[axis]
    for row, text in zip(frame["table"]["rows"], texts[2:], strict=True):
        exponent = row["cells"][1 if row["cells"][column] == "= t" else column]
        assert text.strip() == f"<b>{row['cells'][0]} {exponent}</b>"


def test_means_are_geometric_over_the_seeds() -> None:
    sweep = Sweep.of(SCENARIO, VIEW)
    (growth,) = [item for item in growths(measured(sweep)) if item.method == "aid-fp"]
    for kappa, mean in growth.inner.items():
        steps = [
            item.inner.measured
            for point in measured(sweep)
            for item in point.methods
            if point.scenario.condition_number == kappa and item.method == "aid-fp"
        ]
        assert len(steps) == 3
        assert mean == pytest.approx(float(np.prod(np.array(steps, float)) ** (1 / 3)))
        assert growth.spread["inner"][kappa] == (min(steps), max(steps))


def test_half_a_sweep_is_a_picture() -> None:
    sweep = Sweep.of(SCENARIO, VIEW)
    for done in (0, 1, 5):
        found = list(measured(sweep))[:done]
        frame = complexity_picture(found, SCENARIO, VIEW, "dark")
        json.dumps(frame, allow_nan=False)
        assert len(frame["steps"]) == 4
        assert bool(frame["readout"]) == (done > 0)
        assert "Powers of κ are fitted once" in frame["message"]


def test_the_axis_has_room_for_what_has_yet_to_arrive() -> None:
    sweep = Sweep.of(SCENARIO, VIEW)
    for axis in ("adjoint", "inner"):
        ranges = {
            tuple(
                complexity_picture(
                    list(measured(sweep))[:done], SCENARIO, replace(VIEW, axis=axis), "light"
                )["figure"]["layout"]["yaxis"]["range"]
            )
            for done in range(1, len(sweep.scenarios) + 1)
        }
        assert len(ranges) == 1


def test_the_time_left_is_guessed_from_how_the_points_grow() -> None:
    """Points that take as long as √κ, in seconds: what is left is the sum of those to come."""
    sweep = Sweep.of(SCENARIO, replace(VIEW, points=12, seeds=1, largest=0.9995))
    assert seconds_left(sweep, [None] * 12) is None
    some = measured(Sweep.of(SCENARIO, VIEW))[0]
    points = [
        replace(some, scenario=scenario, seconds=scenario.condition_number**0.5)
        for scenario in sweep.scenarios[:8]
    ]
    left = sum(scenario.condition_number**0.5 for scenario in sweep.scenarios[8:])
    assert seconds_left(sweep, [*points, *[None] * 4]) == pytest.approx(left)


def test_a_few_quick_points_do_not_promise_hours() -> None:
    """One slow run among the seeds, and times that happen to grow like κ⁴."""
    sweep = Sweep.of(SCENARIO, replace(VIEW, points=12, seeds=3, largest=0.9995))
    some = measured(Sweep.of(SCENARIO, VIEW))[0]
    points = []
    for place, scenario in enumerate(sweep.scenarios[:18]):
        seconds = 1e5 if place == 16 else 1e-5 * scenario.condition_number**4
        points.append(replace(some, scenario=scenario, seconds=seconds))
    last = sweep.scenarios[17].condition_number
    ratios = [(item.condition_number / last) ** 1.5 for item in sweep.scenarios[18:]]
    left = seconds_left(sweep, [*points, *[None] * 18])
    assert left == pytest.approx(1e-5 * last**4 * sum(ratios))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "about 1 s left"), (90, "about 90 s left"), (91, "about 2 min left")],
)
def test_the_time_left_is_told_roughly(seconds: float, said: str) -> None:
    assert time_left(seconds) == said


def test_every_arrival_is_another_picture() -> None:
    """Equal links mean that nothing is drawn again."""
    sweep = Sweep.of(SCENARIO, VIEW)
    links = {
        complexity_picture(list(measured(sweep))[:done], SCENARIO, VIEW, "light")["link"]
        for done in range(len(sweep.scenarios) + 1)
    }
    assert len(links) == len(sweep.scenarios) + 1


def test_theory_knows_what_accelerates_what() -> None:
    plain, heavy = SCENARIO, replace(SCENARIO, inner="heavy-ball")
    general = Scenario(family="nonsymmetric", size=10)
    curved = Scenario(family="logistic", size=10)
    wanted = {
        (plain, "itd", False): 1.0,
        (plain, "aid-cg", False): 1.0,
        (plain, "aid-cg", True): 0.5,
        (plain, "aid-fp", True): 1.0,
        (plain, "aid-gmres", True): 0.5,
        (general, "aid-gmres", True): 1.0,
        (general, "aid-cgnr", True): 1.0,
        (curved, "aid-gmres", True): 0.5,
        # Where t = k, the slower of both parts decides.
        (heavy, "aid-cgnr", True): 1.0,
        (heavy, "aid-cgnr", False): 1.0,
        (heavy, "aid-gmres", False): 0.5,
        (heavy, "itd", False): 0.5,
        (heavy, "aid-cg", False): 0.5,
        (heavy, "aid-fp", False): 1.0,
        (heavy, "aid-fp", True): 1.0,
    }
    for (scenario, method, adjoint), slope in wanted.items():
        assert theory_slope(scenario, method, adjoint=adjoint) == slope
