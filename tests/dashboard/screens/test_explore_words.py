"""What the picture of Explore shows, in words that are true."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from frames import ALL, experiment_of
from words_cases import late_factor, says

from dashboard.kit.notation import (
    times,
)
from dashboard.screens.complexity.growth import theory_slope
from dashboard.screens.explore.figure.lines import extract_lines
from dashboard.screens.explore.settings import SETTINGS
from dashboard.screens.explore.words import same_picture, written_factor
from hypergrad_core import FAMILIES, METHODS, Scenario
from hypergrad_core.lemmas import conjugate_gradient_rate
from hypergrad_core.studies.diagnosis import promised_factor
from tests.core.inner_cases import ACCELERATED


def coincide(sentences: list[str]) -> bool:
    return any("ITD and AID-FP coincide" in sentence for sentence in sentences)


@pytest.mark.parametrize("contraction", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_curves_are_said_to_coincide_exactly_where_they_do(family: str, contraction: float) -> None:
    scenario = Scenario(family=family, size=10, samples=25, contraction=contraction)
    experiment = experiment_of(scenario)
    itd, fixed = experiment.curve("itd"), experiment.curve("aid-fp")
    # Within rounding two equal curves differ by rounding.
    apart = np.abs(itd.errors - fixed.errors) > 1e-6 * itd.errors + 2 * itd.floor
    assert coincide(says(scenario)) == (not apart.any())
    constant = experiment.constants.nu1 == experiment.constants.nu2 == 0
    assert coincide(says(scenario)) == constant
    assert constant == (family in {"quadratic", "biased", "nonsymmetric"})


def test_one_curve_alone_does_not_coincide() -> None:
    assert not coincide(says(Scenario(methods=("aid-fp", "aid-cg"))))
    assert not coincide(says(Scenario(vary="inner")))


@pytest.mark.parametrize("contraction", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_curves_are_compared_at_the_end_only_above_rounding(
    family: str, contraction: float
) -> None:
    scenario = Scenario(family=family, size=10, samples=25, contraction=contraction)
    experiment = experiment_of(scenario)
    itd, fixed = experiment.curve("itd"), experiment.curve("aid-fp")
    found = [re.search(r"ITD’s error is (.*?) that of AID-FP", said) for said in says(scenario)]
    matches = [match[1] for match in found if match]
    # What rounds to 1.0 times is no difference.
    apart = itd.errors[-1] > 1.05 * fixed.errors[-1] and fixed.errors[-1] > fixed.floor
    assert matches == ([times(itd.errors[-1] / fixed.errors[-1])] if apart else [])


@pytest.mark.parametrize("inner", ACCELERATED)
def test_momentum_is_no_reason_to_compare_jacobians(inner: str) -> None:
    for family in ("quadratic", "kernel-ridge"):
        said = says(Scenario(family=family, size=10, inner=inner, horizon=20))
        assert not any("that of AID-FP" in sentence for sentence in said)


def late_sentence(scenario: Scenario) -> str:
    """The one on late factors."""
    (said,) = [text for text in says(scenario) if text.startswith("Factor by which")]
    return said


@pytest.mark.parametrize("contraction", [0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_late_factors_are_measured_and_come_near_theory(family: str, contraction: float) -> None:
    scenario = Scenario(
        family=family, size=20, samples=40, contraction=contraction, spectrum="chebyshev"
    )
    experiment = experiment_of(scenario)
    said = late_sentence(scenario)
    factors = dict(re.findall(r"([A-Z-]+) (\d\.\d+)", said.split(". Worst case")[0]))
    assert factors.keys() <= {"ITD", "AID-FP", "AID-CG"}
    for label, factor in factors.items():
        assert factor == written_factor(late_factor(experiment, label.lower()), contraction)
    assert f"q = {contraction:g} for $w_t$ and fixed-point steps" in said
    root = np.sqrt(experiment.constants.condition_number)
    applies = "aid-cg" in [curve.method for curve in experiment.curves]
    wanted = f"(√κ − 1)/(√κ + 1) = {(root - 1) / (root + 1):.4g} for conjugate gradient."
    assert (wanted in said) == applies == ("conjugate" in said)
    for label in ("ITD", "AID-FP"):
        if family == "quadratic":
            assert float(factors[label]) == pytest.approx(contraction, abs=0.02)
        else:
            # q bounds the rate; the data are kinder than the worst case.
            assert float(factors[label]) <= contraction + 0.02


@pytest.mark.parametrize(
    ("factor", "contraction", "written"),
    [
        (0.9005, 0.9, "0.90"),
        (0.6234, 0.9, "0.62"),
        (0.98995, 0.99, "0.990"),
        (0.9990, 0.999, "0.9990"),
        (0.0501, 0.05, "0.05"),
    ],
)
def test_a_factor_is_written_as_far_as_a_fit_can_tell(
    factor: float, contraction: float, written: str
) -> None:
    assert written_factor(factor, contraction) == written


@pytest.mark.parametrize("contraction", [0.5, 0.9, 0.95, 0.99])
def test_no_measured_factor_reads_as_above_the_worst_case_of_the_quadratic(
    contraction: float,
) -> None:
    said = late_sentence(Scenario(contraction=contraction))
    for factor in re.findall(r"[A-Z-]+ (\d\.\d+)", said.split(". Worst case")[0]):
        assert float(factor) <= contraction


def test_at_q_above_1_it_is_told_whether_the_errors_fall() -> None:
    falls = Scenario(family="equilibrium", size=12, samples=4, contraction=1.02)
    said = says(falls)
    assert "falls all the same" in said[0]
    assert not any("does not tend" in text for text in said)
    stays = Scenario(
        family="equilibrium-symmetric", size=200, samples=20, contraction=1.5, horizon=60
    )
    assert "does not tend to 0" in says(stays)[0]


def test_families_with_the_same_picture_say_why() -> None:
    pair = ("logistic", "logistic-log")
    assert same_picture(pair[0]) == same_picture(pair[1]) != ""
    assert same_picture("quadratic") == ""
    one, other = (
        experiment_of(Scenario(family=family, size=8, samples=20, horizon=40)) for family in pair
    )
    for mine, theirs in zip(one.curves, other.curves, strict=True):
        relative = [
            curve.errors / found.constants.hypergradient_norm
            for curve, found in ((mine, one), (theirs, other))
        ]
        np.testing.assert_allclose(*relative, rtol=1e-6, atol=1e-13)


def test_a_factor_above_q_is_explained() -> None:
    said = late_sentence(SETTINGS.scenario)
    assert "ITD 0.91" in said
    assert "That ITD is above q is no contradiction" in said
    assert "no contradiction" not in late_sentence(Scenario())


def test_the_lead_of_conjugate_gradient_is_told_where_there_is_one() -> None:
    scenario = Scenario(vary="adjoint", inner="exact", horizon=40, methods=("aid-fp", "aid-cg"))
    (said,) = [text for text in says(scenario) if "square root of κ" in text]
    found = re.search(r"After (\d+) steps the error of AID-CG is (.*) smaller", said)
    assert found
    fixed, conjugate = (curve.errors[int(found[1])] for curve in experiment_of(scenario).curves)
    assert times(fixed / conjugate) == found[2]
    alone = replace(scenario, methods=("aid-cg",))
    assert not any("square root of κ" in text for text in says(alone))


def test_the_default_picture_parts_the_three_methods_and_shows_the_root() -> None:
    experiment = experiment_of(SETTINGS.scenario)
    lines = {line.method: line for line in extract_lines(experiment, SETTINGS.view)}
    steps = [lines[method].crossing.measured for method in ("aid-cg", "aid-fp", "itd")]
    assert all(steps)
    for fewer, more in itertools.pairwise(steps):
        assert more >= 1.25 * fewer
    # Conjugate gradient is an order of magnitude ahead before w_t holds it up.
    assert (lines["aid-fp"].error[20] / lines["aid-cg"].error[20]) > 10
    said = says(SETTINGS.scenario)
    assert any("square root of κ" in text for text in said)
    assert any("AID-CG is held up by $w_t$" in text for text in said)
    assert any("ITD’s error is" in text for text in said)


WORST_CASES = [
    ({}, "q = 0.9 for $w_t$ and fixed-point steps, (√κ − 1)/(√κ + 1) = 0.6268 for conjugate"),
    ({"inner": "heavy-ball"}, "r = 0.6268 for $w_t$, q = 0.9 for fixed-point steps, (√κ − 1)"),
    ({"inner": "heavy-ball", "methods": ("itd",)}, "r = 0.6268 for $w_t$."),
    ({"methods": ("aid-gmres",)}, "q = 0.9 for $w_t$, (√κ − 1)/(√κ + 1) = 0.6268 for GMRES."),
    (
        {"family": "nonsymmetric", "size": 10, "methods": ("aid-gmres",)},
        "q = 0.9 for $w_t$ and GMRES.",
    ),
    ({"methods": ("aid-fp", "aid-cgnr"), "vary": "adjoint", "inner": "exact"}, ": q = 0.9 for fix"),
    ({"methods": ("itd-truncated",), "vary": "adjoint", "inner": "exact"}, "for reverse mode."),
    (
        {"methods": ("aid-fp", "aid-cg"), "vary": "inner", "adjoint_steps": 1000},
        "q = 0.9 for $w_t$.",
    ),
]


@pytest.mark.parametrize(("fields", "wanted"), WORST_CASES, ids=str)
def test_the_worst_cases_are_those_of_what_varies(fields: dict[str, Any], wanted: str) -> None:
    _, worst = late_sentence(Scenario(**fields)).split("Worst case in theory")
    assert wanted in worst


@pytest.mark.parametrize("family", FAMILIES)
def test_all_pages_read_one_claim(family: str) -> None:
    """A factor per step of √κ on one page is an exponent ½ on the other."""
    scenario = Scenario(family=family, size=12, samples=6, hyper_size=5, methods=ALL, horizon=4)
    experiment = experiment_of(scenario)
    assert experiment.curves
    for curve in experiment.curves:
        method = METHODS[curve.method]
        if not method.solver_name:
            continue
        fast = conjugate_gradient_rate(experiment.constants.condition_number)
        exponent = theory_slope(scenario, curve.method, adjoint=True)
        wanted = fast if exponent == 0.5 else scenario.contraction
        assert promised_factor(experiment, method) == pytest.approx(wanted)
