"""A validated description of one run: frozen and hashable, so that it is a key to its results."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.arrays import IntArray
from hypergrad_core.data.table import Table
from hypergrad_core.errors import ScenarioError
from hypergrad_core.inner import FIXED_POINT, SOLVERS, InnerSolver
from hypergrad_core.methods import METHODS, Method, Points
from hypergrad_core.problem import Problem
from hypergrad_core.problems import FAMILIES, SYNTHETIC, DataSet, Family
from hypergrad_core.problems.family import LEAST_CONTRACTION
from hypergrad_core.validation import require_integer, require_number, require_one_of

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
LARGEST_SEED = 9999
# Of a λ that is given: how many numbers, and how large. A link has room for no more of them.
MOST_HYPERS = 200
LARGEST_ENTRY = 1e6


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One run.

    Attributes:
        family: key of ``FAMILIES``.
        data: key of the family's data sets, or a table of one's own (``read_table``), if the
            family takes such a target.
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
        hyper: λ, where it is not the family's own: m numbers, at most 200, each from −10⁶ to 10⁶.
            The step of Φ then suits this λ (``Problem.tuned``), as in every step of a descent, and
            q follows from both: ``contraction`` only says which problem it is.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    family: str = "quadratic"
    data: str | Table = SYNTHETIC
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
    hyper: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require_one_of("family", self.family, FAMILIES)
        family = self.problem_family
        family.data_set(self.data)
        self._require_number("contraction", LEAST_CONTRACTION, family.largest_contraction)
        self._require_integer("size", 2, family.largest_size)
        self._require_integer("hyper_size", 1, LARGEST_HYPER_SIZE)
        self._require_integer("samples", 2, LARGEST_SAMPLES)
        require_one_of("spectrum", self.spectrum, SPECTRA)
        self._require_methods()
        require_one_of("vary", self.vary, SLICES)
        require_one_of("inner", self.inner, SOLVERS)
        self._require_integer("horizon", 1, LARGEST_STEPS)
        self._require_integer("inner_steps", 0, LARGEST_STEPS)
        self._require_integer("adjoint_steps", 0, LARGEST_STEPS)
        self._require_integer("seed", 0, LARGEST_SEED)
        self._require_number("start", 0.0, LARGEST_START)
        require_one_of("precision", self.precision, PRECISIONS)
        self._validate_together()

    def _require_integer(self, field: str, low: int, high: int) -> None:
        value = require_integer(field, getattr(self, field), low, high)
        object.__setattr__(self, field, value)

    def _require_number(self, field: str, low: float, high: float) -> None:
        value = require_number(field, getattr(self, field), low, high)
        object.__setattr__(self, field, value)

    def _require_methods(self) -> None:
        if not isinstance(self.methods, tuple) or not self.methods:
            allowed = f"at least one of {', '.join(METHODS)}"
            raise ScenarioError("methods", self.methods, allowed, METHODS)
        for method in self.methods:
            require_one_of("methods", method, METHODS)
        if len(set(self.methods)) < len(self.methods):
            allowed = f"each once of {', '.join(METHODS)}"
            raise ScenarioError("methods", self.methods, allowed, METHODS)

    def _validate_together(self) -> None:
        plain = {FIXED_POINT.key: FIXED_POINT}
        if not self.solver.iterative and self.vary != "adjoint":
            allowed = "fixed-point, or vary = adjoint: an exact w_t has no t"
            raise ScenarioError("inner", self.inner, allowed, plain)
        if self.solver.affine_symmetric_only and not self.problem_family.affine_symmetric:
            allowed = "fixed-point: momentum needs Φ affine with ∂₁Φ symmetric"
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
        if self.hyper is not None:
            self._require_hyper(self.hyper)

    def _require_hyper(self, given: object) -> None:
        """Numbers, as many as λ has. What of them the family admits is seen when it is built."""
        size = self.problem_family.work(self).hyper_size
        if size > MOST_HYPERS:
            allowed = f"no λ of more than {MOST_HYPERS} entries, and it has {size:,} here"
            raise ScenarioError("hyper", given, allowed)
        ends = -LARGEST_ENTRY, LARGEST_ENTRY
        if isinstance(given, tuple) and len(given) == size:
            with suppress(ScenarioError):
                numbers = tuple(require_number("hyper", number, *ends) for number in given)
                object.__setattr__(self, "hyper", numbers)
                return
        numbers_are = "one number" if size == 1 else f"{size} numbers"
        raise ScenarioError(
            "hyper",
            given,
            f"{numbers_are} from {ends[0]:,.0f} to {ends[1]:,.0f}, one for each entry of λ",
        )

    @property
    def problem_family(self) -> Family:
        """The family's entry in the registry."""
        return FAMILIES[self.family]

    @property
    def solver(self) -> InnerSolver:
        """The inner solver's entry in the registry."""
        return SOLVERS[self.inner]

    @property
    def data_set(self) -> DataSet:
        """What is known of the data before they are looked at."""
        return self.problem_family.data_set(self.data)

    def build(self) -> Problem:
        """The problem that the scenario describes.

        Raises:
            ScenarioError: if the family does not admit the λ that is given.
        """
        return self.problem_family.build(self)

    def built_contraction(self) -> float:
        """q of the problem that will be built: that of the λ, where one is given.

        Raises:
            ScenarioError: if the family does not admit it.
        """
        if self.hyper is None:
            return self.contraction
        return self.problem_family.bound(self).contraction

    @property
    def state_size(self) -> int:
        """d of the problem that will be built: the data may fix it."""
        return self.problem_family.state_size(self.data, self.size, self.samples)

    @property
    def sample_size(self) -> int:
        """n of the problem that will be built: the data may fix it."""
        return self.data_set.samples or self.samples

    @property
    def outline(self) -> Scenario:
        """What takes the same and keeps no data of anybody's: a blank table of the same shape.

        Nor a λ, which makes no difference to what it takes.
        """
        data = self.data.blank if isinstance(self.data, Table) else self.data
        if data == self.data and self.hyper is None:
            return self
        return replace(self, data=data, hyper=None)

    @property
    def condition_number(self) -> float:
        """κ = (1 + q)/(1 − q); infinite for q ≥ 1."""
        return condition_number(self.contraction)

    def steps(self) -> IntArray:
        """The values of what varies: 0, 1, …, horizon, or about 200 of them evenly spread."""
        if self.horizon <= CURVE_POINTS:
            return np.arange(self.horizon + 1)
        return np.unique(np.linspace(0, self.horizon, CURVE_POINTS + 1).round().astype(np.int64))

    def points(self, steps: IntArray | None = None) -> Points:
        """The (t, k) points of the slice, shape (P,); a method may take others."""
        varied = self.steps() if steps is None else steps
        if self.vary == "adjoint":
            # At w(λ) every t is the same; the horizon leaves room for every k.
            t = self.inner_steps if self.solver.iterative else self.horizon
            return Points(np.full_like(varied, t), varied)
        if self.vary == "inner":
            return Points(varied, np.full_like(varied, self.adjoint_steps))
        return Points(varied, varied)

    @property
    def truncates(self) -> bool:
        """Whether ``adjoint_steps`` is where a method is truncated, although t = k is varied."""
        return truncates(self.vary, self.methods)

    def points_of(self, method: Method, steps: IntArray | None = None) -> Points:
        """The points that a method takes where the slice is asked for, shape (P,)."""
        truncation = self.adjoint_steps if self.vary == "both" else None
        return method.clipped_points(self.points(steps), truncation)


def condition_number(contraction: float) -> float:
    """κ = (1 + q)/(1 − q); infinite for q ≥ 1."""
    return float("inf") if contraction >= 1 else (1 + contraction) / (1 - contraction)


def truncates(vary: str, methods: Iterable[str]) -> bool:
    """Whether a k is to be chosen although t = k is varied: one of the methods is truncated."""
    asked = (METHODS[key] for key in methods)
    return vary == "both" and any(method.unrolls and not method.whole for method in asked)
