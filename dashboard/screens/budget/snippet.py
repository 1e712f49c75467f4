"""The Python that computes the numbers of Budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.kit.export import STEPS, columns
from dashboard.kit.snippets import INSTALL, call, unit_line
from hypergrad_core import Scenario
from hypergrad_core.studies.plane import Plane


def planes_snippet(planes: Sequence[Plane]) -> str:
    """Errors, bounds and products of every cell of the maps."""
    norm = min((found.hypergradient_norm for found in planes), default=1.0)
    kind, unit = unit_line(norm, "relative", "found")
    methods = ", ".join(f'"{found.method}"' for found in planes)
    # A plane has methods, t and k of its own.
    base = Scenario()
    scenario = replace(planes[0].scenario, methods=base.methods, vary=base.vary)
    return f"""{INSTALL}\
from hypergrad_core import Scenario
from hypergrad_core.studies.plane import plane

scenario = {call(scenario)}
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
