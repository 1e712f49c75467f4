"""The numbers of Why as CSV."""

from __future__ import annotations

import numpy as np

from dashboard.kit.export import STEPS, UNITS, CsvFile, columns, settings_of, steps_of, unit_of
from dashboard.kit.notation import TERM_NAMES
from hypergrad_core import Experiment
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.dissection import Dissection


def terms_to_csv(experiment: Experiment) -> str:
    """Relative terms of the paper's bound of every curve, with error and sharp bound."""
    norm = experiment.constants.hypergradient_norm
    kind, unit = unit_of(norm)
    table = CsvFile()
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
        inner, adjoint = steps_of(experiment, curve.method)
        for place in range(len(curve.steps)):
            values = (values[place] / unit for values in series)
            table.row((curve.method, inner[place], adjoint[place], *values))
    return table.text()


def dissection_to_csv(dissection: Dissection) -> str:
    """Distances of w_t and v_k, and their squares mode by mode where there are modes."""
    table = CsvFile()
    table.comment(settings_of(dissection.scenario, dissection.state_size, dissection.hyper_size))
    table.comment(
        {
            "distance": "of w from w(λ), or of the method's v from the exact adjoint at w(λ)",
            "absolute": "as it is; relative: divided by the distance at step 0",
        }
    )
    modes = dissection.modes
    names = [f"mode_{place}" for place in range(dissection.state_size)] if modes else []
    if modes is not None:
        values = " ".join(repr(float(z)) for z in modes.values)
        table.comment({"mode_0 …": "squared distance in each eigenmode", "eigenvalues": values})
    table.row(("what", "step", "absolute_distance", "relative_distance", "residual", *names))
    paths: list[tuple[str, FloatArray, FloatArray | None]] = [("w", dissection.gaps, None)]
    paths += [(run.method, run.errors, run.residual_norms) for run in dissection.runs]
    for what, gaps, residuals in paths:
        squares = (
            dissection.modes.squares(gaps)
            if dissection.modes is not None
            else np.empty((len(gaps), 0))
        )
        distances = np.linalg.norm(gaps, axis=1)
        first = distances[0] if distances[0] > 0 else 1.0
        for step, (distance, parts) in enumerate(zip(distances, squares, strict=True)):
            left = "" if residuals is None else residuals[step]
            table.row((what, step, distance, distance / first, left, *parts))
    return table.text()
