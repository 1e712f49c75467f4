"""Where a section of THEORY.md is to be seen: each link opens, and shows what the text says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from descent_cases import certificate, certified, descent_of, warm_start

from dashboard.kit.notation import percent, scientific, times
from dashboard.kit.page import Page
from dashboard.pages import PAGES
from dashboard.screens.complexity.sweep import Sweep
from dashboard.screens.complexity.words import headline
from dashboard.screens.theory.examples import EXAMPLES
from dashboard.screens.theory.sections import LABEL, SECTIONS
from dashboard.screens.why.words import constants_table
from hypergrad_core import METHODS, Experiment, Scenario, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import Status
from hypergrad_core.constants import WeightedConstants
from hypergrad_core.lemmas import chebyshev_number
from hypergrad_core.studies.anatomy import jacobian_burn_in
from hypergrad_core.studies.dissection import Dissection, dissect
from hypergrad_core.studies.outer_steps import Descent
from hypergrad_core.studies.plane import plane
from hypergrad_core.studies.requirements import requirements
from hypergrad_core.studies.step_search import first_to_stay

PAGE_OF = {page.name: page for page in PAGES}
every_example = pytest.mark.parametrize("key", EXAMPLES)


def opened(key: str) -> tuple[Page[Any, Any, Any], Scenario, Any]:
    """The page of an example, and what its link sets it to."""
    page = PAGE_OF[EXAMPLES[key].page]
    link = dict(parse_qsl(EXAMPLES[key].link, strict_parsing=True))
    scenario, view, messages = page.settings.of_link(link)
    assert not messages
    assert {*link} <= {*page.settings.own(link)}
    return page, scenario, view


@cache
def seen(scenario: Scenario) -> Experiment:
    return run(scenario)


@cache
def inside(scenario: Scenario) -> Dissection:
    return dissect(scenario)


def experiment(key: str) -> Experiment:
    return seen(opened(key)[1])


def dissection(key: str) -> Dissection:
    return inside(opened(key)[1])


def errors(found: Experiment, method: str) -> FloatArray:
    return np.asarray(found.curve(method).errors / found.constants.hypergradient_norm)


def reached(found: Experiment, method: str, target: float = 1e-4) -> int | None:
    """The first step from which the error is at most the target that the page opens with."""
    place = first_to_stay(errors(found, method), target)
    return None if place is None else int(found.curve(method).steps[place])


def left(found: Dissection, method: str) -> FloatArray:
    """What share of the first residual is left."""
    norms = found.run_of(method).residual_norms
    return np.asarray(norms / norms[0])


def over(found: Experiment, method: str, at: int, *, paper: bool = False) -> str:
    """How many times the error a bound is."""
    curve = found.curve(method)
    place = int(np.flatnonzero(curve.steps == at)[0])
    bound = curve.paper if paper else curve.sharp
    return times(float(bound.values[place] / curve.errors[place]))


def tight(found: Experiment, method: str) -> None:
    curve = found.curve(method)
    above = curve.errors > 10 * curve.floor
    assert curve.sharp.status is Status.TIGHT
    np.testing.assert_allclose(curve.sharp.values[above], curve.errors[above], rtol=1e-6)


def plateau(found: Experiment, method: str) -> str:
    """Where a method ends while ITD falls on."""
    ends, falls = errors(found, method), errors(found, "itd")
    assert ends[-1] == pytest.approx(ends[len(ends) // 2], rel=1e-2)
    assert falls[-1] < falls[len(falls) // 2] / 1000
    return f"at {ends[-1]:.3g},"


def setting() -> list[str]:
    _, scenario, view = opened("setting")
    best = plane(scenario, view.left).frontier.within(view.budget)
    return [f"With {view.budget} products", f"$t={best.inner_steps}$ and $k={best.adjoint_steps}$."]


def constants() -> list[str]:
    assert "bound" in opened("constants")[2].parts
    assert constants_table(dissection("constants")).count("\n") > 10
    return []


def tiers() -> list[str]:
    found = experiment("tiers-and-status")
    for method in ("itd", "aid-fp"):
        tight(found, method)
        assert (found.curve(method).sharp.tier, found.curve(method).paper.tier) == ("V", "P")
        assert found.curve(method).paper.status is Status.UPPER
    at = opened("tiers-and-status")[2].cursor
    return [f"$t={at}$", f"{over(found, 'itd', at, paper=True)} the error"]


def distance() -> list[str]:
    found = dissection("L1")
    lengths = np.linalg.norm(found.gaps, axis=1)
    q = found.scenario.contraction
    assert (lengths[1:] <= q * lengths[:-1] * (1 + 1e-9)).all()
    return [f"$q={q:g}$"]


def drift() -> list[str]:
    found = experiment("L2")
    assert found.constants.nu1 == found.constants.nu2 == 0
    np.testing.assert_allclose(errors(found, "itd"), errors(found, "aid-fp"), rtol=1e-6)
    other = experiment("R7")
    assert errors(other, "itd")[-1] > 2 * errors(other, "aid-fp")[-1]
    return []


def parts() -> list[str]:
    paper = dissection("L3").experiment.curve("itd").paper
    assert [term.name for term in paper.terms] == ["inner problem", "drift", "adjoint"]
    np.testing.assert_allclose(sum(term.values for term in paper.terms), paper.values)
    return []


def sums() -> list[str]:
    found = dissection("L4")
    term = found.experiment.curve("itd").paper.terms[1]
    peak = int(np.argmax(term.values))
    assert opened("L4")[2].cursor == peak
    near = 1 / np.log(1 / found.scenario.contraction)
    return [f"$t={peak}$", f"={near:.1f}$."]


def chebyshev() -> list[str]:
    found, at = dissection("L5"), opened("L5")[2].cursor
    share = left(found, "aid-gmres")
    steps = np.arange(len(share))
    most = chebyshev_number(found.scenario.condition_number, steps)
    assert (share <= most * (1 + 1e-6) + 1e-13).all()
    return [f"$k={at}$", f"{percent(float(most[at]))}, and {percent(float(share[at]))} is left"]


def unrolled() -> list[str]:
    found, at = experiment("R1"), opened("R1")[2].cursor
    curve = found.curve("itd")
    assert (curve.errors <= np.minimum(curve.sharp.values, curve.paper.values)).all()
    return [
        f"$t={at}$ the sharp one is {over(found, 'itd', at)}",
        f"paper’s {over(found, 'itd', at, paper=True)}.",
    ]


def implicit() -> list[str]:
    found = experiment("R2")
    ends = {scientific(errors(found, method)[-1]) for method in found.scenario.methods}
    assert len(ends) == 1
    return [f"$t={found.scenario.inner_steps}$", f"end at {ends.pop()}:"]


def fixed_point() -> list[str]:
    found = experiment("R3")
    curve, q = found.curve("aid-fp"), found.scenario.contraction
    *others, last = curve.paper.terms
    assert not any(term.values.any() for term in others)
    np.testing.assert_allclose(last.values[1:] / last.values[:-1], q)
    return []


def conjugate() -> list[str]:
    found = experiment("R4")
    assert reached(found, "aid-fp") is None
    return [f"after {reached(found, 'aid-cg')} steps", f"within {found.scenario.horizon}."]


def solvers() -> list[str]:
    found = dissection("R5")
    needed = {method: first_to_stay(left(found, method), 1e-3) for method in found.scenario.methods}
    assert needed["aid-fp"] is None
    return [
        "1000 times smaller",
        f"after {needed['aid-gmres']} steps of GMRES and {needed['aid-cg']} of CG",
        f"more than {found.steps}.",
    ]


def spectral() -> list[str]:
    for method in ("itd", "aid-fp"):
        tight(experiment("R6"), method)
    return []


def measured() -> list[str]:
    found, at = experiment("R7"), opened("R7")[2].cursor
    return [f"$t={at}$", *(f"{over(found, method, at)}" for method in ("aid-fp", "itd"))]


def truncated() -> list[str]:
    found = experiment("R9")
    return [f"$k={found.scenario.adjoint_steps}$", plateau(found, "itd-truncated")]


def one_step() -> list[str]:
    return [plateau(experiment("R10"), "one-step")]


def forward() -> list[str]:
    found = experiment("R11")
    above = found.curve("itd").errors > 1e3 * found.curve("itd").floor
    there, back = (errors(found, method)[above] for method in ("itd-forward", "itd"))
    np.testing.assert_allclose(there, back, rtol=1e-6)
    kept = {
        method: found.curve(method).estimate.costs.stored_floats
        for method in METHODS
        if method in found.scenario.methods
    }
    assert np.ptp(kept["itd-forward"][1:]) == 0
    return [f"keeps {kept['itd'][-1]} numbers", f"keeps {kept['itd-forward'][-1]} all"]


def accelerated() -> list[str]:
    found = experiment("R12")
    plain = Scenario(**{**vars(found.scenario), "inner": "fixed-point"})
    return [f"after {reached(found, 'aid-cg')} steps", f"takes {reached(seen(plain), 'aid-cg')}."]


def schemes() -> list[str]:
    found = experiment("R13")
    assert reached(found, "aid-fp") is None
    return [f"after {reached(found, 'itd')} steps", f"within {found.scenario.horizon}."]


def burn_in() -> list[str]:
    found = dissection("R14").experiment
    peak = jacobian_burn_in(found.constants).peak_step
    return [f"grows for {np.argmax(errors(found, 'itd'))} steps", f"$t={peak:.3g}$."]


def no_symmetry() -> list[str]:
    found, at = dissection("R15"), opened("R15")[2].cursor
    return [
        f"$k={at}$",
        *(percent(float(left(found, method)[at])) for method in found.scenario.methods),
    ]


def growth() -> list[str]:
    _, scenario, view = opened("R22")
    points = [requirements(*point) for point in Sweep.of(scenario, view).points]
    assert headline(points, scenario, len(points)).endswith("As the theory says.")
    return []


def costs() -> list[str]:
    found = experiment("R23")
    d, m = found.state_size, found.hyper_size
    fixed, whole = (found.curve(key).estimate.costs.stored_floats for key in ("aid-fp", "itd"))
    assert (fixed[1:] == 3 * d + m).all()
    k = found.scenario.horizon
    assert whole[-1] == (k + 2) * d + m
    return [f"$d={d}$ and $m={m}$", f"$3d+m={fixed[-1]}$", f"$(k+2)d+m={whole[-1]}$ at $k={k}$"]


def descent(key: str, **changed: str) -> Descent:
    """Of the only method, with the view of the link, or another."""
    _, scenario, view = opened(key)
    return descent_of(scenario, replace(view, **changed))


def rounding() -> list[str]:
    found = dissection("rounding").experiment
    curve, norm = found.curve("itd"), found.constants.hypergradient_norm
    assert curve.paper.values[-1] < curve.paper.values[-50] / 10
    assert curve.paper.values[-1] < curve.errors[-1] < curve.floor
    return [
        f"ends at {scientific(curve.errors[-1] / norm)}",
        f"is {scientific(curve.floor / norm)},",
    ]


FIELDS = {r"\nu_1": "nu1", r"\nu_2": "nu2", r"\mu_1": "mu1", r"\mu_2": "mu2"}
FIELDS |= {r"\kappa_M": "condition_number", r"L_\Phi": "hyper_jacobian_norm"}
FIELDS |= {r"L_\Phi^s": "energy_hyper_norm", r"\nu_2^s": "energy_nu2"}


def family(key: str) -> list[str]:
    """The constants that the text names are those of the run."""
    found = experiment(key)
    text = EXAMPLES[key].text
    for formula in re.findall(r"\$([^$]+=[^$]+)\$", text):
        *symbols, value = formula.split("=")
        for symbol in symbols:
            if symbol == r"\kappa":
                known = found.scenario.condition_number
            else:
                known = getattr(found.constants, FIELDS[symbol])
            assert f"{known:.3g}" == value, symbol
    assert text.count("=") >= 3
    assert isinstance(found.constants, WeightedConstants) == (key == "C7")
    return []


SAID: dict[str, Callable[[], list[str]]] = {
    "setting": setting,
    "constants": constants,
    "tiers-and-status": tiers,
    "L1": distance,
    "L2": drift,
    "L3": parts,
    "L4": sums,
    "L5": chebyshev,
    "R1": unrolled,
    "R2": implicit,
    "R3": fixed_point,
    "R4": conjugate,
    "R5": solvers,
    "R6": spectral,
    "R7": measured,
    "R8": lambda: certificate(descent("R8")),
    "R9": truncated,
    "R10": one_step,
    "R11": forward,
    "R12": accelerated,
    "R13": schemes,
    "R14": burn_in,
    "R15": no_symmetry,
    "R16": lambda: warm_start(descent("R16"), descent("R16", warm="both")),
    "R22": growth,
    "R23": costs,
    "R24": lambda: certified(descent("R24")),
    "rounding": rounding,
}


def test_every_example_belongs_to_a_section_and_every_proved_section_has_one() -> None:
    assert {*EXAMPLES} <= {*SECTIONS}
    proved = {
        key
        for key, section in SECTIONS.items()
        if re.fullmatch(LABEL, key) and "*Background.*" not in section.text
    }
    assert proved <= {*EXAMPLES}


@every_example
def test_a_link_opens_as_it_is_and_nothing_is_refused(key: str) -> None:
    page, scenario, view = opened(key)
    assert page.settings.link_of(scenario, view), "What was chosen elsewhere would come along."
    if page.name in ("explore", "why"):
        assert not seen(scenario).refusals
    assert EXAMPLES[key].page.capitalize() == page.title


@every_example
def test_the_picture_shows_what_the_text_says(key: str) -> None:
    said = SAID[key]() if key in SAID else family(key)
    for words in said:
        assert words in EXAMPLES[key].text, words
    if key in SAID:
        left_out = EXAMPLES[key].text
        for words in said:
            left_out = left_out.replace(words, "")
        assert not re.search(r"\d{2,}|\d\.\d", left_out), left_out
