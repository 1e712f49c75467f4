"""Problems of one's own: run like those of the families, with constants and without."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hypergrad_core import (
    METHODS,
    FunctionProblem,
    HypergradError,
    Lipschitz,
    Points,
    Problem,
    ProblemPlane,
    Refusal,
    Scenario,
    Status,
    equations,
    problem,
    problem_plane,
    problem_requirements,
    run,
    run_problem,
)
from hypergrad_core.bounds.observed import ObservedPath
from hypergrad_core.studies import prepared
from hypergrad_core.studies.plane import plane
from hypergrad_core.studies.requirements import requirements
from tests.core.bound_cases import SLACK
from tests.core.helpers import build, relative_gap
from tests.core.helpers import plane as every_pair
from tests.core.method_cases import CASES, refused_by
from tests.core.own_problems import Scaled, one_by_one, ridge

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "examples"
LONGEST_EXAMPLE = 25
FAMILIES = {
    "logistic": {"family": "logistic", "size": 6, "samples": 9},
    "kernel-ridge": {"family": "kernel-ridge", "size": 7, "hyper_size": 3},
    "hyper-representation": {"family": "hyper-representation", "size": 3, "samples": 8},
    "equilibrium": {"family": "equilibrium", "size": 12, "samples": 4},
    "nonsymmetric": {"family": "nonsymmetric", "size": 7, "hyper_size": 2},
}


@pytest.fixture(params=FAMILIES, ids=str)
def family(request: pytest.FixtureRequest) -> Problem:
    return build(contraction=0.8, start=1.0, **FAMILIES[request.param])


@pytest.mark.parametrize("name", ["own_ridge", "own_jax"])
def test_the_examples_are_short_and_right(name: str) -> None:
    source = EXAMPLES / f"{name}.py"
    lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= LONGEST_EXAMPLE
    finished = subprocess.run(
        [sys.executable, "-W", "error", source],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{':'.join(sys.path)}", "PATH": ""},
    )
    assert "checks passed" in finished.stdout
    assert "FAIL" not in finished.stdout


@pytest.mark.parametrize("method", METHODS)
def test_functions_of_one_state_give_what_blocks_give(family: Problem, method: str) -> None:
    points = every_pair([0, 3, 8], [0, 1, 4])
    own = run_problem(one_by_one(family), [method], points)
    same = run_problem(family, [method], points)
    if CASES[method].contraction:
        # Without constants it is refused; with them it is compared like the others.
        (refused,) = own.refusals
        assert ("contraction constant" if family.symmetric else "symmetric") in refused.reason
        known = one_by_one(family, known=lambda hyper: family.at(hyper).lipschitz())
        own = run_problem(known, [method], points)
    assert {one.method for one in own.refusals} == {one.method for one in same.refusals}
    for one, other in zip(own.curves, same.curves, strict=True):
        assert one.estimate.points == other.estimate.points
        assert relative_gap(one.estimate.hypergradients, other.estimate.hypergradients) < 1e-11
        assert one.estimate.costs == other.estimate.costs
    truth = family.reference
    found = one_by_one(family).reference
    assert relative_gap(found.solution, truth.solution) < 1e-12
    assert relative_gap(found.adjoint, truth.adjoint) < 1e-11
    assert relative_gap(found.hypergradient, truth.hypergradient) < 1e-11


def test_a_run_of_a_problem_is_that_of_its_scenario() -> None:
    scenario = Scenario(family="logistic", size=6, samples=9, horizon=15)
    points = Points(scenario.steps(), scenario.steps())
    own = run_problem(scenario.build(), scenario.methods, points)
    assert own.curves == run(scenario).curves
    assert own.note == ""
    one = problem_plane(scenario.build(), "aid-fp", 15)
    other = plane(scenario, "aid-fp")
    assert isinstance(one, ProblemPlane)
    assert isinstance(other, ProblemPlane)
    assert one == ProblemPlane(**{name: getattr(other, name) for name in vars(one)})
    needs = problem_requirements(scenario.build(), scenario.methods, 1e-3)
    assert needs.methods == requirements(scenario, 1e-3).methods


@pytest.mark.parametrize("affine", [False, True])
def test_without_constants_every_sharp_bound_holds(family: Problem, affine: bool) -> None:
    """Nothing of the problem is known but its functions; what is measured bounds the error."""
    own = one_by_one(family, affine=affine and family.affine)
    found = run_problem(own, METHODS, every_pair([0, 2, 7, 15], [0, 1, 5, 12]))
    assert "no constants were given" in found.note
    assert not found.constants.known
    assert found.curves
    for curve in found.curves:
        assert not np.isfinite(curve.paper.values).any()
        assert curve.paper.source == found.note
        assert (curve.sharp.tier, curve.sharp.status) == ("X", Status.UPPER)
        assert np.all(curve.errors <= curve.sharp.values * (1 + SLACK) + curve.floor), curve.method


def test_without_constants_the_sharp_bound_is_no_looser(family: Problem) -> None:
    """A measured change is never above a Lipschitz constant times the distance."""
    points = every_pair([1, 6, 15], [1, 6, 12])
    own = run_problem(one_by_one(family), METHODS, points)
    for curve in own.curves:
        known = run_problem(family, [curve.method], points).curve(curve.method)
        # R4 (c) needs κ, which is not measured: a residual takes its place.
        assert np.median(curve.sharp.values / known.sharp.values) < 1.5, curve.method


def test_planted_bugs_of_the_observed_bound_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each measured part is needed: without it some bound lies below its error."""
    points = every_pair(range(0, 12, 3), range(0, 12, 3))
    problems = [
        one_by_one(build(contraction=0.8, start=3.0, **fields)) for fields in FAMILIES.values()
    ]

    def holds() -> bool:
        found = [run_problem(problem, METHODS, points) for problem in problems]
        return all(
            np.all(curve.errors <= curve.sharp.values * (1 + SLACK) + curve.floor)
            for one in found
            for curve in one.curves
        )

    assert holds()
    zeros = property(lambda path: np.zeros(len(path._states)))
    for name in ("_outer_change", "_resolvent", "_rate"):
        with monkeypatch.context() as planted:
            planted.setattr(ObservedPath, name, zeros)
            assert not holds(), name
    with monkeypatch.context() as planted:
        planted.setattr(
            ObservedPath, "_measure_drift", lambda path, states, gap: (np.zeros(len(states)), "X")
        )
        assert not holds(), "drift"


def test_constants_that_are_given_make_the_papers_bound() -> None:
    found = run_problem(ridge(), METHODS, Points.diagonal(40))
    assert found.constants.known
    assert found.note == ""
    for curve in found.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(np.isfinite(bound.values))
            assert np.all(curve.errors <= bound.values * (1 + SLACK) + curve.floor)
    # L_Φ and J are measured where they are not given.
    own = ridge()
    jacobian = own.solution_jacobian
    assert found.constants.solution_jacobian_norm == pytest.approx(np.linalg.norm(jacobian, 2))
    needs = problem_requirements(own, ["itd", "aid-cg"], 1e-4)
    for need in needs.methods:
        assert need.inner.measured is not None
        assert need.inner.predicted is not None
        assert need.inner.measured <= need.inner.predicted


def test_requirements_without_constants_are_measured_only() -> None:
    needs = problem_requirements(ridge(known=None), ["itd", "aid-cg", "one-step"], 1e-4)
    assert {need.inner.predicted for need in needs.methods} == {None}
    same = problem_requirements(ridge(), ["itd", "aid-cg"], 1e-4)
    assert [need.inner.measured for need in needs.methods] == [
        need.inner.measured for need in same.methods
    ]
    assert [refused.method for refused in needs.refusals] == ["one-step"]


def test_a_subclass_works_on_blocks() -> None:
    own = Scaled(hyper=np.array([0.5]), initial_state=np.zeros(1))
    found = run_problem(own, METHODS, Points.diagonal(30))
    assert {refused.method for refused in found.refusals} == refused_by("nonsymmetric")
    for curve in found.curves:
        assert np.all(curve.errors <= curve.sharp.values * (1 + SLACK) + curve.floor)
    assert found.curve("aid-gmres").errors[-1] < 1e-9
    assert isinstance(problem_plane(own, "itd", 5), Refusal)


def test_the_heavy_ball_needs_what_it_is_proved_for() -> None:
    points = Points.diagonal(30)
    (curve,) = run_problem(ridge(), ["itd"], points, inner="heavy-ball").curves
    assert np.all(curve.errors <= curve.paper.values * (1 + SLACK) + curve.floor)
    with pytest.raises(HypergradError, match="no constants were given"):
        run_problem(ridge(known=None), ["itd"], points, inner="heavy-ball")
    with pytest.raises(HypergradError, match="affine"):
        run_problem(ridge(affine=False), ["itd"], points, inner="heavy-ball")


def test_names_that_are_not_known_are_refused_with_those_that_are() -> None:
    points = Points.diagonal(3)
    with pytest.raises(HypergradError, match=r"'aid_cg'.*aid-cg"):
        run_problem(ridge(), ["aid_cg"], points)
    with pytest.raises(HypergradError, match=r"'newton'.*fixed-point"):
        run_problem(ridge(), ["itd"], points, inner="newton")
    with pytest.raises(HypergradError, match="no t"):
        problem_requirements(ridge(), ["itd"], 1e-3, inner="exact")


def test_functions_that_do_not_fit_are_named() -> None:
    with pytest.raises(HypergradError, match="jvp_state is needed"):
        ridge(symmetric=False)
    with pytest.raises(HypergradError, match=r"vjp_hyper returns shape \(8,\).*\(1,\)"):
        _ = ridge(vjp_hyper=lambda w, lam, v: v).reference
    with pytest.raises(HypergradError, match=r"loss returns shape \(8,\)"):
        ridge(loss=lambda w, lam: w).outer(np.zeros((1, 8)))
    with pytest.raises(HypergradError, match=r"initial_state is of shape \(2, 4\)"):
        replace(ridge(), initial_state=np.zeros((2, 4)))


def test_a_solution_that_is_not_reached_is_an_error_that_says_so() -> None:
    away = ridge(phi=lambda w, lam: 2 * w + 1, vjp_state=lambda w, lam, v: v)
    with pytest.raises(HypergradError, match=r"w\(λ\) was not reached.*contraction"):
        _ = away.reference
    singular = ridge(vjp_state=lambda w, lam, v: v, solution=lambda lam: np.zeros(8))
    with pytest.raises(HypergradError, match="singular"):
        _ = singular.reference


def test_a_solution_that_is_given_is_taken() -> None:
    truth = ridge().reference
    given = ridge(solution=lambda lam: truth.solution)
    assert np.array_equal(given.reference.solution, truth.solution)
    assert relative_gap(given.reference.hypergradient, truth.hypergradient) < 1e-13


def test_a_large_problem_is_solved_without_its_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """GMRES in place of elimination, more than once started again; and no bound is measured."""
    affine = build(family="nonsymmetric", size=60, hyper_size=2, contraction=0.99)
    large = one_by_one(affine)
    monkeypatch.setattr(problem, "LARGEST_MATRIX", 59)
    monkeypatch.setattr(equations, "RESTART_STEPS", 20)
    monkeypatch.setattr(prepared, "LARGEST_WORK", 20 * 60**3)
    assert relative_gap(large.reference.solution, affine.reference.solution) < 1e-9
    assert relative_gap(large.reference.hypergradient, affine.reference.hypergradient) < 1e-9
    assert relative_gap(large.solution_jacobian.T, affine.solution_jacobian.T) < 1e-9
    found = run_problem(large, ["itd", "aid-gmres"], Points.diagonal(20))
    for curve in found.curves:
        assert curve.errors[-1] < curve.errors[0]
        assert curve.sharp.source == prepared.TOO_LARGE
        assert not np.isfinite(curve.sharp.values).any()


def test_constants_that_are_unknown_are_infinite_and_claim_nothing() -> None:
    constants = ridge(known=None).constants
    assert np.isinf(constants.contraction)
    assert np.isinf(constants.outer_gradient_bound)
    assert 0 < constants.rounding_floor < 1e-9
    # A run that starts at w(λ): 0 times ∞ must not turn up.
    at_rest = ridge(known=None).starting_at(ridge().reference.solution)
    assert at_rest.constants.outer_gradient_bound == at_rest.constants.outer_gradient_norm
    assert not np.isnan(at_rest.constants.at_solution().rounding_floor)


def test_constants_of_one_problem_follow_its_hyperparameters() -> None:
    def known(lam: np.ndarray) -> Lipschitz:
        return Lipschitz(contraction=float(lam[0]) + 2.5, nu1=0, nu2=0, mu1=1, mu2=0)

    own = ridge(known=known)
    assert isinstance(own, FunctionProblem)
    assert own.constants.contraction == 0.5
    assert own.at(np.array([-1.75])).constants.contraction == 0.75
