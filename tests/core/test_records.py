"""Results cannot be written to, compare by value, and say what is missing."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from hypergrad_core import HypergradError, Scenario, run
from hypergrad_core.methods import Points
from hypergrad_core.records import Record
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.plane import plane
from hypergrad_core.studies.replication import replicate
from hypergrad_core.studies.requirements import requirements

SCENARIO = Scenario(size=6, hyper_size=2, horizon=8)
LOGISTIC = Scenario(
    family="logistic", size=5, samples=8, horizon=6, methods=("itd", "aid-fp", "aid-cg")
)
RESULTS = {
    "experiment": lambda: run(SCENARIO),
    "plane": lambda: plane(SCENARIO, "aid-fp"),
    "requirements": lambda: requirements(SCENARIO, 1e-3),
    "replication": lambda: replicate(SCENARIO, 2),
    "dissection": lambda: dissect(LOGISTIC),
}


@cache
def result_of(name: str) -> Any:
    return RESULTS[name]()


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """Every array of a result, however deep."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from arrays_in(part)
    elif is_dataclass(value):
        for item in fields(value):
            yield from arrays_in(getattr(value, item.name))


@pytest.mark.parametrize("copied", [lambda x: x, deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("name", RESULTS)
def test_no_array_of_a_result_can_be_written(name: str, copied: Any) -> None:
    found = copied(result_of(name))
    arrays = [*arrays_in(found)]
    assert arrays or name == "requirements"
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(FrozenInstanceError):
        found.scenario = SCENARIO


@pytest.mark.parametrize("name", RESULTS)
def test_two_runs_of_one_scenario_are_equal(name: str) -> None:
    found = result_of(name)
    assert found == RESULTS[name]()
    assert found == pickle.loads(pickle.dumps(found))
    assert found != run(replace(SCENARIO, seed=1))
    assert found != name


def test_one_number_makes_a_difference() -> None:
    found = run(SCENARIO)
    curve = found.curve("itd")
    errors = curve.errors.copy()
    errors[3] = np.nextafter(errors[3], 1)
    other = replace(curve, errors=errors)
    assert other != curve
    assert replace(found, curves=(other, *found.curves[1:])) != found
    assert replace(found, seconds=found.seconds + 1) == found


def test_what_a_record_is_made_of_stays_with_its_owner() -> None:
    steps = np.arange(3)
    points = Points(steps, steps)
    steps[0] = 0
    assert steps.flags.writeable
    assert not points.inner_steps.flags.writeable


def test_records_are_no_keys() -> None:
    with pytest.raises(TypeError):
        hash(run(SCENARIO))
    assert issubclass(Points, Record)


def test_what_is_missing_is_named() -> None:
    found = run(replace(LOGISTIC, vary="adjoint"))
    assert found.curve("aid-cg").method == "aid-cg"
    with pytest.raises(
        HypergradError, match=r"itd was refused\. It always goes back through all t"
    ):
        found.curve("itd")
    for missing in ("aid_cg", "aid-gmres"):
        with pytest.raises(HypergradError, match=f"no '{missing}' .* choose one of aid-fp, aid-cg"):
            found.curve(missing)
    with pytest.raises(HypergradError, match="no 'aid_fp' among the results"):
        result_of("requirements").of("aid_fp")
    with pytest.raises(HypergradError, match="choose one of aid-fp, aid-cg"):
        result_of("dissection").run_of("itd")
    nothing = run(replace(LOGISTIC, vary="adjoint", methods=("itd",)))
    with pytest.raises(HypergradError, match="none, all were refused"):
        nothing.curve("aid-fp")
