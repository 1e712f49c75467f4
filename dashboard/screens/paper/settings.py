"""What Paper can be set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.kit.fields import Declared, Slider, kept, slider, switch
from dashboard.kit.links import NOTHING_HELD, SCENARIO_LINKS, Held, links_of
from dashboard.kit.notation import count
from dashboard.kit.settings import PageSettings
from hypergrad_core import FAMILIES, Scenario, ScenarioError
from hypergrad_core.validation import require_integer

KINDS: dict[str, str] = {"synthetic": "Synthetic", "real": "Real", "networks": "Networks"}
SHORTEST_HORIZON, LONGEST_HORIZON = 50, 200
MOST_VALUES = 20
HORIZONS = [50, 100, 150, 200]
VALUES = [3, 5, 10, 20]
# Of a scenario only these make a difference here.
OWN_FIELDS = ("contraction", "horizon", "seed")


@dataclass(frozen=True, kw_only=True)
class PaperView(Declared):
    """Which figure is shown, and where it is read."""

    kind: str = switch(
        "synthetic",
        KINDS,
        link="kind",
        label="Problems",
        help="Four problems with synthetic data, with real data, or with networks.",
        former={"made-up": "synthetic"},
    )
    values: int = slider(
        MOST_VALUES,
        (1, MOST_VALUES),
        Slider(VALUES, count),
        link="values",
        label="Number of λ",
        help="Number of λ at which every curve is run. Lines are geometric means over them, bands "
        "reach from the smallest error to the largest.",
    )
    cursor: int = kept(50, (0, LONGEST_HORIZON), link="at", label="Step of the cursor")


def check(scenario: Scenario) -> None:
    """Refuse a horizon at which there is nothing to see, or too much to compute."""
    require_integer("horizon", scenario.horizon, SHORTEST_HORIZON, LONGEST_HORIZON)


class PaperSettings(PageSettings[PaperView]):
    """As on the other pages, but of a scenario only q, T and seed are in the link."""

    def of_link(
        self, link: Mapping[str, str], held: Held = NOTHING_HELD
    ) -> tuple[Scenario, PaperView, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out."""
        view, messages = links_of(PaperView).from_link(link, self.view)
        names = {SCENARIO_LINKS.link_names[field] for field in OWN_FIELDS}
        own = {name: text for name, text in link.items() if name in names}
        while True:
            scenario, bad = SCENARIO_LINKS.from_link(own, self.scenario)
            try:
                self.check(scenario)
                largest = largest_contraction(view.kind)
                if scenario.contraction > largest:
                    allowed = f"a number from 0.01 to {largest:g} for these problems"
                    raise ScenarioError("contraction", scenario.contraction, allowed)
            except ScenarioError as error:
                # That value alone: the others are kept.
                del own[SCENARIO_LINKS.link_names[error.field]]
                messages = (*messages, SCENARIO_LINKS.told(error, self.scenario))
                continue
            return scenario, view, (*bad, *messages)


def largest_contraction(kind: str) -> float:
    """The largest q that a figure may be asked for with."""
    families = {family for family, _, _ in PROBLEMS[kind]}
    return min(FAMILIES[family].largest_contraction for family in families)


# Families, data and sizes of the four panels of each figure.
PROBLEMS: dict[str, tuple[tuple[str, str, dict[str, int]], ...]] = {
    "synthetic": (
        ("logistic", "synthetic", {"size": 100, "samples": 100}),
        ("kernel-ridge", "synthetic", {"size": 100, "hyper_size": 6}),
        ("biased", "synthetic", {"size": 100, "samples": 100}),
        ("hyper-representation", "synthetic", {"size": 10, "hyper_size": 100}),
    ),
    "real": (
        ("logistic", "breast_cancer", {}),
        ("kernel-ridge", "diabetes", {}),
        ("biased", "digits", {}),
        ("hyper-representation", "wine", {}),
    ),
    "networks": (
        ("equilibrium", "synthetic", {}),
        ("equilibrium", "digits", {}),
        ("graph-network", "synthetic", {}),
        ("graph-network", "karate_club", {}),
    ),
}
# The family of the default only says how far q may go, on any of the figures.
SETTINGS = PaperSettings(
    "paper",
    Scenario(family="equilibrium", horizon=100),
    PaperView(),
    check,
    ("contraction", "seed"),
    help={"contraction": "q at the first λ; at the others 1 − q may be half as large."},
)
