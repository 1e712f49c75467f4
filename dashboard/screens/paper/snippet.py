"""The Python that computes the numbers of Paper."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.kit.snippets import INSTALL, call
from hypergrad_core import Scenario


def replications_snippet(scenarios: Sequence[Scenario], values: int) -> str:
    """Relative errors of every panel, curve and λ of the figure."""
    calls = "".join(f"    {call(scenario, 4)},\n" for scenario in scenarios)
    return f"""{INSTALL}\
# It may take a minute.
import csv
import sys

from hypergrad_core import Scenario
from hypergrad_core.studies.replication import replicate

panels = [
{calls}]
table = csv.writer(sys.stdout)
table.writerow(["family", "data", "curve", "value_of_lambda", "t", "relative_error"])
for scenario in panels:
    run = replicate(scenario, {values})
    for track, of_track in zip(run.tracks, run.errors):
        for number, errors in enumerate(of_track):
            for t, error in zip(run.steps, errors):
                where = [scenario.family, scenario.data, track.label, number, t]
                table.writerow([*where, f"{{error:.6e}}"])
"""
