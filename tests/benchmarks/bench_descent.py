"""A descent beside the same descent with the authors' library, on one thread each.

python tests/benchmarks/bench_descent.py --library DIR [--steps 50] [--budget 10] [--rounds 5]

DIR is a checkout of https://github.com/prolearner/hypertorch (package ``hypergrad``, MIT licence;
the packages of that name on PyPI are others), which needs PyTorch. λ takes fixed steps on logistic
regression with one penalty for each feature, on the breast cancer data, and on softmax regression
with digits; w starts where it has ended, v at 0, as the library has it. Both sides are in double
precision, take the same t and k and the same step of Φ, and each finds its own way from λ to λ.
What is compared is f(λ) after each outer step, with the E of either side at w(λ): if it is off by
more than 1e-8, this ends with 1.

t = k = 10 unless said otherwise. Conjugate gradient magnifies rounding until it has converged: at
k = 20 two of them that differ in nothing else come to values of f that are 1e-7 apart.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from hypergrad_core import Budget, Outer, Scenario, minimize
from hypergrad_core.arrays import FloatArray
from hypergrad_core.problem import Problem
from hypergrad_core.problems.logistic import LogisticRegression
from hypergrad_core.problems.softmax import SoftmaxRegression

TOLERANCE = 1e-8
# How far λ goes in the first outer step.
LENGTH = 0.5
METHODS = {"itd": "ITD", "aid-fp": "AID-FP", "aid-cg": "AID-CG"}
SCENARIOS = {
    "logistic regression, breast cancer (d = m = 30)": Scenario(
        family="logistic-log", data="breast_cancer", contraction=0.95
    ),
    "softmax regression, digits (d = 640, m = 64)": Scenario(
        family="softmax", data="digits", contraction=0.95
    ),
}


def libraries(folder: Path) -> tuple[ModuleType, ModuleType]:
    """PyTorch and the authors' library; ends with a message where one is not there."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        sys.exit("PyTorch is not there: pip install torch, in an environment of its own.")
    if not (folder / "hypergrad" / "hypergradients.py").is_file():
        sys.exit(
            f"{folder} has no hypergrad/hypergradients.py: give a checkout of "
            "https://github.com/prolearner/hypertorch as --library."
        )
    sys.path.insert(0, str(folder))
    library = importlib.import_module("hypergrad")
    assert Path(str(library.__file__)).is_relative_to(folder.resolve()), library.__file__
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    return torch, library


class Theirs:
    """A problem of ours in PyTorch, from its data and the formula at the top of its file.

    Args:
        torch, library: as above.
        problem: ours.
    """

    def __init__(self, torch: Any, library: Any, problem: Problem) -> None:
        self._torch, self._library = torch, library
        self._start, self._size = problem.hyper, problem.state_size
        functional = torch.nn.functional
        if isinstance(problem, LogisticRegression):
            # Labels are in the rows: the loss of one is softplus(x·w).
            train = torch.from_numpy(np.array(problem.train.rows))
            validation = torch.from_numpy(np.array(problem.validation.rows))

            def loss(state: Any, rows: Any) -> Any:
                # Without the threshold from which on it would be linear.
                return functional.softplus(rows @ state, threshold=700.0).sum()

            self._data, self._outside = [train], lambda state: loss(state, validation)
            self._loss = loss
            self._penalty = lambda state, hyper: 0.5 * (torch.exp(hyper) * state**2).sum()
            high, share = problem.train.norm**2 / 4, 1.0
        else:
            assert isinstance(problem, SoftmaxRegression)
            parts = [
                (torch.from_numpy(np.array(part.rows)), torch.from_numpy(np.array(part.labels)))
                for part in (problem.train, problem.validation)
            ]
            shape = (problem.train.classes, problem.hyper_size)

            def entropy(state: Any, rows: Any, labels: Any) -> Any:
                return functional.cross_entropy(rows @ state.view(shape).T, labels)

            self._data, self._outside = [*parts[0]], lambda state: entropy(state, *parts[1])
            self._loss = entropy
            share = 1.0 / problem.state_size
            self._penalty = lambda state, hyper: (
                0.5 * share * (torch.exp(hyper) * state.view(shape) ** 2).sum()
            )
            high = problem.train.curvature
        # η = 2/(L + μ) is found anew at each λ, and is no function of it to differentiate.
        self._step = lambda hyper: float(
            2 / (high + share * (np.exp(hyper).max() + np.exp(hyper).min()))
        )

    def outer_loss(self, params: Any, hparams: Any) -> Any:
        """E, as the library calls it."""
        return self._outside(params[0])

    def objective(self, problem: Problem) -> float:
        """Their E at our w(λ)."""
        solution = self._torch.from_numpy(problem.reference.solution.copy())
        return float(self._outside(solution))

    def _inner_loss(self, params: Any, hparams: Any, data: Any) -> Any:
        return self._loss(params[0], *data) + self._penalty(params[0], hparams[0])

    def descend(self, method: str, steps: int, budget: int) -> FloatArray:
        """All λ, shape (S + 1, m), by the library's own functions; t = k = budget."""
        torch, library = self._torch, self._library
        hyper = torch.from_numpy(self._start.copy()).requires_grad_(True)
        state, size = torch.zeros(self._size), 0.0
        way = [hyper.detach().numpy().copy()]
        for _ in range(steps):
            inner = library.GradientDescent(
                self._inner_loss, self._step(way[-1]), data_or_iter=self._data
            )
            history = [[state.detach().requires_grad_(True)]]
            for _ in range(budget):
                (state,) = inner(history[-1], [hyper], create_graph=False)
                history.append([state.detach().requires_grad_(True)])
            if method == "itd":
                (found,) = library.reverse(
                    history, [hyper], [inner] * budget, self.outer_loss, set_grad=False
                )
            else:
                solve = library.fixed_point if method == "aid-fp" else library.CG
                (found,) = solve(
                    history[-1], [hyper], budget, inner, self.outer_loss, tol=0.0, set_grad=False
                )
            size = size or LENGTH / float(found.norm())
            with torch.no_grad():
                hyper -= size * found
            way.append(hyper.detach().numpy().copy())
        return np.array(way)


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and how many seconds it takes."""
    started = time.perf_counter()
    given = action()
    return given, time.perf_counter() - started


def compare(problem: Problem, theirs: Theirs, steps: int, size: int, rounds: int) -> float:
    """Print a line for each method; the largest difference of f."""
    budget, outer = Budget(size, size, warm_adjoint=False), Outer(steps=steps, length=LENGTH)
    worst = 0.0
    for method, label in METHODS.items():
        seconds: dict[str, list[float]] = {"ours": [], "certified": [], "theirs": []}
        for _ in range(rounds):
            run, whole = timed(lambda: minimize(problem, method, budget, outer, truth=False))  # noqa: B023
            way, spent = timed(lambda: theirs.descend(method, steps, size))  # noqa: B023
            for name, value in (
                ("ours", run.last.seconds), ("certified", whole), ("theirs", spent),
            ):  # fmt: skip
                seconds[name].append(value)
        ours = [problem.at(hyper).objective() for hyper in run.hypers]
        other = [theirs.objective(problem.at(hyper)) for hyper in way]
        apart = np.abs(np.subtract(ours, other))
        worst = max(worst, float(apart.max()))
        ms = {name: 1e3 * float(np.median(values)) for name, values in seconds.items()}
        print(f"  {label:7} f from {ours[0]:.6f} to {ours[-1]:.10f} and {other[-1]:.10f}")
        print(
            f"          apart by {apart.max():.1e} at the most; {ms['ours']:.1f} ms "
            f"({ms['certified']:.1f} with certificates), the library {ms['theirs']:.1f} ms, "
            f"{ms['theirs'] / ms['ours']:.1f} times as long",
            flush=True,
        )
    return worst


def main() -> None:
    """Compare on each problem; ends with 1 where f differs."""
    given = argparse.ArgumentParser()
    given.add_argument("--library", type=Path, required=True, help="a checkout of the library")
    given.add_argument("--steps", type=int, default=50, help="outer steps")
    given.add_argument("--budget", type=int, default=10, help="t = k of one hypergradient")
    given.add_argument("--rounds", type=int, default=5, help="of which the median is taken")
    asked = given.parse_args()
    torch, library = libraries(asked.library)
    print(f"{asked.steps} outer steps, t = k = {asked.budget}, {asked.rounds} rounds in turn")
    worst = 0.0
    for name, scenario in SCENARIOS.items():
        print(name)
        problem = scenario.build()
        theirs = Theirs(torch, library, problem)
        worst = max(worst, compare(problem, theirs, asked.steps, asked.budget, asked.rounds))
    if not worst <= TOLERANCE:
        sys.exit(f"f differs by {worst:.1e}, more than {TOLERANCE:.0e}.")


if __name__ == "__main__":
    main()
