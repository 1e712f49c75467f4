"""The Why frames: one function for the page, the live route and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

import numpy as np
import streamlit as st

from dashboard.chart import PAGE_PARAM, THEME_PARAM, Frame, Table
from dashboard.kit.compute import CACHE_ENTRIES, LIVE_SECONDS, ComputedCache, SlowError
from dashboard.kit.errors import LinkError
from dashboard.kit.figure.describe import absent, describe
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import TERM_NAMES, latex, percent, times
from dashboard.kit.settings import PageSettings
from dashboard.kit.theme import Mode
from dashboard.lessons.why import PRESETS, Preset
from dashboard.links import LinkSettings, given, offered
from dashboard.screens.explore.words import BEYOND_THEORY
from dashboard.screens.why.figure.bound import bound_figure
from dashboard.screens.why.figure.plane import plane_figure
from dashboard.screens.why.figure.spectrum import NORMS, spectrum_figure
from hypergrad_core import METHODS, Curve, Scenario, ScenarioError
from hypergrad_core.bounds import Bound
from hypergrad_core.scenario import SLICES
from hypergrad_core.studies.anatomy import altered_bound, flat, with_contraction
from hypergrad_core.studies.dissection import Dissection, dissect
from hypergrad_core.studies.experiment import expected_seconds
from hypergrad_core.studies.modes import polynomial_gaps
from hypergrad_core.studies.step_search import first_to_stay
from hypergrad_core.validation import require_integer, require_number, require_one_of

PART_PARAM = "part"
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
# The message on the spectrum counts steps to this share of the first residual.
SOLVED = 1e-3
# Beyond this share of the first residual the run of CG and its polynomial have parted.
POLYNOMIAL_HOLDS = 1e-8
# Two bounds whose ratio is so close to 1 are the same.
SAME = 0.975
EMPTY: Table = {"caption": "", "columns": [], "rows": []}


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
    method: str = "itd"
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


# In the session: the key of the preset that a link has named or a hand has chosen.
_PRESET = "chosen preset"
BEGINNING = Scenario(family="quadratic", size=12, hyper_size=2, horizon=40)


class WhySettings(PageSettings[WhyView]):
    """A preset may be named in a link: the rest of the link is what is different from it."""

    def address_of(self, scenario: Scenario, view: WhyView) -> dict[str, str]:
        """As of any page, but the problem of the chosen preset is written as its name."""
        preset = self.preset_of(scenario)
        if preset is None:
            return super().address_of(scenario, view)
        return {PRESET_PARAM: preset.key, **view.to_link(defaults=settings_of(preset)[1])}

    def preset_of(self, scenario: Scenario) -> Preset | None:
        """The preset that was chosen, while this is its problem, however it is looked at.

        The same problem without a choice is nobody’s lesson.
        """
        key = st.session_state.get(_PRESET)
        chosen = (preset for preset in PRESETS if preset.key == key)
        return next((preset for preset in chosen if settings_of(preset)[0] == scenario), None)

    def reset(self) -> None:
        """As of any page; no preset is chosen."""
        super().reset()
        st.session_state[_PRESET] = None

    def of_link(self, link: Mapping[str, str]) -> tuple[Scenario, WhyView, tuple[str, ...]]:
        """As of any page; the settings of a preset that is named come first."""
        scenario, view, messages = super().of_link(_written_out(link))
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

    def _open(self, link: Mapping[str, str]) -> None:
        st.session_state[_PRESET] = link.get(PRESET_PARAM)
        super()._open({**_written_out(link), **link})

    def _own(self, link: Mapping[str, str]) -> dict[str, str]:
        named = {name: text for name, text in link.items() if name == PRESET_PARAM}
        return {**named, **super()._own(link)}


def _written_out(link: Mapping[str, str]) -> dict[str, str]:
    """A link with the settings of the preset that it names, if there is one of that name."""
    key = link.get(PRESET_PARAM)
    named = next((preset.link for preset in PRESETS if preset.key == key), "")
    return {
        **dict(parse_qsl(named)),
        **{name: text for name, text in link.items() if name != PRESET_PARAM},
    }


SETTINGS = WhySettings("why", BEGINNING, WhyView(), check)
DISSECTIONS: ComputedCache[Scenario, Dissection] = ComputedCache(CACHE_ENTRIES, dissect)


@cache
def settings_of(preset: Preset) -> tuple[Scenario, WhyView]:
    """What a preset stands for."""
    scenario, view, _ = SETTINGS.of_link(dict(parse_qsl(preset.link)))
    return scenario, view


def chosen_curve(found: Dissection, view: WhyView) -> Curve | None:
    """The curve whose bound is taken apart; another one if the wanted is not there."""
    curves = found.experiment.curves
    wanted = found.experiment.curve(view.method)
    return wanted or (curves[0] if curves else None)


def other_bounds(found: Dissection, curve: Curve, view: WhyView) -> dict[str, Bound]:
    """The bound of a curve for the constants that the view asks for, by what is different."""
    constants = found.experiment.constants
    if constants.contraction >= 1:
        return {}
    star = found.contraction_at_solution
    altered = {
        "flat": ("ν₁ = 0", flat(constants)),
        "star": (f"q = {star:.3g}", with_contraction(constants, star) if star > 0 else constants),
        "misjudged": (f"q̂ = {view.assumed:g}", with_contraction(constants, view.assumed)),
    }
    return {
        altered[key][0]: altered_bound(found.experiment, curve, altered[key][1])
        for key in WHAT_IF
        if key in view.what_if
    }


def why_frame(part: str, found: Dissection, scenario: Scenario, view: WhyView, mode: Mode) -> Frame:
    """All that one of the charts shows.

    Args:
        part: key of ``PARTS``.
        found: what came out of the scenario.
        scenario: what was asked for.
        view: how it is looked at.
        mode: light or dark.
    """
    if part == "plane":
        drawn, message = plane_figure(found, mode), _plane_message(found)
    elif part == "spectrum":
        drawn, message = spectrum_figure(found, view.stack, mode), _spectrum_message(found)
    else:
        drawn, message = _bound(found, view, mode)
    link = {**SETTINGS.link_of(scenario, view), PART_PARAM: part, THEME_PARAM: mode}
    drawn.figure["layout"].setdefault("xaxis", {})
    drawn.figure["layout"].setdefault("yaxis", {})
    steps = range(found.steps + 1)
    frame: Frame = {
        "link": urlencode(link),
        "title": describe(found),
        "figure": drawn.figure,
        "steps": [f"t = k = {step}" for step in steps],
        "at": list(steps),
        "readout": drawn.readings,
        "table": EMPTY,
        "message": message,
        "alt": f"{PARTS[part]}. {message}",
        "key": drawn.key,
        "lines": drawn.lines,
        "dots": drawn.dots,
        "moving": drawn.moving,
        "names": drawn.names,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if part == "bound":
        frame["absent"] = [
            absent(refusal, mode, refusal.reason) for refusal in found.experiment.refusals
        ]
    # Said once, above the first of the views.
    if scenario.contraction >= 1 and part == view.parts[0]:
        frame["warning"] = BEYOND_THEORY
    return frame


def render_frame(params: Mapping[str, str]) -> Frame:
    """The frame of a link and a part.

    Raises:
        LinkError: if a value is bad.
        SlowError: if the run takes too long to follow a moving hand.
    """
    scenario, view, messages = SETTINGS.of_link(params)
    if messages:
        raise LinkError(" ".join(messages))
    part = params.get(PART_PARAM, "plane")
    require_one_of(PART_PARAM, part, PARTS)
    if DISSECTIONS.find(scenario) is None and expected_seconds(scenario) > LIVE_SECONDS:
        raise SlowError
    mode: Mode = "dark" if params.get(THEME_PARAM) == "dark" else "light"
    return why_frame(part, DISSECTIONS.compute(scenario), scenario, view, mode)


def live_params(part: str, scenario: Scenario, view: WhyView, mode: Mode) -> dict[str, str]:
    """What the live route is asked with."""
    link = SETTINGS.link_of(scenario, view, full=True)
    return {**link, THEME_PARAM: mode, PAGE_PARAM: SETTINGS.name, PART_PARAM: part}


def _bound(found: Dissection, view: WhyView, mode: Mode) -> tuple[Drawn, str]:
    curve = chosen_curve(found, view)
    if curve is None:
        return Drawn(), "No method applies."
    others = other_bounds(found, curve, view)
    drawn = bound_figure(found, curve, others, mode)
    label = METHODS[curve.method].label
    if not np.isfinite(curve.paper.values).all():
        return drawn, f"{label}: q ≥ 1, so there is no bound."
    last = max(curve.paper.terms, key=lambda term: float(term.values[-1]))
    total = float(curve.paper.values[-1])
    share = percent(float(last.values[-1]) / total) if total > 0 else "–"
    end = int(curve.steps[-1])
    said = f"{label} at t = {end}: the {TERM_NAMES[last.name]} is {share} of the paper’s bound."
    for name, bound in others.items():
        clear = curve.errors > curve.floor
        false = np.flatnonzero(clear & (bound.values < curve.errors))
        if len(false):
            first = int(curve.steps[false[0]])
            said += f" With {name} the bound is false from t = {first} on."
        else:
            said += f" With {name} it would be {_change(curve.paper, bound)}."
    return drawn, said


def _change(paper: Bound, other: Bound) -> str:
    """How another bound compares at the last step."""
    gained = float(paper.values[-1] / other.values[-1]) if other.values[-1] > 0 else np.inf
    if SAME < gained < 1 / SAME:
        return "the same"
    return f"{times(gained)} smaller" if gained > 1 else f"{times(1 / gained)} larger"


def _plane_message(found: Dissection) -> str:
    left = np.linalg.norm(found.gaps, axis=1)
    if left[0] > 0:
        share = float(left[-1] / left[0])
        change = f"{percent(share)} of what it was" if share < 10 else f"{times(share)} what it was"
        return f"After {found.steps} steps the distance to w(λ) is {change}."
    return "The iteration starts at w(λ)."


def plane_caption(found: Dissection) -> str:
    """What the picture of two dimensions is, as Markdown."""
    if found.state_size == 2:
        what = "Both coordinates of w and of v"
    elif found.modes is not None:
        what = (
            "The plane spanned by the eigenvectors of the smallest and the largest eigenvalue of "
            "I − ∂₁Φ"
        )
    else:
        what = "The plane in which the iterates move most"
    return (
        f"{what}. Thin lines: contour lines of the objective of the inner problem and of the "
        "adjoint system, evenly spaced in its square root. The adjoint system is taken "
        "at the exact w(λ), so only the solver’s error shows. **Distance left**: the distance to "
        "the solution divided by that at the start."
    )


def _spectrum_message(found: Dissection) -> str:
    parts = []
    for run in found.runs:
        norms = run.residual_norms
        step = first_to_stay(norms / norms[0], SOLVED) if norms[0] > 0 else 0
        needed = f"> {found.steps}" if step is None else str(step)
        parts.append(f"{METHODS[run.method].label} {needed}")
    if found.modes is None:
        head = "No orthogonal eigenmodes here"
    else:
        values = found.modes.values
        distinct = 1 + int((np.diff(values) > 1e-9 * values[-1]).sum())
        root = found.modes.condition_number**0.5
        plural = "eigenvalues" if distinct > 1 else "eigenvalue"
        head = f"√cond(M) = {root:.3g}, {distinct} distinct {plural}"
    if not parts:
        return f"{head}. Choose an AID method to see its steps."
    said = f"{head}. Steps until the residual is 1000 times smaller: {', '.join(parts)}."
    conjugate = found.run_of("aid-cg")
    if found.modes is not None and conjugate is not None:
        off = np.flatnonzero(polynomial_gaps(found.modes, conjugate) > POLYNOMIAL_HOLDS)
        if len(off):
            said += f" From k = {off[0]} on, rounding: CG no longer follows its polynomial."
    return said


def constants_table(found: Dissection) -> str:
    """What each constant is, and how large here, as Markdown."""
    c = found.experiment.constants
    rows = [
        ("q", "Lipschitz constant of Φ(·, λ)", c.contraction),
        (
            r"\|\partial_1\Phi(w(\lambda))\|",
            "the q that holds for steps close to w(λ)",
            found.contraction_at_solution,
        ),
        (r"\kappa", "(1 + q)/(1 − q)", found.scenario.condition_number),
        (
            r"\kappa_M",
            "upper bound on cond(M), the condition number of M = I − ∂₁Φ",
            c.condition_number,
        ),
        (r"\nu_1", "how fast ∂₁Φ changes with w (Lipschitz constant)", c.nu1),
        (r"\nu_2", "how fast ∂₂Φ changes with w (Lipschitz constant)", c.nu2),
        (r"\mu_1", "how fast ∇₁E changes with w (Lipschitz constant)", c.mu1),
        (r"\mu_2", "how fast ∇₂E changes with w (Lipschitz constant)", c.mu2),
        ("L_E", "bound on ‖∇₁E‖ along the path", c.outer_gradient_bound),
        (r"L_\Phi", "‖∂₂Φ‖ at w(λ)", c.hyper_jacobian_norm),
        ("D", "‖w₀ − w(λ)‖", c.distance),
    ]
    lines = ["| Constant | Meaning | Value here |", "|---|---|---|"]
    lines += [
        f"| ${symbol}$ | {meaning} | ${latex(value, 3)}$ |" for symbol, meaning, value in rows
    ]
    return "\n".join(lines)


def preset_named(key: str) -> Preset:
    """The preset of that key."""
    return next(preset for preset in PRESETS if preset.key == key)
