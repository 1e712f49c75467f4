"""Hypergradients, their measured errors and their rigorous bounds.

    from hypergrad_core import Scenario, run
    experiment = run(Scenario(contraction=0.95))
    experiment.curve("aid-cg").errors

See ``Scenario`` for what can be run and ``Experiment`` for what comes out.
"""

from __future__ import annotations

from hypergrad_core.bounds import Bound, Status, Term
from hypergrad_core.bounds.certificate import Certificate, certify
from hypergrad_core.checks import Check, CheckTable, check_problem, problem_checks
from hypergrad_core.constants import Constants, Lipschitz
from hypergrad_core.costs import Costs
from hypergrad_core.data.table import Table, read_table
from hypergrad_core.errors import HypergradError, ScenarioError
from hypergrad_core.functions import FunctionProblem
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.methods import METHODS, Points
from hypergrad_core.problem import Problem
from hypergrad_core.problems import FAMILIES
from hypergrad_core.reference import Reference
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.descent import minimize, value_and_hypergradient
from hypergrad_core.studies.experiment import Experiment, ProblemRun, Refusal, run, run_problem
from hypergrad_core.studies.final_values import FinalRow, FinalValues, tabulate
from hypergrad_core.studies.outer_steps import Budget, Descent, Outer, OuterStep, Rule, Schedule
from hypergrad_core.studies.plane import ProblemPlane, problem_plane
from hypergrad_core.studies.prepared import Curve
from hypergrad_core.studies.requirements import ProblemRequirements, problem_requirements

__all__ = [
    "FAMILIES",
    "METHODS",
    "Bound",
    "Budget",
    "Certificate",
    "Check",
    "CheckTable",
    "Constants",
    "Costs",
    "Curve",
    "Descent",
    "Experiment",
    "FinalRow",
    "FinalValues",
    "FunctionProblem",
    "HypergradError",
    "Linearisation",
    "Lipschitz",
    "Outer",
    "OuterStep",
    "Points",
    "Problem",
    "ProblemPlane",
    "ProblemRequirements",
    "ProblemRun",
    "Reference",
    "Refusal",
    "Rule",
    "Scenario",
    "ScenarioError",
    "Schedule",
    "Status",
    "Table",
    "Term",
    "certify",
    "check_problem",
    "minimize",
    "problem_checks",
    "problem_plane",
    "problem_requirements",
    "read_table",
    "run",
    "run_problem",
    "tabulate",
    "value_and_hypergradient",
]
