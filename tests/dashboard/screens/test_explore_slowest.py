"""Which part is the slowest, which errors stay, and why a solver stopped."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from frames import ALL, experiment_of
from words_cases import SCENARIOS, late_factor, says

from dashboard.kit.notation import (
    listed,
    times,
)
from hypergrad_core import METHODS, Scenario
from hypergrad_core.adjoint import Outcome
from tests.core.inner_cases import ACCELERATED
from tests.core.method_cases import CASES


def slowest(scenario: Scenario) -> list[str]:
    """The sentences on which part is the slowest."""
    return [text for text in says(scenario) if " held up by " in text]


def test_the_slowest_part_is_the_one_that_cannot_be_the_faster() -> None:
    assert slowest(Scenario()) == [
        "AID-CG is held up by $w_t$: the inner iteration, not the adjoint solver (conjugate "
        "gradient), is the bottleneck."
    ]
    # With momentum the inner iteration is as fast as conjugate gradient; fixed-point steps are not.
    said = "AID-FP is held up by the adjoint solver (fixed-point steps), not by $w_t$."
    assert slowest(Scenario(inner="heavy-ball")) == [said]
    assert slowest(Scenario(inner="heavy-ball", methods=ALL)) == [
        said,
        "AID-CGNR is held up by the adjoint solver (CG on the normal equations), not by $w_t$.",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"methods": ("aid-fp", "itd", "aid-cgnr")},
        {"vary": "adjoint", "inner": "exact"},
        {"vary": "inner", "adjoint_steps": 1000},
        {"methods": ("aid-cg",), "inner": "heavy-ball"},
    ],
    ids=str,
)
def test_no_part_is_called_the_slowest_where_it_does_not_follow(fields: dict[str, Any]) -> None:
    assert slowest(Scenario(**fields)) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_what_is_called_the_slowest_part_follows_from_the_numbers(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    root = np.sqrt(scenario.condition_number)
    fast = (root - 1) / (root + 1)
    near = np.sqrt(experiment.constants.condition_number)
    sure = {"conjugate gradient": (near - 1) / (near + 1)}
    if scenario.problem_family.symmetric:
        sure |= {
            METHODS[key].solver_name: fast if case.contraction else (near - 1) / (near + 1)
            for key, case in CASES.items()
            if case.residual == "M"
        }
    sure["$w_t$"] = scenario.contraction
    if scenario.inner in ACCELERATED:
        sure["$w_t$"] = ACCELERATED[scenario.inner].late(scenario.contraction)
    keys = {METHODS[key].label: key for key in METHODS}
    for said in slowest(scenario):
        found = re.match(r"(.*) (?:is|are) held up by (\$w_t\$|the adjoint solver)", said)
        solver = re.search(r"\((.*)\)", said)
        assert found
        assert solver
        # The part that is not to blame is faster than the error.
        faster = solver[1] if found[2] == "$w_t$" else "$w_t$"
        for label in re.split(", | and ", found[1]):
            factor = late_factor(experiment, keys[label])
            assert factor > sure.get(faster, scenario.contraction) + 0.02


@pytest.mark.parametrize(("steps", "flat"), [(3, True), (2000, False)])
def test_a_plateau_is_told_of_only_where_there_is_one(steps: int, flat: bool) -> None:
    scenario = Scenario(
        methods=("aid-fp",), vary="inner", adjoint_steps=steps, contraction=0.9, horizon=100
    )
    (curve,) = experiment_of(scenario).curves
    assert (curve.errors[-1] > 0.9 * curve.errors[-20]) == flat
    assert any("plateau" in said for said in says(scenario)) == flat


def plateaus(**fields: Any) -> list[str]:
    """The sentences on plateaus."""
    return [text for text in says(Scenario(**fields)) if "plateau" in text]


def test_plateaus_are_told_in_grammar_and_say_what_is_held() -> None:
    end = "with k fixed, more inner steps do not help."
    assert plateaus(methods=("itd-truncated",)) == [f"Truncated ITD ends on a plateau: {end}"]
    both = plateaus(methods=("itd", "itd-truncated", "one-step"))
    assert both == [f"Truncated ITD and One-step end on a plateau: {end}"]
    end = "with t fixed, more backward steps do not help."
    three = plateaus(
        methods=("aid-fp", "aid-cg", "aid-gmres"), vary="adjoint", inner_steps=5, contraction=0.5
    )
    assert three == [f"AID-FP, AID-CG and AID-GMRES end on a plateau: {end}"]


@pytest.mark.parametrize("vary", ["both", "adjoint", "inner"])
def test_slow_is_not_called_a_plateau(vary: str) -> None:
    slow: dict[str, Any] = {"contraction": 0.9995, "vary": vary, "adjoint_steps": 1000}
    assert plateaus(methods=("aid-fp", "itd", "itd-truncated"), **slow) == []
    experiment = experiment_of(Scenario(methods=("aid-fp",), **slow))
    assert late_factor(experiment, "aid-fp") > 0.999


def stops(scenario: Scenario) -> list[str]:
    """The sentences on why solvers stopped."""
    return [text for text in says(scenario) if " stops at k = " in text]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_why_a_solver_stopped_is_told_with_its_first_step(scenario: Scenario) -> None:
    wanted = []
    for curve in experiment_of(scenario).curves:
        estimate = curve.estimate
        converged = [outcome == Outcome.CONVERGED for outcome in estimate.outcomes]
        if any(converged):
            first = converged.index(True)
            # It stays so.
            assert all(converged[first:])
            step = estimate.points.adjoint_steps[first]
            wanted.append(f"{METHODS[curve.method].label} stops at k = {step}")
    whose = "their residuals are" if wanted[1:] else "its residual is"
    assert stops(scenario) == [f"{listed(wanted)}, where {whose} at rounding level."] * bool(wanted)


def test_a_solver_that_took_all_its_steps_did_not_stop() -> None:
    assert stops(Scenario(methods=("itd", "aid-fp", "aid-cg"), horizon=30)) == []
    assert len(stops(Scenario(methods=("itd", "aid-fp", "aid-cg"), horizon=120))) == 1


def test_a_hopeless_bound_is_told_with_what_it_and_the_error_fall_by() -> None:
    scenario = Scenario(family="kernel-ridge", hyper_size=6, methods=ALL, inner="heavy-ball")
    experiment = experiment_of(scenario)
    (said,) = [text for text in says(scenario) if "too loose to be of use" in text]
    found = re.search(
        r"\((AID-\w+), where it is loosest\).*shrinks by (\S+) per step, the error by (\S+)\. Look",
        said,
    )
    assert found
    curve = experiment.curve(found[1].lower())
    clear = np.flatnonzero(curve.errors > 100 * curve.floor)
    late = clear[len(clear) * 2 // 3 :]
    bound = np.exp(np.polyfit(curve.steps[late], np.log(curve.paper.values[late]), 1)[0])
    assert float(found[2]) == pytest.approx(bound, abs=6e-4)
    assert float(found[3]) == pytest.approx(late_factor(experiment, curve.method), abs=6e-4)
    assert not any("too loose" in text for text in says(Scenario()))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_looseness_told_is_the_median_over_the_clear_points(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    (said,) = [text for text in says(scenario) if text.startswith("Typically")]
    found = re.search(
        r"the paper’s bound is (\S+ times) the error \((.*?)(?:, where it is loosest)?\); "
        r"the sharp bound (?:is (\S+ times) the error|equals it)\. ",
        said,
    )
    assert found
    (curve,) = [c for c in experiment.curves if METHODS[c.method].label == found[2]]
    clear = curve.errors > 10 * curve.floor
    paper = np.median(curve.paper.values[clear] / curve.errors[clear])
    sharp = np.median(curve.sharp.values[clear] / curve.errors[clear])
    assert found[1] == times(float(paper))
    assert (found[3] or "1.0 times") == times(float(sharp))
    assert ("eigenvalues" in said) == (scenario.family == "quadratic")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_text_has_words_and_no_code(scenario: Scenario) -> None:
    for said in says(scenario):
        assert said.endswith(".")
        assert not re.search(r"\bnan\b|\binf\b|None|array|\d\.\d{6}", said)
        assert said.count("$") % 2 == 0
