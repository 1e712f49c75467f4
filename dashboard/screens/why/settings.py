"""What Why can be set to, lessons included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from dashboard.kit.fields import Declared, Slider, choice, kept, pills, slider, switch
from dashboard.kit.links import NOTHING_HELD, Held, given, links_of, offered
from dashboard.kit.scenario_fields import CONTRACTIONS
from dashboard.kit.settings import PageSettings
from dashboard.lessons.why import PRESETS, Preset
from dashboard.screens.why.figure.spectrum import NORMS
from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError, Table
from hypergrad_core.scenario import LARGEST_SAMPLES, SLICES
from hypergrad_core.validation import require_integer

PRESET_PARAM = "preset"
PARTS: dict[str, str] = {
    "plane": "Two dimensions",
    "spectrum": "Spectrum",
    "bound": "Anatomy of the bound",
}
SHOWN: dict[str, str] = {"together": "All three views", **PARTS}
MISJUDGED = "misjudged"
WHAT_IF: dict[str, str] = {
    "flat": "ν₁ were 0",
    "star": "q were that at w(λ)",
    MISJUDGED: "q were misjudged",
}
LARGEST_SIZE = 60
LARGEST_HORIZON = 400
# Of d where it follows from n: all modes of a matrix of this size are computed.
LARGEST_NETWORK = 500


@dataclass(frozen=True, kw_only=True)
class WhyView(Declared):
    """What of a small problem is shown."""

    show: str = choice(
        "together",
        SHOWN,
        link="show",
        label="Show",
        help="Three views of the same run, which step together.",
    )
    method: str = switch(
        Scenario.methods[0],
        {key: method.label for key, method in METHODS.items()},
        link="method",
        label="Bound of",
        help="The method whose bound is taken apart.",
        beside=True,
    )
    what_if: tuple[str, ...] = pills(
        (),
        WHAT_IF,
        link="if",
        label="What if",
        help="Draws the bound again with one constant changed, to show how much depends on it.",
    )
    assumed: float = slider(
        0.8,
        (0.01, 0.999),
        Slider(CONTRACTIONS, lambda q: f"{q:g}"),
        link="assumed",
        label="Assumed q̂",
        help="The contraction constant that is put in place of the true q.",
        when=lambda values: MISJUDGED in values["what_if"],
    )
    stack: str = switch(
        "energy",
        NORMS,
        link="stack",
        label="Stack shows",
        help="The norm in which the errors of the eigenmodes are added up.",
        beside=True,
    )
    cursor: int = kept(3, (0, LARGEST_HORIZON), link="at", label="Step of the cursor")

    @property
    def parts(self) -> tuple[str, ...]:
        """Keys of ``PARTS`` that are shown."""
        return tuple(PARTS) if self.show == "together" else (self.show,)


def largest_samples(family: str, data: str | Table, size: int) -> int:
    """The most n that there is room for: in some families it says how large d is."""
    if FAMILIES[family].data_set(data).state_size is not None:
        return LARGEST_SAMPLES
    of_samples = FAMILIES[family].state_size(data, size, LARGEST_SAMPLES)
    return LARGEST_NETWORK if of_samples > LARGEST_NETWORK else LARGEST_SAMPLES


def check(scenario: Scenario) -> None:
    """Refuse what is too large to be taken apart, or is not a whole path from w_0."""
    if scenario.horizon > LARGEST_HORIZON:
        raise ScenarioError(
            "horizon",
            scenario.horizon,
            f"a whole number from 1 to {LARGEST_HORIZON} on this page",
        )
    if scenario.data_set.state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)
    most = largest_samples(scenario.family, scenario.data, scenario.size)
    if scenario.samples > most:
        raise ScenarioError(
            "samples", scenario.samples, f"a whole number from 2 to {most} on this page"
        )
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
        return {
            PRESET_PARAM: preset.key,
            **links_of(WhyView).to_link(view, defaults=settings_of(preset)[1]),
        }

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

    def of_link(
        self, link: Mapping[str, str], held: Held = NOTHING_HELD
    ) -> tuple[Scenario, WhyView, tuple[str, ...]]:
        """As of any page; the settings of a preset that is named come first."""
        scenario, view, messages = super().of_link(self.written_out(link), held)
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
