"""The Python that computes the numbers of Complexity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.kit.snippets import beginning, call
from hypergrad_core import Scenario


def sweep_snippet(scenarios: Sequence[Scenario], target: float) -> str:
    """Steps to the target at every point of a sweep; the same functions as behind the page."""
    qs = list(dict.fromkeys(scenario.contraction for scenario in scenarios))
    seeds = list(dict.fromkeys(scenario.seed for scenario in scenarios))
    base = Scenario()
    first = replace(scenarios[0], contraction=base.contraction, seed=base.seed)
    return f"""{beginning(first)}\
# It may take minutes. On several cores: give sweep a ProcessPoolExecutor, see the README.
from dataclasses import replace
from functools import partial

from hypergrad_core import Scenario
from hypergrad_core.studies.requirements import requirements
from hypergrad_core.studies.sweep import sweep

scenario = {call(first)}
qs = {_listed(qs)}
seeds = {seeds!r}
points = [replace(scenario, contraction=q, seed=seed) for q in qs for seed in seeds]
print("contraction,seed,method,inner_steps,adjoint_steps,relative_error,products")
for point in sweep(points, measure=partial(requirements, target={target!r})):
    for item in point.methods:
        t, k = item.inner.measured, item.adjoint.measured
        spent = ("", "") if item.costs is None else (item.costs.error, item.costs.products)
        cells = ["" if x is None else x for x in (t, k, *spent)]
        print(point.scenario.contraction, point.scenario.seed, item.method, *cells, sep=",")
"""


def _listed(numbers: Sequence[float]) -> str:
    """A list of numbers, some to a line."""
    lines = [numbers[at : at + 4] for at in range(0, len(numbers), 4)]
    rows = "".join(f"    {', '.join(repr(float(x)) for x in line)},\n" for line in lines)
    return f"[\n{rows}]"
