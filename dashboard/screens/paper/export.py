"""The numbers of Paper as CSV."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.kit.export import CsvFile, settings_of
from hypergrad_core.studies.replication import Replication


def replications_to_csv(runs: Sequence[Replication]) -> str:
    """Relative errors of every panel, curve and value of λ, one row a point."""
    table = CsvFile()
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
    settings: dict[str, str] = {}
    for number, run in enumerate(runs, 1):
        problem = run.scenario.problem_family.build(run.scenario)
        told = settings_of(run.scenario, problem.state_size, problem.hyper_size)
        # The figure has methods of its own.
        kept = {name: value for name, value in told.items() if name not in ("methods", "vary")}
        settings |= {f"panel {number}, {name}": value for name, value in kept.items()}
    return settings
