"""Take it home: the curves as CSV, the figure as a page of its own, the run as Python."""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import fields

import numpy as np

from dashboard.chart import PLOTLY_FILE
from dashboard.figures.error_curves import describe, error_curves
from dashboard.theme import FONT
from dashboard.view import View
from hypergrad_core import Experiment, Scenario
from hypergrad_core.complexity import Requirements
from hypergrad_core.dissection import Dissection
from hypergrad_core.paper import Replication
from hypergrad_core.plane import Plane
from hypergrad_core.problem import FloatArray

COLUMNS = (
    "method",
    "inner_steps",
    "adjoint_steps",
    "error",
    "paper_bound",
    "sharp_bound",
    "floor",
    "map_evaluations",
    "state_products",
    "hyper_products",
    "stored_floats",
)


def to_csv(experiment: Experiment) -> str:
    """Absolute errors, raw bounds and costs, one row a point.

    Comment lines hold the scenario, and what each bound is worth.
    """
    out = io.StringIO()
    for item in fields(Scenario):
        out.write(f"# {item.name}: {getattr(experiment.scenario, item.name)}\n")
    out.write(f"# hypergradient_norm: {experiment.constants.hypergradient_norm!r}\n")
    for curve in experiment.curves:
        for name, bound in (("paper_bound", curve.paper), ("sharp_bound", curve.sharp)):
            out.write(f"# {name} of {curve.method}: tier {bound.tier}, {bound.status}\n")
            out.write(f"# source of {name} of {curve.method}: {bound.source}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for curve in experiment.curves:
        estimate = curve.estimate
        for i in range(len(curve.steps)):
            writer.writerow(
                [
                    curve.method,
                    int(estimate.points.inner_steps[i]),
                    int(estimate.points.adjoint_steps[i]),
                    repr(float(curve.errors[i])),
                    repr(float(curve.paper.values[i])),
                    repr(float(curve.sharp.values[i])),
                    repr(curve.floor),
                    int(estimate.map_evaluations[i]),
                    int(estimate.state_products[i]),
                    int(estimate.hyper_products[i]),
                    int(estimate.stored_floats[i]),
                ]
            )
    return out.getvalue()


def replications_to_csv(runs: tuple[Replication, ...]) -> str:
    """Relative errors of every panel, curve and value of λ, one row a point."""
    out = io.StringIO()
    for run in runs:
        out.write(f"# {run.scenario}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("family", "data", "curve", "value_of_lambda", "t", "relative_error"))
    for run in runs:
        scenario = run.scenario
        for place, track in enumerate(run.tracks):
            for number, errors in enumerate(run.errors[place]):
                writer.writerows(
                    (
                        scenario.family,
                        scenario.data,
                        track.label,
                        number,
                        int(t),
                        repr(float(error)),
                    )
                    for t, error in zip(run.steps, errors, strict=True)
                )
    return out.getvalue()


def terms_to_csv(experiment: Experiment) -> str:
    """The terms of the paper's bound of every curve, with error and sharp bound; absolute."""
    out = io.StringIO()
    out.write(f"# {experiment.scenario}\n")
    out.write(f"# {experiment.constants}\n")
    names = list(
        dict.fromkeys(term.name for curve in experiment.curves for term in curve.paper.terms)
    )
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS[:6], *(name.replace(" ", "_") for name in names)))
    for curve in experiment.curves:
        points = curve.estimate.points
        terms = {term.name: term.values for term in curve.paper.terms}
        series = [curve.errors, curve.paper.values, curve.sharp.values]
        series += [terms[name] for name in names if name in terms]
        for place in range(len(curve.steps)):
            steps = (int(points.inner_steps[place]), int(points.adjoint_steps[place]))
            writer.writerow(
                [curve.method, *steps, *(repr(float(values[place])) for values in series)]
            )
    return out.getvalue()


def planes_to_csv(planes: list[Plane]) -> str:
    """Absolute errors, raw bounds and products of every cell, one row a cell."""
    out = io.StringIO()
    for found in planes:
        out.write(f"# {found.scenario}\n# hypergradient_norm: {found.hypergradient_norm!r}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        (
            "method",
            "inner_steps",
            "adjoint_steps",
            "error",
            "paper_bound",
            "sharp_bound",
            "products",
        )
    )
    for found in planes:
        arrays = (found.errors, found.paper, found.sharp)
        writer.writerows(
            (found.method, t, k, *(repr(float(array[t, k])) for array in arrays), int(cost))
            for (t, k), cost in np.ndenumerate(found.products)
        )
    return out.getvalue()


def dissection_to_csv(found: Dissection) -> str:
    """Distances of w_t and v_k, and their squares mode by mode where there are modes."""
    out = io.StringIO()
    out.write(f"# {found.scenario}\n")
    names = [f"mode_{place}" for place in range(found.state_size)] if found.modes else []
    if found.modes is not None:
        out.write(f"# eigenvalues: {' '.join(repr(float(z)) for z in found.modes.values)}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("what", "step", "distance", "residual", *names))
    paths: list[tuple[str, FloatArray, FloatArray | None]] = [("w", found.gaps, None)]
    paths += [(run.method, run.errors, run.residual_norms) for run in found.runs]
    for what, gaps, residuals in paths:
        squares = found.modes.squares(gaps) if found.modes is not None else np.empty((len(gaps), 0))
        for step, (gap, parts) in enumerate(zip(gaps, squares, strict=True)):
            left = "" if residuals is None else repr(float(residuals[step]))
            row = [what, step, repr(float(np.linalg.norm(gap))), left]
            writer.writerow([*row, *(repr(float(part)) for part in parts)])
    return out.getvalue()


def requirements_to_csv(found: list[Requirements]) -> str:
    """Steps, costs and times of every point of a sweep, one row for each method."""
    out = io.StringIO()
    for point in found[:1]:
        out.write(f"# relative target: {point.target!r}\n# first point: {point.scenario}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        (
            *("contraction", "condition_number", "seed", "method"),
            *("inner_steps", "inner_steps_predicted", "adjoint_steps", "adjoint_steps_predicted"),
            *("relative_error", "products", "stored_floats", "seconds", "reason"),
        )
    )
    for point in found:
        for item in point.methods:
            spent = item.outlay
            outlay = (
                ("", "", "", "")
                if spent is None
                else (repr(spent.error), spent.products, spent.stored_floats, repr(spent.seconds))
            )
            steps = (item.inner.measured, item.inner.predicted)
            adjoint = (item.adjoint.measured, item.adjoint.predicted)
            numbers = ["" if value is None else value for value in (*steps, *adjoint)]
            scenario = point.scenario
            writer.writerow(
                [
                    *(repr(scenario.contraction), repr(scenario.condition_number), scenario.seed),
                    *(item.method, *numbers, *outlay, item.reason),
                ]
            )
    return out.getvalue()


def to_html(experiment: Experiment, view: View) -> str:
    """A page that works by itself, offline: the figure, its script and its parameters."""
    figure, _, _ = error_curves(experiment, view, "light")
    figure["layout"] |= {
        "height": 720,
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "meta": {
            **{item.name: getattr(experiment.scenario, item.name) for item in fields(Scenario)},
            **{item.name: getattr(view, item.name) for item in fields(View)},
        },
    }
    title = html.escape(describe(experiment))
    # "</" inside a script would end it.
    data = json.dumps(figure).replace("</", "<\\/")
    script = PLOTLY_FILE.read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>body{{font-family:{FONT};margin:1rem}}</style></head><body>"
        f'<div id="figure"></div><p>{title}</p><script>{script}</script>'
        f"<script>const figure = {data};"
        'Plotly.newPlot("figure", figure.data, figure.layout, '
        "{responsive: true, displaylogo: false});</script></body></html>\n"
    )


def to_snippet(experiment: Experiment) -> str:
    """Python that prints the same numbers from the core alone."""
    scenario = experiment.scenario
    arguments = "".join(
        f"    {item.name}={getattr(scenario, item.name)!r},\n"
        for item in fields(Scenario)
        if getattr(scenario, item.name) != item.default
    )
    call = f"Scenario(\n{arguments})" if arguments else "Scenario()"
    return (
        "from hypergrad_core import Scenario, run\n\n"
        f"experiment = run({call})\n"
        "for curve in experiment.curves:\n"
        "    print(curve.method)\n"
        "    rows = zip(curve.steps, curve.errors, curve.paper.values, curve.sharp.values)\n"
        "    for step, error, paper, sharp in rows:\n"
        '        print(f"{step:5d} {error:.6e} {paper:.6e} {sharp:.6e}")\n'
    )


def file_name(experiment: Experiment) -> str:
    """A name for downloads that tells what is inside."""
    scenario = experiment.scenario
    return (
        f"hypergradient-{scenario.family}-q{scenario.contraction:g}"
        f"-d{experiment.state_size}-seed{scenario.seed}"
    )
