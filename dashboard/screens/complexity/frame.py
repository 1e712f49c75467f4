"""The Complexity page's sweep in the background, and the frame of what has arrived."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

from dashboard.chart import THEME_PARAM, Absent, Column, Frame, Row, Table
from dashboard.kit.compute import BackgroundRun, ResultCache
from dashboard.kit.notation import count, power, scientific
from dashboard.kit.settings import SHARED, PageSettings
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.links import LinkSettings
from dashboard.screens.complexity.figure import (
    AXES,
    Growth,
    complexity_curves,
    growths,
    sweep_title,
    theory_slope,
)
from dashboard.screens.explore.words import listed
from hypergrad_core import METHODS, Scenario, ScenarioError
from hypergrad_core.arrays import Progress
from hypergrad_core.inner import SOLVERS
from hypergrad_core.studies.experiment import Refusal
from hypergrad_core.studies.requirements import (
    Requirements,
    contractions,
    fitted_slope,
    requirements,
)
from hypergrad_core.studies.sweep import sweep
from hypergrad_core.validation import require_integer, require_number, require_one_of

LARGEST_SIZE = 1000
PREDICTIONS = {"shown": "Shown", "hidden": "Hidden"}
PLAIN_NUMBER = re.compile(r"\d\.\de[-+]\d+")
# The fitted slope and the theory's are the same to this.
AGREES = 0.1
# What a point takes grows with κ by no less and no more than this: a few quick points are noise.
SLOWER = (0.0, 1.5)
LONGEST_IN_SECONDS = 90

LAST = "At the largest κ, geometric mean over the seeds."
MEASURED = "Power of κ, fitted to the measured numbers of steps."
BOUNDED = "Power of κ, fitted to the numbers of steps by the paper’s bound."
IN_THEORY = "Power of κ as κ → ∞."
COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "t grows like", "help": MEASURED},
    {"label": "t by the bound", "help": BOUNDED},
    {"label": "t in theory", "help": IN_THEORY},
    {"label": "k grows like", "help": MEASURED},
    {"label": "k by the bound", "help": BOUNDED},
    {"label": "k in theory", "help": IN_THEORY},
    {"label": "t", "help": LAST},
    {"label": "k", "help": LAST},
    {
        "label": "Products",
        "help": "Jacobian–vector products; an evaluation of Φ counts as one. " + LAST,
    },
    {"label": "Memory", "help": "Floating-point numbers in memory, without the data. " + LAST},
]


@dataclass(frozen=True, kw_only=True)
class ComplexityView(LinkSettings):
    """Which sweep is run, and how it is drawn.

    Attributes:
        axis: key of ``AXES``.
        target: ε, relative, from 1e-12 to 0.5.
        points: how many values of κ, from 3 to 24.
        smallest: the smallest q, from 0.05 to 0.8.
        largest: the largest q, from 0.85 to 0.9995.
        seeds: how many seeds from the scenario's own on, from 1 to 10.
        predicted: key of ``PREDICTIONS``.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = {
        "axis": "axis",
        "target": "eps",
        "points": "points",
        "smallest": "qmin",
        "largest": "qmax",
        "seeds": "seeds",
        "predicted": "predicted",
    }
    labels: ClassVar[Mapping[str, str]] = {
        "axis": "Vertical axis",
        "target": "Target accuracy ε",
        "points": "Number of κ",
        "smallest": "Smallest q",
        "largest": "Largest q",
        "seeds": "Seeds",
        "predicted": "Predictions",
    }

    axis: str = "adjoint"
    target: float = 1e-4
    points: int = 12
    smallest: float = 0.3
    largest: float = 0.9995
    seeds: int = 3
    predicted: str = "shown"

    def __post_init__(self) -> None:
        require_one_of("axis", self.axis, AXES)
        require_number("target", self.target, 1e-12, 0.5)
        require_integer("points", self.points, 3, 24)
        require_number("smallest", self.smallest, 0.05, 0.8)
        require_number("largest", self.largest, 0.85, 0.9995)
        require_integer("seeds", self.seeds, 1, 10)
        require_one_of("predicted", self.predicted, PREDICTIONS)


def check(scenario: Scenario) -> None:
    """Refuse what is too large for a sweep, or has no t."""
    if scenario.problem_family.data[scenario.data].state_size is None:
        require_integer("size", scenario.size, 2, LARGEST_SIZE)
    if scenario.inner == "exact":
        solvers = {key: solver for key, solver in SOLVERS.items() if key != "exact"}
        allowed = f"one of {', '.join(solvers)} on this page"
        raise ScenarioError("inner", scenario.inner, allowed, solvers)


SETTINGS = PageSettings(
    "complexity",
    Scenario(spectrum="chebyshev", size=400),
    ComplexityView(),
    check,
    tuple(field for field in SHARED if field != "contraction"),
)


@dataclass(frozen=True)
class Sweep:
    """What is measured: the same problem at many q, with several seeds.

    Attributes:
        scenarios: in the order in which they are run: q rises, and for each q the seeds.
        target: ε.
    """

    scenarios: tuple[Scenario, ...]
    target: float

    @classmethod
    def of(cls, scenario: Scenario, view: ComplexityView) -> Sweep:
        """The sweep of these settings, without what makes no difference to a point."""
        base = Scenario()
        plain = replace(
            scenario,
            vary=base.vary,
            horizon=base.horizon,
            inner_steps=base.inner_steps,
            adjoint_steps=base.adjoint_steps,
        )
        seeds = [(scenario.seed + offset) % 10_000 for offset in range(view.seeds)]
        qs = contractions(view.smallest, view.largest, view.points)
        return cls(
            tuple(replace(plain, contraction=q, seed=seed) for q in qs for seed in seeds),
            view.target,
        )

    def found(self) -> list[Requirements]:
        """What has been measured so far, in the order of the scenarios."""
        here = (POINTS.find((scenario, self.target)) for scenario in self.scenarios)
        return [item for item in here if item is not None]

    def missing(self) -> list[Scenario]:
        """What has not been measured yet."""
        return [item for item in self.scenarios if POINTS.find((item, self.target)) is None]


POINTS: ResultCache[tuple[Scenario, float], Requirements] = ResultCache(4000)


class SweepJob(BackgroundRun):
    """A sweep on its way; every point goes into ``POINTS`` as it arrives.

    Attributes:
        key: what is run.
    """

    def __init__(self, key: Sweep) -> None:
        self.key = key
        self._ahead = key.missing()
        super().__init__(self._run)

    @property
    def seconds_left(self) -> float | None:
        """A guess from what the points so far have taken, and from how that grows with κ."""
        taken: dict[float, list[float]] = {}
        for item in self.key.found():
            taken.setdefault(item.scenario.condition_number, []).append(item.seconds)
        if not taken:
            return None
        typical = {kappa: statistics.median(group) for kappa, group in taken.items()}
        slope = fitted_slope(list(typical), list(typical.values()), high=math.inf)
        # A power of κ by default: a point takes about as long as κ.
        exponent = 1.0 if slope is None else min(max(slope, SLOWER[0]), SLOWER[1])
        last = max(typical)

        def guess(kappa: float) -> float:
            return float(typical.get(kappa, typical[last] * (kappa / last) ** exponent))

        return sum(guess(item.condition_number) for item in self.key.missing())

    def _run(self, report: Progress) -> None:
        done = 0

        def measure(scenario: Scenario) -> Requirements:
            # Another person's sweep may have come here first.
            known = POINTS.find((scenario, self.key.target))
            if known is not None:
                return known
            # A single point may take seconds: it must be possible to stop within it.
            part = 1 / len(self._ahead)
            return requirements(
                scenario, self.key.target, lambda fraction: report((done + fraction) * part)
            )

        for item in sweep(self._ahead, progress=report, measure=measure):
            POINTS.put((item.scenario, self.key.target), item)
            done += 1


def time_left(seconds: float) -> str:
    """How long a sweep still takes, no more exactly than it is known."""
    if seconds > LONGEST_IN_SECONDS:
        return f"about {round(seconds / 60)} min left"
    return f"about {max(1, round(seconds))} s left"


def complexity_frame(
    sweep_of: Sweep, found: list[Requirements], scenario: Scenario, view: ComplexityView, mode: Mode
) -> Frame:
    """All that the chart shows of what has arrived."""
    kappas = sorted({item.condition_number for item in sweep_of.scenarios})
    drawn = complexity_curves(
        found,
        kappas,
        scenario,
        view.axis,
        mode,
        seeds=view.seeds,
        predicted=view.predicted == "shown",
    )
    link = {**SETTINGS.link_of(scenario, view), THEME_PARAM: mode, "done": str(len(found))}
    wanted = len(sweep_of.scenarios)
    message = headline(found, scenario, wanted)
    title = sweep_title(found, scenario, view.target, view.seeds)
    if len(found) < wanted:
        # A picture that is taken home now must say that it is not all.
        title += f" · {len(found)} of {wanted} runs"
    frame: Frame = {
        "link": urlencode(link),
        "figure": drawn.figure,
        "steps": [f"κ = {kappa:.4g} (q = {(kappa - 1) / (kappa + 1):.4g})" for kappa in kappas],
        "title": title,
        "key": drawn.key,
        "names": drawn.names,
        "readout": drawn.readings,
        "table": _table(found, scenario, mode, complete=len(found) == wanted),
        "message": message,
        "alt": f"{AXES[view.axis]} to reach ε against κ, both axes logarithmic. {message}",
        "lines": drawn.lines,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if found and found[-1].refusals:
        frame["absent"] = [_absent(refusal, mode) for refusal in found[-1].refusals]
    return frame


def _absent(refusal: Refusal, mode: Mode) -> Absent:
    style = METHOD_STYLES[refusal.method]
    return {
        "name": METHODS[refusal.method].label,
        "color": style.color(mode),
        "marker": style.marker,
        "reason": refusal.reason,
    }


def headline(found: list[Requirements], scenario: Scenario, wanted: int) -> str:
    """How the numbers of steps grow; once all runs are there, whether the theory says so."""
    complete = len(found) == wanted
    grown: dict[str, list[str]] = {}
    others = []
    for growth in growths(found):
        label = METHODS[growth.method].label
        told = []
        for name, fit, adjoint in _fits(growth):
            if fit is None:
                continue
            theory = theory_slope(scenario, growth.method, adjoint=adjoint)
            if not agrees(fit, theory):
                others.append(f"{name} of {label}")
            told.append((name, _law(fit, theory) if complete else power("κ", fit)))
        if told:
            grown.setdefault(_growing(told), []).append(label)
    if not grown and complete:
        if not any(growth.inner or growth.adjoint for growth in growths(found)):
            return "No method was seen to reach this ε: see below."
        return "No power of κ is fitted: that takes three values of κ from 10 to 2000."
    if not grown:
        return (
            f"So far {len(found)} of {wanted} runs. "
            "Powers of κ are fitted once there are three values of κ from 10 to 2000."
        )
    sentences = " ".join(f"{listed(labels)}: {growing}." for growing, labels in grown.items())
    if not complete:
        return f"So far ({len(found)} of {wanted} runs): {sentences}"
    if others:
        return f"{sentences} Not as the theory says: {listed(others)}, see below."
    return f"{sentences} As the theory says."


def agrees(fit: float, theory: float) -> bool:
    """Whether a fitted slope, as it is written, is that of the theory."""
    return round(abs(round(fit, 2) - theory), 2) <= AGREES


def _growing(told: list[tuple[str, str]]) -> str:
    """How the numbers of one method grow: both in one word where they grow alike."""
    if len({law for _, law in told}) == 1:
        return f"steps grow like {told[0][1]}"
    (name, law), *others = told
    return ", ".join([f"{name} grows like {law}", *(f"{name} like {law}" for name, law in others)])


def _law(fit: float, theory: float) -> str:
    """A fitted power of κ, and what it is about where the theory says so."""
    fitted = power("κ", fit)
    if not agrees(fit, theory):
        return fitted
    if theory == 1:
        return "κ" if abs(fit - 1) <= AGREES / 2 else f"{fitted} ≈ κ"
    return f"{fitted} ≈ √κ"


def gaps(found: list[Requirements]) -> list[str]:
    """Why measured numbers are missing, a sentence for each method."""
    said = []
    for method in dict.fromkeys(item.method for point in found for item in point.methods):
        missing = [
            (point.scenario.condition_number, item.reason)
            for point in found
            if (item := point.of(method)) is not None and item.reason
        ]
        if missing:
            kappa, reason = min(missing)
            runs = "1 run" if len(found) == 1 else f"{len(found)} runs"
            # The core writes numbers plainly.
            reason = PLAIN_NUMBER.sub(lambda number: scientific(float(number[0])), reason)
            said.append(
                f"**{METHODS[method].label}** has no number in {len(missing)} of {runs}, "
                f"first at κ = {kappa:.4g}. {reason}"
            )
    return said


def _fits(growth: Growth) -> list[tuple[str, float | None, bool]]:
    """Name, slope and whether it is of the adjoint, for each number that the method has."""
    if METHODS[growth.method].whole:
        return [("t", growth.inner_slope, False)]
    return [("t", growth.inner_slope, False), ("k", growth.adjoint_slope, True)]


def deviations(found: list[Requirements], scenario: Scenario) -> list[str]:
    """Why a fitted slope is not that of theory, a sentence for each."""
    said = []
    for growth in growths(found):
        label = METHODS[growth.method].label
        for name, fit, adjoint in _fits(growth):
            theory = theory_slope(scenario, growth.method, adjoint=adjoint)
            if fit is None or agrees(fit, theory):
                continue
            wanted = "κ" if theory == 1 else "√κ"
            head = f"**{label}**: {name} grows like {power('κ', fit)}; the theory says {wanted}."
            if fit > theory:
                why = (
                    "A factor of the error also grows with κ, so the error has to be halved more "
                    "often for larger κ."
                )
            elif adjoint and theory < 1:
                size = found[-1].state_size
                most = max(growth.adjoint.values(), default=0.0)
                why = (
                    f"It ends early: with d = {size} there are at most {size} different "
                    "eigenvalues, so about as many steps are enough for any κ. Here k is at most "
                    f"{most:.0f}."
                    if most > size / 2
                    else "The theory is for the worst case, eigenvalues that crowd at both ends of "
                    "[1 − q, 1 + q]. The method adapts to those that are there."
                )
            elif adjoint:
                why = (
                    "∇₁E has hardly any part in the slowest direction, or ∂₁Φ is smaller at w(λ) "
                    "than q allows."
                )
            else:
                why = (
                    "Near the iterates Φ contracts faster than q allows, or the slowest direction "
                    "hardly matters to E."
                )
            said.append(f"{head} {why}")
    return said


def _table(found: list[Requirements], scenario: Scenario, mode: Mode, *, complete: bool) -> Table:
    rows: list[Row] = []
    for growth in growths(found):
        whole = METHODS[growth.method].whole
        theory = [
            theory_slope(scenario, growth.method, adjoint=adjoint) for adjoint in (False, True)
        ]
        rows.append(
            {
                "color": METHOD_STYLES[growth.method].color(mode),
                "marker": METHOD_STYLES[growth.method].marker,
                "cells": [
                    METHODS[growth.method].label,
                    _exponent(growth.inner_slope),
                    _exponent(growth.inner_predicted_slope),
                    _exponent(theory[0]),
                    "= t" if whole else _exponent(growth.adjoint_slope),
                    "= t" if whole else _exponent(growth.adjoint_predicted_slope),
                    "= t" if whole else _exponent(theory[1]),
                    _last(growth.inner),
                    "= t" if whole else _last(growth.adjoint),
                    _last(growth.products),
                    _last(growth.floats),
                ],
            }
        )
    reached = max((item.scenario.condition_number for item in found), default=0.0)
    largest = "Largest κ" if complete else "Largest κ so far"
    caption = (
        f"{largest}: {scientific(reached)}. t, k, products and memory are those at the largest κ; "
        "exponents are fitted for κ from 10 to 2000."
    )
    return {"caption": caption, "columns": COLUMNS, "rows": rows}


def _exponent(slope: float | None) -> str:
    return "–" if slope is None else power("κ", slope)


def _last(values: dict[float, float]) -> str:
    return count(round(values[max(values)])) if values else "–"
