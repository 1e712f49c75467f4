"""The bound of one method, written out."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from frames import ALL, experiment_of
from words_cases import SCENARIOS, number

from dashboard.kit.notation import (
    TERM_NAMES,
    percent,
)
from dashboard.screens.explore.figure.bound_card import (
    MEANINGS,
    STATUSES,
    TIERS,
    Card,
    formula_card,
)
from dashboard.screens.explore.figure.lines import unit
from dashboard.screens.explore.settings import View
from hypergrad_core import FAMILIES, METHODS, Scenario
from hypergrad_core.constants import WeightedConstants
from hypergrad_core.inner import SOLVERS
from tests.core.inner_cases import ACCELERATED
from tests.core.method_cases import refused_by


def depth(text: str) -> int:
    """Braces that stay open; fails if one is closed that was not opened."""
    level = 0
    for brace in re.sub(r"\\[{}]", "", text):
        level += {"{": 1, "}": -1}.get(brace, 0)
        assert level >= 0
    return level


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
def test_what_only_the_formulas_of_the_heavy_ball_have_is_known(q: float) -> None:
    root = np.sqrt((1 + q) / (1 - q))
    r = (root - 1) / (root + 1)
    assert SOLVERS["heavy-ball"].symbols(q) == pytest.approx(
        {
            "r": r,
            "b": (1 - r**2) / (1 + r**2),
            "a": 4 / (np.sqrt(1 + q) + np.sqrt(1 - q)) ** 2,
        }
    )


@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("inner", ACCELERATED)
def test_what_only_the_formulas_of_momentum_have_is_written_out(inner: str, q: float) -> None:
    scenario = Scenario(methods=ALL, size=20, contraction=q, inner=inner)
    experiment = experiment_of(scenario)
    wanted = SOLVERS[inner].symbols(q)
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


@pytest.mark.parametrize("method", sorted({*ALL} - refused_by("equilibrium-symmetric")))
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
