"""What is said about a picture is true, and a bound written out adds up."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from frames import ALL, experiment_of
from hypothesis import given
from hypothesis import strategies as st

from dashboard.kit.notation import (
    TERM_NAMES,
    count,
    latex,
    listed,
    percent,
    ratio,
    scientific,
    times,
)
from dashboard.screens.complexity.growth import theory_slope
from dashboard.screens.explore.figure.bound_card import (
    MEANINGS,
    STATUSES,
    TIERS,
    Card,
    formula_card,
)
from dashboard.screens.explore.figure.lines import extract_lines, unit
from dashboard.screens.explore.settings import SETTINGS, View
from dashboard.screens.explore.words import explain, same_picture, solver_factor, written_factor
from hypergrad_core import FAMILIES, METHODS, Experiment, Scenario
from hypergrad_core.linear import Outcome
from hypergrad_core.problem import WeightedConstants
from hypergrad_core.theory import conjugate_gradient_rate

NUMBER = r"(?:(-?\d+(?:\.\d+)?)(?:\\cdot)?)?(?:10\^\{(-?\d+)\})?"
SCENARIOS = [
    Scenario(methods=ALL, size=20, horizon=60),
    Scenario(methods=ALL, size=20, horizon=60, vary="inner"),
    Scenario(methods=ALL, size=20, horizon=60, vary="adjoint"),
    Scenario(methods=ALL, size=20, horizon=60, vary="adjoint", inner="exact"),
    Scenario(methods=ALL, family="logistic", size=8, samples=20, horizon=60),
    Scenario(methods=ALL, family="logistic-log", size=8, samples=20, horizon=60),
    Scenario(methods=ALL, family="logistic", size=8, samples=20, contraction=0.998, horizon=30),
    Scenario(methods=ALL, size=20, horizon=60, inner="heavy-ball"),
    Scenario(methods=ALL, family="kernel-ridge", size=12, hyper_size=3, inner="heavy-ball"),
    Scenario(methods=ALL, family="hyper-representation", size=4, hyper_size=12, samples=15),
    Scenario(methods=ALL, family="equilibrium-symmetric", size=12, samples=4, horizon=60),
    Scenario(methods=ALL, family="graph-network", size=16, samples=8, horizon=60),
]


def number(text: str) -> float:
    """A number as it is written in LaTeX."""
    found = re.fullmatch(NUMBER, text)
    assert found, f"{text!r} is not a number"
    return float(found[1] or 1) * 10.0 ** int(found[2] or 0)


def depth(text: str) -> int:
    """Braces that stay open; fails if one is closed that was not opened."""
    level = 0
    for brace in re.sub(r"\\[{}]", "", text):
        level += {"{": 1, "}": -1}.get(brace, 0)
        assert level >= 0
    return level


def says(scenario: Scenario) -> list[str]:
    """The sentences below the picture."""
    experiment, seen = experiment_of(scenario), View()
    return explain(experiment, extract_lines(experiment, seen), seen)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_bound_written_out_is_latex_and_adds_up(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    for curve in experiment.curves:
        for cursor in (0, 7, len(curve.steps) - 1, 2000):
            for error in ("relative", "absolute"):
                view = View(cursor=cursor, error=error)
                card = formula_card(experiment, curve, view, "light")
                formula = METHODS[curve.method].formula
                for text in (formula, card.bound, card.numbers, card.constants):
                    assert depth(text) == 0
                    assert text.count(r"\left") == text.count(r"\right")
                    assert not re.search(r"nan|inf(?!ty)|\de[+-]?\d", text)
                at = min(cursor, len(curve.steps) - 1)
                scale = unit(experiment, view)
                t = curve.estimate.points.inner_steps[at]
                k = curve.estimate.points.adjoint_steps[at]
                assert rf"\text{{ at }}t={t},\;k={k}:\\" in card.numbers
                terms = re.findall(
                    r"\\textcolor\{#\w{6}\}\{((?:[^{}]|\{[^{}]*\})*)\}", card.numbers
                )
                found = re.fullmatch(
                    r".*:\\\\(.*?)\\;\\le\\;.*\\;=\\;(.*?)\\end\{gathered\}", card.numbers
                )
                assert found
                measured, total = number(found[1]), number(found[2])
                assert len(terms) == len(curve.paper.terms) == 3
                for text, term in zip(terms, curve.paper.terms, strict=True):
                    assert number(text) == pytest.approx(term.values[at] / scale, rel=0.051)
                    assert rf"\text{{{TERM_NAMES[term.name]}}}" in card.bound
                    assert term.formula in card.bound
                assert sum(map(number, terms)) == pytest.approx(total, rel=0.11, abs=1e-300)
                assert total == pytest.approx(curve.paper.values[at] / scale, rel=0.051)
                assert measured == pytest.approx(curve.errors[at] / scale, rel=0.051)
                values = [float(term.values[at]) for term in curve.paper.terms]
                assert sum(values) == pytest.approx(float(curve.paper.values[at]), rel=1e-12)
                largest = curve.paper.terms[int(np.argmax(values))]
                share = max(values) / sum(values) if sum(values) > 0 else 0
                name = TERM_NAMES[largest.name]
                assert card.dominant == (
                    f"The **{name}** is {percent(share)} of the bound. {MEANINGS[largest.name]}"
                )
                assert card.source == curve.paper.source
                assert card.status == (
                    "Paper’s bound: uses constants only; proved, in general not attained (tier P). "
                    f"Sharp bound: {TIERS[curve.sharp.tier]}; {STATUSES[curve.sharp.status]} "
                    f"(tier {curve.sharp.tier})."
                )
                # Every term begins a line, so that none is too long.
                assert card.bound.count(r"\\") == 2
                assert all(line.count(r"\underbrace") == 1 for line in card.bound.split(r"\\"))


def symbols_in(card: Card) -> dict[str, str]:
    """The values that are written out, by their symbols."""
    inside = card.constants.removeprefix(r"\begin{gathered}").removesuffix(r"\end{gathered}")
    assert inside.count(r"\\") == 1
    return dict(part.split("=") for part in re.split(r",\\;\\; |\\\\", inside))


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("q", [0.05, 0.9, 0.99, 0.998001, 0.9995])
def test_the_constants_written_out_are_those_of_the_problem(family: str, q: float) -> None:
    experiment = experiment_of(
        Scenario(family=family, size=6, samples=9, horizon=3, contraction=q, methods=("aid-fp",))
    )
    card = formula_card(experiment, experiment.curves[0], View(card="aid-fp"), "light")
    written = symbols_in(card)
    c = experiment.constants
    wanted = {
        "q": c.contraction,
        r"\kappa": (1 + q) / (1 - q),
        r"\kappa_M": c.condition_number,
        r"\nu_1": c.nu1,
        r"\nu_2": c.nu2,
        r"\mu_1": c.mu1,
        r"\mu_2": c.mu2,
        "L_E": c.outer_gradient_bound,
        r"L_\Phi": c.hyper_jacobian_norm,
        "D": c.distance,
    }
    assert written.keys() == wanted.keys()
    for symbol, value in wanted.items():
        assert number(written[symbol]) == pytest.approx(value, rel=0.006)
    # The contraction constant is the one that was asked for, and is not rounded up to 1.
    assert number(written["q"]) < 1


@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
def test_what_only_the_formulas_of_momentum_have_is_written_out(q: float) -> None:
    scenario = Scenario(methods=ALL, size=20, contraction=q, inner="heavy-ball")
    experiment = experiment_of(scenario)
    kappa = scenario.condition_number
    r = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    wanted = {
        "r": r,
        "b": (1 - r**2) / (1 + r**2),
        "a": 4 / (np.sqrt(1 + q) + np.sqrt(1 - q)) ** 2,
    }
    for curve in experiment.curves:
        card = formula_card(experiment, curve, View(), "light")
        written = symbols_in(card)
        for symbol, value in wanted.items():
            assert number(written[symbol]) == pytest.approx(value, rel=0.006)
        # No summand that is always 0.
        assert "t-t" not in card.bound
        assert ("t-k" in card.bound) == (curve.method == "itd-truncated")
        unrolled = curve.method in {"itd", "itd-forward", "itd-truncated"}
        assert ("R13" in card.source) == unrolled
        assert ("Grazzi" in card.source) == (not unrolled)
        assert ("R12" in card.source) == (not unrolled)
        plain = experiment_of(replace(scenario, inner="fixed-point")).curve(curve.method)
        assert plain is not None
        assert plain.paper.source == METHODS[curve.method].paper_source
        assert "Grazzi" in plain.paper.source
        assert (
            not {*wanted}
            & symbols_in(
                formula_card(
                    experiment_of(replace(scenario, inner="fixed-point")), plain, View(), "light"
                )
            ).keys()
        )


@pytest.mark.parametrize("method", ALL)
def test_constants_of_a_metric_are_written_out_where_a_bound_has_them(method: str) -> None:
    scenario = Scenario(
        family="equilibrium-symmetric", size=12, samples=4, horizon=20, methods=(method,)
    )
    experiment = experiment_of(scenario)
    card = formula_card(experiment, experiment.curves[0], View(), "light")
    written = symbols_in(card)
    constants = experiment.constants
    assert isinstance(constants, WeightedConstants)
    assert (r"L_\Phi^s" in written) == (r"\nu_2^s" in written) == (method == "aid-cg")
    if method == "aid-cg":
        assert r"L_\Phi^s" in card.bound
        norm, slope = constants.energy_hyper_norm, constants.energy_nu2
        assert number(written[r"L_\Phi^s"]) == pytest.approx(norm, rel=0.006)
        assert number(written[r"\nu_2^s"]) == pytest.approx(slope, rel=0.006)


def coincide(sentences: list[str]) -> bool:
    return any("ITD and AID-FP coincide" in sentence for sentence in sentences)


@pytest.mark.parametrize("contraction", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_curves_are_said_to_coincide_exactly_where_they_do(family: str, contraction: float) -> None:
    scenario = Scenario(family=family, size=10, samples=25, contraction=contraction)
    experiment = experiment_of(scenario)
    itd, fixed = experiment.curve("itd"), experiment.curve("aid-fp")
    assert itd is not None
    assert fixed is not None
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
    assert itd is not None
    assert fixed is not None
    found = [re.search(r"ITD’s error is (.*?) that of AID-FP", said) for said in says(scenario)]
    matches = [match[1] for match in found if match]
    # What rounds to 1.0 times is no difference.
    apart = itd.errors[-1] > 1.05 * fixed.errors[-1] and fixed.errors[-1] > fixed.floor
    assert matches == ([times(itd.errors[-1] / fixed.errors[-1])] if apart else [])


def test_momentum_is_no_reason_to_compare_jacobians() -> None:
    for family in ("quadratic", "kernel-ridge"):
        said = says(Scenario(family=family, size=10, inner="heavy-ball", horizon=20))
        assert not any("that of AID-FP" in sentence for sentence in said)


def late_factor(experiment: Experiment, method: str) -> float:
    """The factor per step over the last third of what is clear of rounding."""
    curve = experiment.curve(method)
    assert curve is not None
    clear = np.flatnonzero(curve.errors > 100 * curve.floor)
    late = clear[len(clear) * 2 // 3 :]
    return float(np.exp(np.polyfit(curve.steps[late], np.log(curve.errors[late]), 1)[0]))


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
    applies = experiment.curve("aid-cg") is not None
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
    kappa = experiment.constants.condition_number
    sure = {"conjugate gradient": (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)}
    if scenario.problem_family.symmetric:
        sure["GMRES"] = sure["conjugate gradient"]
    root = np.sqrt(scenario.condition_number)
    fast = (root - 1) / (root + 1)
    sure["$w_t$"] = fast if scenario.inner == "heavy-ball" else scenario.contraction
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


def test_names_are_listed() -> None:
    assert listed(["A"]) == "A"
    assert listed(["A", "B"]) == "A and B"
    assert listed(["A", "B", "C"]) == "A, B and C"


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
    assert curve is not None
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


positive = st.floats(min_value=1e-300, max_value=1e300)


@given(positive)
def test_a_number_in_latex_is_that_number(value: float) -> None:
    assert number(latex(value)) == pytest.approx(value, rel=0.051)
    assert number(latex(value, 3)) == pytest.approx(value, rel=0.0051)


@given(positive)
def test_a_number_on_the_page_is_that_number(value: float) -> None:
    plain = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)·?)?(?:10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", scientific(value))
    assert found, scientific(value)
    mantissa, exponent = float(found[1] or 1), int((found[2] or "0").translate(plain))
    assert mantissa * 10.0**exponent == pytest.approx(value, rel=0.051)
    assert not (found[1] or "").endswith(".0")


@pytest.mark.parametrize("value", [999.4, 999.5, 999.6, 999.99, 1000.0, 0.00999, 0.01, 9.996])
def test_numbers_on_the_edge_of_two_notations_are_written_plainly(value: float) -> None:
    for text in (scientific(value), latex(value), latex(value, 3), ratio(value)):
        assert "e" not in text.replace("cdot", "")


@pytest.mark.parametrize(
    ("value", "text", "formula"),
    [
        (2000.0, "2·10³", r"2\cdot10^{3}"),
        (1.96e3, "2·10³", r"2\cdot10^{3}"),
        (2.04e-5, "2·10⁻⁵", r"2\cdot10^{-5}"),
        (2.5e-5, "2.5·10⁻⁵", r"2.5\cdot10^{-5}"),
        (1e-4, "10⁻⁴", r"10^{-4}"),
        (2.0, "2", "2"),
    ],
)
def test_a_number_has_one_notation(value: float, text: str, formula: str) -> None:
    assert (scientific(value), latex(value)) == (text, formula)


def test_numbers_that_are_none() -> None:
    assert scientific(0.0) == latex(0.0) == "0"
    assert scientific(np.inf) == "∞"
    assert scientific(np.nan) == "–"
    assert latex(np.inf) == r"\infty"
    assert ratio(np.inf) == "–"


@given(st.integers(min_value=0, max_value=10**12))
def test_a_count_has_all_its_digits(value: int) -> None:
    assert int(count(value).replace("\u2009", "")) == value


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
        assert solver_factor(experiment, method) == pytest.approx(wanted)
