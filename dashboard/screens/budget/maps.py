"""The maps behind Budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dashboard.kit.compute import CACHE_ENTRIES, ComputedCache
from dashboard.kit.cost import expected_plane_bytes, expected_plane_seconds
from dashboard.kit.limits import what_fits
from dashboard.screens.budget.settings import NONE, BudgetView
from hypergrad_core import Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.experiment import Refusal
from hypergrad_core.studies.plane import Plane, plane
from hypergrad_core.studies.prepared import prepare


@dataclass(frozen=True)
class Maps:
    """What the page computes: the planes of these methods on one problem.

    Attributes:
        scenario: the problem; only what is common to all planes.
        methods: keys of ``METHODS``.
    """

    scenario: Scenario
    methods: tuple[str, ...]

    @classmethod
    def of(cls, scenario: Scenario, view: BudgetView) -> Maps:
        """Without what makes no difference to a plane, so that it is computed once."""
        base = Scenario()
        plain = replace(
            scenario,
            methods=base.methods,
            vary=base.vary,
            inner="fixed-point" if scenario.inner == "exact" else scenario.inner,
            inner_steps=base.inner_steps,
            adjoint_steps=base.adjoint_steps,
        )
        return cls(plain, view.methods)

    def seen(self, scenario: Scenario, view: BudgetView) -> tuple[Scenario, BudgetView]:
        """The settings as which these maps are shown."""
        if self == Maps.of(scenario, view):
            return scenario, view
        right = self.methods[1] if len(self.methods) > 1 else NONE
        return self.scenario, replace(view, left=self.methods[0], right=right)

    def run(self, progress: Progress | None = None) -> tuple[Plane | Refusal, ...]:
        """The plane of each method, or why there is none."""
        report = progress or (lambda fraction: None)
        planes: list[Plane | Refusal] = []
        prepared = prepare(self.scenario.build(), self.scenario.solver, self.scenario.horizon)
        for place, method in enumerate(self.methods):
            report(place / len(self.methods))
            planes.append(plane(self.scenario, method, prepared=prepared))
        return tuple(planes)


def _draw(maps: Maps, report: Progress) -> tuple[Plane | Refusal, ...]:
    return maps.run(report)


def _suggest(maps: Maps, fits: Callable[[Maps], bool]) -> str:
    return what_fits(maps.scenario, lambda scenario: fits(replace(maps, scenario=scenario)))


MAPS: ComputedCache[Maps, tuple[Plane | Refusal, ...]] = ComputedCache(
    CACHE_ENTRIES,
    _draw,
    lambda maps: expected_plane_seconds(maps.scenario, maps.methods),
    lambda maps: expected_plane_bytes(maps.scenario, maps.methods),
    _suggest,
)
