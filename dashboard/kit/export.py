"""The numbers of each page as CSV: what was run in comment lines, then a row for each point.

Errors and bounds are in the units of the picture, and the names of their columns say which:
``relative_…`` is divided by ‖∇f(λ)‖, ``absolute_…`` is not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from dashboard.kit.notation import TERM_NAMES
from hypergrad_core import Experiment, Scenario
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.dissection import Dissection
from hypergrad_core.studies.plane import Plane
from hypergrad_core.studies.replication import Replication
from hypergrad_core.studies.requirements import Requirements

STEPS = ("method", "inner_steps", "adjoint_steps")
ERRORS = ("error", "paper_bound", "sharp_bound")
COSTS = ("map_evaluations", "state_products", "hyper_products", "stored_floats")
UNITS = {
    "relative": "relative: divided by hypergradient_norm",
    "absolute": "absolute: not divided by hypergradient_norm",
}


def unit_of(norm: float, wanted: str = "relative") -> tuple[str, float]:
    """What errors are divided by, and the name of it; nothing where ∇f(λ) is 0."""
    return ("relative", norm) if wanted == "relative" and norm > 0 else ("absolute", 1.0)


def columns(kind: str, names: Iterable[str] = ERRORS) -> tuple[str, ...]:
    """Names of columns of errors that say in which units they are."""
    return tuple(f"{kind}_{name}" for name in names)


def settings_of(scenario: Scenario, state_size: int, hyper_size: int) -> dict[str, str]:
    """What was run, by the names of the fields: of the problem that was built.

    What makes no difference to it is left out: a spectrum that is not chosen, a step that is not
    kept fixed.
    """
    family = scenario.problem_family
    data = family.data[scenario.data]
    told: dict[str, object] = {
        "family": f"{scenario.family} ({family.label})",
        "data": f"{scenario.data} ({data.label})",
        "contraction": scenario.contraction,
        "size": state_size,
        "hyper_size": hyper_size,
    }
    if data.samples is not None or "samples" in family.uses:
        told["samples"] = scenario.sample_size
    if "spectrum" in family.uses:
        told["spectrum"] = scenario.spectrum
    told |= {
        "methods": ", ".join(scenario.methods),
        "vary": scenario.vary,
        "inner": scenario.inner,
        "horizon": scenario.horizon,
    }
    if scenario.vary == "adjoint" and scenario.inner != "exact":
        told["inner_steps"] = scenario.inner_steps
    if scenario.vary == "inner" or scenario.truncates:
        told["adjoint_steps"] = scenario.adjoint_steps
    told |= {"seed": scenario.seed, "start": scenario.start, "precision": scenario.precision}
    return {name: str(value) for name, value in told.items()}


def file_name(scenario: Scenario, state_size: int, page: str = "", *, sweep: bool = False) -> str:
    """A name for downloads that tells what is inside; no single q for a sweep over q."""
    parts = ["hypergradient", page, scenario.family]
    # Synthetic data are each family's first.
    if scenario.data != next(iter(scenario.problem_family.data)):
        parts.append(scenario.data)
    if not sweep:
        parts.append(f"q{scenario.contraction:g}")
    parts += [f"d{state_size}", f"seed{scenario.seed}"]
    return "-".join(part for part in parts if part)


class _Table:
    """A file that is being written."""

    def __init__(self) -> None:
        self._out = io.StringIO()
        self._writer = csv.writer(self._out, lineterminator="\n")

    def comment(self, told: dict[str, str]) -> None:
        """Lines that no reader of numbers sees."""
        for name, value in told.items():
            self._out.write(f"# {name}: {value}\n")

    def row(self, cells: Iterable[object]) -> None:
        """One row; floats with all their digits."""
        self._writer.writerow(
            [repr(float(cell)) if isinstance(cell, float) else cell for cell in cells]
        )

    def text(self) -> str:
        """All that was written."""
        return self._out.getvalue()


def to_csv(experiment: Experiment, wanted: str = "relative") -> str:
    """Errors, bounds and costs of every curve, one row a point; bounds as they are, not faded.

    Args:
        experiment: what was run.
        wanted: "relative" or "absolute".
    """
    norm = experiment.constants.hypergradient_norm
    kind, unit = unit_of(norm, wanted)
    table = _Table()
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
                    *(int(steps[i]) for steps in _steps(experiment, curve.method)),
                    *(values[i] / unit for values in errors),
                    curve.floor / unit,
                    *(int(getattr(estimate.costs, cost)[i]) for cost in COSTS),
                )
            )
    return table.text()


def _steps(experiment: Experiment, method: str) -> tuple[Sequence[int], Sequence[int]]:
    curve = experiment.curve(method)
    points = curve.estimate.points
    return points.inner_steps.tolist(), points.adjoint_steps.tolist()


def terms_to_csv(experiment: Experiment) -> str:
    """Relative terms of the paper's bound of every curve, with error and sharp bound."""
    norm = experiment.constants.hypergradient_norm
    kind, unit = unit_of(norm)
    table = _Table()
    table.comment(settings_of(experiment.scenario, experiment.state_size, experiment.hyper_size))
    table.comment({"errors and bounds": UNITS[kind], "constants": str(experiment.constants)})
    names = list(
        dict.fromkeys(term.name for curve in experiment.curves for term in curve.paper.terms)
    )
    slugs = (TERM_NAMES[name].replace(" ", "_").replace("-", "_") for name in names)
    table.row((*STEPS, *columns(kind), *columns(kind, slugs)))
    for curve in experiment.curves:
        terms = {term.name: term.values for term in curve.paper.terms}
        series = [curve.errors, curve.paper.values, curve.sharp.values]
        series += [terms[name] for name in names if name in terms]
        inner, adjoint = _steps(experiment, curve.method)
        for place in range(len(curve.steps)):
            values = (values[place] / unit for values in series)
            table.row((curve.method, inner[place], adjoint[place], *values))
    return table.text()


def planes_to_csv(planes: Sequence[Plane]) -> str:
    """Relative errors, bounds as they are, and products of every cell, one row a cell."""
    table = _Table()
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


def dissection_to_csv(found: Dissection) -> str:
    """Distances of w_t and v_k, and their squares mode by mode where there are modes."""
    table = _Table()
    table.comment(settings_of(found.scenario, found.state_size, found.hyper_size))
    table.comment(
        {
            "distance": "of w from w(λ), or of the method's v from the exact adjoint at w(λ)",
            "absolute": "as it is; relative: divided by the distance at step 0",
        }
    )
    names = [f"mode_{place}" for place in range(found.state_size)] if found.modes else []
    if found.modes is not None:
        values = " ".join(repr(float(z)) for z in found.modes.values)
        table.comment({"mode_0 …": "squared distance in each eigenmode", "eigenvalues": values})
    table.row(("what", "step", "absolute_distance", "relative_distance", "residual", *names))
    paths: list[tuple[str, FloatArray, FloatArray | None]] = [("w", found.gaps, None)]
    paths += [(run.method, run.errors, run.residual_norms) for run in found.runs]
    for what, gaps, residuals in paths:
        squares = found.modes.squares(gaps) if found.modes is not None else np.empty((len(gaps), 0))
        distances = np.linalg.norm(gaps, axis=1)
        first = distances[0] if distances[0] > 0 else 1.0
        for step, (distance, parts) in enumerate(zip(distances, squares, strict=True)):
            left = "" if residuals is None else residuals[step]
            table.row((what, step, distance, distance / first, left, *parts))
    return table.text()


def requirements_to_csv(found: Sequence[Requirements], wanted: int | None = None) -> str:
    """Steps, costs and times of every point of a sweep, one row for each method.

    Args:
        found: the points.
        wanted: how many there will be, if that is more.
    """
    table = _Table()
    table.comment(sweep_settings(found, wanted))
    table.comment({"errors": "relative: divided by the norm of the hypergradient"})
    table.row(
        (
            *("contraction", "condition_number", "seed", "method"),
            *("inner_steps", "inner_steps_predicted", "adjoint_steps", "adjoint_steps_predicted"),
            *("relative_error", "products", "stored_floats", "seconds", "reason"),
        )
    )
    for point in found:
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


def sweep_settings(found: Sequence[Requirements], wanted: int | None = None) -> dict[str, str]:
    """What was run for all points of a sweep; q and seed are in the rows."""
    partial = {}
    if wanted is not None and len(found) < wanted:
        partial = {"not finished": f"{len(found)} of {wanted} runs"}
    for point in found[:1]:
        told = settings_of(point.scenario, point.state_size, point.hyper_size)
        here = ("contraction", "seed", "vary", "horizon", "adjoint_steps")
        common = {name: value for name, value in told.items() if name not in here}
        return {**partial, **common, "target": repr(float(point.target))}
    return partial


def replications_to_csv(runs: Sequence[Replication]) -> str:
    """Relative errors of every panel, curve and value of λ, one row a point."""
    table = _Table()
    table.comment(replication_settings(runs))
    table.comment({"errors": "relative: divided by the norm of the hypergradient at that λ"})
    table.row(("family", "data", "curve", "value_of_lambda", "t", "relative_error"))
    for run in runs:
        problem_of = (run.scenario.family, run.scenario.data)
        for place, track in enumerate(run.tracks):
            for number, errors in enumerate(run.errors[place]):
                for t, error in zip(run.steps.tolist(), errors, strict=True):
                    table.row((*problem_of, track.label, number, t, error))
    return table.text()


def replication_settings(runs: Sequence[Replication]) -> dict[str, str]:
    """What was run in each panel."""
    found: dict[str, str] = {}
    for number, run in enumerate(runs, 1):
        problem = run.scenario.problem_family.build(run.scenario)
        told = settings_of(run.scenario, problem.state_size, problem.hyper_size)
        # The figure has methods of its own.
        kept = {name: value for name, value in told.items() if name not in ("methods", "vary")}
        found |= {f"panel {number}, {name}": value for name, value in kept.items()}
    return found
