"""What a page can be set to, and its links; no Streamlit in here.

What is solved is common to all pages: fields in ``SHARED`` mean the same on each page that has
them, and a person's choice of them comes along to the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Generic, TypeVar

from dashboard.kit.fields import Declared, Field
from dashboard.kit.given_hyper import admit
from dashboard.kit.links import NOTHING_HELD, SCENARIO_LINKS, Held, Links, links_of, values_of
from hypergrad_core import Scenario, ScenarioError

View = TypeVar("View", bound=Declared)

PROBLEM = ("family", "data", "contraction", "spectrum", "start", "precision", "seed", "hyper")
"""What is solved. Where one of these or of ``SIZES`` is chosen, all of these come along."""

SIZES = ("size", "hyper_size", "samples")

SHARED = (*PROBLEM, *SIZES, "methods")
"""Fields that mean the same on each page that has them."""


def _anything(scenario: Scenario) -> None:
    """Too much for no page."""


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
        help: of fields of the scenario that mean something else on this page.

    Raises:
        TypeError: if a field is not declared, or a name or a query parameter is used twice.
    """

    name: str
    scenario: Scenario
    view: View
    check: Callable[[Scenario], None] = _anything
    shared: tuple[str, ...] = SHARED
    preset: str = ""
    help: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The declaration of every setting, by the name of its field."""
        return {**SCENARIO_LINKS.declared, **self.view_fields}

    @property
    def view_fields(self) -> Mapping[str, Field]:
        """The declarations of the view."""
        return self._views.declared

    def help_of(self, name: str) -> str:
        """What a setting is, on this page."""
        return self.help.get(name, self.fields[name].help)

    @cached_property
    def _views(self) -> Links[View]:
        return links_of(type(self.view))

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: not what follows from it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __post_init__(self) -> None:
        names = [*SCENARIO_LINKS.declared, *self._views.declared]
        links = [*SCENARIO_LINKS.link_names.values(), *self._views.link_names.values(), self.preset]
        if len({*names}) < len(names) or len({*links}) < len(links):
            raise TypeError(f"The page {self.name} uses a name twice.")

    def link_of(self, scenario: Scenario, view: View, *, full: bool = False) -> dict[str, str]:
        """The query parameters that restore the picture; defaults are left out unless ``full``."""
        return {
            **SCENARIO_LINKS.to_link(scenario, full=full, defaults=self.scenario),
            **self._views.to_link(view, full=full, defaults=self.view),
        }

    def address_of(self, scenario: Scenario, view: View, chosen: str | None) -> dict[str, str]:
        """The link as it is written into the address bar; ``chosen`` is the preset, if any."""
        return self.link_of(scenario, view)

    def written_out(self, link: Mapping[str, str]) -> dict[str, str]:
        """A link with the parameters that its preset stands for."""
        return dict(link)

    def of_link(
        self, link: Mapping[str, str], held: Held = NOTHING_HELD
    ) -> tuple[Scenario, View, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out.

        Args:
            link: query parameters.
            held: the tables of who has opened it.
        """
        read, bad = SCENARIO_LINKS.from_link(link, self.scenario, held)
        scenario, refused = self.mended(values_of(read), held)
        view, worse = self._views.from_link(link, self.view)
        told = tuple(SCENARIO_LINKS.told(error, scenario) for error in refused)
        return scenario, view, (*bad, *worse, *told)

    def mended(
        self, values: Mapping[str, Any], held: Held = NOTHING_HELD
    ) -> tuple[Scenario, list[ScenarioError]]:
        """The scenario of these values, each that is not allowed replaced; and why."""
        named = dict(values)
        refused: list[ScenarioError] = []
        while True:
            try:
                data = held.get(named["data"], named["data"])
                scenario = Scenario(**{**named, "data": data})
                self.check(scenario)
                admit(scenario)
                return scenario, refused
            except ScenarioError as error:
                refused.append(error)
                beside = SCENARIO_LINKS.beside({"family": named["family"]}, self.scenario)
                if named[error.field] == beside[error.field]:
                    # What begins here does not go with the rest: all begins anew.
                    named = values_of(self.scenario)
                else:
                    named[error.field] = beside[error.field]

    def own(self, link: Mapping[str, str]) -> dict[str, str]:
        """The part of an address that is ours."""
        names = {*(field.link for field in self.fields.values()), self.preset}
        return {name: text for name, text in link.items() if name in names}

    def read_by_people(self, told: Mapping[str, str]) -> dict[str, str]:
        """What was run, by names of fields, as people read it: by labels, without keys."""
        read = {}
        for name, value in told.items():
            known = self.fields.get(name)
            label = name if known is None else known.exported or known.label
            # The key that Python knows a family or a data set by comes before its name.
            keyed = name in ("family", "data")
            text = value.partition(" (")[2].removesuffix(")") if keyed else value
            read[label[:1].lower() + label[1:]] = text
        return read
