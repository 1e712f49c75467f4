"""Rates over every family: no method falls more slowly than its theory, and all have one limit."""

from __future__ import annotations

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.inner import SOLVERS
from tests.core.method_cases import refused_by

CASES = [
    (family, inner)
    for family, entry in FAMILIES.items()
    for inner in SOLVERS
    if inner != "exact" and (entry.affine_symmetric or not SOLVERS[inner].affine_symmetric_only)
]
CONVERGENT = tuple(key for key in METHODS if key not in ("one-step", "itd-truncated"))
CONTRACTION = 0.8
HORIZON = 200


@pytest.mark.parametrize(("family", "inner"), CASES)
def test_every_method_falls_at_its_rate_to_one_limit(family: str, inner: str) -> None:
    sizes = {"size": 20, "samples": 30, "hyper_size": 5, **FAMILIES[family].suggested}
    experiment = run(
        Scenario(
            family=family,
            inner=inner,
            contraction=CONTRACTION,
            horizon=HORIZON,
            methods=CONVERGENT,
            **sizes,
        )
    )
    assert len(experiment.curves) == len(CONVERGENT) - len(refused_by(family))
    for curve in experiment.curves:
        clear = np.flatnonzero(curve.errors > 1e3 * curve.floor)
        late = clear[len(clear) // 2 :]
        assert len(late) >= 5
        slope = np.polyfit(curve.steps[late], np.log(curve.errors[late]), 1)[0]
        # With t = k the slowest part decides, and that is never slower than q.
        assert np.exp(slope) <= CONTRACTION * 1.02, curve.method
        assert curve.errors[-1] <= curve.floor, curve.method
