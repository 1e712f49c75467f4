"""What Why can be set to, lessons included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar
from urllib.parse import parse_qsl

from dashboard.kit.settings import PageSettings
from dashboard.lessons.why import PRESETS, Preset
from dashboard.links import LinkSettings, given, offered
from dashboard.screens.why.figure.spectrum import NORMS
from hypergrad_core import METHODS, Scenario, ScenarioError
from hypergrad_core.scenario import SLICES
from hypergrad_core.validation import require_integer, require_number, require_one_of

PRESET_PARAM = "preset"
PARTS: dict[str, str] = {
    "plane": "Two dimensions",
    "spectrum": "Spectrum",
    "bound": "Anatomy of the bound",
}
SHOWN: dict[str, str] = {"together": "All three views", **PARTS}
WHAT_IF: dict[str, str] = {
    "flat": "ν₁ were 0",
    "star": "q were that at w(λ)",
    "misjudged": "q were misjudged",
}
LARGEST_SIZE = 60
LARGEST_HORIZON = 400


@dataclass(frozen=True, kw_only=True)
class WhyView(LinkSettings):
    """What of a small problem is shown.

    Attributes:
        show: key of ``SHOWN``.
        method: key of the method whose bound is taken apart.
        what_if: keys of ``WHAT_IF``: other constants to bound with as well.
        assumed: q̂ of "misjudged", from 0.01 to 0.999.
        stack: key of ``NORMS``: in which norm the errors of the modes are stacked.
        cursor: the step that all views stand at, from 0 to 400.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = {
        "show": "show",
        "method": "method",
        "what_if": "if",
        "assumed": "assumed",
        "stack": "stack",
        "cursor": "at",
    }
    labels: ClassVar[Mapping[str, str]] = {
        "show": "Show",
        "method": "Bound of",
        "what_if": "What if",
        "assumed": "Assumed q̂",
        "stack": "Stack shows",
        "cursor": "Step of the cursor",
    }

    show: str = "together"
    method: str = Scenario.methods[0]
    what_if: tuple[str, ...] = ()
    assumed: float = 0.8
    stack: str = "energy"
    cursor: int = 3

    def __post_init__(self) -> None:
        require_one_of("show", self.show, SHOWN)
        require_one_of("method", self.method, METHODS)
        for key in self.what_if:
            require_one_of("what_if", key, WHAT_IF)
        require_number("assumed", self.assumed, 0.01, 0.999)
        require_one_of("stack", self.stack, NORMS)
        require_integer("cursor", self.cursor, 0, LARGEST_HORIZON)

    @property
    def parts(self) -> tuple[str, ...]:
        """Keys of ``PARTS`` that are shown."""
        return tuple(PARTS) if self.show == "together" else (self.show,)


def check(scenario: Scenario) -> None:
    """Refuse what is too large to be taken apart, or is not a whole path from w_0."""
    if scenario.horizon > LARGEST_HORIZON:
        raise ScenarioError(
            "horizon",
            scenario.horizon,
            f"a whole number from 1 to {LARGEST_HORIZON} on this page",
        )
    if scenario.problem_family.data[scenario.data].state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)
    if scenario.vary != "both":
        raise ScenarioError("vary", scenario.vary, "both on this page", {"both": SLICES["both"]})


BEGINNING = Scenario(family="quadratic", size=12, hyper_size=2, horizon=40)


class WhySettings(PageSettings[WhyView]):
    """A preset may be named in a link: the rest of the link is what is different from it."""

    def address_of(self, scenario: Scenario, view: WhyView, chosen: str | None) -> dict[str, str]:
        """As of any page, but the problem of the chosen preset is written as its name."""
        preset = self.preset_of(scenario, chosen)
        if preset is None:
            return super().address_of(scenario, view, chosen)
        return {PRESET_PARAM: preset.key, **view.to_link(defaults=settings_of(preset)[1])}

    def preset_of(self, scenario: Scenario, chosen: str | None) -> Preset | None:
        """The preset that was chosen, while this is its problem, however it is looked at.

        The same problem without a choice is nobody’s lesson.
        """
        named = (preset for preset in PRESETS if preset.key == chosen)
        return next((preset for preset in named if settings_of(preset)[0] == scenario), None)

    def written_out(self, link: Mapping[str, str]) -> dict[str, str]:
        """A link with the settings of the preset that it names, if there is one of that name."""
        key = link.get(PRESET_PARAM)
        named = next((preset.link for preset in PRESETS if preset.key == key), "")
        return {
            **dict(parse_qsl(named)),
            **{name: text for name, text in link.items() if name != PRESET_PARAM},
        }

    def of_link(self, link: Mapping[str, str]) -> tuple[Scenario, WhyView, tuple[str, ...]]:
        """As of any page; the settings of a preset that is named come first."""
        scenario, view, messages = super().of_link(self.written_out(link))
        key = link.get(PRESET_PARAM, PRESETS[0].key)
        if all(preset.key != key for preset in PRESETS):
            titles = {preset.key: preset.title for preset in PRESETS}
            allowed = f"one of {', '.join(titles)}"
            error = ScenarioError(PRESET_PARAM, key, allowed, titles)
            bad = (
                f"Lesson: {PRESET_PARAM} = {given(error)} is not allowed: choose {offered(error)}."
            )
            messages = (bad, *messages)
        return scenario, view, messages


SETTINGS = WhySettings("why", BEGINNING, WhyView(), check, preset=PRESET_PARAM)


@cache
def settings_of(preset: Preset) -> tuple[Scenario, WhyView]:
    """What a preset stands for."""
    scenario, view, _ = SETTINGS.of_link(dict(parse_qsl(preset.link)))
    return scenario, view


def preset_named(key: str) -> Preset:
    """The preset of that key."""
    return next(preset for preset in PRESETS if preset.key == key)
