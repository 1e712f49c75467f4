"""The runs behind a figure of Paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.kit.compute import ComputedCache
from dashboard.kit.parts import PartsCache
from dashboard.screens.paper.settings import OWN_FIELDS, PROBLEMS, PaperView
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.replication import Replication, replicate


def panels(kind: str, contraction: float, horizon: int, seed: int) -> tuple[Scenario, ...]:
    """The four problems of a figure. Heavy ball where the paper uses it: on quadratics."""
    return tuple(
        Scenario(
            family=family,
            data=data,
            contraction=contraction,
            inner="heavy-ball" if FAMILIES[family].affine_symmetric else "fixed-point",
            horizon=horizon,
            seed=seed,
            **(sizes or FAMILIES[family].suggested),  # type: ignore[arg-type]
        )
        for family, data, sizes in PROBLEMS[kind]
    )


@dataclass(frozen=True)
class Task:
    """One figure of the page.

    Attributes:
        kind: key of ``KINDS``.
        values: how many λ each panel is run at.
        contraction, horizon, seed: of all panels.
    """

    kind: str
    values: int
    contraction: float
    horizon: int
    seed: int

    @classmethod
    def of(cls, scenario: Scenario, view: PaperView) -> Task:
        """The figure of these settings."""
        of_scenario = {field: getattr(scenario, field) for field in OWN_FIELDS}
        return cls(kind=view.kind, values=view.values, **of_scenario)

    @property
    def panels(self) -> tuple[Scenario, ...]:
        """The problem of each panel."""
        return panels(self.kind, self.contraction, self.horizon, self.seed)

    @property
    def runs(self) -> tuple[tuple[Scenario, int], ...]:
        """What each panel is run for."""
        return tuple((scenario, self.values) for scenario in self.panels)

    def seen(self, scenario: Scenario, view: PaperView) -> tuple[Scenario, PaperView]:
        """The settings as which this figure is shown."""
        of_scenario = {field: getattr(self, field) for field in OWN_FIELDS}
        return (
            replace(scenario, **of_scenario),
            replace(view, kind=self.kind, values=self.values),
        )


def _run(panel: tuple[Scenario, int], report: Progress) -> Replication:
    return replicate(*panel, report)


FIGURES: PartsCache[Task, tuple[Scenario, int], Replication] = PartsCache(
    lambda task: task.runs, ComputedCache(64, _run)
)


def arrived(runs: Sequence[Replication | None]) -> tuple[Replication, ...]:
    """The panels that are there."""
    return tuple(run for run in runs if run is not None)
