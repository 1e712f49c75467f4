"""What a run is expected to take, held against what NumPy is asked to do in it."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.costs import DEFAULT_MACHINE, Cost, Machine
from hypergrad_core.scenario import SLICES
from hypergrad_core.studies.expected import expected_cost, expected_plane_cost, expected_seconds
from hypergrad_core.studies.plane import plane, plane_methods
from tests.core.helpers import build
from tests.support.draws import any_size
from tests.support.work import counted

SCENARIOS = 200
# Only what is quick is run here; tests/benchmarks/bench_costs.py has the others.
LARGEST_SECONDS = 0.006
PLANES, PLANE_SECONDS = 30, 0.1


def drawn(seed: int) -> list[Scenario]:
    """Scenarios of all kinds that are quick."""
    random = np.random.default_rng(seed)
    every = (any_size(random) for _ in itertools.count())
    quick = (scenario for scenario in every if expected_seconds(scenario) < LARGEST_SECONDS)
    return [*itertools.islice(quick, SCENARIOS)]


def test_the_work_of_a_run_is_known_before_it_is_begun() -> None:
    """Measured ÷ expected within a factor 3 for at least 95 % and within 10 for all."""
    scenarios = drawn(7)
    ratios = []
    for scenario in scenarios:
        with counted(scenario.data) as done:
            run(scenario)
        ratios.append(done.seconds() / expected_seconds(scenario))
    off = np.abs(np.log(ratios))
    assert np.mean(off < np.log(3)) >= 0.95
    assert np.all(off < np.log(10)), scenarios[int(off.argmax())]
    for name, all_keys in (("family", FAMILIES), ("vary", SLICES)):
        assert {getattr(scenario, name) for scenario in scenarios} == {*all_keys}
    assert {key for scenario in scenarios for key in scenario.methods} == {*METHODS}


def planes(seed: int) -> Iterator[tuple[Scenario, str]]:
    """Planes of all kinds."""
    random = np.random.default_rng(seed)
    while True:
        drawn = any_size(random)
        inner = "fixed-point" if drawn.inner == "exact" else drawn.inner
        horizon = min(drawn.horizon, 60)
        method = str(random.choice(plane_methods()))
        if METHODS[method].applies(drawn.problem_family.work(drawn)):
            yield replace(drawn, vary="both", inner=inner, horizon=horizon), method


def test_the_work_of_a_plane_is_known_before_it_is_begun() -> None:
    """It has a point for every t and k, which one run from each t has not."""
    ratios = []
    for scenario, method in planes(5):
        expected = DEFAULT_MACHINE.seconds(expected_plane_cost(scenario, (method,)))
        if expected < PLANE_SECONDS:
            with counted(scenario.data) as done:
                plane(scenario, method)
            ratios.append(done.seconds() / expected)
        if len(ratios) == PLANES:
            break
    off = np.abs(np.log(ratios))
    assert np.mean(off < np.log(3)) >= 0.95
    assert np.all(off < np.log(10))


def test_the_memory_of_a_plane_is_known_before_it_is_begun() -> None:
    scenario = Scenario(size=3000, hyper_size=2, horizon=60)
    for method in ("itd-truncated", "aid-cg"):
        tracemalloc.start()
        plane(scenario, method)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert 1 / 3 < peak / expected_plane_cost(scenario, (method,)).bytes < 3


@pytest.mark.parametrize("family", FAMILIES)
def test_the_sizes_and_the_refusals_are_those_of_the_problem(family: str) -> None:
    for data, (size, samples) in itertools.product(FAMILIES[family].data, [(20, 30), (9, 9)]):
        fields = {"family": family, "data": data, "size": size, "samples": samples, "hyper_size": 7}
        problem, work = build(**fields), FAMILIES[family].work(Scenario(**fields))
        assert (work.state_size, work.hyper_size) == (problem.state_size, problem.hyper_size)
        assert (work.symmetric, work.self_adjoint) == (problem.symmetric, problem.self_adjoint)
        for method in METHODS.values():
            assert method.applies(work) == (not method.refusal(problem))


def test_what_froze_a_room_is_known_to_take_long() -> None:
    """GMRES orthogonalises against all its vectors, and forward mode carries m columns."""
    long = [
        Scenario(size=10_000, methods=("aid-gmres",), contraction=0.99),
        Scenario(
            size=10_000,
            hyper_size=5,
            horizon=2000,
            inner_steps=0,
            vary="adjoint",
            contraction=0.9999,
            spectrum="chebyshev",
            methods=("aid-gmres",),
        ),
        Scenario(size=4194, hyper_size=1000, horizon=2000, methods=("itd-forward",)),
        Scenario(size=10**6, horizon=260, methods=("itd", "aid-cg")),
    ]
    assert [expected_seconds(scenario) > 3 for scenario in long] == [True] * len(long)
    assert expected_seconds(Scenario()) < 0.1


def test_a_machine_is_measured_at_once_and_costs_are_added_up() -> None:
    machine = Machine.measure()
    assert 1e-11 < machine.vector_seconds < 1e-7
    assert 1e-12 < machine.matrix_seconds < 1e-8
    assert 1e-8 < machine.call_seconds < 1e-4
    total = Cost(1, 2, 3, 4, 5) + Cost(1, 1, 1, 1, 1) * 10
    assert total == Cost(11, 12, 13, 14, 6)
    assert DEFAULT_MACHINE.seconds(Cost(0, 1e9)) == pytest.approx(0.5)
    slow = Machine(*(10 * value for value in vars(DEFAULT_MACHINE).values()))
    scenario = Scenario()
    assert expected_seconds(scenario, slow) == pytest.approx(10 * expected_seconds(scenario))
    assert expected_cost(scenario).bytes > 8 * 121 * 100
