"""What the tests of scenarios share."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from hypergrad_core import FAMILIES, METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import (
    COUPLING_FLOATS,
    LARGEST_START,
    PRECISIONS,
    SLICES,
    SPECTRA,
    TRAJECTORY_FLOATS,
)

steady = settings(deadline=None, derandomize=True, max_examples=150)


INTEGERS = {
    "hyper_size": (1, 1000),
    "samples": (2, 2000),
    "horizon": (1, 2000),
    "inner_steps": (0, 2000),
    "adjoint_steps": (0, 2000),
    "seed": (0, 9999),
}


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario that is valid."""
    values: dict[str, Any] = {
        name: draw(st.integers(low, high)) for name, (low, high) in INTEGERS.items()
    }
    values["family"] = draw(st.sampled_from([*FAMILIES]))
    family = FAMILIES[values["family"]]
    values["data"] = draw(st.sampled_from([*family.data]))
    values["contraction"] = draw(st.floats(0.01, family.largest_contraction))
    values["spectrum"] = draw(st.sampled_from([*SPECTRA]))
    values["start"] = draw(st.floats(0.0, LARGEST_START))
    values["precision"] = draw(st.sampled_from([*PRECISIONS]))
    values["methods"] = tuple(draw(st.lists(st.sampled_from([*METHODS]), min_size=1, unique=True)))
    values["vary"] = draw(st.sampled_from([*SLICES]))
    solvers = [
        key
        for key, solver in SOLVERS.items()
        if (solver.iterative or values["vary"] == "adjoint")
        and (family.affine_symmetric or not solver.affine_symmetric_only)
    ]
    values["inner"] = draw(st.sampled_from(solvers))
    steps = values["inner_steps"] if values["vary"] == "adjoint" else values["horizon"]
    largest = min(family.largest_size, TRAJECTORY_FLOATS // (steps + 1))
    values["size"] = draw(st.integers(2, largest))
    values["hyper_size"] = min(values["hyper_size"], COUPLING_FLOATS // values["size"])
    return Scenario(**values)
