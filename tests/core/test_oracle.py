"""Agreement with the hypergradients of the paper authors' own library (tests/data).

``python -m tests.core.test_oracle`` tells the worst relative deviation of each family and array.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import METHODS
from hypergrad_core.problem import Problem
from hypergrad_core.problems.biased_regularisation import BiasedRegularisation
from hypergrad_core.problems.graph_network import normalised
from hypergrad_core.problems.hyper_representation import HyperRepresentation
from hypergrad_core.problems.kernel_ridge import KernelRidge
from hypergrad_core.problems.kernels import Kernel
from hypergrad_core.problems.logistic import Design, LogisticRegression
from hypergrad_core.problems.ridge import LeastSquares
from hypergrad_core.problems.tanh_network import TanhNetwork
from tests.core.helpers import dense_quadratic, plane, points_at

DATA = Path(__file__).parents[1] / "data"
TOLERANCE = 1e-11
# Where the library's own solver has divided 0 by 0, the limit counts.
LIMIT_TOLERANCE = 1e-10
# A Krylov solver: beyond this sensitivity to rounding, the iterate itself is not defined.
ILL_DEFINED = 1e-6
# What each method is called in the data: those with one value for each t, for each (t, k), and
# those whose entries may be nan or ill-defined.
UNROLLED = {"itd": "ITD", "itd-forward": "ITD"}
KRYLOV = {"aid-cg": "CG", "aid-cgnr": "CGNE"}

Arrays = dict[str, FloatArray]
# What is compared: the relative deviation of each entry, and what is allowed.
Deviations = dict[str, tuple[FloatArray, FloatArray]]


def quadratic(arrays: Arrays) -> Problem:
    return dense_quadratic(
        hessian=arrays["H"],
        coupling=arrays["C"],
        offset=arrays["b"],
        target=arrays["target"],
        step=float(arrays["alpha"]),
        hyper=arrays["lam"],
        outer_weight=float(arrays["rho"]),
    )


def logistic(logarithmic: bool) -> Callable[[Arrays], Problem]:
    def make(arrays: Arrays) -> Problem:
        return LogisticRegression(
            train=Design.from_data(arrays["X"], arrays["y"]),
            validation=Design.from_data(arrays["Xv"], arrays["yv"]),
            step=float(arrays["alpha"]),
            hyper=arrays["lam"],
            initial_state=np.zeros(len(arrays["lam"])),
            logarithmic=logarithmic,
        )

    return make


def kernel_ridge(arrays: Arrays) -> Problem:
    weight, widths = float(arrays["lam"][0]), arrays["lam"][1:]
    return KernelRidge(
        train=Kernel(arrays["X"], arrays["X"], widths),
        validation=Kernel(arrays["Xv"], arrays["X"], widths),
        targets=arrays["y"],
        validation_targets=arrays["yv"],
        weight=weight,
        step=float(arrays["alpha"]),
        initial_state=np.zeros(len(arrays["y"])),
    )


def least_squares(
    family: type[BiasedRegularisation | HyperRepresentation],
    state_size: Callable[[Arrays], int],
) -> Callable[[Arrays], Problem]:
    def make(arrays: Arrays) -> Problem:
        return family(
            train=LeastSquares(arrays["X"], arrays["y"]),
            validation=LeastSquares(arrays["Xv"], arrays["yv"]),
            weight=float(arrays["beta"]),
            step=float(arrays["alpha"]),
            hyper=arrays["lam"],
            initial_state=np.zeros(state_size(arrays)),
        )

    return make


def network(arrays: Arrays) -> Problem:
    graph = "P" in arrays
    return TanhNetwork(
        inputs=arrays["X"],
        readout=arrays["Theta"],
        readout_offset=arrays["b_o"],
        labels=arrays["labels"].astype(np.int64),
        labelled=arrays["idx"].astype(np.int64) if graph else np.arange(len(arrays["X"])),
        mixing=normalised(arrays["Adj"]) if graph else None,
        hyper=arrays["lam"],
        initial_state=np.zeros(len(arrays["X"]) * arrays["Theta"].shape[1]),
    )


MAKERS: dict[str, Callable[[Arrays], Problem]] = {
    "quadratic": quadratic,
    "lr": logistic(logarithmic=False),
    "lrexp": logistic(logarithmic=True),
    "krr": kernel_ridge,
    "br": least_squares(BiasedRegularisation, lambda arrays: len(arrays["lam"])),
    "hr": least_squares(
        HyperRepresentation, lambda arrays: len(arrays["lam"]) // arrays["X"].shape[1]
    ),
    "eqm": network,
    "gnn": network,
}
CASES = [f"{family}_{number}" for family in MAKERS for number in range(3)]


def load(case: str) -> Arrays:
    with np.load(DATA / f"{case}.npz") as archive:
        return dict(archive)


def problem_of(case: str) -> Problem:
    return MAKERS[case.split("_")[0]](load(case))


def relative(found: FloatArray, wanted: FloatArray) -> FloatArray:
    """‖found − wanted‖/‖wanted‖ along the last axis; absolute where wanted is 0."""
    size = np.linalg.norm(wanted, axis=-1)
    return np.linalg.norm(found - wanted, axis=-1) / np.where(size > 0, size, 1.0)


def methods_of(problem: Problem) -> list[str]:
    """The methods that are compared: conjugate gradient needs a symmetric ∂₁Φ."""
    keys = [*UNROLLED, "aid-fp", *KRYLOV]
    return [key for key in keys if not METHODS[key].refusal(problem)]


def deviations(case: str) -> Deviations:
    """Every array of a case against the same from one lockstep call for each method."""
    arrays, problem = load(case), problem_of(case)
    t, k = arrays["t_list"], arrays["k_list"]
    states = SOLVERS["fixed-point"].iterate(problem, int(t.max()))

    def found_by(method: str) -> FloatArray:
        points = points_at(t, t) if method in UNROLLED else plane(t, k)
        found = METHODS[method].estimate(problem, states, points).hypergradients
        return found if method in UNROLLED else found.reshape(len(t), len(k), -1)

    at_t = states[t]
    found = {
        "w_t": ("w_t", at_t),
        "E_t": ("E_t", problem.outer(at_t)[:, None]),
        "g_t": ("g_t", problem.outer_gradient_state(at_t)),
        "w_star": ("w_star", problem.reference.solution),
        "E_star": ("E_star", np.array([problem.objective()])),
        "exact": ("exact", problem.reference.hypergradient),
        "q": ("q", np.array([problem.constants.contraction])),
        "aid-fp": ("FP", found_by("aid-fp")),
    }
    found |= {key: (name, found_by(key)) for key, name in UNROLLED.items()}
    result: Deviations = {}
    for key, (name, values) in found.items():
        deviation = relative(values, arrays[name].reshape(values.shape))
        result[key] = (deviation, np.full_like(deviation, TOLERANCE))
    for key in KRYLOV.keys() & methods_of(problem):
        name = KRYLOV[key]
        converged = np.isnan(arrays[name]).any(axis=2)
        wanted = np.where(converged[:, :, None], arrays[f"{name}_80bit"], arrays[name])
        sensitivity = arrays[f"dev_{name}"]
        allowed = np.where(converged, LIMIT_TOLERANCE, TOLERANCE + 1000 * sensitivity)
        defined = converged | (sensitivity <= ILL_DEFINED)
        result[key] = (relative(found_by(key), wanted)[defined], allowed[defined])
    return result


def worst_deviations() -> dict[str, dict[str, float]]:
    """The worst relative deviation of each family and method or array."""
    worst: dict[str, dict[str, float]] = {}
    for case in CASES:
        row = worst.setdefault(case.split("_")[0], {})
        for name, (deviation, _) in deviations(case).items():
            row[name] = max(row.get(name, 0.0), float(deviation.max()))
    return worst


def print_table() -> None:
    """The worst relative deviations, a family on each line."""
    worst = worst_deviations()
    names = [*worst["quadratic"]]
    print(f"{'family':10}" + "".join(f"{name:>13}" for name in names))
    for family, row in worst.items():
        cells = (f"{row[name]:13.1e}" if name in row else f"{'–':>13}" for name in names)
        print(f"{family:10}" + "".join(cells))


def check_case(case: str) -> None:
    for name, (deviation, allowed) in deviations(case).items():
        assert deviation.size > 0, name
        assert np.all(deviation <= allowed), f"{name}: {deviation.max():.1e}"


@pytest.mark.parametrize("case", CASES)
def test_agreement_with_the_authors_library(case: str) -> None:
    check_case(case)


def test_every_method_that_the_library_has_is_compared() -> None:
    for case in CASES:
        compared = {*deviations(case)} & {*METHODS}
        conjugate = {"aid-cg"} if "CG" in load(case) else set()
        assert compared == {"itd", "itd-forward", "aid-fp", "aid-cgnr"} | conjugate
        assert bool(conjugate) == (case.split("_")[0] not in {"eqm", "gnn"})


@pytest.mark.parametrize(("method", "least"), [("aid-cg", 0.9), ("aid-cgnr", 0.9)])
def test_most_entries_of_a_krylov_solver_are_compared(method: str, least: float) -> None:
    compared = stored = 0
    for case in CASES:
        found, arrays = deviations(case), load(case)
        if method in found:
            compared += found[method][0].size
            stored += len(arrays["t_list"]) * len(arrays["k_list"])
    assert compared >= least * stored


@pytest.mark.parametrize("number", range(3))
def test_the_normalised_adjacency_is_that_of_the_library(number: int) -> None:
    arrays = load(f"gnn_{number}")
    assert np.allclose(normalised(arrays["Adj"]), arrays["P"], rtol=0, atol=1e-15)


if __name__ == "__main__":
    print_table()
