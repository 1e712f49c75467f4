"""Presets of the Why page: each says only what its run shows, and its picture shows that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from why_cases import why_picture

from dashboard.kit.notation import percent, scientific, times
from dashboard.lessons.why import PRESETS
from dashboard.screens.why.bounds import chosen_curve, other_bounds
from dashboard.screens.why.settings import SETTINGS, WhyView, preset_named, settings_of
from hypergrad_core import Curve, HypergradError, Scenario
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.anatomy import error_burn_in, jacobian_burn_in
from hypergrad_core.studies.dissection import Dissection, dissect
from hypergrad_core.studies.modes import fixed_point_polynomials, ritz_values
from hypergrad_core.studies.step_search import first_to_stay

KEYS = [preset.key for preset in PRESETS]
# What a text may name without measuring it: formulas.
FORMULAS = ("1 − q", "1 + q", "p(0) = 1", "(1 − z)ᵏ", "1000 times")


@cache
def dissected(scenario: Scenario) -> Dissection:
    return dissect(scenario)


def of(key: str) -> tuple[Dissection, WhyView]:
    scenario, view = settings_of(preset_named(key))
    return dissected(scenario), view


def curve_of(found: Dissection, method: str) -> Curve:
    return found.experiment.curve(method)


def relative(found: Dissection, method: str) -> FloatArray:
    norm = found.experiment.constants.hypergradient_norm
    return np.asarray(curve_of(found, method).errors / norm)


def solved_after(found: Dissection, method: str) -> int | None:
    run = found.run_of(method)
    return first_to_stay(run.residual_norms / run.residual_norms[0], 1e-3)


def turns(found: Dissection) -> list[float]:
    """Cosines between the errors of w at successive steps: 1 straight on, −1 to the other side."""
    gaps = found.gaps[:20] / np.linalg.norm(found.gaps[:20], axis=1)[:, None]
    return [float(a @ b) for a, b in pairwise(gaps)]


def clusters(found: Dissection) -> list[str]:
    assert found.modes is not None
    q = found.scenario.contraction
    values = found.modes.values
    assert ((abs(values - 1 + q) < 1e-9) | (abs(values - 1 - q) < 1e-9)).all()
    np.testing.assert_allclose(abs(fixed_point_polynomials(values, 9)[9]), q**9)
    for other in (0.5, 0.99):
        run = dissected(replace(found.scenario, contraction=other)).run_of("aid-cg")
        assert run.settled == 2
    conjugate = found.run_of("aid-cg")
    return [f"degree {len(np.unique(values.round(9)))}", f"after {conjugate.settled} steps"]


def even(found: Dissection) -> list[str]:
    assert found.modes is not None
    assert np.ptp(np.diff(found.modes.values)) < 0.05
    assert solved_after(found, "aid-fp") is None
    conjugate = found.run_of("aid-cg")
    ritz, values = ritz_values(conjugate, 12), found.modes.values
    off = np.abs(ritz[:, None] - values).min(axis=1)
    assert max(off[0], off[-1]) < off[3:-3].max() / 10
    return [
        f"√cond(M) = {np.sqrt(found.modes.condition_number):.3g}",
        f"{solved_after(found, 'aid-cg')} steps",
        f"more than {found.steps}",
    ]


def near_plus(found: Dissection) -> list[str]:
    assert found.modes is not None
    assert min(turns(found)) > 0.99
    low, high = sorted(1 - found.modes.values)
    return [f"∂₁Φ are {low:.3g} and {high:.3g}"]


def near_minus(found: Dissection) -> list[str]:
    assert found.modes is not None
    assert max(turns(found)) < -0.99
    assert found.scenario.contraction == of("near-plus")[0].scenario.contraction
    low, high = sorted(1 - found.modes.values)
    return [f"∂₁Φ are −{-low:.3g} and −{-high:.3g}"]


def far_start(found: Dissection) -> list[str]:
    errors = relative(found, "itd")
    near = relative(dissected(replace(found.scenario, start=0.0)), "itd")
    assert (errors[80] / errors[60]) == pytest.approx(near[80] / near[60], rel=0.05)
    assert found.scenario.contraction == of("near-plus")[0].scenario.contraction
    grown = float(errors.max() / errors[0])
    return [f"{grown:.0f} times its first value", f"(at t = {np.argmax(errors)})"]


def curse(found: Dissection) -> list[str]:
    constants = found.experiment.constants
    assert not error_burn_in(constants).rises
    itd, cg = relative(found, "itd"), relative(found, "aid-cg")
    grown = float(itd.max() / itd[0])
    return [
        f"grows for {np.argmax(itd)} steps",
        f"to {grown:.0f} times its first value",
        f"the peak at t = {jacobian_burn_in(constants).peak_step:.3g}.",
        f"t = 17 its error is {itd[17] / cg[17]:.0f} times smaller",
        f"t = 150 it is {float(f'{itd[150] / cg[150]:.2g}'):.0f} times smaller",
    ]


def no_cg(found: Dissection) -> list[str]:
    forced = found.run_of("aid-cg")
    assert forced.forced
    with pytest.raises(HypergradError, match="aid-cg was refused"):
        found.experiment.curve("aid-cg")
    growth = forced.residual_norms[-1] / forced.residual_norms[0]
    settled = {}
    for method in ("aid-cgnr", "aid-gmres"):
        run = found.run_of(method)
        assert not run.forced
        settled[method] = run.settled
    return [
        f"after {found.steps} steps the residual is {growth:.0f} times the first one",
        f"is solved in {settled['aid-cgnr']} step;",
        f"GMRES needs {settled['aid-gmres']}.",
    ]


def false_from(found: Dissection, bound: FloatArray) -> int:
    curve = curve_of(found, "itd")
    return int(np.flatnonzero((curve.errors > curve.floor) & (bound < curve.errors))[0])


def misjudged(found: Dissection) -> list[str]:
    view = of("misjudged")[1]
    curve = curve_of(found, "itd")
    (bound,) = other_bounds(found, curve, view).values()
    assert (bound.values[1:] < curve.paper.values[1:]).all()
    return [
        f"q is {view.assumed:g},",
        f"it is {found.scenario.contraction:g}.",
        f"q̂ = {view.assumed:g}",
        f"at t = {false_from(found, bound.values)}.",
    ]


def flat(found: Dissection) -> list[str]:
    curve = curve_of(found, "itd")
    drift = next(term for term in curve.paper.terms if term.name == "drift")
    lost = {
        name: float(curve.paper.values[-1] / bound.values[-1])
        for name, bound in other_bounds(found, curve, of("flat")[1]).items()
    }
    star = f"{found.contraction_at_solution:.3g}"
    return [
        f"{percent(float(drift.values[-1] / curve.paper.values[-1]))} of the bound",
        f"At t = {found.steps}",
        f"{times(lost['ν₁ = 0'])} smaller with ν₁ = 0",
        f"{times(lost[f'q = {star}'])} smaller with the q that holds at w(λ), {star}",
    ]


def level(found: Dissection) -> tuple[int, float, str]:
    """From when on the error is within a factor of 2 of its last value; that; the estimate."""
    errors = relative(found, "itd")
    last = float(errors[-1])
    settled = first_to_stay(errors, 2 * last)
    assert settled is not None
    # Before that it still fell at the rate of the iteration.
    assert errors[settled - 20] > 3 * last
    estimate = curve_of(found, "itd").floor / found.experiment.constants.hypergradient_norm
    assert last < estimate
    return settled, last, scientific(estimate)


def rounding(found: Dissection) -> list[str]:
    settled, last, estimate = level(found)
    curve = curve_of(found, "itd")
    assert curve.paper.values[-1] < curve.errors[-1]
    return [f"near t = {settled}, at {scientific(last)}.", f"{estimate},"]


def single(found: Dissection) -> list[str]:
    settled, last, estimate = level(found)
    digits = -np.log10(found.experiment.constants.unit_roundoff)
    decades = np.log10(last / level(of("rounding")[0])[1])
    return [
        f"with {digits:.0f} digits",
        f"near t = {settled}, at {scientific(last)},",
        f"{decades:.0f} decades above",
        f"at {estimate},",
    ]


FACTS: dict[str, Callable[[Dissection], list[str]]] = {
    "clusters": clusters,
    "even": even,
    "near-plus": near_plus,
    "near-minus": near_minus,
    "far-start": far_start,
    "curse": curse,
    "no-cg": no_cg,
    "misjudged": misjudged,
    "flat": flat,
    "rounding": rounding,
    "single": single,
}


def test_every_preset_has_a_key_of_its_own_and_its_facts() -> None:
    assert len(set(KEYS)) == len(KEYS)
    assert FACTS.keys() == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_number_of_a_text_is_that_of_its_run(key: str) -> None:
    text = preset_named(key).text
    for fact in FACTS[key](of(key)[0]):
        assert fact in text
        text = text.replace(fact, "")
    for formula in FORMULAS:
        text = text.replace(formula, "")
    assert not re.findall(r"\d", text), f"a number that no run was asked for: {text}"


def texts_of(frame: dict[str, Any]) -> list[str]:
    return [str(trace.get("text")) for trace in frame["figure"]["data"] if trace.get("text")]


def test_the_curse_preset_draws_the_method_that_it_compares_with() -> None:
    found, view = of("curse")
    frame = why_picture("bound", found, view, "light")
    data = frame["figure"]["data"]
    (pale,) = [trace for trace in data if trace.get("name") == "AID-CG, error"]
    assert pale["opacity"] < 0.5
    assert any("AID-CG" in text for text in texts_of(dict(frame)))


@pytest.mark.parametrize("key", KEYS)
def test_a_preset_is_its_problem_and_only_where_it_was_chosen(key: str) -> None:
    preset = preset_named(key)
    scenario, view = settings_of(preset)
    assert SETTINGS.preset_of(scenario, None) is None
    assert "preset" not in SETTINGS.address_of(scenario, view, None)
    assert SETTINGS.preset_of(scenario, key) == preset
    assert SETTINGS.address_of(scenario, view, key) == {"preset": key}
    assert SETTINGS.preset_of(replace(scenario, seed=77), key) is None


def test_near_plus_does_not_promise_a_straight_path() -> None:
    """The path bends from one eigenvector to the other."""
    found, _ = of("near-plus")
    way = found.gaps[0] / np.linalg.norm(found.gaps[0])
    last = found.gaps[-1] / np.linalg.norm(found.gaps[-1])
    assert way @ last < 0.99
    assert "straight" not in preset_named("near-plus").text
    assert "without a zigzag" in preset_named("near-plus").text


@pytest.mark.parametrize("key", KEYS)
def test_a_preset_is_a_link_that_is_allowed(key: str) -> None:
    link = dict(parse_qsl(preset_named(key).link, strict_parsing=True))
    scenario, view, messages = SETTINGS.of_link(link)
    assert messages == ()
    assert SETTINGS.of_link(SETTINGS.link_of(scenario, view)) == (scenario, view, ())
    assert chosen_curve(dissected(scenario), view) is not None
