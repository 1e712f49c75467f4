"""A draft, for a moving hand: fewer points, each of them measured as in the whole run."""

from __future__ import annotations

import numpy as np
import pytest

from hypergrad_core import FAMILIES, Scenario, run


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_draft_has_the_same_errors_at_fewer_points_and_bounds_that_are_hardly_looser(
    family: str,
) -> None:
    scenario = Scenario(family=family, size=20, hyper_size=4, samples=5, horizon=41)
    whole, draft = run(scenario), run(scenario, draft=True)
    assert draft.draft
    assert draft.steps.tolist() == [*range(8), *range(8, 41, 4), 41]
    for curve, fewer in zip(whole.curves, draft.curves, strict=True):
        at = draft.steps
        np.testing.assert_allclose(fewer.errors, curve.errors[at], rtol=1e-6, atol=curve.floor)
        np.testing.assert_allclose(fewer.paper.values, curve.paper.values[at], rtol=1e-9)
        assert (fewer.sharp.values >= curve.sharp.values[at] * (1 - 1e-9)).all()
        assert (fewer.sharp.values <= curve.sharp.values[at] * 2).all()
        assert (fewer.estimate.costs.products == curve.estimate.costs.products[at]).all()
