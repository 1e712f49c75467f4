"""The same networks: bounds, constants, and what happens beyond a contraction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, HypergradError, Scenario, run
from hypergrad_core.numerics import row_norms
from hypergrad_core.problems.equilibrium import draw_weights
from hypergrad_core.problems.tanh_network import TanhNetwork
from hypergrad_core.sampling import constant_ratios
from tests.core import bound_cases as bounds
from tests.core.helpers import build, relative_gap
from tests.core.network_cases import KEYS, NUMBERED, sweep

GENERAL_KEYS = tuple(key for key in KEYS if key != "equilibrium-symmetric")


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
        labelled=np.array([0]),
        hyper=np.array([0.7, 0.0, 0.0]),
        initial_state=np.zeros(1),
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
    made = made.starting_at(np.array([-1e3]))
    assert made.constants.outer_gradient_bound == pytest.approx(2.0)


def test_the_cross_entropy_constants_are_those_of_a_mean() -> None:
    """Twice the samples, each of them twice: the same E, hence the same first derivative of f."""
    made = build(family="equilibrium", size=20, samples=4)
    assert isinstance(made, TanhNetwork)
    double = replace(
        made,
        inputs=np.vstack([made.inputs, made.inputs]),
        labels=np.concatenate([made.labels, made.labels]),
        labelled=np.arange(8),
        initial_state=np.zeros(40),
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
    with pytest.raises(HypergradError, match=r"aid-cg was refused\. It needs a symmetric"):
        experiment.curve("aid-cg")
    assert {"aid-fp", "itd-truncated"} <= {curve.method for curve in experiment.curves}
    for curve in experiment.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + bounds.SLACK) + curve.floor)


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
