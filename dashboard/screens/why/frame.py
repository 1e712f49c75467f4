"""The frames of Why."""

from __future__ import annotations

import numpy as np

from dashboard.chart import Frame, Table
from dashboard.kit.compute import CACHE_ENTRIES, ComputedCache
from dashboard.kit.cost import expected_bytes, expected_seconds
from dashboard.kit.figure.describe import BEYOND_THEORY, absent, describe
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.limits import what_fits
from dashboard.kit.notation import TERM_NAMES, percent
from dashboard.kit.page import PART_PARAM, Shown
from dashboard.kit.theme import Mode
from dashboard.screens.why.bounds import chosen_curve, other_bounds
from dashboard.screens.why.figure.bound import bound_figure
from dashboard.screens.why.figure.plane import plane_figure
from dashboard.screens.why.figure.spectrum import spectrum_figure
from dashboard.screens.why.settings import PARTS, WhyView
from dashboard.screens.why.words import change, plane_message, spectrum_message
from hypergrad_core import METHODS, Scenario
from hypergrad_core.studies.dissection import Dissection, dissect

EMPTY: Table = {"caption": "", "columns": [], "rows": []}
DISSECTIONS: ComputedCache[Scenario, Dissection] = ComputedCache(
    CACHE_ENTRIES, dissect, expected_seconds, expected_bytes, what_fits
)


WhyShown = Shown[Scenario, Dissection, WhyView]


def why_frame(shown: WhyShown, part: str) -> Frame:
    """All that one of the charts shows; ``part`` is a key of ``PARTS``."""
    dissection, view, mode = shown.result, shown.view, shown.mode
    if part == "plane":
        drawn, message = plane_figure(dissection, mode), plane_message(dissection)
    elif part == "spectrum":
        drawn, message = spectrum_figure(dissection, view.stack, mode), spectrum_message(dissection)
    else:
        drawn, message = _bound(dissection, view, mode)
    drawn.figure["layout"].setdefault("xaxis", {})
    drawn.figure["layout"].setdefault("yaxis", {})
    steps = range(dissection.steps + 1)
    frame: Frame = {
        "link": shown.link(**{PART_PARAM: part}),
        "title": describe(dissection),
        "figure": drawn.figure,
        "steps": [f"t = k = {step}" for step in steps],
        "at": list(steps),
        "readout": drawn.readings,
        "table": EMPTY,
        "message": message,
        "alt": f"{PARTS[part]}. {message}",
        "key": drawn.key,
        "lines": drawn.lines,
        "dots": drawn.dots,
        "moving": drawn.moving,
        "names": drawn.names,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if part == "bound":
        frame["absent"] = [
            absent(refusal, mode, refusal.reason) for refusal in dissection.experiment.refusals
        ]
    # Said once, above the first of the views.
    if shown.result.experiment.contraction >= 1 and part == view.parts[0]:
        frame["warning"] = BEYOND_THEORY
    return frame


def _bound(dissection: Dissection, view: WhyView, mode: Mode) -> tuple[Drawn, str]:
    curve = chosen_curve(dissection, view)
    if curve is None:
        return Drawn(), "No method applies."
    others = other_bounds(dissection, curve, view)
    drawn = bound_figure(dissection, curve, others, mode)
    label = METHODS[curve.method].label
    if not np.isfinite(curve.paper.values).all():
        return drawn, f"{label}: q ≥ 1, so there is no bound."
    last = max(curve.paper.terms, key=lambda term: float(term.values[-1]))
    total = float(curve.paper.values[-1])
    share = percent(float(last.values[-1]) / total) if total > 0 else "–"
    end = int(curve.steps[-1])
    said = f"{label} at t = {end}: the {TERM_NAMES[last.name]} is {share} of the paper’s bound."
    for name, bound in others.items():
        clear = curve.errors > curve.floor
        false = np.flatnonzero(clear & (bound.values < curve.errors))
        if len(false):
            first = int(curve.steps[false[0]])
            said += f" With {name} the bound is false from t = {first} on."
        else:
            said += f" With {name} it would be {change(curve.paper, bound)}."
    return drawn, said
