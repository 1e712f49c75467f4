"""What a sweep shows, in words."""

from __future__ import annotations

import re

from dashboard.kit.notation import listed, power, scientific
from dashboard.screens.complexity.growth import Growth, growths, theory_slope
from hypergrad_core import METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.studies.requirements import Requirements

PLAIN_NUMBER = re.compile(r"\d\.\de[-+]\d+")
DEFINITION = (
    "ITD: the smallest t = k from which the relative error stays at or below ε. AID: t and k are "
    "found separately, each allowed ε/2; products, memory and seconds are those of running both. "
    "Products are Jacobian–vector products, and an evaluation of Φ counts as one. Memory counts "
    "floating-point numbers, without the data. The paper’s bound predicts t and k only. See R22."
)
# The fitted slope and the theory's are the same to this.
AGREES = 0.1


def headline(points: list[Requirements], scenario: Scenario, total: int) -> str:
    """How the numbers of steps grow; once all runs are there, whether the theory says so."""
    complete = len(points) == total
    grown: dict[str, list[str]] = {}
    others = []
    for growth in growths(points):
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
        if not any(growth.inner or growth.adjoint for growth in growths(points)):
            return "No method was seen to reach this ε: see below."
        return "No power of κ is fitted: that takes three values of κ from 10 to 2000."
    if not grown:
        return (
            f"So far {len(points)} of {total} runs. "
            "Powers of κ are fitted once there are three values of κ from 10 to 2000."
        )
    sentences = " ".join(f"{listed(labels)}: {growing}." for growing, labels in grown.items())
    if not complete:
        return f"So far ({len(points)} of {total} runs): {sentences}"
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


def gaps(points: list[Requirements]) -> list[str]:
    """Why measured numbers are missing, a sentence for each method."""
    said = []
    for method in dict.fromkeys(item.method for point in points for item in point.methods):
        missing = [
            (point.scenario.condition_number, item.reason)
            for point in points
            for item in point.methods
            if item.method == method and item.reason
        ]
        if missing:
            kappa, reason = min(missing)
            runs = "1 run" if len(points) == 1 else f"{len(points)} runs"
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


def plain_adjoints(scenario: Scenario) -> str:
    """Why methods grow like κ although the inner solver does better, or ""."""
    inner = SOLVERS[scenario.inner]
    symmetric = scenario.problem_family.symmetric
    methods = (METHODS[key] for key in scenario.methods)
    slow = [
        f"**{method.label}**"
        for method in methods
        if method.solver_name
        and method.adjoint_exponent(inner, symmetric=symmetric) > inner.exponent > 0
    ]
    if not slow:
        return ""
    solver = inner.label.partition(" (")[0].lower()
    return (
        f"{listed(slow)} still {'grow' if slow[1:] else 'grows'} like κ with {solver}: only the "
        f"inner problem is solved by {solver}. The adjoint steps are plain ones, and t is counted "
        "with k = t."
    )


def deviations(points: list[Requirements], scenario: Scenario) -> list[str]:
    """Why a fitted slope is not that of theory, a sentence for each."""
    said = []
    for growth in growths(points):
        label = METHODS[growth.method].label
        for name, fit, adjoint in _fits(growth):
            theory = theory_slope(scenario, growth.method, adjoint=adjoint)
            if fit is None or agrees(fit, theory):
                continue
            law = "κ" if theory == 1 else "√κ"
            head = f"**{label}**: {name} grows like {power('κ', fit)}; the theory says {law}."
            if fit > theory:
                why = (
                    "A factor of the error also grows with κ, so the error has to be halved more "
                    "often for larger κ."
                )
            elif adjoint and theory < 1:
                size = points[-1].state_size
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


def notes(points: list[Requirements], scenario: Scenario) -> list[str]:
    """What the picture does not say by itself."""
    plain = plain_adjoints(scenario)
    return [*deviations(points, scenario), *gaps(points), *([plain] if plain else [])]
