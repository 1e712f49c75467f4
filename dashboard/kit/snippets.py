"""The Python that computes the numbers of a page from the core alone, and prints them as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from dashboard.kit.export import STEPS, columns, unit_of
from hypergrad_core import Experiment, Scenario
from hypergrad_core.studies.dissection import Dissection
from hypergrad_core.studies.plane import Plane

_INSTALL = """\
# The numbers of this page, computed by the core alone and printed as CSV.
# Install the core first, from the folder of this project:  pip install .
"""


def experiment_snippet(experiment: Experiment, wanted: str = "relative") -> str:
    """Errors and bounds of every curve, in the units of the picture."""
    kind, unit = _unit(experiment.constants.hypergradient_norm, wanted, "experiment.constants")
    return f"""{_INSTALL}\
from hypergrad_core import Scenario, run

experiment = run({_call(experiment.scenario)})
{unit}
print("{",".join((*STEPS, *columns(kind)))}")
for curve in experiment.curves:
    t, k = curve.estimate.points.inner_steps, curve.estimate.points.adjoint_steps
    errors, paper, sharp = curve.errors, curve.paper.values, curve.sharp.values
    for i in range(len(curve.steps)):
        numbers = [f"{{x[i] / unit:.6e}}" for x in (errors, paper, sharp)]
        print(curve.method, t[i], k[i], *numbers, sep=",")
"""


def planes_snippet(planes: Sequence[Plane]) -> str:
    """Errors, bounds and products of every cell of the maps."""
    norm = min((found.hypergradient_norm for found in planes), default=1.0)
    kind, unit = _unit(norm, "relative", "found")
    methods = ", ".join(f'"{found.method}"' for found in planes)
    # A plane has methods, t and k of its own.
    base = Scenario()
    scenario = replace(planes[0].scenario, methods=base.methods, vary=base.vary)
    return f"""{_INSTALL}\
from hypergrad_core import Scenario
from hypergrad_core.studies.plane import plane

scenario = {_call(scenario)}
print("{",".join((*STEPS, *columns(kind), "products"))}")
for method in [{methods}]:
    found = plane(scenario, method)
    {unit}
    for t in found.steps:
        for k in found.steps:
            cells = (found.errors[t, k], found.paper[t, k], found.sharp[t, k])
            numbers = [f"{{x / unit:.6e}}" for x in cells]
            print(method, t, k, *numbers, found.products[t, k], sep=",")
"""


def sweep_snippet(scenarios: Sequence[Scenario], target: float) -> str:
    """Steps to the target at every point of a sweep; the same functions as behind the page."""
    qs = list(dict.fromkeys(scenario.contraction for scenario in scenarios))
    seeds = list(dict.fromkeys(scenario.seed for scenario in scenarios))
    base = Scenario()
    first = replace(scenarios[0], contraction=base.contraction, seed=base.seed)
    return f"""{_INSTALL}\
# It may take minutes. On several cores: give sweep a ProcessPoolExecutor, see the README.
from dataclasses import replace
from functools import partial

from hypergrad_core import Scenario
from hypergrad_core.studies.requirements import requirements
from hypergrad_core.studies.sweep import sweep

scenario = {_call(first)}
qs = {_listed(qs)}
seeds = {seeds!r}
points = [replace(scenario, contraction=q, seed=seed) for q in qs for seed in seeds]
print("contraction,seed,method,inner_steps,adjoint_steps,relative_error,products")
for found in sweep(points, measure=partial(requirements, target={target!r})):
    point = found.scenario
    for item in found.methods:
        t, k = item.inner.measured, item.adjoint.measured
        spent = ("", "") if item.costs is None else (item.costs.error, item.costs.products)
        cells = ["" if x is None else x for x in (t, k, *spent)]
        print(point.contraction, point.seed, item.method, *cells, sep=",")
"""


def dissection_snippet(found: Dissection) -> str:
    """Distances of w_t and v_k, then the terms of the bounds."""
    norm = found.experiment.constants.hypergradient_norm
    kind, unit = _unit(norm, "relative", "experiment.constants")
    return f"""{_INSTALL}\
import numpy as np

from hypergrad_core import Scenario
from hypergrad_core.studies.dissection import dissect

found = dissect({_call(found.scenario)})
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


def replications_snippet(scenarios: Sequence[Scenario], values: int) -> str:
    """Relative errors of every panel, curve and λ of the figure."""
    calls = "".join(f"    {_call(scenario, 4)},\n" for scenario in scenarios)
    return f"""{_INSTALL}\
# It may take a minute.
import csv
import sys

from hypergrad_core import Scenario
from hypergrad_core.studies.replication import replicate

panels = [
{calls}]
table = csv.writer(sys.stdout)
table.writerow(["family", "data", "curve", "value_of_lambda", "t", "relative_error"])
for scenario in panels:
    run = replicate(scenario, {values})
    for track, of_track in zip(run.tracks, run.errors):
        for number, errors in enumerate(of_track):
            for t, error in zip(run.steps, errors):
                where = [scenario.family, scenario.data, track.label, number, t]
                table.writerow([*where, f"{{error:.6e}}"])
"""


def _unit(norm: float, wanted: str, owner: str) -> tuple[str, str]:
    kind, _ = unit_of(norm, wanted)
    if kind == "relative":
        return kind, f"unit = {owner}.hypergradient_norm  # errors are relative, as in the picture"
    return kind, "unit = 1.0  # errors are absolute, as in the picture"


def _listed(numbers: Sequence[float]) -> str:
    """A list of numbers, some to a line."""
    lines = [numbers[at : at + 4] for at in range(0, len(numbers), 4)]
    rows = "".join(f"    {', '.join(repr(float(x)) for x in line)},\n" for line in lines)
    return f"[\n{rows}]"


def _call(scenario: Scenario, indent: int = 0) -> str:
    """The call that makes a scenario: what is not default, and makes a difference."""
    base = Scenario()
    uses = scenario.problem_family.uses
    data = scenario.problem_family.data[scenario.data]
    idle = {"spectrum", "hyper_size", "samples", "size"} - uses
    idle |= {"size"} if data.state_size is not None else set()
    idle |= {"samples"} if data.samples is not None else set()
    space = " " * indent
    arguments = "".join(
        f"{space}    {item.name}={getattr(scenario, item.name)!r},\n"
        for item in fields(Scenario)
        if item.name not in idle and getattr(scenario, item.name) != getattr(base, item.name)
    )
    return f"Scenario(\n{arguments}{space})" if arguments else "Scenario()"
