"""The Python that computes the numbers of Why."""

from __future__ import annotations

from dashboard.kit.export import STEPS, columns
from dashboard.kit.snippets import INSTALL, call, unit_line
from hypergrad_core.studies.dissection import Dissection


def dissection_snippet(found: Dissection) -> str:
    """Distances of w_t and v_k, then the terms of the bounds."""
    norm = found.experiment.constants.hypergradient_norm
    kind, unit = unit_line(norm, "relative", "experiment.constants")
    return f"""{INSTALL}\
import numpy as np

from hypergrad_core import Scenario
from hypergrad_core.studies.dissection import dissect

found = dissect({call(found.scenario)})
print("what,step,absolute_distance,relative_distance")
paths = [("w", found.gaps)] + [(run.method, run.errors) for run in found.runs]
for what, gaps in paths:
    distances = np.linalg.norm(gaps, axis=1)
    for step, distance in enumerate(distances):
        print(f"{{what}},{{step}},{{distance:.6e}},{{distance / (distances[0] or 1.0):.6e}}")

experiment = found.experiment
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
