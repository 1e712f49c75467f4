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
    for found in planes[:1]:
        kind, _ = unit_of(found.hypergradient_norm)
        table.comment(plane_settings(found))
        norm = repr(float(found.hypergradient_norm))
        table.comment({"hypergradient_norm": norm, "errors and bounds": UNITS[kind]})
    table.row((*STEPS, *columns(kind), "products"))
    for found in planes:
        _, unit = unit_of(found.hypergradient_norm)
        arrays = [values / unit for values in (found.errors, found.paper, found.sharp)]
        for (t, k), cost in np.ndenumerate(found.products):
            table.row((found.method, t, k, *(array[t, k] for array in arrays), int(cost)))
    return table.text()


def plane_settings(found: Plane) -> dict[str, str]:
    """What was run for a plane: t and k both vary, and the method is in the rows."""
    told = settings_of(found.scenario, found.state_size, found.hyper_size)
    return {name: value for name, value in told.items() if name not in ("methods", "vary")}
