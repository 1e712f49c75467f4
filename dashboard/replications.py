"""The Paper figure: which problems it shows, and its runs in the background."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.compute import ResultCache
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.paper import Replication, replicate
from hypergrad_core.problem import Progress

KINDS = {"made-up": "Made-up data", "real": "Real data", "networks": "Networks"}


@dataclass(frozen=True)
class Task:
    """One figure of the page: the same four panels for the same task.

    Attributes:
        panels: the problem of each panel.
        values: how many λ each is run at.
    """

    panels: tuple[Scenario, ...]
    values: int

    def run(self, progress: Progress) -> tuple[Replication, ...]:
        """All panels, one after the other."""
        return tuple(
            replicate(
                scenario,
                self.values,
                lambda done, place=place: progress((place + done) / len(self.panels)),  # type: ignore[misc]
            )
            for place, scenario in enumerate(self.panels)
        )


FIGURES: ResultCache[Task, tuple[Replication, ...]] = ResultCache(16)


def panels(kind: str, contraction: float, horizon: int, seed: int) -> tuple[Scenario, ...]:
    """The four problems of a figure. Heavy ball where the paper uses it: on quadratics."""
    families: dict[str, tuple[tuple[str, str, dict[str, int]], ...]] = {
        "made-up": (
            ("logistic", "made-up", {"size": 100, "samples": 100}),
            ("kernel-ridge", "made-up", {"size": 100, "hyper_size": 6}),
            ("biased", "made-up", {"size": 100, "samples": 100}),
            ("hyper-representation", "made-up", {"size": 10, "hyper_size": 100}),
        ),
        "real": (
            ("logistic", "breast_cancer", {}),
            ("kernel-ridge", "diabetes", {}),
            ("biased", "digits", {}),
            ("hyper-representation", "wine", {}),
        ),
        "networks": (
            ("equilibrium", "made-up", {}),
            ("equilibrium", "digits", {}),
            ("graph-network", "made-up", {}),
            ("graph-network", "karate_club", {}),
        ),
    }
    return tuple(
        Scenario(
            family=family,
            data=data,
            contraction=contraction,
            inner="heavy-ball" if FAMILIES[family].affine else "fixed-point",
            horizon=horizon,
            seed=seed,
            **(sizes or FAMILIES[family].suggested),  # type: ignore[arg-type]
        )
        for family, data, sizes in families[kind]
    )
