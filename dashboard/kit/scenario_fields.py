"""The fields of a scenario as controls, links and titles know them; the core has the checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.kit import given_hyper
from dashboard.kit.fields import Choice, Field, Form, Number, Pills, Slider, Switch
from dashboard.kit.glossary import methods_help
from dashboard.kit.notation import count, scientific
from hypergrad_core import FAMILIES, METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems import SYNTHETIC
from hypergrad_core.scenario import LARGEST_SEED, PRECISIONS, SLICES, SPECTRA, condition_number

# Steps of about equal effect: coarse where q changes little, fine towards 1.
CONTRACTIONS = (
    [i / 100 for i in range(5, 90)]
    + [i / 1000 for i in range(900, 990, 5)]
    + [i / 1000 for i in range(990, 1000)]
)
# Where nothing is proved: for families that allow it.
BEYOND = [1.0, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5]
_MANTISSAS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
SIZES = [2, 3, 4, 5, 6, 8] + [m * 10**e for e in range(5) for m in _MANTISSAS] + [10**6]
HYPER_SIZES = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000]
HORIZONS = [5, 10, 15, *range(20, 201, 10), 250, 300, 400, 500, 700, 1000, 1500, 2000]
_FEW_STEPS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15]
STEPS = [*_FEW_STEPS, *range(20, 101, 5), 120, 150, 200, 300, 500, 1000, 2000]
STARTS = [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0]


def _with_kappa(contraction: float) -> str:
    if contraction >= 1:
        return f"{contraction:g} (no theory)"
    return f"{contraction:g} (κ = {scientific((1 + contraction) / (1 - contraction))})"


def _lower(label: str) -> str:
    """A label within a line."""
    return label[0].lower() + label[1:]


def _data(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    # Without the size of the data, because d, m and n follow.
    label = scenario.data_set.label.partition(" (")[0]
    return label if len(scenario.problem_family.data) > 1 else ""


def _contraction(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    value = given_hyper.contraction_of(scenario)
    q = f"q = {value:.6g}"
    return f"{q} · κ = {scientific(condition_number(value))}" if value < 1 else q


def _hyper(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    return "" if scenario.hyper is None else f"λ given: {given_hyper.name(scenario.hyper)}"


def _samples(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    used = "samples" in scenario.problem_family.uses
    return f"n = {count(scenario.sample_size)}" if used else ""


def _spectrum(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    used = "spectrum" in scenario.problem_family.uses
    return f"eigenvalues: {_lower(SPECTRA[scenario.spectrum])}" if used else ""


def _inner_steps(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    if scenario.vary != "adjoint":
        return ""
    return "wₜ exact" if scenario.inner == "exact" else f"t = {scenario.inner_steps}"


def _inner(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    told = scenario.inner not in (Scenario.inner, "exact")
    return SOLVERS[scenario.inner].name if told else ""


def _adjoint_steps(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    if scenario.truncates:
        return f"truncation k = {scenario.adjoint_steps}"
    return f"k = {scenario.adjoint_steps}" if scenario.vary == "inner" else ""


def _start(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    return f"start ‖w₀‖ = {scenario.start:g} ‖w(λ)‖" if scenario.start > 0 else ""


def _precision(scenario: Scenario, sizes: Mapping[str, int]) -> str:
    told = scenario.precision != Scenario.precision
    return _lower(PRECISIONS[scenario.precision]) if told else ""


def _size(name: str, symbol: str) -> Any:
    return lambda scenario, sizes: f"{symbol} = {count(sizes[name])}" if name in sizes else ""


SCENARIO_FIELDS: Mapping[str, Field] = {
    "family": Field(
        link="problem",
        label="Problem",
        help="The bilevel problem whose hypergradient is approximated. Its formulas are below the "
        "chart.",
        widget=Choice({key: family.label for key, family in FAMILIES.items()}),
        title=lambda scenario, sizes: scenario.problem_family.label,
    ),
    "data": Field(
        link="data",
        label="Data",
        help="Synthetic data are drawn from the seed; real data sets fix their own sizes.",
        widget=Choice({SYNTHETIC: "Synthetic"}),
        former={"made-up": SYNTHETIC},
        title=_data,
    ),
    "hyper": Field(
        link="hyper",
        label="λ",
        form=Form(given_hyper.write, given_hyper.read, given_hyper.name),
        title=_hyper,
    ),
    "contraction": Field(
        link="q",
        label="Contraction constant q",
        help="Each inner step multiplies the distance to w(λ) by at most q. Near 1 convergence is "
        "slow; from 1 on nothing is guaranteed. κ = (1 + q)/(1 − q).",
        widget=Slider([*CONTRACTIONS, *BEYOND], _with_kappa),
        title=_contraction,
    ),
    "size": Field(
        link="d",
        label="Problem size d",
        exported="inner variables d",
        help="Number of inner variables (dimension of w).",
        widget=Slider(SIZES, count),
        title=_size("size", "d"),
    ),
    "hyper_size": Field(
        link="m",
        label="Hyperparameters m",
        help="Number of hyperparameters (dimension of λ).",
        widget=Slider(HYPER_SIZES, count),
        title=_size("hyper_size", "m"),
    ),
    "samples": Field(
        link="n",
        label="Training examples n",
        help="Number of training examples.",
        widget=Slider(SIZES, count),
        title=_samples,
    ),
    "spectrum": Field(
        link="spectrum",
        label="Eigenvalues of ∂₁Φ",
        help="Where the eigenvalues of ∂₁Φ lie in the interval from −q to q. CG is quick if they "
        "form few clusters.",
        widget=Choice(SPECTRA),
        title=_spectrum,
    ),
    "methods": Field(
        link="methods",
        label="Methods",
        help=methods_help(),
        widget=Pills({key: method.label for key, method in METHODS.items()}, least=1),
    ),
    "vary": Field(
        link="vary",
        label="What varies",
        help="**t = k together**: as many backward steps as inner steps. **k, with t fixed**: wₜ "
        "stays the same, only the backward steps go on. **t, with k fixed**: the inner steps go "
        "on, with the same number of backward steps after each.",
        widget=Choice(SLICES),
    ),
    "inner_steps": Field(
        link="t",
        label="Fixed t",
        help="Number of inner steps t, kept fixed.",
        widget=Slider(STEPS, count),
        title=_inner_steps,
    ),
    "inner": Field(
        link="inner",
        label="Inner solver",
        help="How the inner problem is solved.\n\n"
        + "\n".join(f"- **{solver.label}**: {solver.summary}." for solver in SOLVERS.values()),
        widget=Choice({key: solver.label for key, solver in SOLVERS.items()}),
        title=_inner,
    ),
    "horizon": Field(
        link="T",
        label="Horizon T",
        help="The curves run from step 0 to step T.",
        widget=Slider(HORIZONS, count),
    ),
    "adjoint_steps": Field(
        link="k",
        label="Fixed k",
        help="Number of backward steps k, kept fixed.",
        widget=Slider(STEPS, count),
        title=_adjoint_steps,
    ),
    "start": Field(
        link="start",
        label="Start ‖w₀‖ ÷ ‖w(λ)‖",
        help="Distance of the start from zero, relative to ‖w(λ)‖, in a random direction; 0 means "
        "w₀ = 0.",
        widget=Slider(STARTS, lambda start: f"{start:g}"),
        title=_start,
    ),
    "precision": Field(
        link="precision",
        label="Precision",
        help="Single precision computes every product with 7 digits instead of 16, so the error "
        "stops falling much earlier.",
        widget=Switch(PRECISIONS),
        title=_precision,
    ),
    "seed": Field(
        link="seed",
        label="Seed",
        help="All random draws are made from this number. The same seed gives the same problem.",
        widget=Number(0, LARGEST_SEED),
        title=lambda scenario, sizes: f"seed {scenario.seed}",
    ),
}
"""In the order in which a title tells them."""


def run_title(
    scenario: Scenario, sizes: Mapping[str, int], instead: Mapping[str, str] | None = None
) -> str:
    """One line that names what was run, for titles and exports.

    Args:
        scenario: what was run, or what all runs have in common.
        sizes: "size" and "hyper_size" of the problem that was built, as far as they are known.
        instead: of some fields, what is told in their place.
    """
    parts = {name: field.title(scenario, sizes) for name, field in SCENARIO_FIELDS.items()}
    return " · ".join(part for part in {**parts, **(instead or {})}.values() if part)
