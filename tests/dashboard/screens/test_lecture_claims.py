"""What the texts of lessons claim in words, and the numbers that are written out in them."""

from __future__ import annotations

import re
from dataclasses import replace
from inspect import signature
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from lesson_cases import NAMED, face, facts, own

from dashboard.lessons.lecture.facts import relative
from hypergrad_core import Experiment, Scenario, run
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.landscape import landscape
from hypergrad_core.studies.modes import conjugate_gradient_polynomials
from hypergrad_core.studies.requirements import fitted_slope


def scenario(key: str) -> Scenario:
    found: Scenario = face(key).settings.scenario
    return found


def text(key: str) -> str:
    lesson = NAMED[key]
    return " ".join((lesson.need, lesson.text, lesson.prediction.question))


def settles(errors: Any) -> bool:
    late = errors[len(errors) // 2 :]
    return bool(late.max() / late.min() < 10)


def test_hypergradient() -> None:
    found = own("hypergradient")
    assert f"by {scenario('hypergradient').build().hyper_size} measurements" in text(
        "hypergradient"
    )
    slopes = np.diff(found.values) / np.diff(found.hyper)
    middle = (found.slopes[1:] + found.slopes[:-1]) / 2
    np.testing.assert_allclose(slopes, middle, atol=0.02 * abs(middle).max())
    known = facts("hypergradient")
    best = float(known["answer"])
    assert (found.slopes[found.hyper < best - 0.1] < 0).all()
    assert (found.slopes[found.hyper > best + 0.1] > 0).all()
    assert float(known["left"]) == found.values[found.hyper == -8]
    assert float(known["right"]) == found.values[found.hyper == 2]


def test_landscape_is_that_of_the_problem() -> None:
    found = landscape(Scenario(family="logistic", size=4, samples=9), np.array([0.5, 2.0]))
    problem = found.scenario.build().at(np.full(4, 2.0))
    assert found.values[1] == problem.objective()
    assert found.slopes[1] == problem.reference.hypergradient.sum()
    assert found == replace(found)
    assert found.best == int(np.argmin(found.values))


def test_fixed_point() -> None:
    found, known = own("fixed-point"), facts("fixed-point")
    q = scenario("fixed-point").contraction
    assert f"here {q:g}" in text("fixed-point")
    assert f"(1 + q)/(1 − q), here {known['kappa']:g}" in text("fixed-point")
    assert "0.9 multiplied by itself" in NAMED["fixed-point"].reveal
    twice = np.argmax(
        np.linalg.norm(found.gaps, axis=1) <= 0.01**0.5 * np.linalg.norm(found.gaps[0])
    )
    assert 2 * twice == pytest.approx(float(known["answer"]), abs=2)
    assert q ** float(known["answer"]) == pytest.approx(0.01, rel=0.05)
    left = np.linalg.norm(found.gaps, axis=1)
    assert (left[1:] <= q * left[:-1] * (1 + 1e-12)).all()


def test_unrolling() -> None:
    reverse, forward = (relative(own("unrolling"), key) for key in ("itd", "itd-forward"))
    np.testing.assert_allclose(reverse, forward, rtol=1e-6)
    held = own("unrolling").curve("itd-forward").estimate.costs.stored_floats
    assert (held == held[0]).all() or (held[1:] == held[1]).all()
    more = run(replace(scenario("unrolling"), hyper_size=10))
    assert more.curve("itd-forward").estimate.costs.stored_floats[-1] > 1.5 * held[-1]
    taken = [item.curve("itd").estimate.costs.products[-1] for item in (more, own("unrolling"))]
    assert taken[0] == taken[1]


def test_burn_in() -> None:
    known, made = facts("burn-in"), scenario("burn-in")
    assert made.start == 0.5
    assert f"from t = 0 to t = {made.horizon}" in text("burn-in")
    assert float(known["first"]) == pytest.approx(1, abs=0.1)
    last = float(relative(own("burn-in"), "itd")[-1])
    assert "about 0.2" in text("burn-in")
    assert last == pytest.approx(0.2, rel=0.25)
    assert float(known["peak"]) < float(known["back"]) < float(known["last"])
    assert float(known["peak"]) == pytest.approx(1 / (1 - made.contraction), rel=0.25)
    # The derivatives of a step change with w here, and did not in the lesson before.
    assert own("burn-in").constants.nu2 > 0
    assert own("unrolling").constants.nu1 == own("unrolling").constants.nu2 == 0
    # Further away, or slower: a larger bump.
    far = relative(run(replace(made, start=5.0)), "itd")
    assert far.max() / far[0] > 2


def test_implicit() -> None:
    made, found = scenario("implicit"), own("implicit")
    assert made.vary == "adjoint"
    assert f"t stays {made.inner_steps}" in text("implicit")
    assert f"k grows to {made.horizon}" in text("implicit")
    ends = [relative(found, key)[-1] for key in ("aid-cg", "aid-fp")]
    assert ends[1] == pytest.approx(ends[0], rel=0.1)
    more = run(replace(made, inner_steps=60))
    assert relative(more, "aid-cg")[-1] < ends[0] / 10


def test_polynomials() -> None:
    found, known = own("polynomials"), facts("polynomials")
    assert f"needs {known['fixed_point']:.0f} steps" in text("polynomials")
    assert f"there are {found.state_size} eigenvalues" in text("polynomials")
    q = scenario("polynomials").contraction
    values = found.modes.values
    assert ((abs(values - 1 + q) < 1e-9) | (abs(values - 1 - q) < 1e-9)).all()
    places = len(np.unique(values.round(9)))
    assert int(found.run_of("aid-cg").settled) == float(known["answer"]) == places
    # After two steps that of conjugate gradient is 1 at 0, and large between its two zeros.
    steps = conjugate_gradient_polynomials(found.run_of("aid-cg"), np.array([0.0, 1.0]))
    assert steps[2, 0] == pytest.approx(1)
    assert abs(steps[2, 1]) > 4
    spread = dissect(replace(scenario("polynomials"), spectrum="even")).run_of("aid-cg")
    assert int(spread.settled) > 2


def test_kappa() -> None:
    known = facts("kappa")
    assert f"easy (κ = {known['kappa_first']:.3g}) to hard (κ = {known['kappa']:.0f})" in text(
        "kappa"
    )
    easy, hard = (f"{known[name]:.0f} steps on the" for name in ("fixed_first", "fixed"))
    assert f"(AID-FP) takes {easy} easy one and {hard} hard one" in text("kappa")
    assert f"(AID-CG) takes {known['first']:.0f} steps on the easy one" in text("kappa")
    assert face("kappa").settings.view.target == 1e-4
    assert float(known["slower"]) == pytest.approx(float(known["worse"]), rel=0.15)
    assert float(known["slower_cg"]) == pytest.approx(float(known["root"]), rel=0.15)
    least = signature(fitted_slope).parameters["low"].default
    assert f"from κ = {least:.0f} on" in NAMED["kappa"].reveal


def test_budget() -> None:
    known = facts("budget")
    view = face("budget").settings.view
    (plane,) = own("budget")
    assert f"With {view.budget} products" in text("budget")
    assert view.left == "aid-cg"
    assert float(known["gain"]) > 10
    # A column rests where k decides, a row where t does.
    few = int(float(known["few"]))
    assert settles(plane.errors[20:, few])
    assert settles(plane.errors[10, 20:])
    # Along a diagonal the cost is the same.
    assert plane.products[10, 7] == plane.products[11, 6] == plane.products[12, 5] == 18
    # It stops when the system is solved.
    assert plane.products[30, 29] == plane.products[30, 25] < 60


def test_the_goal_counts_products_and_knows_the_best() -> None:
    goal, (plane,) = NAMED["budget"].goal, own("budget")
    assert goal is not None
    unit = plane.hypergradient_norm
    reached = plane.products[plane.errors <= goal.target * unit]
    here = SimpleNamespace(row=int(plane.steps[-1]), column=30)
    score = goal.score(own("budget"), here)
    assert score.spent == plane.products[-1, 30]
    assert score.error == plane.errors[-1, 30] / unit
    assert score.best == reached.min() <= score.spent
    assert "10⁻⁶" in goal.task
    assert goal.target == 1e-6
    assert score.bound is None or score.bound >= score.best


def test_memory() -> None:
    made, found = scenario("memory"), own("memory")
    assert f"d = {made.size}, m = {made.hyper_size} and t = k = {made.horizon}" in text("memory")
    assert f"after {made.horizon} steps" in text("memory")
    twice = run(replace(made, horizon=2 * made.horizon))
    for curve in twice.curves:
        held = curve.estimate.costs.stored_floats[-1]
        before = found.curve(curve.method).estimate.costs.stored_floats[-1]
        assert held > 1.9 * before if curve.method == "itd" else held == before
    # All of this grows like d.
    larger = run(replace(made, size=10 * made.size))
    for curve in larger.curves:
        before = found.curve(curve.method).estimate.costs.stored_floats[-1]
        assert curve.estimate.costs.stored_floats[-1] == pytest.approx(10 * before, rel=0.01)


def test_bounds() -> None:
    known, found = facts("bounds"), own("bounds")
    assert f"at t = {known['at']:.0f}:" in text("bounds")
    curve = found.curve("itd")
    clear = curve.errors > curve.floor
    assert (curve.paper.values >= curve.errors)[clear].all()
    assert (curve.sharp.values >= curve.errors)[clear].all()
    errors = relative(found, "itd")
    assert settles(errors[-30:])
    assert float(known["least"]) < curve.floor / found.constants.hypergradient_norm
    # It tells how fast the error falls: by seven decades, and the ratio changes little.
    ratio = curve.paper.values / curve.errors
    assert errors[40] > 1e5 * errors[100]
    assert 1 / 3 < ratio[100] / ratio[40] < 3
    assert (np.diff(found.steps) == 1).all()


def test_failures() -> None:
    made, found, known = scenario("failures"), own("failures"), facts("failures")
    assert f"= {made.contraction:g}" in text("failures")
    assert f"t = k grows to {made.horizon}" in text("failures")
    assert [item.method for item in found.refusals] == ["aid-cg"]
    assert settles(relative(found, "aid-gmres"))
    assert settles(relative(found, "itd"))
    assert relative(found, "itd").min() > float(known["gmres"])
    problem = made.build()
    states = made.solver.iterate(problem, made.horizon)
    left = np.linalg.norm(states - problem.reference.solution, axis=1)
    assert left[-1] > 0.1 * left[0]
    last = np.repeat(states[-1:], problem.state_size, axis=0)
    jacobian = problem.linearise(last).vjp_state(np.eye(problem.state_size))
    assert not np.allclose(jacobian, jacobian.T)
    assert abs(np.linalg.eigvals(jacobian)).max() > 1
    assert abs(states).max() <= 1
    assert float(known["top"]) > 100 * float(known["top_half"])
    calm: Experiment = run(replace(made, contraction=0.9))
    assert all(relative(calm, curve.method)[-1] < 1e-3 for curve in calm.curves)


def test_wild() -> None:
    made, known = scenario("wild"), facts("wild")
    assert f"q = {made.contraction:g}" in text("wild")
    assert f"t = k = {made.horizon}" in text("wild")
    assert made.data == "wine"
    assert float(known["aid-cg"]) < float(known["aid-fp"]) < float(known["itd"])
    # Which curves coincide: of one wₜ, and where Φ is affine.
    late = run(replace(made, family="logistic", data="breast_cancer", vary="adjoint", horizon=200))
    np.testing.assert_allclose(
        *(relative(late, key)[-1] for key in ("aid-fp", "aid-cg")), rtol=1e-3
    )
    affine = replace(made, family="quadratic", data="synthetic")
    assert affine.build().affine
    np.testing.assert_allclose(
        *(relative(run(affine), key) for key in ("itd", "aid-fp")), rtol=1e-6
    )


def test_no_number_of_a_link_is_left_over() -> None:
    """What a lesson's link says is what is in it: nothing is written twice."""
    for lesson in NAMED.values():
        names = [name for name, _ in parse_qsl(lesson.link)]
        assert len(names) == len({*names}), lesson.key
        assert not re.search(r"[^\w.=&-]", lesson.link)
