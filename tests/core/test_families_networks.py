"""The families whose ∂₁Φ is not symmetric: equilibrium, graph network, affine.

Where A is symmetric, I − ∂₁Φᵀ is still self-adjoint in a weighted inner product.

``python -m tests.core.test_families_networks`` tells how tight each constant is, and the worst
excess of an error over a bound.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.data import load_graph
from hypergrad_core.inner import trajectory
from hypergrad_core.linear import ConjugateGradientSolver
from hypergrad_core.numerics import row_dots, row_norms
from hypergrad_core.problem import Constants, Problem, WeightedConstants
from hypergrad_core.problems import LARGEST_WIDTH, layer_width
from hypergrad_core.problems.equilibrium import draw_weights
from hypergrad_core.problems.nonsymmetric import NonSymmetric
from hypergrad_core.problems.tanh_network import TanhNetwork
from hypergrad_core.theory import chebyshev_number, diagonal_blocks, path_along, power_norms_upper
from tests.core import test_bounds as bounds
from tests.core.helpers import ask, build, points_at, relative_gap

KEYS = ("equilibrium", "equilibrium-symmetric", "graph-network", "nonsymmetric")
GENERAL_KEYS = tuple(key for key in KEYS if key != "equilibrium-symmetric")
INSTANCES = 60
# Most of the time goes into many tiny products, so the instances are kept small.
HORIZONS = (4, 12, 30, 60)

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
    moved.initial_state = random.standard_normal(made.state_size)
    return moved


def draw(rows: int, size: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((rows, size))


def states_of(problem: Problem) -> FloatArray:
    return problem.reference.solution + draw(3, problem.state_size, 2)


# Derivatives and solutions.


def test_products_and_their_transposes_agree(problem: Problem) -> None:
    lin = problem.linearise(states_of(problem))
    adjoints, tangents = (draw(3, problem.state_size, seed) for seed in (3, 4))
    changes = draw(3, problem.hyper_size, 5)
    pairs = [
        (lin.vjp_state(adjoints) * tangents, lin.jvp_state(tangents) * adjoints),
        (lin.vjp_hyper(adjoints) * changes, lin.jvp_hyper(changes) * adjoints),
    ]
    for left, right in pairs:
        assert np.allclose(left.sum(axis=1), right.sum(axis=1), rtol=1e-11, atol=1e-12)


def test_the_state_jacobian_is_not_symmetric() -> None:
    for key in KEYS:
        made = build(family=key, size=24, samples=6, contraction=0.9)
        jacobian = bounds.state_jacobian(made, made.reference.solution)
        assert not made.symmetric
        assert np.abs(jacobian - jacobian.T).max() > 1e-3 * np.abs(jacobian).max()


def test_products_match_finite_differences(problem: Problem) -> None:
    states, tangents = states_of(problem), draw(3, problem.state_size, 6)
    lin, width = problem.linearise(states), 1e-5
    ahead, back = (problem.fixed_point_map(states + s * width * tangents) for s in (1, -1))
    assert relative_gap(lin.jvp_state(tangents), (ahead - back) / (2 * width)) < 1e-7
    changes = draw(1, problem.hyper_size, 7)
    ahead, back = (
        problem.at(problem.hyper + s * width * changes[0]).fixed_point_map(states) for s in (1, -1)
    )
    found = lin.jvp_hyper(np.repeat(changes, 3, axis=0))
    assert relative_gap(found, (ahead - back) / (2 * width)) < 1e-7


def test_outer_gradients_match_finite_differences(problem: Problem) -> None:
    states, tangents = states_of(problem), draw(3, problem.state_size, 8)
    width = 1e-5
    ahead, back = (problem.outer(states + s * width * tangents) for s in (1, -1))
    slope = (problem.outer_gradient_state(states) * tangents).sum(axis=1)
    size = row_norms(problem.outer_gradient_state(states)) * row_norms(tangents)
    rounding = 1e-15 * np.abs(ahead) / width
    assert np.all(np.abs((ahead - back) / (2 * width) - slope) <= 1e-7 * size + rounding)
    assert not problem.outer_gradient_hyper(states).any()
    assert problem.outer_gradient_hyper(states).shape == (3, problem.hyper_size)


def test_rows_of_a_linearisation(problem: Problem) -> None:
    states, adjoints = states_of(problem), draw(3, problem.state_size, 9)
    changes = draw(3, problem.hyper_size, 10)
    lin = problem.linearise(states)
    given = {
        "vjp_state": adjoints,
        "vjp_hyper": adjoints,
        "jvp_state": adjoints,
        "jvp_hyper": changes,
    }
    for rows in (slice(1, 3), np.array([2, 0]), slice(1, 2)):
        part = problem.linearise(states[rows])
        for product, block in given.items():
            found = getattr(lin[rows], product)(block[rows])
            assert relative_gap(found, getattr(part, product)(block[rows])) < 1e-13
            assert relative_gap(found, getattr(lin, product)(block)[rows]) < 1e-13
    # One state meets any number of rows.
    for product, block in given.items():
        found = getattr(lin[:1], product)(block)
        alone = np.vstack([getattr(lin[:1], product)(block[i : i + 1]) for i in range(3)])
        assert relative_gap(found, alone) < 1e-13


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
    far = trajectory(problem, "fixed-point", 400)[-1]
    assert np.linalg.norm(far - truth.solution) < 1e-12 * (size + constants.distance)


@pytest.mark.parametrize("q", [0.5, 0.9999])
@pytest.mark.parametrize("distance", [1.0, 100.0])
def test_the_solution_is_found_from_afar(q: float, distance: float) -> None:
    for key in KEYS:
        made = build(family=key, size=24, samples=6, contraction=q, seed=2)
        truth = made.reference.solution
        made.initial_state = distance * draw(1, made.state_size, 5)[0]
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
    directed = TanhNetwork(
        inputs=graph.inputs,
        readout=graph.readout,
        readout_offset=graph.readout_offset,
        labels=graph.labels,
        hyper=graph.hyper,
        labelled=graph.labelled,
        mixing=mixing / np.linalg.norm(mixing, 2),
    )
    test_products_and_their_transposes_agree(directed)
    test_products_match_finite_differences(directed)
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


# Constants, against samples of the ball: they compare w with w(λ).


class WithoutMetric(TanhNetwork):
    """A network that is not known to be self-adjoint."""

    self_adjoint = False


def constant_ratios(problem: Problem, random: np.random.Generator) -> dict[str, float]:
    """Measured ÷ constant; all constants of change compare with w(λ) only."""
    constants = problem.constants
    if not isinstance(constants, WeightedConstants):
        return bounds.constant_ratios(problem, random, centred=bounds.CURVATURE)
    plain = copy(problem)
    plain.__class__ = WithoutMetric
    del plain.constants
    ratios = bounds.constant_ratios(plain, random, centred=bounds.CURVATURE)
    states = bounds.sample_ball(problem, random)
    metric = problem.linearise(states).metric
    assert metric is not None
    couplings = np.array([bounds.hyper_jacobian(problem, state) for state in states])
    couplings /= np.sqrt(metric)[:, :, None]
    changes = np.linalg.norm(couplings[1:] - couplings[0], 2, axis=(1, 2))
    slope = float(np.max(changes / row_norms(states[1:] - states[0])))
    at_solution = float(np.linalg.norm(couplings[0], 2))
    return ratios | {
        "energy_hyper_norm": at_solution / constants.energy_hyper_norm,
        "energy_nu2": slope / constants.energy_nu2,
    }


def symmetrised(problem: Problem, state: FloatArray) -> FloatArray:
    """S^½ (I − ∂₁Φᵀ) S^(−½) as a matrix, (d, d)."""
    metric = problem.linearise(state[None]).metric
    assert metric is not None
    root = np.sqrt(metric[0])
    return np.eye(len(root)) - root[:, None] * bounds.state_jacobian(problem, state).T / root


@lru_cache(maxsize=1)
def sweep() -> list[bounds.Instance]:
    """``INSTANCES`` for each family, everything drawn from its number."""
    return [instance(key, number) for key in KEYS for number in range(INSTANCES)]


def instance(key: str, number: int) -> bounds.Instance:
    random = np.random.default_rng([KEYS.index(key), number])
    samples = int(random.integers(2, 9))
    made = build(
        family=key,
        contraction=float(random.choice([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99])),
        size=samples * int(random.integers(1, 8)),
        hyper_size=int(random.integers(1, 13)),
        samples=samples,
        seed=number,
    )
    if isinstance(made, TanhNetwork) and number % 2:
        # Little input: the units are far from saturated, and q is nearly what it is at w(λ).
        made.hyper[made.width**2 :] *= 0.1
    if random.random() < 0.4:
        start = random.standard_normal(made.state_size)
        made.initial_state = start * random.choice([0.1, 1.0, 10.0])
    return bounds.Instance(
        problem=made,
        inner=bounds.draw_inner(random, key),
        horizon=int(random.choice(HORIZONS)),
        inner_steps=int(random.integers(0, 40)),
        adjoint_steps=int(random.integers(0, 30)),
    )


NUMBERED = [f"{key}-{number}" for key in KEYS for number in range(INSTANCES)]


@pytest.mark.parametrize("name", NUMBERED)
def test_constants_bound_what_they_say(name: str) -> None:
    number = NUMBERED.index(name)
    ratios = constant_ratios(sweep()[number].problem, np.random.default_rng(number))
    for constant, ratio in ratios.items():
        assert ratio <= 1 + bounds.SLACK, constant
    for constant in bounds.ALWAYS_EXACT:
        assert ratios[constant] >= 1 - bounds.SLACK, constant


def two_way_network() -> TanhNetwork:
    """One sample, one unit and two classes, all of whose constants can be attained."""
    return TanhNetwork(
        inputs=np.zeros((1, 1)),
        readout=np.array([[1.5], [-0.5]]),
        readout_offset=np.zeros(2),
        labels=np.array([0]),
        hyper=np.array([0.7, 0.0, 0.0]),
    )


def test_curvature_constants_are_attained() -> None:
    made = two_way_network()
    constants, width = made.constants, 1e-4
    # The softmax is even at w = 0, and its variance then largest.
    change = made.outer_gradient_state(np.array([[width], [-width]]))
    assert np.linalg.norm(change[0] - change[1]) / (2 * width) == pytest.approx(
        constants.mu1, rel=1e-6
    )
    assert constants.mu1 == pytest.approx(2.0**2 / 4)
    # |tanh''| is largest where tanh = 1/√3.
    state = np.arctanh(1 / np.sqrt(3)) / 0.7
    ahead, back = (bounds.state_jacobian(made, np.array([state + s * width])) for s in (1, -1))
    assert np.abs(ahead - back).max() / (2 * width) == pytest.approx(constants.nu1, rel=1e-6)
    # Far away, the wrong class alone counts.
    far = made.outer_gradient_state(np.array([[-1e3]]))
    assert np.linalg.norm(far) == pytest.approx(2.0)
    made.initial_state = np.array([-1e3])
    del made.constants
    assert made.constants.outer_gradient_bound == pytest.approx(2.0)


def test_the_cross_entropy_constants_are_those_of_a_mean() -> None:
    """Twice the samples, each of them twice: the same E, hence the same first derivative of f."""
    made = build(family="equilibrium", size=20, samples=4)
    assert isinstance(made, TanhNetwork)
    double = TanhNetwork(
        inputs=np.vstack([made.inputs, made.inputs]),
        readout=made.readout,
        readout_offset=made.readout_offset,
        labels=np.concatenate([made.labels, made.labels]),
        hyper=made.hyper,
    )
    assert double.objective() == pytest.approx(made.objective(), rel=1e-14)
    assert relative_gap(double.reference.hypergradient, made.reference.hypergradient) < 1e-12
    assert double.constants.mu1 == pytest.approx(made.constants.mu1 / 2, rel=1e-14)
    norms = row_norms(made.readout)
    assert made.constants.mu1 <= np.linalg.norm(made.readout, 2) ** 2 / (2 * 4)
    assert made.constants.mu1 <= (2 * norms.max()) ** 2 / (4 * 4)


# Bounds.


@pytest.mark.parametrize("name", NUMBERED)
def test_no_bound_lies_below_its_error(name: str) -> None:
    bounds.check_bounds(sweep()[NUMBERED.index(name)])


def test_the_sharp_bound_follows_the_error_and_the_papers_does_not() -> None:
    """The errors fall with the spectral radius at w(λ), the paper's bound with q."""
    made = build(family="nonsymmetric", size=40, contraction=0.9)
    (found,) = (
        part
        for part in bounds.compare(bounds.Instance(made, "fixed-point", 60, 0, 0))
        if part.method == "aid-fp"
    )
    late = slice(40, 61)
    assert np.all(found.paper[late] > 100 * found.errors[late])
    assert np.all(found.sharp[late] < 5 * found.errors[late])


@pytest.mark.parametrize("key", GENERAL_KEYS)
@pytest.mark.parametrize("vary", ["both", "adjoint", "inner"])
def test_conjugate_gradient_is_refused_with_its_reason(key: str, vary: str) -> None:
    experiment = run(
        Scenario(
            family=key,
            size=24,
            samples=6,
            methods=tuple(METHODS),
            vary=vary,
            horizon=20,
            inner_steps=10,
            adjoint_steps=5,
        )
    )
    reasons = {refused.method: refused.reason for refused in experiment.refusals}
    assert "not symmetric" in reasons["aid-cg"]
    assert "AID-GMRES" in reasons["aid-cg"]
    assert experiment.curve("aid-cg") is None
    assert {"aid-fp", "itd-truncated"} <= {curve.method for curve in experiment.curves}
    for curve in experiment.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + bounds.SLACK) + curve.floor)


# Conjugate gradient in the metric, where A is symmetric.


def still_network(q: float, *, width: int = 40, seed: int = 0) -> TanhNetwork:
    """A symmetric network whose units are far from saturated."""
    made = build(
        family="equilibrium-symmetric", size=4 * width, samples=4, contraction=q, seed=seed
    )
    assert isinstance(made, TanhNetwork)
    made.hyper[made.width**2 :] *= 1e-3
    return made


def symmetric_graph() -> TanhNetwork:
    """A graph network with a symmetric A."""
    graph = build(family="graph-network", size=28, samples=7, contraction=0.9)
    assert isinstance(graph, TanhNetwork)
    recurrent = graph.recurrent + graph.recurrent.T
    recurrent *= 0.9 / np.linalg.norm(recurrent, 2)
    return graph.at(np.concatenate([recurrent.ravel(), graph.hyper[graph.width**2 :]]))


SELF_ADJOINT = {
    "small": lambda: build(family="equilibrium-symmetric", size=24, samples=6, contraction=0.9),
    "digits": lambda: build(family="equilibrium-symmetric", data="digits", size=200),
    "still": lambda: still_network(0.99, width=10),
    "graph": symmetric_graph,
}


@pytest.fixture(params=SELF_ADJOINT, ids=str)
def self_adjoint(request: pytest.FixtureRequest) -> Problem:
    made: Problem = SELF_ADJOINT[request.param]()
    made.initial_state = draw(1, made.state_size, 4)[0]
    return made


def weighted_norms(metric: FloatArray, block: FloatArray) -> FloatArray:
    return row_norms(np.sqrt(metric) * block)


def cg_errors(problem: Problem, states: FloatArray, steps: int) -> tuple[FloatArray, ...]:
    """Of k = 0 … steps, in the norm of the metric: error and residual; and the adjoints."""
    lin = problem.linearise(states)
    assert lin.metric is not None
    gradients = problem.outer_gradient_state(states)
    truth = np.array(
        [
            np.linalg.solve(np.eye(problem.state_size) - bounds.state_jacobian(problem, state).T, g)
            for state, g in zip(states, gradients, strict=True)
        ]
    )
    solver = ConjugateGradientSolver(lin, gradients)
    errors, residuals, adjoints = [], [], []
    for k in range(steps + 1):
        if k > 0:
            solver.advance(0)
        found = solver.adjoints(np.arange(len(states)))
        errors.append(weighted_norms(lin.metric, found - truth))
        residuals.append(solver.residual_norms.copy())
        adjoints.append(found.copy())
    return np.array(errors), np.array(residuals), np.array(adjoints)


def test_the_metric_makes_the_matrix_self_adjoint(self_adjoint: Problem) -> None:
    q = self_adjoint.constants.contraction
    assert self_adjoint.self_adjoint
    assert not self_adjoint.symmetric
    for state in (self_adjoint.initial_state, self_adjoint.reference.solution):
        matrix = symmetrised(self_adjoint, state)
        assert np.abs(matrix - matrix.T).max() < 1e-13
        values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
        assert 1 - q - 1e-13 <= values.min() <= values.max() <= 1 + q + 1e-13
        # The same eigenvalues as before the change of unknown.
        plain = np.linalg.eigvals(np.eye(len(state)) - bounds.state_jacobian(self_adjoint, state))
        assert np.allclose(np.sort(plain.real), values, rtol=0, atol=1e-11)
        # As the sharp bound uses it.
        inverse = np.linalg.inv(np.eye(len(state)) - bounds.state_jacobian(self_adjoint, state))
        assert 1 / values.min() <= np.linalg.norm(inverse, 2) * (1 + 1e-12)


def test_rows_of_a_linearisation_keep_their_metric(self_adjoint: Problem) -> None:
    states = states_of(self_adjoint)
    lin = self_adjoint.linearise(states)
    for rows in (slice(1, 3), np.array([2, 0])):
        part, alone = lin[rows].metric, self_adjoint.linearise(states[rows]).metric
        assert part is not None
        assert alone is not None
        assert np.allclose(part, alone, rtol=0, atol=1e-15)
        assert np.all((part > 0) & (part <= 1))


def test_conjugate_gradient_in_the_metric_reaches_the_solution(self_adjoint: Problem) -> None:
    states = np.array([self_adjoint.reference.solution, self_adjoint.initial_state])
    errors, residuals, adjoints = cg_errors(self_adjoint, states, 200)
    assert np.all(errors[-1] <= 1e-12 * errors[0])
    assert np.all(residuals[-1] <= 1e-12 * residuals[0])
    assert relative_gap(adjoints[-1][:1], self_adjoint.reference.adjoint) < 1e-10
    found = ask("aid-cg", self_adjoint, points_at([1], [200]), "exact")
    assert relative_gap(found.hypergradients, self_adjoint.reference.hypergradient) < 1e-11


def test_each_ingredient_of_the_bound_holds(self_adjoint: Problem) -> None:
    constants, solution = self_adjoint.constants, self_adjoint.reference.solution
    q, kappa = constants.contraction, constants.condition_number
    directions = draw(12, self_adjoint.state_size, 7)
    radii = np.geomspace(1e-4, constants.distance, 12)
    directions *= (radii / row_norms(directions))[:, None]
    states = np.vstack([solution, self_adjoint.initial_state, solution + directions])
    metric = self_adjoint.linearise(states).metric
    assert metric is not None
    gradients = self_adjoint.outer_gradient_state(states)
    sizes = weighted_norms(metric, gradients)
    assert np.all(sizes <= row_norms(gradients) * (1 + bounds.SLACK))
    norms = constants.hyper_norm(row_norms(states - solution), energy=True)
    for state, weights, bound in zip(states, metric, norms, strict=True):
        coupling = bounds.hyper_jacobian(self_adjoint, state) / np.sqrt(weights)[:, None]
        assert np.linalg.norm(coupling, 2) <= bound * (1 + bounds.SLACK)
    errors, residuals, _ = cg_errors(self_adjoint, states, 40)
    k = np.arange(41)
    rounding = 1e-14 * errors[0] / (1 - q)
    share = chebyshev_number(kappa, k)[:, None]
    assert np.all(errors <= share * sizes / (1 - q) * (1 + bounds.SLACK) + rounding)
    assert np.all(errors <= residuals / (1 - q) * (1 + bounds.SLACK) + rounding)
    left = METHODS["aid-cg"].left_over(constants, k.astype(np.float64))[:, None]
    assert np.all(errors <= left * errors[0] * (1 + bounds.SLACK) + rounding)
    # The error never grows in this norm.
    assert np.all(errors[1:] <= errors[:-1] * (1 + bounds.SLACK) + rounding)


def test_saturated_units_do_no_harm() -> None:
    """s is 0 to the last bit at some units, or at all of them."""
    made = build(family="equilibrium-symmetric", size=24, samples=6, contraction=0.9)
    states = np.array([1e2, 1e9])[:, None] * draw(1, 24, 3)
    slopes = 1 - made.fixed_point_map(states) ** 2
    assert np.any(slopes[0] == 0)
    assert not np.all(slopes[0] == 0)
    assert not slopes[1].any()
    errors, _, _ = cg_errors(made, states, 30)
    assert np.all(errors[-1] <= 1e-12 * errors[0])
    lin, gradients = made.linearise(states), made.outer_gradient_state(states)
    solver = ConjugateGradientSolver(lin, gradients)
    for _ in range(30):
        solver.advance(0)
    found = lin.vjp_hyper(solver.adjoints(np.array([0, 1])))
    assert np.all(np.isfinite(found))
    assert not found[1].any()


def test_conjugate_gradient_in_the_metric_is_plain_on_the_symmetrised_system(
    self_adjoint: Problem,
) -> None:
    state = self_adjoint.reference.solution
    matrix = symmetrised(self_adjoint, state)
    metric = self_adjoint.linearise(state[None]).metric
    assert metric is not None
    root = np.sqrt(metric[0])
    right = root * self_adjoint.outer_gradient_state(state[None])[0]
    wanted = plain_conjugate_gradient(lambda y: matrix @ y, right, 12) / root
    _, _, adjoints = cg_errors(self_adjoint, state[None], 12)
    size = row_norms(self_adjoint.reference.adjoint[None])
    assert np.all(row_norms(adjoints[:, 0] - wanted) <= 1e-10 * size)


def plain_conjugate_gradient(
    product: Callable[[FloatArray], FloatArray], right: FloatArray, steps: int
) -> FloatArray:
    """The textbook's iterates from 0, in the Euclidean inner product: (steps + 1, d)."""
    found = [np.zeros_like(right)]
    residual, direction = right.copy(), right.copy()
    square = row_dots(right[None], right[None])[0]
    for _ in range(steps):
        image = product(direction)
        length = square / row_dots(direction[None], image[None])[0]
        found.append(found[-1] + length * direction)
        residual = residual - length * image
        before, square = square, row_dots(residual[None], residual[None])[0]
        direction = (square / before) * direction + residual
    return np.array(found)


@pytest.mark.parametrize("family", ["logistic", "kernel-ridge", "quadratic"])
def test_without_a_metric_conjugate_gradient_is_plain_to_the_last_bit(family: str) -> None:
    made = build(family=family, size=20, samples=30, hyper_size=4)
    state = made.reference.solution[None]
    lin, gradient = made.linearise(state), made.outer_gradient_state(state)
    assert lin.metric is None
    assert made.self_adjoint
    wanted = plain_conjugate_gradient(lambda y: y - lin.vjp_state(y[None])[0], gradient[0], 10)
    solver = ConjugateGradientSolver(lin, gradient)
    assert np.array_equal(solver.residual_norms, row_norms(gradient))
    for k in range(1, 11):
        solver.advance(0)
        assert np.array_equal(solver.adjoints(np.array([0]))[0], wanted[k])


def test_conjugate_gradient_needs_the_square_root_of_the_steps() -> None:
    """About √κ steps, where the fixed-point iteration needs about κ: κ of the matrix itself."""
    target = 1e-8
    for q in (0.9, 0.99, 0.999):
        made = still_network(q)
        state = made.reference.solution
        values = np.linalg.eigvalsh(symmetrised(made, state))
        kappa = float(values.max() / values.min())
        assert kappa > 0.3 / (1 - q)
        errors, _, _ = cg_errors(made, state[None], 400)
        fast = int(np.argmax(errors[:, 0] <= target * errors[0, 0]))
        lin = made.linearise(state[None])
        metric, truth = lin.metric, made.reference.adjoint
        assert metric is not None
        adjoint, slow = np.zeros((1, made.state_size)), 0
        gradient = made.outer_gradient_state(state[None])
        while weighted_norms(metric, adjoint - truth)[0] > target * errors[0, 0]:
            adjoint, slow = lin.vjp_state(adjoint) + gradient, slow + 1
        assert 0 < fast <= 0.5 * np.sqrt(kappa) * np.log(2 * np.sqrt(kappa) / target) + 1
        assert slow > 0.25 * kappa * np.log(1 / target)
        assert slow > np.sqrt(kappa) * fast / 2


def test_the_papers_bound_of_conjugate_gradient_names_the_norms_of_the_metric() -> None:
    symmetric = still_network(0.9, width=5)
    for made, symbol in (
        (symmetric, r"L_\Phi^s"),
        (build(family="logistic", size=5), r"L_\Phi+"),
    ):
        points = points_at([3], [2])
        term = METHODS["aid-cg"].paper_bound(made.constants, points).terms[-1]
        assert symbol in term.formula
        other = METHODS["aid-cgnr"].paper_bound(made.constants, points).terms[-1]
        assert "^s" not in other.formula


def test_conjugate_gradient_is_offered_only_while_a_is_symmetric() -> None:
    made = build(family="equilibrium-symmetric", size=24, samples=6)
    assert METHODS["aid-cg"].refusal(made) == ""
    assert METHODS["aid-cg"].refusal(made.at(2 / 3 * made.hyper)) == ""
    changed = made.hyper.copy()
    changed[1] *= 1.1
    other = made.at(changed)
    assert other.linearise(other.initial_state[None]).metric is None
    assert not isinstance(other.constants, WeightedConstants)
    assert "not symmetric" in METHODS["aid-cg"].refusal(other)
    scenario = Scenario(family="equilibrium-symmetric", size=24, samples=6, horizon=10)
    assert not run(scenario).refusals
    with pytest.raises(ValueError, match="heavy-ball"):
        Scenario(family="equilibrium-symmetric", inner="heavy-ball")


# What is measured along the path.


def test_the_drift_of_an_affine_map_is_known_to_be_zero() -> None:
    made = build(family="nonsymmetric", size=20)
    path = path_along(made, trajectory(made, "fixed-point", 20))
    assert path.tier == "X"
    assert np.all(path.implicit_bound(np.array([20]), np.zeros(1), np.zeros(1), energy=False) >= 0)


def test_the_drift_is_measured_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    made = build(family="equilibrium", size=60, samples=6, contraction=0.5)
    states = trajectory(made, "fixed-point", 200)
    points = points_at(range(201), range(201))
    method = METHODS["aid-fp"]
    estimate = method.estimate(made, states, points)
    sharp = method.sharp_bound(path_along(made, states), estimate)
    asked: list[int] = []
    linearise = made.linearise
    monkeypatch.setattr(
        made, "linearise", lambda block: (asked.append(len(block)), linearise(block))[1]
    )
    short = path_along(made, states)
    assert max(asked) < 80
    # Enough work for these, too little for all the iterates.
    size = made.state_size * made.hyper_size**2
    monkeypatch.setattr("hypergrad_core.theory.DRIFT_WORK", 80 * size)
    assert path_along(made, states).tier == short.tier == sharp.tier == "X"
    monkeypatch.setattr("hypergrad_core.theory.DRIFT_WORK", 10 * size)
    assert path_along(made, states).tier == "T"
    # As if all had been measured, but for what rounding hides.
    monkeypatch.setattr("hypergrad_core.theory.DRIFT_WORK", np.inf)
    monkeypatch.setattr(Constants, "rounding_floor", 0.0)
    full = method.sharp_bound(path_along(made, states), estimate)
    assert np.all(sharp.values >= full.values * (1 - bounds.SLACK))


# Powers of a matrix that is not symmetric.


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 37, 300])
@pytest.mark.parametrize("count", [1, 5])
def test_norms_of_powers_are_never_below_the_truth(count: int, depth: int) -> None:
    random = np.random.default_rng(depth)
    blocks = random.standard_normal((count, 6, 6))
    blocks *= 0.95 / np.linalg.norm(blocks, 2, axis=(1, 2)).max()
    norm = float(np.linalg.norm(blocks, 2, axis=(1, 2)).max())
    upper = power_norms_upper(blocks, norm, depth)
    assert upper.shape == (depth + 1,)
    for j in range(depth + 1):
        powers = [np.linalg.matrix_power(block, j) for block in blocks]
        truth = max(float(np.linalg.norm(power, 2)) for power in powers)
        assert truth * (1 - 1e-10) <= upper[j] <= norm**j * (1 + 1e-12)
    # Much faster than the norm alone says.
    if depth >= 37:
        assert upper[37] < 0.1 * norm**37


def test_powers_that_would_underflow_are_still_bounded() -> None:
    upper = power_norms_upper(1e-3 * np.eye(2)[None], 1e-3, 400)
    assert np.all(upper >= 0)
    exponents = np.arange(101)
    # The Schatten norm of the identity is 2^⅛, once for each factor at the most.
    assert np.all(upper[:101] >= 1e-3**exponents * (1 - 1e-12))
    assert np.all(upper[:101] <= 1e-3**exponents * (1 + 1e-12))


def test_blocks_are_found_in_any_order() -> None:
    random = np.random.default_rng(0)
    blocks = random.standard_normal((3, 4, 4))
    matrix = np.zeros((12, 12))
    for i, block in enumerate(blocks):
        matrix[4 * i : 4 * i + 4, 4 * i : 4 * i + 4] = block
    order = random.permutation(12)
    found = diagonal_blocks(matrix[np.ix_(order, order)])
    assert found.shape == (3, 4, 4)
    wanted = np.sort(np.linalg.svd(blocks, compute_uv=False).ravel())
    assert np.allclose(np.sort(np.linalg.svd(found, compute_uv=False).ravel()), wanted)
    uneven = np.zeros((5, 5))
    uneven[:2, :2] = uneven[2:, 2:] = 1.0
    assert np.array_equal(diagonal_blocks(uneven), uneven[None])
    assert diagonal_blocks(matrix[:4, :4]).shape == (1, 4, 4)


if __name__ == "__main__":
    ratios: dict[tuple[str, str], list[float]] = {}
    worst = bounds.Worst()
    for number, chosen in enumerate(sweep()):
        key = NUMBERED[number].rpartition("-")[0]
        for name, ratio in constant_ratios(chosen.problem, np.random.default_rng(number)).items():
            ratios.setdefault((key, name), []).append(ratio)
        worst.add(key, chosen)
    for (family, name), values in ratios.items():
        print(f"{family:22} {name:23} {min(values):.4f} {np.median(values):.4f} {max(values):.6f}")
    worst.print()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("family", ["equilibrium", "equilibrium-symmetric", "graph-network"])
def test_a_norm_of_1_does_not_pass_for_a_contraction(family: str, seed: int) -> None:
    scenario = Scenario(family=family, size=40, samples=10, contraction=1.0, seed=seed)
    assert scenario.problem_family.build(scenario).constants.contraction == 1.0


@pytest.mark.parametrize("seed", [0, 45])
@pytest.mark.parametrize(
    ("family", "contraction"),
    [
        ("equilibrium", 1.3),
        ("equilibrium", 1.5),
        ("equilibrium-symmetric", 1.3),
        ("equilibrium-symmetric", 1.5),
        ("graph-network", 1.5),
    ],
)
def test_beyond_1_it_is_seen_that_the_iteration_fails(
    family: str, contraction: float, seed: int
) -> None:
    sizes = FAMILIES[family].suggested
    scenario = Scenario(
        family=family,
        contraction=contraction,
        methods=("itd", "aid-fp"),
        horizon=100,
        seed=seed,
        **sizes,
    )
    experiment = run(scenario)
    for curve in experiment.curves:
        assert curve.errors[-1] > 1e-2 * experiment.constants.hypergradient_norm


def test_weights_have_the_wanted_norm_and_below_1_are_what_they_were() -> None:
    for norm in (0.5, 1.0, 1.05, 1.3, 1.5):
        for symmetric in (False, True):
            drawn = draw_weights(np.random.default_rng(3), 7, 2, norm, symmetric=symmetric)
            matrix = drawn[:49].reshape(7, 7)
            assert np.linalg.norm(matrix, 2) == pytest.approx(norm, rel=1e-12)
            assert np.array_equal(matrix, matrix.T) == symmetric
            plain = np.random.default_rng(3).standard_normal((7, 7))
            plain = plain + plain.T if symmetric else plain
            turned = matrix / norm - plain / np.linalg.norm(plain, 2)
            assert (np.abs(turned).max() > 1e-3) == (norm > 1)
