"""The numbers of Descent as CSV, and the Python that computes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.kit.export import CsvFile, settings_of
from dashboard.kit.snippets import beginning, call
from dashboard.screens.descent.race import Race, Run
from hypergrad_core.studies.outer_steps import Descent

COLUMNS = (
    *("method", "rule", "outer_step", "objective", "value", "value_bound", "gradient_norm"),
    *("error", "certificate", "angle_degrees", "signs_proved", "proved", "length"),
    *("inner_steps", "adjoint_steps", "products", "seconds"),
)


def descents_to_csv(race: Race, runs: Sequence[Run]) -> str:
    """Every step of every method, those with fixed steps beside them included."""
    table = CsvFile()
    table.comment(race_settings(race, runs))
    table.row(COLUMNS)
    rule = race.ways[0].outer.rule
    for run in runs:
        for name, descent in ((rule, run.descent), ("fixed", run.blind)):
            if descent is not None:
                for row in _rows(run.method, name, descent):
                    table.row(row)
    return table.text()


def _rows(method: str, rule: str, descent: Descent) -> list[tuple[object, ...]]:
    return [
        (
            *(method, rule, number, step.objective),
            *(step.certificate.value, step.certificate.value_bound),
            float(np.linalg.norm(step.true_hypergradient)),
            *(step.error, step.certificate.bound, step.angle),
            int(np.count_nonzero(step.certificate.proved_signs)),
            *(int(step.proved), step.length, step.inner_steps, step.adjoint_steps),
            *(step.products, step.seconds),
        )
        for number, step in enumerate(descent.steps)
    ]


def race_settings(race: Race, runs: Sequence[Run]) -> dict[str, str]:
    """What was run, and how much of it is there."""
    way = race.ways[0]
    scenario = way.scenario
    sizes = [run.descent.last.hyper.size for run in runs if run.descent is not None]
    told = settings_of(scenario, scenario.state_size, (sizes or [scenario.hyper_size])[0])
    left_out = ("vary", "horizon", "inner", "inner_steps", "adjoint_steps", "methods")
    budget, outer = way.budget, way.outer
    return {
        **{name: value for name, value in told.items() if name not in left_out},
        "methods": ", ".join(each.method for each in race.ways),
        "rule": str(outer.rule),
        "length of the first step": repr(outer.length),
        "outer steps": str(outer.steps),
        "products at the most": str(outer.products),
        "projection": _said(outer.project),
        "inner steps": str(budget.inner_steps),
        "backward steps": str(budget.adjoint_steps),
        "warm start": f"w {_said(budget.warm_state)}, v {_said(budget.warm_adjoint)}",
        "tolerance": repr(budget.tolerance),
        "tolerance falls": str(budget.schedule),
    }


def _said(yes: bool) -> str:
    return "yes" if yes else "no"


def descent_snippet(race: Race) -> str:
    """The same descents, printed as CSV."""
    way = race.ways[0]
    budget, outer = way.budget, way.outer
    methods = [each.method for each in race.ways]
    return f"""{beginning(way.scenario)}\
from hypergrad_core import HypergradError, METHODS, Scenario, minimize
from hypergrad_core import Budget, Outer, Rule, Schedule

problem = {call(way.scenario)}.build()
budget = Budget(
    inner_steps={budget.inner_steps},
    adjoint_steps={budget.adjoint_steps},
    warm_state={budget.warm_state},
    warm_adjoint={budget.warm_adjoint},
    tolerance={budget.tolerance!r},
    schedule=Schedule({str(budget.schedule)!r}),
)
outer = Outer(
    rule=Rule({str(outer.rule)!r}),
    steps={outer.steps},
    length={outer.length!r},
    products={outer.products},
    project={outer.project},
)
print("method,outer_step,objective,error,certificate,products")
for method in {methods!r}:
    if METHODS[method].refusal(problem):
        continue
    for number, step in enumerate(minimize(problem, method, budget, outer).steps):
        bound = step.certificate.bound
        print(method, number, step.objective, step.error, bound, step.products, sep=",")
"""
