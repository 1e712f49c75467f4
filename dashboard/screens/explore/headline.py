"""When each method reaches the target, in words."""

from __future__ import annotations

import numpy as np

from dashboard.kit.notation import count, listed, scientific
from dashboard.screens.explore.figure.lines import Line
from dashboard.screens.explore.settings import View
from hypergrad_core import Experiment

# From so many groups of methods on the headline is a list, not a sentence.
MANY = 4


def is_sampled(experiment: Experiment) -> bool:
    """Whether the horizon is too long for every step to be a point."""
    return bool((np.diff(experiment.steps) > 1).any())


def headline(experiment: Experiment, lines: tuple[Line, ...], view: View) -> str:
    """When each method reaches the target: a sentence, or a list where there are many."""
    if not lines:
        return "No method applies here."
    groups, late = _reached(lines)
    horizon = _plural(experiment.scenario.horizon)
    goal = f"the {view.error} error at or below ε = {scientific(view.target)}"
    if not groups:
        return f"No method gets {goal} within {horizon}."
    at_most = "at most " if is_sampled(experiment) else ""
    if len(groups) + bool(late) < MANY:
        needs = [
            f"{listed(names)} {'need' if names[1:] else 'needs'} "
            f"{at_most}{count(step) if place else _plural(step)}"
            for place, (step, names) in enumerate(groups)
        ]
        do = "do" if late[1:] else "does"
        rest = f"; {listed(late)} {do} not get there within {horizon}" if late else ""
        return f"To get {goal}, {', '.join(needs)}{rest}."
    written = [f"{at_most}{step} ({', '.join(names)})" for step, names in groups]
    written[0] = f"fastest: {written[0]}"
    written[-1] = f"slowest: {written[-1]}"
    if late:
        written.append(f"not within {experiment.scenario.horizon}: {', '.join(late)}")
    return f"Steps to get {goal} – {'; '.join(written)}."


def _plural(steps: int) -> str:
    return f"{count(steps)} step{'' if steps == 1 else 's'}"


def _reached(lines: tuple[Line, ...]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Steps in rising order, each with its methods; and the methods that do not get there."""
    groups: dict[int, list[str]] = {}
    late = []
    for line in lines:
        step = line.crossing.measured
        if step is None:
            late.append(line.label)
        else:
            groups.setdefault(step, []).append(line.label)
    return sorted(groups.items()), late
