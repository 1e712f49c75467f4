"""What the tests of the paper's experiment share."""

from __future__ import annotations

import numpy as np

from hypergrad_core import Scenario
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.replication import (
    SYMMETRIC_TRACKS,
    Replication,
)

SIZES = {"size": 14, "samples": 7, "hyper_size": 6}


T = 100


STEPS = np.arange(T + 1)


# What it says, on planted curves.

FLOOR = 1e-14


BOUNDS = np.array([2 * 0.95**STEPS * (1 + STEPS), 2 * 0.95**STEPS])


def geometric(rate: float, size: float = 1.0, plateau: float = 0.0) -> FloatArray:
    return np.asarray(np.maximum(size * rate**STEPS + plateau, 1e-17))


# Where every claim holds: ITD, FP, CG with k = t, FP and CG with k held.
GOOD = (
    geometric(0.8, 2.0),
    geometric(0.8),
    geometric(0.5),
    geometric(0.8, plateau=1e-2),
    geometric(0.8, plateau=1e-4),
)


def constructed(
    changes: dict[int, FloatArray] | None = None, bounds: FloatArray = BOUNDS
) -> Replication:
    curves = np.array([(changes or {}).get(place, GOOD[place]) for place in range(5)])
    return Replication(
        scenario=Scenario(horizon=T),
        steps=STEPS,
        tracks=SYMMETRIC_TRACKS,
        errors=np.repeat(curves[:, None], 3, axis=1) * np.array([0.5, 1.0, 2.0])[:, None],
        floor=FLOOR,
        contraction=0.95,
        bounds=bounds,
    )
