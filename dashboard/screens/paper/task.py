"""The runs behind a figure of Paper."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.kit.compute import ResultCache
from dashboard.screens.paper.settings import OWN_FIELDS, PROBLEMS, SETTINGS, PaperView
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
    def link(self) -> dict[str, str]:
        """The query parameters that restore the figure."""
        of_scenario = {field: getattr(self, field) for field in OWN_FIELDS}
        scenario = replace(SETTINGS.scenario, **of_scenario)
        return SETTINGS.link_of(scenario, PaperView(kind=self.kind, values=self.values))

    def run(self, progress: Progress) -> tuple[Replication, ...]:
        """All panels, one after the other; what is there already is not run again."""
        scenarios = self.panels
        runs = []
        for place, scenario in enumerate(scenarios):
            found = PANELS.find((scenario, self.values))
            if found is None:
                found = replicate(
                    scenario,
                    self.values,
                    lambda done, place=place: progress((place + done) / len(scenarios)),  # type: ignore[misc]
                )
                PANELS.put((scenario, self.values), found)
            runs.append(found)
        return tuple(runs)

    def found(self) -> tuple[Replication | None, ...]:
        """The panels that are there, None for the others."""
        return tuple(PANELS.find((scenario, self.values)) for scenario in self.panels)


PANELS: ResultCache[tuple[Scenario, int], Replication] = ResultCache(64)
FIGURES: ResultCache[Task, tuple[Replication, ...]] = ResultCache(16)
