"""Conjugate gradient in a metric: networks whose matrix is self-adjoint in a weighted product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.adjoint import ConjugateGradientSolver
from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import WeightedConstants
from hypergrad_core.lemmas import chebyshev_number
from hypergrad_core.numerics import row_dots, row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.tanh_network import TanhNetwork
from tests.core import bound_cases as bounds
from tests.core.helpers import ask, build, points_at, relative_gap
from tests.core.network_cases import draw, scaled_inputs, states_of


def symmetrised(problem: Problem, state: FloatArray) -> FloatArray:
    """S^½ (I − ∂₁Φᵀ) S^(−½) as a matrix, (d, d)."""
    metric = problem.linearise(state[None]).metric
    assert metric is not None
    root = np.sqrt(metric[0])
    return np.eye(len(root)) - root[:, None] * bounds.state_jacobian(problem, state).T / root


# Conjugate gradient in the metric, where A is symmetric.


def still_network(q: float, *, width: int = 40, seed: int = 0) -> TanhNetwork:
    """A symmetric network whose units are far from saturated."""
    made = build(
        family="equilibrium-symmetric", size=4 * width, samples=4, contraction=q, seed=seed
    )
    assert isinstance(made, TanhNetwork)
    return made.at(scaled_inputs(made, 1e-3))


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
    return made.starting_at(draw(1, made.state_size, 4)[0])


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
    left = ConjugateGradientSolver.residual_factor(constants, k.astype(np.float64))[:, None]
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
