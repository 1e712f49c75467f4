"""What is said about a picture is true, and a bound written out adds up."""

from __future__ import annotations

import re

import numpy as np
import pytest
from frames import ALL, experiment_of
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.error_curves import extract_lines, unit
from dashboard.figures.words import explain, formula_card
from dashboard.notation import count, latex, ratio, scientific
from dashboard.view import View
from hypergrad_core import FAMILIES, METHODS, Scenario

NUMBER = r"(-?\d+(?:\.\d+)?)(?:\\cdot10\^\{(-?\d+)\})?"
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
    return float(found[1]) * 10.0 ** int(found[2] or 0)


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
                for text in (card.estimate, card.bound, card.numbers, card.constants):
                    assert depth(text) == 0
                    assert text.count(r"\left") == text.count(r"\right")
                    assert not re.search(r"nan|inf(?!ty)|\de[+-]?\d", text)
                at = min(cursor, len(curve.steps) - 1)
                scale = unit(experiment, view)
                t = curve.estimate.points.inner_steps[at]
                k = curve.estimate.points.adjoint_steps[at]
                assert card.numbers.startswith(rf"t={t},\;k={k}:")
                terms = re.findall(
                    r"\\textcolor\{#\w{6}\}\{((?:[^{}]|\{[^{}]*\})*)\}", card.numbers
                )
                found = re.fullmatch(
                    r".*\\qquad (.*?)\\;\\le\\;.*\\;=\\;(.*?)\\qquad.*", card.numbers
                )
                assert found
                measured, total = number(found[1]), number(found[2])
                assert len(terms) == len(curve.paper.terms) == 3
                for text, term in zip(terms, curve.paper.terms, strict=True):
                    assert number(text) == pytest.approx(term.values[at] / scale, rel=0.051)
                    assert rf"\text{{{term.name}}}" in card.bound
                    assert term.formula in card.bound
                assert sum(map(number, terms)) == pytest.approx(total, rel=0.11, abs=1e-300)
                assert total == pytest.approx(curve.paper.values[at] / scale, rel=0.051)
                assert measured == pytest.approx(curve.errors[at] / scale, rel=0.051)
                values = [float(term.values[at]) for term in curve.paper.terms]
                assert sum(values) == pytest.approx(float(curve.paper.values[at]), rel=1e-12)
                largest = curve.paper.terms[int(np.argmax(values))]
                share = max(values) / sum(values) if sum(values) > 0 else 0
                assert card.dominant.startswith(f"**{largest.name}** dominates ({share:.0%})")
                assert card.source == METHODS[curve.method].paper_source


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("q", [0.05, 0.9, 0.99, 0.998001, 0.9995])
def test_the_constants_written_out_are_those_of_the_problem(family: str, q: float) -> None:
    experiment = experiment_of(
        Scenario(family=family, size=6, samples=9, horizon=3, contraction=q, methods=("aid-fp",))
    )
    card = formula_card(experiment, experiment.curves[0], View(card="aid-fp"), "light")
    written = dict(part.split("=") for part in card.constants.split(r",\;\; "))
    c = experiment.constants
    wanted = {
        "q": c.contraction,
        r"\kappa": c.condition_number,
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
    # Below the floor two equal curves differ by rounding.
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
    found = [re.search(r"ITD is (\S+) as far off as AID-FP", said) for said in says(scenario)]
    matches = [match[1] for match in found if match]
    apart = itd.errors[-1] > fixed.errors[-1] * (1 + 1e-6) and fixed.errors[-1] > fixed.floor
    assert matches == ([ratio(itd.errors[-1] / fixed.errors[-1])] if apart else [])


@pytest.mark.parametrize("contraction", [0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("family", list(FAMILIES))
def test_late_factors_are_measured_and_come_near_theory(family: str, contraction: float) -> None:
    scenario = Scenario(
        family=family, size=20, samples=40, contraction=contraction, spectrum="chebyshev"
    )
    experiment = experiment_of(scenario)
    (said,) = [text for text in says(scenario) if text.startswith("Late factor")]
    factors = dict(re.findall(r"([A-Z-]+) (\d\.\d{3})", said.split(". Theory")[0]))
    assert factors.keys() <= {"ITD", "AID-FP", "AID-CG"}
    assert f"q = {contraction:g}" in said
    root = np.sqrt(experiment.constants.condition_number)
    assert f"= {(root - 1) / (root + 1):.3f} for conjugate gradient" in said
    for label in ("ITD", "AID-FP"):
        if family == "quadratic":
            assert float(factors[label]) == pytest.approx(contraction, abs=0.02)
        else:
            # q bounds the rate; the data are kinder than the worst case.
            assert float(factors[label]) <= contraction + 0.02


@pytest.mark.parametrize("methods", [("itd-truncated",), ("one-step",), ALL])
def test_a_method_that_ends_on_a_plateau_is_not_said_to_end_at_the_rate_of_the_lower_level(
    methods: tuple[str, ...],
) -> None:
    scenario = Scenario(methods=methods, size=20, contraction=0.8, horizon=80, adjoint_steps=3)
    assert not any("every method ends at the rate" in said for said in says(scenario))


@pytest.mark.parametrize(("steps", "flat"), [(3, True), (2000, False)])
def test_a_plateau_is_told_of_only_where_there_is_one(steps: int, flat: bool) -> None:
    scenario = Scenario(
        methods=("aid-fp",), vary="inner", adjoint_steps=steps, contraction=0.9, horizon=100
    )
    (curve,) = experiment_of(scenario).curves
    assert (curve.errors[-1] > 0.9 * curve.errors[-20]) == flat
    assert any("plateau" in said for said in says(scenario)) == flat


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_looseness_told_is_the_median_over_the_clear_points(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    (said,) = [text for text in says(scenario) if text.startswith("The paper’s bound")]
    found = re.search(
        r"up to (\S+) the error in the median \((.*?)\), the sharp one (\S+?)\. ", said
    )
    assert found
    (curve,) = [c for c in experiment.curves if METHODS[c.method].label == found[2]]
    clear = curve.errors > 10 * curve.floor
    paper = np.median(curve.paper.values[clear] / curve.errors[clear])
    sharp = np.median(curve.sharp.values[clear] / curve.errors[clear])
    assert found[1] == ratio(float(paper))
    assert found[3] == ratio(float(sharp))
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


@pytest.mark.parametrize("value", [999.4, 999.5, 999.6, 999.99, 1000.0, 0.00999, 0.01, 9.996])
def test_numbers_on_the_edge_of_two_notations_are_written_plainly(value: float) -> None:
    for text in (scientific(value), latex(value), latex(value, 3), ratio(value)):
        assert "e" not in text.replace("cdot", "")


def test_numbers_that_are_none() -> None:
    assert scientific(0.0) == latex(0.0) == "0"
    assert scientific(np.inf) == "∞"
    assert scientific(np.nan) == "–"
    assert latex(np.inf) == r"\infty"
    assert ratio(np.inf) == "–"


@given(st.integers(min_value=0, max_value=10**12))
def test_a_count_has_all_its_digits(value: int) -> None:
    assert int(count(value).replace("\u2009", "")) == value
