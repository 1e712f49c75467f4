"""What the tests of frames share."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from frames import ALL, traces

from dashboard.kit.links import SCENARIO_LINKS
from dashboard.screens.explore.settings import BOUNDS, ERRORS, X_AXES, View
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.scenario import SLICES

SMALL: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 12, "hyper_size": 3, "horizon": 40},
    "logistic": {"size": 6, "samples": 15, "horizon": 40},
    "logistic-log": {"size": 6, "samples": 15, "horizon": 40},
    "softmax": {"size": 6, "samples": 15, "horizon": 40},
    "learned-digits": {"size": 6, "samples": 15, "horizon": 40},
    "kernel-ridge": {"size": 10, "hyper_size": 3, "horizon": 40},
    "kernel-ridge-log": {"size": 10, "hyper_size": 3, "horizon": 40},
    "biased": {"size": 6, "samples": 15, "horizon": 40},
    "biased-tasks": {"size": 24, "samples": 24, "horizon": 40},
    "hyper-representation": {"size": 4, "hyper_size": 12, "samples": 15, "horizon": 40},
    "representation-tasks": {"size": 24, "hyper_size": 8, "samples": 24, "horizon": 40},
    "equilibrium": {"size": 12, "samples": 4, "horizon": 40},
    "equilibrium-symmetric": {"size": 12, "samples": 4, "horizon": 40},
    "graph-network": {"size": 16, "samples": 8, "horizon": 40},
    "nonsymmetric": {"size": 8, "hyper_size": 3, "horizon": 40},
}
SCENARIOS = [
    Scenario(family=family, methods=ALL, vary=vary, inner_steps=20, **SMALL[family])
    for family in FAMILIES
    for vary in SLICES
]
SCENARIOS += [
    Scenario(methods=ALL, vary="adjoint", inner="exact", **SMALL["quadratic"]),
    Scenario(contraction=0.5),
    Scenario(size=20, horizon=1000, contraction=0.98),
]
VIEWS = [
    View(x_axis=x_axis, error=error, bound=bound)
    for x_axis, error, bound in itertools.product(X_AXES, ERRORS, BOUNDS)
]


def name_of(scenario: Scenario) -> str:
    return " ".join(f"{key}={value}" for key, value in SCENARIO_LINKS.to_link(scenario).items())


every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)


def markers(frame: dict[str, Any], word: str) -> dict[str, Any]:
    """The trace of the marks at the target: "measured", "predicted" or "beyond"."""
    found = [trace for trace in traces(frame) if trace.get("name") == f"{word} at ε"]
    assert len(found) == 1
    return found[0]
