"""The Python that computes the numbers of Explore."""

from __future__ import annotations

from dashboard.kit.export import STEPS, columns
from dashboard.kit.snippets import beginning, call, unit_line
from hypergrad_core import Experiment


def experiment_snippet(experiment: Experiment, asked: str = "relative") -> str:
    """Errors and bounds of every curve, in the units of the picture."""
    kind, unit = unit_line(experiment.constants.hypergradient_norm, asked, "experiment.constants")
    return f"""{beginning(experiment.scenario)}\
from hypergrad_core import Scenario, run

experiment = run({call(experiment.scenario)})
{unit}
print("{",".join((*STEPS, *columns(kind)))}")
for curve in experiment.curves:
    t, k = curve.estimate.points.inner_steps, curve.estimate.points.adjoint_steps
    errors, paper, sharp = curve.errors, curve.paper.values, curve.sharp.values
    for i in range(len(curve.steps)):
        numbers = [f"{{x[i] / unit:.6e}}" for x in (errors, paper, sharp)]
        print(curve.method, t[i], k[i], *numbers, sep=",")
"""
