"""The Python that computes the numbers of Why."""

from __future__ import annotations

from dashboard.kit.export import STEPS, columns
from dashboard.kit.snippets import beginning, call, unit_line
from hypergrad_core.studies.dissection import Dissection


def dissection_snippet(dissection: Dissection) -> str:
    """Distances of w_t and v_k, then the terms of the bounds."""
    norm = dissection.experiment.constants.hypergradient_norm
    kind, unit = unit_line(norm, "relative", "experiment.constants")
    return f"""{beginning(dissection.scenario)}\
import numpy as np

from hypergrad_core import Scenario
from hypergrad_core.studies.dissection import dissect

dissection = dissect({call(dissection.scenario)})
print("what,step,absolute_distance,relative_distance")
paths = [("w", dissection.gaps)] + [(run.method, run.errors) for run in dissection.runs]
for what, gaps in paths:
    distances = np.linalg.norm(gaps, axis=1)
    for step, distance in enumerate(distances):
        print(f"{{what}},{{step}},{{distance:.6e}},{{distance / (distances[0] or 1.0):.6e}}")

experiment = dissection.experiment
{unit}
print()
print("{",".join((*STEPS, *columns(kind)))},terms of the paper's bound")
for curve in experiment.curves:
    t, k = curve.estimate.points.inner_steps, curve.estimate.points.adjoint_steps
    series = [curve.errors, curve.paper.values, curve.sharp.values]
    series += [term.values for term in curve.paper.terms]
    for i in range(len(curve.steps)):
        numbers = [f"{{x[i] / unit:.6e}}" for x in series]
        print(curve.method, t[i], k[i], *numbers, sep=",")
"""
