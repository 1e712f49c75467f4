"""The checks of a problem: every family passes, and each planted fault is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, FunctionProblem, check_problem, problem_checks
from hypergrad_core.arrays import FloatArray
from hypergrad_core.checks import CONSTANTS
from hypergrad_core.scenario import SPECTRA
from tests.core.helpers import build
from tests.core.own_problems import Scaled, ScaledLinearisation, one_by_one, ridge

SMALL = {"size": 12, "samples": 6, "hyper_size": 5}
# Many rows and few, one unit, one feature, one hyperparameter.
SHAPES: list[dict[str, Any]] = [
    {"family": "quadratic", "size": 31, "hyper_size": 1, "spectrum": "log-uniform"},
    {"family": "logistic", "size": 12, "samples": 20},
    {"family": "logistic-log", "size": 20, "samples": 12},
    {"family": "softmax", "size": 12, "samples": 20},
    {"family": "softmax", "size": 60, "samples": 7},
    {"family": "learned-digits", "size": 30, "samples": 20},
    {"family": "learned-digits", "size": 6, "samples": 9},
    {"family": "kernel-ridge", "size": 14, "hyper_size": 4},
    {"family": "kernel-ridge", "size": 9, "hyper_size": 1},
    {"family": "biased", "size": 12, "samples": 20},
    {"family": "biased", "size": 20, "samples": 4},
    {"family": "hyper-representation", "size": 4, "hyper_size": 28, "samples": 15},
    {"family": "hyper-representation", "size": 6, "samples": 3},
    {"family": "biased-tasks", "size": 48, "samples": 24},
    {"family": "biased-tasks", "size": 60, "samples": 5},
    {"family": "representation-tasks", "size": 24, "hyper_size": 16, "samples": 24},
    {"family": "representation-tasks", "size": 60, "hyper_size": 5, "samples": 12},
    {"family": "equilibrium", "size": 30, "samples": 6},
    {"family": "equilibrium", "size": 8, "samples": 2},
    {"family": "equilibrium", "data": "digits", "size": 150},
    {"family": "equilibrium-symmetric", "size": 24, "samples": 6},
    {"family": "graph-network", "size": 28, "samples": 7},
    {"family": "graph-network", "data": "karate_club", "size": 68},
    {"family": "nonsymmetric", "size": 21, "hyper_size": 4},
]
DATA = [
    {"family": family, "data": data, **SMALL}
    for family in FAMILIES
    for data in FAMILIES[family].data
]
ROUNDED = [{"family": family, "precision": "single", **SMALL} for family in FAMILIES]


def check(problem: Any) -> None:
    table = check_problem(problem)
    assert table.ok, f"\n{table}"
    assert table.note == ""


@pytest.mark.parametrize("fields", [*SHAPES, *DATA, *ROUNDED], ids=str)
def test_every_family_passes(fields: dict[str, Any]) -> None:
    """At a λ whose entries differ, away from where it was built, with a start that is not 0."""
    built = build(contraction=0.9, seed=3, **fields)
    random = np.random.default_rng(1)
    moved = built.at(built.hyper * random.uniform(0.9, 1.1, built.hyper_size))
    check(moved.starting_at(random.standard_normal(built.state_size)))


@pytest.mark.parametrize("spectrum", SPECTRA)
def test_every_spectrum_passes(spectrum: str) -> None:
    check(build(spectrum=spectrum, size=24, hyper_size=5))
    check(build(spectrum=spectrum, size=24, hyper_size=5).canonical())


@pytest.mark.parametrize("family", FAMILIES)
def test_so_it_does_where_it_hardly_contracts(family: str) -> None:
    check(build(family=family, contraction=0.9999, **SMALL))


def test_a_problem_too_large_for_matrices_is_checked_by_its_products() -> None:
    problem = build(size=2000, hyper_size=3)
    table = check_problem(problem)
    assert table.ok, f"\n{table}"
    names = {one.name for one in table.checks}
    assert "q (contraction)" in names
    assert "κ (condition_number)" not in names
    # A norm that is approached from below comes close.
    (ratio,) = (one.figure for one in table.checks if one.name == "q (contraction)")
    assert 0.9 < ratio <= 1 + 1e-9


def failures(problem: Any) -> set[str]:
    return {one.name for one in check_problem(problem).failed}


def test_a_product_with_one_sign_wrong_is_named() -> None:
    """The other three products are cleared: the fault is that of the one that is named."""
    right = ridge()
    signs: dict[str, Callable[..., FloatArray]] = {
        "vjp_hyper": lambda w, lam, v: -right.vjp_hyper(w, lam, v),
        "jvp_hyper": lambda w, lam, u: -right.jvp_hyper(w, lam, u),
        "vjp_state": lambda w, lam, v: -right.vjp_state(w, lam, v),
        "jvp_state": lambda w, lam, u: -right.vjp_state(w, lam, u),
    }
    for product, wrong in signs.items():
        failed = failures(ridge(**{product: wrong}))
        named = {name.split()[0] for name in failed if "differences of Φ" in name}
        # Where ∂₁Φ is symmetric, its one product says both.
        assert named == ({"vjp_state", "jvp_state"} if product == "vjp_state" else {product})
    table = str(check_problem(ridge(vjp_hyper=signs["vjp_hyper"])))
    assert "FAIL  vjp_hyper against differences of Φ in λ" in table
    assert "ok    jvp_hyper against differences of Φ in λ" in table
    # Both inner products are shown.
    start = "FAIL  jvp_hyper against vjp_hyper"
    (line,) = (line for line in table.splitlines() if line.startswith(start))
    left, other = (float(part.partition("=")[2]) for part in line.split(", ⟨vjp"))
    assert left == pytest.approx(-other)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a gradient of E that is twice too large": (
        {"loss_gradient_state": lambda w, lam: 2 * ridge().loss_gradient_state(w, lam)},
        "outer_gradient_state against differences of E",
    ),
    "an E that sees λ, and a gradient that does not say so": (
        {"loss": lambda w, lam: ridge().loss(w, lam) + lam[0]},
        "outer_gradient_hyper against differences of E",
    ),
    "a map that is not affine": (
        {"phi": lambda w, lam: ridge().phi(w, lam) + 0.01 * np.sin(w)},
        "Φ is affine in w",
    ),
    "a solution that is none": (
        {"solution": lambda lam: np.ones(8)},
        "w(λ) is a fixed point",
    ),
    "a product that depends on chance": (
        {"vjp_state": lambda w, lam, v: v * np.random.default_rng().random()},
        "rows of a linearisation",
    ),
    "a number that is none": (
        {"loss": lambda w, lam: np.nan},
        "shapes and finite values",
    ),
    "a shape that is another": (
        {"vjp_hyper": lambda w, lam, v: v},
        "vjp_hyper against differences of Φ in λ",
    ),
    "a function that raises": (
        {"jvp_hyper": lambda w, lam, u: {}["nothing"]},
        "jvp_hyper against differences of Φ in λ",
    ),
    "a map in single precision": (
        {"phi": lambda w, lam: np.float32(ridge().phi(w, lam))},
        "jvp_state against differences of Φ in w",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault: str) -> None:
    fields, name = FAULTS[fault]
    assert name in failures(ridge(**fields))


def test_a_claim_of_symmetry_is_looked_at() -> None:
    affine = build(family="nonsymmetric", size=7, hyper_size=2)
    assert check_problem(one_by_one(affine)).ok
    assert "∂₁Φ is symmetric" in failures(one_by_one(affine, symmetric=True))


def test_a_claim_of_a_metric_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "I − ∂₁Φᵀ is self-adjoint in the metric"
    problem = Scaled(hyper=np.array([0.5]), initial_state=np.zeros(1))
    assert name not in {one.name for one in check_problem(problem).checks}
    monkeypatch.setattr(Scaled, "self_adjoint", True)
    assert failures(problem) == {name}
    monkeypatch.setattr(ScaledLinearisation, "metric", np.full((3, 1), 2.0))
    assert failures(problem) == {name}
    monkeypatch.setattr(ScaledLinearisation, "metric", np.full((3, 1), 0.5))
    assert check_problem(problem).ok
    network = build(family="equilibrium-symmetric", size=24, samples=6)
    assert name in {one.name for one in check_problem(network).checks}
    tilted = network.hyper.copy()
    tilted[1] *= 1.1
    assert name not in {one.name for one in check_problem(network.at(tilted)).checks}


@pytest.mark.parametrize("constant", ["contraction", "nu2", "mu1", "hyper_jacobian_norm"])
def test_a_constant_that_is_too_small_is_named(constant: str) -> None:
    right = ridge().lipschitz()
    value = getattr(right, constant) or ridge().constants.hyper_jacobian_norm
    small = replace(right, **{constant: 0.5 * value})
    assert f"{CONSTANTS[constant]} ({constant})" in failures(ridge(known=lambda lam: small))


def test_a_constant_that_is_claimed_to_be_0_is_looked_at() -> None:
    flat = replace(ridge().lipschitz(), nu2=0.0)
    table = check_problem(ridge(known=lambda lam: flat))
    assert "claimed 0, but it is not" in str(table)
    assert {one.name for one in table.failed} == {"ν₂ (nu2)"}


def test_without_constants_none_is_checked_and_the_table_says_so() -> None:
    table = check_problem(ridge(known=None))
    assert table.ok
    assert "no constants were given" in str(table)
    assert not any("(" in one.name and "nu" in one.name for one in table.checks)


def test_what_cannot_be_solved_is_a_finding_not_an_exception() -> None:
    table = check_problem(ridge(phi=lambda w, lam: 2 * w + 1))
    assert "w(λ) is a fixed point" in {one.name for one in table.failed}
    assert "the constants could not be checked" in table.note
    assert "w(λ) was not reached" in str(table)


def test_the_slope_of_the_error_is_shown() -> None:
    name = "jvp_hyper against differences of Φ in λ"
    (right,) = (one for one in check_problem(ridge()).checks if one.name == name)
    assert right.detail.endswith("falls as h^2.0")
    wrong = ridge(jvp_hyper=lambda w, lam, u: 1.001 * ridge().jvp_hyper(w, lam, u))
    (found,) = (one for one in check_problem(wrong).failed if one.name == name)
    # A thousandth is left over, whatever the width.
    assert found.figure == pytest.approx(1e-3, rel=0.5)


@pytest.mark.parametrize(("name", "run"), [*problem_checks(ridge())])
def test_the_checks_come_one_by_one(name: str, run: Callable[[], None]) -> None:
    assert name in {one.name for one in check_problem(ridge()).checks}
    run()


def test_a_check_that_fails_raises_its_line() -> None:
    wrong = dict(problem_checks(ridge(vjp_hyper=lambda w, lam, v: np.exp(lam) * (w @ v))))
    with pytest.raises(AssertionError, match="FAIL  vjp_hyper against differences"):
        wrong["vjp_hyper against differences of Φ in λ"]()
    assert isinstance(ridge(), FunctionProblem)
