"""A validated description of one run: the state of the widgets, the link, the cache key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from hypergrad_core.arrays import IntArray
from hypergrad_core.errors import ScenarioError
from hypergrad_core.inner import SOLVERS
from hypergrad_core.link import (
    LinkSettings,
    require_integer,
    require_number,
    require_one_of,
)
from hypergrad_core.methods import METHODS, Points
from hypergrad_core.problems import FAMILIES, SYNTHETIC, Family

# The spectra are named here and built in problems/quadratic.py: naming one must not import it.
SPECTRA: dict[str, str] = {
    "even": "Evenly spread",
    "clusters": "Two clusters",
    "log-uniform": "Log-uniform",
    "near-plus": "Near +q only",
    "near-minus": "Near −q only (step too long)",
    "chebyshev": "Worst case for CG",
}
SLICES: dict[str, str] = {
    "both": "t = k together",
    "adjoint": "k, with t fixed",
    "inner": "t, with k fixed",
}
PRECISIONS: dict[str, str] = {
    "double": "Double precision",
    "single": "Single precision",
}
# At most this many points on a curve; longer horizons are sampled evenly.
CURVE_POINTS = 200
# w_0 … w_T are kept: 2 GiB of them at the most.
TRAJECTORY_FLOATS = 2**28
COUPLING_FLOATS = 2 * 10**7
LARGEST_HYPER_SIZE = 1000
LARGEST_SAMPLES = 2000
LARGEST_STEPS = 2000
LARGEST_START = 100.0


LINK_NAMES: dict[str, str] = {
    "family": "problem",
    "data": "data",
    "contraction": "q",
    "size": "d",
    "hyper_size": "m",
    "samples": "n",
    "spectrum": "spectrum",
    "methods": "methods",
    "vary": "vary",
    "inner": "inner",
    "horizon": "T",
    "inner_steps": "t",
    "adjoint_steps": "k",
    "seed": "seed",
    "start": "start",
    "precision": "precision",
}

# Of the controls on a page.
LABELS: dict[str, str] = {
    "family": "Problem",
    "data": "Data",
    "contraction": "Contraction constant q",
    "size": "Problem size d",
    "hyper_size": "Hyperparameters m",
    "samples": "Training examples n",
    "spectrum": "Eigenvalues of ∂₁Φ",
    "methods": "Methods",
    "vary": "What varies",
    "inner": "Inner solver",
    "horizon": "Horizon T",
    "inner_steps": "Fixed t",
    "adjoint_steps": "Fixed k",
    "seed": "Seed",
    "start": "Start ‖w₀‖ ÷ ‖w(λ)‖",
    "precision": "Precision",
}


@dataclass(frozen=True, kw_only=True)
class Scenario(LinkSettings):
    """One run.

    Attributes:
        family: key of ``FAMILIES``.
        data: key of the family's data sets.
        contraction: q, from 0.01 to 0.9999; to 1.5 for networks, where above 1 nothing is proved.
        size: d, from 2 to the family's largest.
        hyper_size: m of the quadratic, from 1 to 1000.
        samples: n, training rows of synthetic data, from 2 to 2000.
        spectrum: key of ``SPECTRA`` (quadratic).
        methods: keys of ``METHODS``, at least one, in any order, none twice.
        vary: key of ``SLICES``: which slice of the (t, k) plane is taken.
        inner: key of ``SOLVERS``; "exact" goes with ``vary = "adjoint"`` only.
        horizon: T, the largest t or k on the slice, from 1 to 2000.
        inner_steps: the t that is held while k varies, from 0 to 2000.
        adjoint_steps: the k that is held while t varies, and the k of truncated ITD while both
            do, from 0 to 2000.
        seed: of all random draws, from 0 to 9999.
        start: ‖w_0‖ ÷ ‖w(λ)‖, from 0 to 100; the direction is drawn from the seed.
        precision: key of ``PRECISIONS``, what each oracle's result is rounded to.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = LINK_NAMES
    labels: ClassVar[Mapping[str, str]] = LABELS
    former: ClassVar[Mapping[str, Mapping[str, str]]] = {"data": {"made-up": SYNTHETIC}}

    family: str = "quadratic"
    data: str = SYNTHETIC
    contraction: float = 0.9
    size: int = 100
    hyper_size: int = 10
    samples: int = 100
    spectrum: str = "even"
    methods: tuple[str, ...] = ("itd", "aid-fp", "aid-cg")
    vary: str = "both"
    inner: str = "fixed-point"
    horizon: int = 120
    inner_steps: int = 50
    adjoint_steps: int = 10
    seed: int = 0
    start: float = 0.0
    precision: str = "double"

    def __post_init__(self) -> None:
        require_one_of("family", self.family, FAMILIES)
        require_one_of("data", self.data, self.problem_family.data)
        require_number(
            "contraction", self.contraction, 0.01, self.problem_family.largest_contraction
        )
        require_integer("size", self.size, 2, self.problem_family.largest_size)
        require_integer("hyper_size", self.hyper_size, 1, LARGEST_HYPER_SIZE)
        require_integer("samples", self.samples, 2, LARGEST_SAMPLES)
        require_one_of("spectrum", self.spectrum, SPECTRA)
        if not isinstance(self.methods, tuple) or not self.methods:
            allowed = f"at least one of {', '.join(METHODS)}"
            raise ScenarioError("methods", self.methods, allowed, METHODS)
        for method in self.methods:
            require_one_of("methods", method, METHODS)
        if len(set(self.methods)) < len(self.methods):
            raise ScenarioError(
                "methods", self.methods, f"each once of {', '.join(METHODS)}", METHODS
            )
        require_one_of("vary", self.vary, SLICES)
        require_one_of("inner", self.inner, SOLVERS)
        require_integer("horizon", self.horizon, 1, LARGEST_STEPS)
        require_integer("inner_steps", self.inner_steps, 0, LARGEST_STEPS)
        require_integer("adjoint_steps", self.adjoint_steps, 0, LARGEST_STEPS)
        require_integer("seed", self.seed, 0, 9999)
        require_number("start", self.start, 0.0, LARGEST_START)
        require_one_of("precision", self.precision, PRECISIONS)
        self._validate_together()

    def _validate_together(self) -> None:
        plain = {"fixed-point": SOLVERS["fixed-point"]}
        if self.inner == "exact" and self.vary != "adjoint":
            allowed = "fixed-point, or vary = adjoint: an exact w_t has no t"
            raise ScenarioError("inner", self.inner, allowed, plain)
        if SOLVERS[self.inner].affine_symmetric_only and not self.problem_family.affine_symmetric:
            allowed = "fixed-point: momentum has a guarantee on quadratics only"
            raise ScenarioError("inner", self.inner, allowed, plain)
        if self.family == "quadratic" and self.size * self.hyper_size > COUPLING_FLOATS:
            most = COUPLING_FLOATS // self.size
            raise ScenarioError(
                "hyper_size", self.hyper_size, f"a whole number from 1 to {most} at this d"
            )
        steps = self.inner_steps if self.vary == "adjoint" else self.horizon
        if (steps + 1) * self.size > TRAJECTORY_FLOATS:
            name, least = ("inner_steps", 0) if self.vary == "adjoint" else ("horizon", 1)
            most = TRAJECTORY_FLOATS // self.size - 1
            raise ScenarioError(name, steps, f"a whole number from {least} to {most} at this d")

    @classmethod
    def beside(cls, named: Mapping[str, Any], defaults: Self | None) -> dict[str, Any]:
        """As the base has it, but another family brings sizes that suit it."""
        base = super().beside(named, defaults)
        family = named.get("family", base["family"])
        if family != base["family"] and family in FAMILIES:
            own = FAMILIES[base["family"]].suggested
            for name, wanted in FAMILIES[family].suggested.items():
                # Defaults with small problems of their own stay small.
                chosen = base[name] not in {getattr(cls, name), own.get(name)}
                base[name] = min(base[name], wanted) if chosen else wanted
        return base

    @property
    def problem_family(self) -> Family:
        """The family's entry in the registry."""
        return FAMILIES[self.family]

    @property
    def state_size(self) -> int:
        """d of the problem that will be built: the data may fix it."""
        return self.problem_family.state_size(self.data, self.size, self.samples)

    @property
    def sample_size(self) -> int:
        """n of the problem that will be built: the data may fix it."""
        return self.problem_family.data[self.data].samples or self.samples

    @property
    def condition_number(self) -> float:
        """κ = (1 + q)/(1 − q); infinite for q ≥ 1."""
        if self.contraction >= 1:
            return float("inf")
        return (1 + self.contraction) / (1 - self.contraction)

    def steps(self) -> IntArray:
        """The values of what varies: 0, 1, …, horizon, or about 200 of them evenly spread."""
        if self.horizon <= CURVE_POINTS:
            return np.arange(self.horizon + 1)
        return np.unique(np.linspace(0, self.horizon, CURVE_POINTS + 1).round().astype(np.int64))

    def points(self, steps: IntArray | None = None) -> Points:
        """The (t, k) points of the slice, shape (P,); a method may take another k."""
        varied = self.steps() if steps is None else steps
        if self.vary == "adjoint":
            # At w(λ) every t is the same; the horizon leaves room for every k.
            t = self.horizon if self.inner == "exact" else self.inner_steps
            return Points(np.full_like(varied, t), varied)
        if self.vary == "inner":
            return Points(varied, np.full_like(varied, self.adjoint_steps))
        return Points(varied, varied)
