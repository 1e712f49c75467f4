"""What a page can be set to, and its links; no Streamlit in here.

What is solved is common to all pages: fields in ``SHARED`` mean the same on each page that has
them, and a person's choice of them comes along to the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

from dashboard.links import SCENARIO_LINKS, LinkSettings
from hypergrad_core import Scenario, ScenarioError

View = TypeVar("View", bound=LinkSettings)

PROBLEM = ("family", "data", "contraction", "spectrum", "start", "precision", "seed")
"""What is solved. Where one of these or of ``SIZES`` is chosen, all of these come along."""

SIZES = ("size", "hyper_size", "samples")

SHARED = (*PROBLEM, *SIZES, "methods")
"""Fields that mean the same on each page that has them."""


@dataclass(frozen=True)
class PageSettings(Generic[View]):
    """What a page is set to before anything is chosen, and what it can show.

    Attributes:
        name: of the page.
        scenario: the default scenario.
        view: the default view.
        check: raises a ``ScenarioError`` for what is a valid scenario but too much for the page.
        shared: the fields of ``SHARED`` that the page has a control for.
        preset: query parameter that stands for many others; "" if the page has none.
    """

    name: str
    scenario: Scenario
    view: View
    check: Callable[[Scenario], None] = lambda scenario: None
    shared: tuple[str, ...] = SHARED
    preset: str = ""

    def link_of(self, scenario: Scenario, view: View, *, full: bool = False) -> dict[str, str]:
        """The query parameters that restore the picture; defaults are left out unless ``full``."""
        return {
            **SCENARIO_LINKS.to_link(scenario, full=full, defaults=self.scenario),
            **view.to_link(full=full, defaults=self.view),
        }

    def address_of(self, scenario: Scenario, view: View, chosen: str | None) -> dict[str, str]:
        """The link as it is written into the address bar; ``chosen`` is the preset, if any."""
        return self.link_of(scenario, view)

    def written_out(self, link: Mapping[str, str]) -> dict[str, str]:
        """A link with the parameters that its preset stands for."""
        return dict(link)

    def of_link(self, link: Mapping[str, str]) -> tuple[Scenario, View, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out."""
        read, bad = SCENARIO_LINKS.from_link(link, self.scenario)
        scenario, refused = self.mended(asdict(read))
        view, worse = type(self.view).from_link(link, self.view)
        told = tuple(SCENARIO_LINKS.told(error, scenario) for error in refused)
        return scenario, view, (*bad, *worse, *told)

    def mended(self, values: Mapping[str, Any]) -> tuple[Scenario, list[ScenarioError]]:
        """The scenario of these values, each that is not allowed replaced; and why."""
        named = dict(values)
        refused: list[ScenarioError] = []
        while True:
            try:
                scenario = Scenario(**named)
                self.check(scenario)
                return scenario, refused
            except ScenarioError as error:
                refused.append(error)
                beside = SCENARIO_LINKS.beside({"family": named["family"]}, self.scenario)
                if named[error.field] == beside[error.field]:
                    # What begins here does not go with the rest: all begins anew.
                    named = asdict(self.scenario)
                else:
                    named[error.field] = beside[error.field]

    def own(self, link: Mapping[str, str]) -> dict[str, str]:
        """The part of an address that is ours."""
        names = {*SCENARIO_LINKS.link_names.values(), *self.view.link_names.values(), self.preset}
        return {name: text for name, text in link.items() if name in names}

    def link_name(self, field: str) -> str:
        """The query parameter of a field."""
        return str({**SCENARIO_LINKS.link_names, **self.view.link_names}[field])

    def label_of(self, field: str) -> str:
        """The name of the control of a field."""
        return str({**SCENARIO_LINKS.labels, **self.view.labels}[field])
