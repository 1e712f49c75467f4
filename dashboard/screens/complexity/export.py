"""The numbers of Complexity as CSV."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.kit.export import CsvFile, settings_of
from hypergrad_core.studies.requirements import Requirements


def requirements_to_csv(points: Sequence[Requirements], total: int | None = None) -> str:
    """Steps, costs and times of every point of a sweep, one row for each method.

    Args:
        points: the points.
        total: how many there will be, if that is more.
    """
    table = CsvFile()
    table.comment(sweep_settings(points, total))
    table.comment({"errors": "relative: divided by the norm of the hypergradient"})
    table.row(
        (
            *("contraction", "condition_number", "seed", "method"),
            *("inner_steps", "inner_steps_predicted", "adjoint_steps", "adjoint_steps_predicted"),
            *("relative_error", "products", "stored_floats", "seconds", "reason"),
        )
    )
    for point in points:
        scenario = point.scenario
        for item in point.methods:
            spent = item.costs
            costs: tuple[object, ...] = ("", "", "", "")
            if spent is not None:
                costs = (spent.error, spent.products, spent.stored_floats, spent.seconds)
            steps = (item.inner.measured, item.inner.predicted)
            adjoint = (item.adjoint.measured, item.adjoint.predicted)
            numbers = ["" if value is None else value for value in (*steps, *adjoint)]
            table.row(
                (
                    *(scenario.contraction, scenario.condition_number, scenario.seed),
                    *(item.method, *numbers, *costs, item.reason),
                )
            )
    return table.text()


def sweep_settings(points: Sequence[Requirements], total: int | None = None) -> dict[str, str]:
    """What was run for all points of a sweep; q and seed are in the rows."""
    partial = {}
    if total is not None and len(points) < total:
        partial = {"not finished": f"{len(points)} of {total} runs"}
    for point in points[:1]:
        told = settings_of(point.scenario, point.state_size, point.hyper_size)
        varied = ("contraction", "seed", "vary", "horizon", "adjoint_steps")
        common = {name: value for name, value in told.items() if name not in varied}
        return {**partial, **common, "target": repr(float(point.target))}
    return partial
