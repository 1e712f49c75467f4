"""The numbers of Budget as CSV."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.kit.export import STEPS, UNITS, CsvFile, columns, settings_of, unit_of
from hypergrad_core.studies.plane import Plane


def planes_to_csv(planes: Sequence[Plane]) -> str:
    """Relative errors, bounds as they are, and products of every cell, one row a cell."""
    table = CsvFile()
    kind = "relative"
    for first in planes[:1]:
        kind, _ = unit_of(first.hypergradient_norm)
        table.comment(plane_settings(first))
        norm = repr(float(first.hypergradient_norm))
        table.comment({"hypergradient_norm": norm, "errors and bounds": UNITS[kind]})
    table.row((*STEPS, *columns(kind), "products"))
    for plane in planes:
        _, unit = unit_of(plane.hypergradient_norm)
        arrays = [values / unit for values in (plane.errors, plane.paper, plane.sharp)]
        for (t, k), cost in np.ndenumerate(plane.products):
            table.row((plane.method, t, k, *(array[t, k] for array in arrays), int(cost)))
    return table.text()


def plane_settings(plane: Plane) -> dict[str, str]:
    """What was run for a plane: t and k both vary, and the method is in the rows."""
    told = settings_of(plane.scenario, plane.state_size, plane.hyper_size)
    return {name: value for name, value in told.items() if name not in ("methods", "vary")}
