"""The frame of Paper."""

from __future__ import annotations

from dataclasses import replace

from dashboard.chart import Column, Frame, Row, Table
from dashboard.kit.figure.describe import BEYOND_THEORY
from dashboard.kit.notation import scientific
from dashboard.kit.page import Shown
from dashboard.kit.theme import Mode
from dashboard.screens.paper.figure import (
    LETTERS,
    Look,
    all_tracks,
    panel_title,
    paper_panels,
)
from dashboard.screens.paper.settings import PaperView
from dashboard.screens.paper.task import Task, arrived
from dashboard.screens.paper.words import verdict
from hypergrad_core.studies.replication import Replication

KIND_TITLES = {"synthetic": "on synthetic data", "real": "on real data", "networks": "on networks"}


PaperShown = Shown[Task, tuple[Replication | None, ...], PaperView]


def paper_frame(shown: PaperShown, part: str = "") -> Frame:
    """All that the chart shows; panels that are not there yet are empty."""
    task, runs, mode = shown.key, shown.result, shown.mode
    scenarios = task.panels
    drawn_runs = arrived(runs)
    message = verdict(drawn_runs, len(runs))
    drawn = paper_panels(scenarios, runs, task.values, mode)
    # An unfinished figure is another picture; where it is read makes no difference to it.
    unfinished = {} if len(drawn_runs) == len(runs) else {"panels": str(len(drawn_runs))}
    unread = replace(shown, view=replace(shown.view, cursor=shown.settings.view.cursor))
    names = "; ".join(panel_title(place, scenario) for place, scenario in enumerate(scenarios))
    steps = [int(step) for step in scenarios[0].steps()]
    frame: Frame = {
        "link": unread.link(**unfinished),
        "figure": drawn.figure,
        "steps": [f"t = {step}" for step in steps],
        "at": steps,
        "title": _title(task),
        "key": drawn.key,
        "readout": drawn.readings,
        "table": _table(task, runs, mode),
        "message": message,
        "alt": f"Relative error over inner steps t in {len(runs)} panels: {names}. {message}",
        "lines": drawn.lines,
        "dots": drawn.dots,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if task.contraction >= 1:
        frame["warning"] = BEYOND_THEORY
    return frame


def _title(task: Task) -> str:
    """One line that names the figure, for titles and exports."""
    lambdas = "1 λ" if task.values == 1 else f"{task.values} λ"
    return (
        "Grazzi, Franceschi, Pontil, Salzo (ICML 2020), Figure 1, rerun "
        f"{KIND_TITLES[task.kind]} · q = {task.contraction:g} · {lambdas} · seed {task.seed}"
    )


def _table(task: Task, runs: tuple[Replication | None, ...], mode: Mode) -> Table:
    """Mean and spread at the horizon, a column for each panel."""
    columns: list[Column] = [{"label": "Curve"}]
    for letter, scenario in zip(LETTERS, task.panels, strict=False):
        name = scenario.problem_family.label
        columns.append({"label": f"{letter} · {name}"})
    rows: list[Row] = []
    for track in all_tracks(runs):
        cells = [track.label]
        for run in runs:
            if run is None or track not in run.tracks:
                cells.append("–")
                continue
            mean = scientific(float(run.mean(track)[-1]))
            # One digit each, so that all of it fits on a line.
            low, high = (scientific(float(edge[-1]), digits=0) for edge in run.band(track))
            cells.append(f"{mean} ({low} – {high})")
        look = Look.of(track, mode)
        rows.append({"color": look.color, "marker": look.symbol, "cells": cells})
    caption = (
        f"Relative error at t = {task.horizon}: geometric mean over {task.values} λ "
        "(smallest – largest)"
    )
    return {"caption": caption, "columns": columns, "rows": rows}
