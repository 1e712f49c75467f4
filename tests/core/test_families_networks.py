"""Equilibrium, graph network, affine map that is not symmetric: derivatives and data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import FAMILIES, check_problem
from hypergrad_core.data import load_graph
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problem import Problem
from hypergrad_core.problems.family import LARGEST_WIDTH, layer_width
from hypergrad_core.problems.nonsymmetric import NonSymmetric
from hypergrad_core.problems.tanh_network import TanhNetwork
from hypergrad_core.sampling import constant_ratios
from tests.core import bound_cases as bounds
from tests.core.helpers import ask, build, points_at, relative_gap
from tests.core.network_cases import KEYS, draw

PROBLEMS = {
    "equilibrium": {"family": "equilibrium", "size": 30, "samples": 6},
    "one unit": {"family": "equilibrium", "size": 6, "samples": 6},
    "one sample of two": {"family": "equilibrium", "size": 8, "samples": 2},
    "A symmetric": {"family": "equilibrium-symmetric", "size": 24, "samples": 6},
    "digits": {"family": "equilibrium", "data": "digits", "size": 150},
    "graph": {"family": "graph-network", "size": 28, "samples": 7},
    "karate club": {"family": "graph-network", "data": "karate_club", "size": 68},
    "affine": {"family": "nonsymmetric", "size": 21, "hyper_size": 4},
}


@pytest.fixture(params=PROBLEMS, ids=str)
def problem(request: pytest.FixtureRequest) -> Problem:
    """A problem away from where it was built, with a start that is not 0."""
    made = build(contraction=0.9, seed=3, **PROBLEMS[request.param])
    random = np.random.default_rng(1)
    moved = made.at(made.hyper * random.uniform(0.9, 1.1, made.hyper_size))
    return moved.starting_at(random.standard_normal(made.state_size))


# Derivatives and solutions.


def test_the_state_jacobian_is_not_symmetric() -> None:
    for key in KEYS:
        made = build(family=key, size=24, samples=6, contraction=0.9)
        jacobian = bounds.state_jacobian(made, made.reference.solution)
        assert not made.symmetric
        assert np.abs(jacobian - jacobian.T).max() > 1e-3 * np.abs(jacobian).max()


def test_the_solution_is_a_fixed_point_to_rounding(problem: Problem) -> None:
    truth, constants = problem.reference, problem.constants
    gap = problem.fixed_point_map(truth.solution[None])[0] - truth.solution
    size = max(1.0, float(np.linalg.norm(truth.solution)))
    assert np.linalg.norm(gap) < 1e-14 * size
    lin = problem.linearise(truth.solution[None])
    residual = truth.adjoint - lin.vjp_state(truth.adjoint[None])
    residual -= problem.outer_gradient_state(truth.solution[None])
    assert np.linalg.norm(residual) < 1e-13 * constants.adjoint_norm
    assert relative_gap(lin.vjp_hyper(truth.adjoint[None]), truth.hypergradient) < 1e-13
    far = SOLVERS["fixed-point"].iterate(problem, 400)[-1]
    assert np.linalg.norm(far - truth.solution) < 1e-12 * (size + constants.distance)


@pytest.mark.parametrize("q", [0.5, 0.9999])
@pytest.mark.parametrize("distance", [1.0, 100.0])
def test_the_solution_is_found_from_afar(q: float, distance: float) -> None:
    for key in KEYS:
        made = build(family=key, size=24, samples=6, contraction=q, seed=2)
        truth = made.reference.solution
        made = made.starting_at(distance * draw(1, made.state_size, 5)[0])
        assert relative_gap(made.at(made.hyper).reference.solution, truth) == pytest.approx(
            0, abs=1e-14 / (1 - q)
        )


def test_the_hypergradient_matches_finite_differences_of_the_objective(problem: Problem) -> None:
    gradient = problem.reference.hypergradient
    for seed in range(4):
        change = draw(1, problem.hyper_size, seed)[0]
        change /= np.linalg.norm(change)
        width = 1e-4
        ahead, back = (problem.at(problem.hyper + s * width * change) for s in (1, -1))
        slope = (ahead.objective() - back.objective()) / (2 * width)
        rounding = 1e-15 * abs(problem.objective()) / width
        assert abs(slope - gradient @ change) <= 1e-6 * np.linalg.norm(gradient) + rounding


def test_a_mixing_that_is_not_symmetric_is_transposed_in_the_adjoint() -> None:
    graph = build(family="graph-network", size=24, samples=6, contraction=0.8)
    assert isinstance(graph, TanhNetwork)
    mixing = np.random.default_rng(0).standard_normal((6, 6))
    directed = replace(graph, mixing=mixing / np.linalg.norm(mixing, 2))
    table = check_problem(directed)
    assert table.ok, f"\n{table}"
    test_the_solution_is_a_fixed_point_to_rounding(directed)
    test_the_hypergradient_matches_finite_differences_of_the_objective(directed)
    for name, ratio in constant_ratios(directed, np.random.default_rng(1)).items():
        assert ratio <= 1 + bounds.SLACK, name
    for found in bounds.compare(bounds.Instance(directed, "fixed-point", 40, 9, 5)):
        assert found.excess() <= 1, found.method


def test_the_affine_problem_has_a_closed_form() -> None:
    made = build(family="nonsymmetric", size=17, hyper_size=3, contraction=0.95)
    assert isinstance(made, NonSymmetric)
    inverse = np.linalg.inv(np.eye(17) - made.matrix)
    solution = inverse @ (made.coupling @ made.hyper + made.offset)
    hypergradient = (inverse @ made.coupling).T @ (solution - made.target)
    assert relative_gap(made.reference.solution, solution) < 1e-13
    assert relative_gap(made.reference.hypergradient, hypergradient) < 1e-13


def test_unrolled_and_implicit_differentiation_agree_on_the_affine_problem() -> None:
    made = build(family="nonsymmetric", size=17, hyper_size=3)
    diagonal = points_at(range(40), range(40))
    found, same = (ask(method, made, diagonal).hypergradients for method in ("itd", "aid-fp"))
    assert relative_gap(found[1:], same[1:]) < 1e-12


def test_another_hyperparameter_keeps_the_start(problem: Problem) -> None:
    other = problem.at(problem.hyper * 0.99)
    assert np.array_equal(other.initial_state, problem.initial_state)
    assert np.array_equal(other.hyper, problem.hyper * 0.99)
    assert relative_gap(other.at(problem.hyper).reference.solution, problem.reference.solution) == 0


# What the scenario asks for.


@pytest.mark.parametrize("q", [0.01, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_contraction_is_as_asked(name: str, q: float) -> None:
    made = build(contraction=q, **PROBLEMS[name])
    assert made.constants.contraction == pytest.approx(q, rel=1e-14)
    if isinstance(made, TanhNetwork):
        mixing = np.eye(1) if made.mixing is None else made.mixing
        norms = np.linalg.norm(mixing, 2) * np.linalg.norm(made.recurrent, 2)
        assert norms == pytest.approx(q, rel=1e-14)
        # Attained where every tanh is 0, as it is at w = 0 without inputs.
        still = made.at(np.concatenate([made.recurrent.ravel(), 0 * made.hyper[made.width**2 :]]))
        norm = np.linalg.norm(bounds.state_jacobian(still, 0 * still.initial_state), 2)
        assert norm == pytest.approx(q, rel=1e-12)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_draws_do_not_depend_on_the_contraction(name: str) -> None:
    low, high = (build(contraction=q, **PROBLEMS[name]) for q in (0.4, 0.8))
    again = build(contraction=0.4, **PROBLEMS[name])
    other = build(contraction=0.4, seed=1, **PROBLEMS[name])
    assert np.array_equal(low.hyper, again.hyper)
    assert not np.array_equal(low.hyper, other.hyper)
    if isinstance(low, NonSymmetric) and isinstance(high, NonSymmetric):
        assert relative_gap(2 * low.matrix, high.matrix) < 1e-15
        assert relative_gap(low.target, high.target) == 0
        return
    assert isinstance(low, TanhNetwork)
    assert isinstance(high, TanhNetwork)
    assert relative_gap(2 * low.recurrent, high.recurrent) < 1e-15
    assert np.array_equal(low.hyper[low.width**2 :], high.hyper[low.width**2 :])
    assert np.array_equal(low.inputs, high.inputs)
    assert np.array_equal(low.labels, high.labels)


def test_only_the_symmetric_variant_has_a_symmetric_matrix() -> None:
    for key, expected in (("equilibrium", False), ("equilibrium-symmetric", True)):
        made = build(family=key, size=24, samples=6)
        assert isinstance(made, TanhNetwork)
        assert np.array_equal(made.recurrent, made.recurrent.T) is expected


@pytest.mark.parametrize(
    ("size", "samples", "width"),
    [(1000, 50, 20), (100, 7, 14), (10, 20, 1), (1000, 2, LARGEST_WIDTH)],
)
def test_the_state_has_a_row_of_units_for_each_sample(size: int, samples: int, width: int) -> None:
    assert layer_width(size, samples) == width
    for key in ("equilibrium", "graph-network"):
        made = build(family=key, size=size, samples=samples)
        assert isinstance(made, TanhNetwork)
        assert made.width == width
        assert made.state_size == samples * width
        assert made.hyper_size == width * (width + made.inputs.shape[1] + 1)


def test_real_data_fix_the_number_of_rows() -> None:
    for data, rows, inputs in (("digits", 50, 8), ("karate_club", 34, 34)):
        family = "equilibrium" if data == "digits" else "graph-network"
        made = build(family=family, data=data, size=3 * rows, samples=7)
        assert isinstance(made, TanhNetwork)
        assert made.inputs.shape == (rows, inputs)
        assert made.state_size == 3 * rows
        assert FAMILIES[family].data[data].samples == rows


def test_the_karate_club() -> None:
    edges, communities = load_graph("karate_club")
    assert edges.shape == (78, 2)
    assert sorted({*edges.ravel()}) == [*range(34)]
    assert len({tuple(sorted(edge)) for edge in edges}) == 78
    # The instructor and the officer head the two clubs.
    assert communities.shape == (34,)
    assert communities[0] == 0
    assert communities[33] == 1
    assert np.bincount(communities).tolist() == [17, 17]
    made = build(family="graph-network", data="karate_club", size=68)
    assert isinstance(made, TanhNetwork)
    assert made.mixing is not None
    assert np.array_equal(made.mixing != 0, made.mixing.T != 0)
    assert np.count_nonzero(made.mixing) == 2 * 78 + 34


@pytest.mark.parametrize("nodes", [2, 5, 60])
def test_a_synthetic_graph_has_two_communities_and_norm_one(nodes: int) -> None:
    made = build(family="graph-network", size=2 * nodes, samples=nodes)
    assert isinstance(made, TanhNetwork)
    assert made.mixing is not None
    assert np.linalg.norm(made.mixing, 2) == pytest.approx(1, rel=1e-14)
    assert len(made.labels) == len({*made.labelled}) == max(2, nodes // 3)
    if nodes == 60:
        half = np.arange(60) < 30
        same = half[:, None] == half
        edges = made.mixing > 0
        assert np.count_nonzero(edges & same) > 3 * np.count_nonzero(edges & ~same) > 0
