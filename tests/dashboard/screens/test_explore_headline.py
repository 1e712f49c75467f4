"""When each method reaches the target, in words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from frame_cases import SMALL, every_scenario, markers
from frames import ALL, experiment_of, explore_picture, frame_of, unpacked

from dashboard.kit.figure.describe import BEYOND_THEORY, describe
from dashboard.kit.notation import scientific
from dashboard.screens.explore.figure.lines import extract_lines, unit
from dashboard.screens.explore.settings import BOUNDS, View
from hypergrad_core import METHODS, Experiment, Scenario


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
    for experiment, sign in ((thinned, "at most "), (full, "")):
        message = explore_picture(experiment, View(target=1e-3), "light")["message"]
        for line in extract_lines(experiment, View(target=1e-3)):
            assert re.search(
                rf"{line.label}( and .*?)? needs? {sign}{line.crossing.measured}\b", message
            )
        assert ("at most" in message) == bool(sign)


@every_scenario
def test_the_headline_and_the_alternative_text_have_the_numbers(scenario: Scenario) -> None:
    experiment, view = experiment_of(scenario), View(target=1e-3)
    frame = frame_of(scenario, view)
    assert describe(experiment) in frame["alt"]
    assert f"q = {scenario.contraction:g}" in frame["alt"]
    assert f"the relative error at or below ε = {scientific(view.target)}" in frame["message"]
    assert frame["message"] in frame["alt"]
    scale = unit(experiment, view)
    assert scientific(experiment.curves[0].floor / scale) in frame["alt"]
    lines = extract_lines(experiment, view)
    for line in lines:
        assert f"{line.label} ends at {scientific(float(line.error[-1]))}" in frame["alt"]
        # Every method is named with its step, or among those that do not get there.
        assert re.search(rf"\b{line.label}\b", frame["message"]) or "No method" in frame["message"]
        if line.crossing.measured is not None:
            assert re.search(rf"\b{line.crossing.measured}\b", frame["message"])
    for refusal in experiment.refusals:
        assert f"{METHODS[refusal.method].label} does not apply here" in frame["alt"]
        assert "apply" not in frame["message"]


def test_the_headline_ranks_by_steps_and_names_ties_together() -> None:
    message = frame_of(Scenario(), View(target=1e-2))["message"]
    found = re.fullmatch(
        r"To get the relative error at or below ε = 0\.01, AID-CG needs (\d+) steps, "
        r"ITD and AID-FP need (\d+)\.",
        message,
    )
    assert found
    assert int(found[1]) < int(found[2])


NO_METHOD = "No method gets the relative error at or below ε = 10⁻⁴"


@pytest.mark.parametrize(
    ("fields", "view", "said"),
    [
        ({"horizon": 5}, {}, f"{NO_METHOD} within 5 steps."),
        ({"horizon": 1}, {}, f"{NO_METHOD} within 1 step."),
        (
            {"horizon": 40},
            {},
            "To get the relative error at or below ε = 10⁻⁴, AID-CG needs 27 steps; "
            "ITD and AID-FP do not get there within 40 steps.",
        ),
        ({"methods": ("itd",), "vary": "inner"}, {}, "No method applies here."),
        (
            {"horizon": 1, "methods": ("itd",)},
            {"target": 1e5, "error": "absolute"},
            "To get the absolute error at or below ε = 10⁵, ITD needs 0 steps.",
        ),
    ],
    ids=str,
)
def test_the_headline_is_grammar(fields: dict[str, Any], view: dict[str, Any], said: str) -> None:
    assert frame_of(Scenario(size=50, **fields), View(**view))["message"] == said


@pytest.mark.parametrize("target", [3e-14, 1e-9, 3e-6, 1e-4, 3e-2, 0.3])
@pytest.mark.parametrize("contraction", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("horizon", [60, 1500])
def test_the_headline_of_all_methods_names_every_one(
    contraction: float, target: float, horizon: int
) -> None:
    scenario = Scenario(methods=ALL, size=20, contraction=contraction, horizon=horizon)
    experiment, view = experiment_of(scenario), View(target=target)
    message = frame_of(scenario, view)["message"]
    lines = extract_lines(experiment, view)
    groups: dict[int | None, list[str]] = {}
    for line in lines:
        groups.setdefault(line.crossing.measured, []).append(line.label)
    steps = sorted(step for step in groups if step is not None)
    if not steps:
        assert message.startswith("No method ")
        return
    for step, labels in groups.items():
        assert all(re.search(rf"\b{label}\b", message) for label in labels)
        if len(groups) >= 4:
            told = f"not within {horizon}: " if step is None else rf"\b{step} \("
            assert re.search(told + ", ".join(labels), message)
    if len(groups) >= 4:
        sign = "at most " if horizon > 200 else ""
        assert f"fastest: {sign}{steps[0]} (" in message
        assert f"slowest: {sign}{steps[-1]} (" in message


def row_of(experiment: Experiment, method: str, view: View) -> list[str]:
    """The cells of a method in the table."""
    found = explore_picture(experiment, view, "light")["table"]["rows"]
    (row,) = [row for row in found if row["cells"][0] == METHODS[method].label]
    return row["cells"]


def test_beyond_the_theory_nothing_is_said_of_bounds() -> None:
    scenario = Scenario(family="equilibrium", contraction=1.2, **SMALL["equilibrium"])
    for bound in BOUNDS:
        for target in (1e-4, 1e-15, 1e3):
            view = View(bound=bound, target=target)
            frame = frame_of(scenario, view)
            assert frame["warning"] == BEYOND_THEORY
            reached = any(
                line.crossing.index is not None
                for line in extract_lines(experiment_of(scenario), view)
            )
            said = [entry["text"].partition(" (")[0] for entry in frame["key"]]
            assert said == ["measured", *(["error reaches ε"] if reached else [])]
            for method in ("itd", "aid-fp"):
                assert row_of(experiment_of(scenario), method, view)[2:6] == ["–"] * 4
            for word in ("predicted", "beyond"):
                assert np.isnan(unpacked(markers(frame, word)["x"])).all()
    assert "warning" not in frame_of(replace(scenario, contraction=0.9999))
