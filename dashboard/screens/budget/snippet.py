"""The Python that computes the numbers of Budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.kit.export import STEPS, columns
from dashboard.kit.snippets import beginning, call, unit_line
from hypergrad_core import Scenario
from hypergrad_core.studies.plane import Plane


def planes_snippet(planes: Sequence[Plane]) -> str:
    """Errors, bounds and products of every cell of the maps."""
    norm = min((plane.hypergradient_norm for plane in planes), default=1.0)
    kind, unit = unit_line(norm, "relative", "result")
    methods = ", ".join(f'"{plane.method}"' for plane in planes)
    # A plane has methods, t and k of its own.
    base = Scenario()
    scenario = replace(planes[0].scenario, methods=base.methods, vary=base.vary)
    return f"""{beginning(scenario)}\
from hypergrad_core import Scenario
from hypergrad_core.studies.plane import plane

scenario = {call(scenario)}
print("{",".join((*STEPS, *columns(kind), "products"))}")
for method in [{methods}]:
    result = plane(scenario, method)
    {unit}
    for t in result.steps:
        for k in result.steps:
            cells = (result.errors[t, k], result.paper[t, k], result.sharp[t, k])
            numbers = [f"{{x / unit:.6e}}" for x in cells]
            print(method, t, k, *numbers, result.products[t, k], sep=",")
"""
