"""What the tests of words share."""

from __future__ import annotations

import re

import numpy as np
from frames import ALL, experiment_of

from dashboard.screens.explore.figure.lines import extract_lines
from dashboard.screens.explore.settings import View
from dashboard.screens.explore.words import explain
from hypergrad_core import Experiment, Scenario
from tests.core.inner_cases import ACCELERATED

NUMBER = r"(?:(-?\d+(?:\.\d+)?)(?:\\cdot)?)?(?:10\^\{(-?\d+)\})?"
SCENARIOS = [
    Scenario(methods=ALL, size=20, horizon=60),
    Scenario(methods=ALL, size=20, horizon=60, vary="inner"),
    Scenario(methods=ALL, size=20, horizon=60, vary="adjoint"),
    Scenario(methods=ALL, size=20, horizon=60, vary="adjoint", inner="exact"),
    Scenario(methods=ALL, family="logistic", size=8, samples=20, horizon=60),
    Scenario(methods=ALL, family="logistic-log", size=8, samples=20, horizon=60),
    Scenario(methods=ALL, family="logistic", size=8, samples=20, contraction=0.998, horizon=30),
    *(Scenario(methods=ALL, size=20, horizon=60, inner=inner) for inner in ACCELERATED),
    Scenario(methods=ALL, family="kernel-ridge", size=12, hyper_size=3, inner="heavy-ball"),
    Scenario(methods=ALL, family="hyper-representation", size=4, hyper_size=12, samples=15),
    Scenario(methods=ALL, family="equilibrium-symmetric", size=12, samples=4, horizon=60),
    Scenario(methods=ALL, family="graph-network", size=16, samples=8, horizon=60),
]


def number(text: str) -> float:
    """A number as it is written in LaTeX."""
    found = re.fullmatch(NUMBER, text)
    assert found, f"{text!r} is not a number"
    return float(found[1] or 1) * 10.0 ** int(found[2] or 0)


def says(scenario: Scenario) -> list[str]:
    """The sentences below the picture."""
    experiment, seen = experiment_of(scenario), View()
    return explain(experiment, extract_lines(experiment, seen), seen)


def late_factor(experiment: Experiment, method: str) -> float:
    """The factor per step over the last third of what is clear of rounding."""
    curve = experiment.curve(method)
    clear = np.flatnonzero(curve.errors > 100 * curve.floor)
    late = clear[len(clear) * 2 // 3 :]
    return float(np.exp(np.polyfit(curve.steps[late], np.log(curve.errors[late]), 1)[0]))
