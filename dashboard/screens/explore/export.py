"""The numbers of Explore as CSV."""

from __future__ import annotations

from dashboard.kit.export import (
    COSTS,
    ERRORS,
    STEPS,
    UNITS,
    CsvFile,
    columns,
    settings_of,
    steps_of,
    unit_of,
)
from hypergrad_core import Experiment


def to_csv(experiment: Experiment, asked: str = "relative") -> str:
    """Errors, bounds and costs of every curve, one row a point; bounds as they are, not faded.

    Args:
        experiment: what was run.
        asked: "relative" or "absolute".
    """
    norm = experiment.constants.hypergradient_norm
    kind, unit = unit_of(norm, asked)
    table = CsvFile()
    table.comment(settings_of(experiment.scenario, experiment.state_size, experiment.hyper_size))
    table.comment({"hypergradient_norm": repr(float(norm)), "errors and bounds": UNITS[kind]})
    for curve in experiment.curves:
        for name, bound in (("paper_bound", curve.paper), ("sharp_bound", curve.sharp)):
            table.comment(
                {
                    f"{name} of {curve.method}": f"tier {bound.tier}, {bound.status}",
                    f"source of {name} of {curve.method}": bound.source,
                }
            )
    table.row((*STEPS, *columns(kind, (*ERRORS, "rounding_estimate")), *COSTS))
    for curve in experiment.curves:
        estimate = curve.estimate
        errors = (curve.errors, curve.paper.values, curve.sharp.values)
        for i in range(len(curve.steps)):
            table.row(
                (
                    curve.method,
                    *(int(steps[i]) for steps in steps_of(experiment, curve.method)),
                    *(values[i] / unit for values in errors),
                    curve.floor / unit,
                    *(int(getattr(estimate.costs, cost)[i]) for cost in COSTS),
                )
            )
    return table.text()
