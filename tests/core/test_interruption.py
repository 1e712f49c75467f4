"""A run asks often enough whether to go on, whatever it is doing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hypergrad_core import Scenario, run
from hypergrad_core.arrays import BLOCK_FLOATS, Progress
from hypergrad_core.interruption import ask, asking
from hypergrad_core.numerics import product, spectral_norm
from hypergrad_core.studies import requirements as search
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.plane import plane
from hypergrad_core.studies.replication import replicate
from tests.support.work import counted

# Expected of the work between two questions, on the slow machine that is the default.
LONGEST = 0.2
RUNS: dict[str, Callable[[Progress], object]] = {
    "many unknowns": lambda report: run(
        Scenario(size=100_000, horizon=2, methods=("itd", "aid-fp", "aid-gmres")), report
    ),
    "many steps of one row": lambda report: run(
        Scenario(
            size=50_000,
            hyper_size=2,
            vary="adjoint",
            inner_steps=1,
            horizon=20,
            contraction=0.999,
            methods=("aid-fp", "aid-cg", "aid-gmres"),
        ),
        report,
    ),
    "many hyperparameters": lambda report: run(
        Scenario(size=20_000, hyper_size=200, horizon=2, methods=("aid-fp", "aid-cg")), report
    ),
    "forward mode": lambda report: run(
        Scenario(size=600, hyper_size=600, horizon=2, methods=("itd-forward",)), report
    ),
    "kernels": lambda report: run(
        Scenario(
            family="kernel-ridge", size=80, hyper_size=150, horizon=4, methods=("itd", "aid-cg")
        ),
        report,
    ),
    "a graph": lambda report: run(
        Scenario(
            family="graph-network", size=150, samples=150, horizon=6, methods=("itd", "aid-gmres")
        ),
        report,
    ),
    "logistic": lambda report: run(
        Scenario(family="logistic", size=150, samples=150, horizon=5, methods=("itd",)), report
    ),
    "softmax": lambda report: run(
        Scenario(family="softmax", size=300, samples=300, horizon=5, methods=("itd",)), report
    ),
    "learned digits": lambda report: run(
        Scenario(family="learned-digits", size=300, samples=300, horizon=5, methods=("itd",)),
        report,
    ),
    "many tasks": lambda report: run(
        Scenario(family="biased-tasks", size=300, samples=300, horizon=5, methods=("itd",)),
        report,
    ),
    "a plane": lambda report: plane(Scenario(size=500, horizon=6), "aid-cg", report),
    "the paper's figure": lambda report: replicate(
        Scenario(family="equilibrium", size=60, samples=10, horizon=6), 2, report
    ),
    "taken apart": lambda report: dissect(
        Scenario(family="graph-network", size=90, samples=90, horizon=6), report
    ),
    "requirements": lambda report: search.requirements(Scenario(contraction=0.7), 1e-3, report),
}


@pytest.mark.parametrize("name", RUNS)
def test_little_is_done_between_two_questions(name: str) -> None:
    """By what NumPy is asked to do, not by the clock."""
    gaps, last = [], 0.0
    with counted() as done:

        def report(fraction: float) -> None:
            nonlocal last
            gaps.append(done.seconds() - last)
            last = done.seconds()

        RUNS[name](report)
        gaps.append(done.seconds() - last)
    assert max(gaps) <= LONGEST


def test_a_large_matrix_is_passed_over_in_pieces() -> None:
    """Numbers that wait for memory take longer than counted: a pass over all of them is a gap."""
    gaps, last = [], 0.0
    with counted() as done:

        def report(fraction: float) -> None:
            nonlocal last
            gaps.append(done.vector - last)
            last = done.vector

        run(Scenario(size=100_000, hyper_size=40, horizon=1, methods=("aid-cg",)), report)
    # The matrix has four such blocks, and is looked at in several ways.
    assert max(gaps) < 25 * BLOCK_FLOATS


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_stopped_in_its_set_up(name: str) -> None:
    """Whoever is asked again before anything is done stops all of it."""

    class StoppedError(Exception):
        pass

    asked = 0

    def report(fraction: float) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            assert fraction < 1
            raise StoppedError

    with pytest.raises(StoppedError):
        RUNS[name](report)
    # Nobody is asked once the run is over.
    ask()
    assert asked == 2


def test_a_run_within_a_run_is_asked_through_the_other() -> None:
    told: list[float] = []
    with asking(told.append) as report:
        report(0.5)
        ask()
        with asking(None) as inner:
            inner(0.1)
            ask()
        with asking(lambda fraction: told.append(fraction + 10)) as other:
            ask()
            other(0.25)
            ask()
        ask()
    assert told == [0.5, 0.5, 0.5, 0.5, 10.0, 10.25, 10.25, 0.5]


def test_products_and_norms_in_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    tall, wide = random.standard_normal((90, 7)), random.standard_normal((7, 11))
    whole, norm = product(tall, wide), spectral_norm(tall)
    monkeypatch.setattr("hypergrad_core.numerics.WORK_BETWEEN", 500)
    told: list[float] = []
    with asking(told.append):
        np.testing.assert_allclose(product(tall, wide), whole, rtol=1e-13)
        assert spectral_norm(tall) == pytest.approx(norm, rel=1e-13)
    assert len(told) > 10
