"""Problems of one's own that tests share, from functions of one state and by a subclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hypergrad_core import FunctionProblem, Linearisation, Lipschitz, Problem
from hypergrad_core.arrays import FloatArray, Rows

STEP = 0.4


def ridge(**fields: Any) -> FunctionProblem:
    """Ridge regression with one log-penalty, d = 8."""
    random = np.random.default_rng(0)
    rows, other = random.standard_normal((2, 40, 8)) / np.sqrt(40)
    targets, others = random.standard_normal((2, 40))

    def known(lam: FloatArray) -> Lipschitz:
        penalty = float(np.exp(lam[0]))
        ends = 1 - STEP * (np.linalg.eigvalsh(rows.T @ rows)[[0, -1]] + penalty)
        return Lipschitz(
            contraction=float(np.abs(ends).max()),
            nu1=0.0,
            nu2=STEP * penalty,
            mu1=float(np.linalg.norm(other, 2) ** 2),
            mu2=0.0,
        )

    functions: dict[str, Any] = {
        "phi": lambda w, lam: w - STEP * (rows.T @ (rows @ w - targets) + np.exp(lam) * w),
        "vjp_state": lambda w, lam, v: v - STEP * (rows.T @ (rows @ v) + np.exp(lam) * v),
        "vjp_hyper": lambda w, lam, v: -STEP * np.exp(lam) * (w @ v),
        "jvp_hyper": lambda w, lam, u: -STEP * np.exp(lam) * u * w,
        "loss": lambda w, lam: 0.5 * np.sum((other @ w - others) ** 2),
        "loss_gradient_state": lambda w, lam: other.T @ (other @ w - others),
        "known": known,
        "symmetric": True,
        "affine": True,
    }
    return FunctionProblem(
        **(functions | fields), hyper=np.array([-2.0]), initial_state=np.zeros(8)
    )


def one_by_one(problem: Problem, **fields: Any) -> FunctionProblem:
    """A problem of a family, written as functions of one state and λ, without its constants."""

    def of(oracle: str) -> Any:
        return lambda w, lam: getattr(problem.at(lam), oracle)(w[None])[0]

    def product(name: str) -> Any:
        return lambda w, lam, x: getattr(problem.at(lam).linearise(w[None]), name)(x[None])[0]

    products = ("vjp_state", "jvp_state", "vjp_hyper", "jvp_hyper")
    functions = {name: product(name) for name in products} | {
        "phi": of("fixed_point_map"),
        "loss": of("outer"),
        "loss_gradient_state": of("outer_gradient_state"),
        "loss_gradient_hyper": of("outer_gradient_hyper"),
        "symmetric": problem.symmetric,
        "affine": problem.affine,
    }
    return FunctionProblem(
        **(functions | fields), hyper=problem.hyper, initial_state=problem.initial_state
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Scaled(Problem):
    """Φ = λ tanh(w) + 1 in one dimension, by a subclass that works on blocks; λ in (0, 1)."""

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        return self.hyper * np.tanh(states) + 1

    def linearise(self, states: FloatArray) -> Linearisation:
        return ScaledLinearisation(self.hyper * (1 - np.tanh(states) ** 2), np.tanh(states))

    def outer(self, states: FloatArray) -> FloatArray:
        return 0.5 * states[:, 0] ** 2

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        return states


@dataclass(frozen=True)
class ScaledLinearisation(Linearisation):
    state_slope: FloatArray
    hyper_slope: FloatArray

    def __getitem__(self, rows: Rows) -> ScaledLinearisation:
        return ScaledLinearisation(self.state_slope[rows], self.hyper_slope[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.state_slope * adjoints

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self.state_slope * tangents

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return self.hyper_slope * adjoints

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self.hyper_slope * tangents
