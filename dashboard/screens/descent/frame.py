"""The frame of Descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.chart import Column, Frame, Row, Table
from dashboard.kit.figure.describe import absent
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import count, percent, scientific
from dashboard.kit.page import Shown
from dashboard.kit.scenario_fields import run_title
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.descent.figure import descent_curves
from dashboard.screens.descent.ground import Ground
from dashboard.screens.descent.images import image_rows
from dashboard.screens.descent.paths import paths_on_ground
from dashboard.screens.descent.race import (
    Race,
    Run,
    arrived,
    ended,
    ground_of,
    has_ground,
    refusals,
    run_of,
    window_around,
)
from dashboard.screens.descent.settings import (
    AGAINST,
    RULES,
    DescentView,
    height_name,
)
from dashboard.screens.descent.signs import sign_lights
from dashboard.screens.descent.words import (
    accuracy_headline,
    headline,
    image_headline,
    path_headline,
    sign_headline,
    signs,
)
from hypergrad_core import METHODS

AT_END = "At the last λ."
NOT_HELD_OUT = (
    "This problem holds no rows out, so there is no accuracy to be drawn: choose another vertical "
    "axis. Softmax regression and learned digits hold some out, and the families of many tasks "
    "have new tasks."
)
COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "Steps", "help": "Outer steps that were taken."},
    {"label": "f", "help": AT_END},
    {"label": "‖∇f‖", "help": AT_END},
    {"label": "Error of h", "help": AT_END},
    {"label": "Certified", "help": "The error is at most that. " + AT_END},
    {
        "label": "Signs proved",
        "help": "Entries of h that are larger than the bound of their error, so that their sign is "
        "that of ∇f. " + AT_END,
    },
]

SIGN_COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "∂f/∂λⱼ > 0 proved", "help": AT_END},
    {"label": "∂f/∂λⱼ < 0 proved", "help": AT_END},
    {"label": "Not proved", "help": AT_END},
]

PATH_COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "Steps"},
    {"label": "λ₁"},
    {"label": "λ₂"},
    {"label": "f"},
]

ACCURACY_COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "Held-out accuracy, first λ"},
    {"label": "Held-out accuracy, last λ"},
]

DescentShown = Shown[Race, tuple[Run | None, ...], DescentView]


def descent_frame(shown: DescentShown, part: str = "curves") -> Frame:
    """All that a picture shows of what has arrived."""
    view, mode = shown.view, shown.mode
    runs, total = arrived(shown.result), len(shown.key.ways)
    come = len(ended(shown.result[:total]))
    taken = sum(len(path.steps) for run in runs for path in (run.descent, run.blind) if path)
    chosen, height = run_of(runs, view.lights), height_name(view, shown.scenario)
    ground = ground_of(shown.key, shown.result) if part == "paths" and has_ground(runs) else None
    if part == "paths":
        drawn = paths_of(shown, ground)
    elif part == "signs":
        drawn = sign_lights(chosen, mode)
    elif part == "images":
        drawn = image_rows(chosen, mode)
    else:
        drawn = descent_curves(runs, view, mode, height)
    longest = max((len(run.descent.steps) for run in runs if run.descent), default=1)
    message = headline(runs, total - len(refusals(shown.result)))
    lowest = run_of(runs, "best")
    if view.height == "accuracy" and lowest is not None and not nothing_held_out(runs):
        message += f" {accuracy_headline(lowest, height)}"
    alt = f"{height} against {AGAINST[view.against].lower()}. {message}"
    table = _table(runs, mode)
    if part == "paths":
        message, table = path_headline(chosen), _path_table(runs, mode)
        alt = f"Contour lines of f over λ₁ and λ₂, with the path of each method. {message}"
    elif part == "signs":
        message, table = sign_headline(chosen), _sign_table(runs, mode)
        alt = f"A light for each entry of λ and each outer step. {message}"
    elif part == "images":
        message, table = image_headline(chosen), _accuracy_table(runs, mode)
        alt = f"The images that λ is, at a few outer steps. {message}"
    frame: Frame = {
        "link": shown.link(done=f"{come} {taken}", part=part),
        "figure": drawn.figure,
        "steps": [f"outer step {number}" for number in range(longest)],
        "readout": drawn.readings,
        "table": table,
        "message": message,
        "alt": alt,
        "title": descent_title(shown),
        "key": drawn.key,
        "names": drawn.names,
        "lines": drawn.lines,
        "dots": drawn.dots,
    }
    if part == "paths":
        # f around the paths may come after them.
        frame["link"] += f"&ground={'' if ground is None else ground.name}"
    if part == "images":
        frame["still"] = True
    if part == "curves" and view.height == "accuracy" and nothing_held_out(runs):
        frame["warning"] = NOT_HELD_OUT
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    refused = refusals(shown.result)
    if refused:
        frame["absent"] = [absent(refusal, mode, refusal.reason) for refusal in refused]
    if come < total:
        frame["title"] += f" · {come - len(refused)} of {total - len(refused)} methods"
    return frame


def paths_of(shown: DescentShown, ground: Ground | None) -> Drawn:
    """The paths over f, where λ has two entries; nothing yet, or for any other λ."""
    runs = arrived(shown.result)
    if not has_ground(runs):
        return paths_on_ground([], None, ((0.0, 0.0), (1.0, 1.0)), shown.mode)
    window = window_around(shown.key, shown.result)
    return paths_on_ground(runs, ground, (window.low or (), window.high or ()), shown.mode)


def nothing_held_out(runs: Sequence[Run]) -> bool:
    """Whether there are descents, and none has an accuracy."""
    return bool(runs) and all(
        run.descent is None or np.isnan(run.descent.last.accuracy) for run in runs
    )


def descent_title(shown: DescentShown) -> str:
    """One line that names the descents, for titles and exports."""
    scenario, view = shown.scenario, shown.view
    instead = {
        # They are those of one hypergradient here.
        "inner_steps": "",
        "adjoint_steps": "",
        "inner": "",
        "budget": f"t = {view.inner_budget}, k = {view.adjoint_budget}",
        "rule": f"{RULES[view.rule].lower()} steps",
    }
    return run_title(scenario, {"size": scenario.state_size}, instead)


def _table(runs: Sequence[Run], mode: Mode) -> Table:
    rows: list[Row] = []
    for run in runs:
        assert run.descent is not None
        last, style = run.descent.last, METHOD_STYLES[run.method]
        rows.append(
            {
                "color": style.color(mode),
                "marker": style.marker,
                "cells": [
                    METHODS[run.method].label,
                    count(len(run.descent.steps) - 1),
                    scientific(last.objective, 2),
                    scientific(float(np.linalg.norm(last.true_hypergradient))),
                    scientific(last.error),
                    scientific(last.certificate.bound),
                    signs(run.descent),
                ],
            }
        )
    whole = all(run.rest is None for run in runs)
    caption = "At the last λ of each descent." if whole else "At the last λ of each descent so far."
    return {"caption": caption, "columns": COLUMNS, "rows": rows}


def _sign_table(runs: Sequence[Run], mode: Mode) -> Table:
    rows: list[Row] = []
    for run in runs:
        assert run.descent is not None
        style, told = METHOD_STYLES[run.method], run.descent.last.certificate.proved_signs
        counts = [np.count_nonzero(told == sign) for sign in (1, -1, 0)]
        rows.append(
            {
                "color": style.color(mode),
                "marker": style.marker,
                "cells": [METHODS[run.method].label, *(count(int(number)) for number in counts)],
            }
        )
    return {"caption": "Signs at the last λ.", "columns": SIGN_COLUMNS, "rows": rows}


def _exactly(value: float) -> str:
    """With more digits than elsewhere: methods come to almost the same λ."""
    told = f"{value:.6g}"
    return scientific(value, 5) if "e" in told else told


def _path_table(runs: Sequence[Run], mode: Mode) -> Table:
    rows: list[Row] = []
    for run in runs:
        assert run.descent is not None
        last, style = run.descent.last, METHOD_STYLES[run.method]
        cells = [METHODS[run.method].label, count(len(run.descent.steps) - 1)]
        cells += [_exactly(value) for value in (*last.hyper[:2], last.objective)]
        rows.append({"color": style.color(mode), "marker": style.marker, "cells": cells})
    whole = all(run.rest is None for run in runs)
    caption = "Where each path is at its end." if whole else "Where each path is so far."
    return {"caption": caption, "columns": PATH_COLUMNS, "rows": rows}


def _accuracy_table(runs: Sequence[Run], mode: Mode) -> Table:
    rows: list[Row] = []
    for run in runs:
        assert run.descent is not None
        style = METHOD_STYLES[run.method]
        ends = (run.descent.steps[0].accuracy, run.descent.last.accuracy)
        rows.append(
            {
                "color": style.color(mode),
                "marker": style.marker,
                "cells": [METHODS[run.method].label, *(percent(end) for end in ends)],
            }
        )
    return {"caption": "On rows of real images.", "columns": ACCURACY_COLUMNS, "rows": rows}
