"""Hypergradients, their measured errors and their rigorous bounds.

    from hypergrad_core import Scenario, run
    experiment = run(Scenario(contraction=0.95))
    experiment.curve("aid-cg").errors

See ``Scenario`` for what can be run and ``Experiment`` for what comes out.
"""

from __future__ import annotations

from hypergrad_core.bounds import Bound, Status, Term
from hypergrad_core.constants import Constants
from hypergrad_core.errors import HypergradError, ScenarioError
from hypergrad_core.methods import METHODS
from hypergrad_core.problem import Problem
from hypergrad_core.problems import FAMILIES
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.experiment import Experiment, Refusal, run
from hypergrad_core.studies.prepared import Curve

__all__ = [
    "FAMILIES",
    "METHODS",
    "Bound",
    "Constants",
    "Curve",
    "Experiment",
    "HypergradError",
    "Problem",
    "Refusal",
    "Scenario",
    "ScenarioError",
    "Status",
    "Term",
    "run",
]
