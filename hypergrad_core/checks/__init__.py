"""Named checks of anybody's problem: its products, gradients, reference, claims and constants.

    print(check_problem(problem))

Derivatives are held against central differences (F(x + hu) − F(x − hu))/2h: as h falls, the error
falls with it in proportion to h², until rounding takes over. A product that is wrong leaves an
error that does not fall. Constants are held against samples: these can refute, and never prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from hypergrad_core.checks import oracles, solutions
from hypergrad_core.checks.samples import Checker, Samples
from hypergrad_core.problem import Problem
from hypergrad_core.sampling import LARGEST_FORMED

# w'(λ), of d × m numbers, is looked at up to this size.
LARGEST_JACOBIAN = 10**6
# What is claimed of the problem. The others follow from the reference solution.
CONSTANTS = {
    "contraction": "q",
    "condition_number": "κ",
    "nu1": "ν₁",
    "nu2": "ν₂",
    "mu1": "μ₁",
    "mu2": "μ₂",
    "outer_gradient_bound": "L_E",
    "hyper_jacobian_norm": "L_Φ",
    "solution_jacobian_norm": "J",
    "energy_hyper_norm": "L_Φˢ",
    "energy_nu2": "ν₂ˢ",
}
# Of these a matrix of d × d numbers is formed.
NEED_MATRIX = {"condition_number", "solution_jacobian_norm"}


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        name: of the check.
        figure: what was measured; below ``limit`` if all is well.
        limit: what it may be.
        detail: the figure in words, with what was compared.
    """

    name: str
    figure: float
    limit: float
    detail: str

    @property
    def ok(self) -> bool:
        """Whether it passed; a figure that is no number has not."""
        return self.figure <= self.limit

    def __str__(self) -> str:
        verdict = "ok  " if self.ok else "FAIL"
        return f"{verdict}  {self.name:40}  {self.detail}"


@dataclass(frozen=True)
class CheckTable:
    """What all checks found.

    Attributes:
        checks: one after the other.
        note: what could not be checked, or "".
    """

    checks: tuple[Check, ...]
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether all passed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that did not pass."""
        return tuple(check for check in self.checks if not check.ok)

    def __str__(self) -> str:
        count = len(self.checks)
        last = f"all {count} checks passed"
        if self.failed:
            names = ", ".join(check.name for check in self.failed)
            last = f"{len(self.failed)} of {count} checks failed: {names}"
        return "\n".join([*map(str, self.checks), *([self.note] if self.note else []), last])


def check_problem(problem: Problem, seed: int = 0) -> CheckTable:
    """Check a problem. Nothing is drawn, and nothing raised for what is wrong with it.

    Args:
        problem: of a family, or of one's own; for d beyond 500 norms are approached from below.
        seed: of the samples.
    """
    samples = Samples(problem, seed)
    found = [_perform(name, check, samples) for name, check in _checks(samples)]
    return CheckTable(tuple(found), samples.note)


def problem_checks(problem: Problem, seed: int = 0) -> Iterator[tuple[str, Callable[[], None]]]:
    """The same one by one, each under its name, for pytest.

        @pytest.mark.parametrize(("name", "check"), [*problem_checks(problem)])
        def test_my_problem(name, check):
            check()

    Args:
        problem: as of ``check_problem``.
        seed: of the samples.

    Yields:
        a name, and what raises an ``AssertionError`` if that check fails.
    """
    samples = Samples(problem, seed)
    for name, check in _checks(samples):
        yield name, partial(_assert, name, check, samples)


def _assert(name: str, check: Checker, samples: Samples) -> None:
    found = _perform(name, check, samples)
    if not found.ok:
        raise AssertionError(str(found))


def _perform(name: str, check: Checker, samples: Samples) -> Check:
    try:
        return Check(name, *check(samples))
    except Exception as error:
        # What an author's own function raises is a finding about it.
        return Check(name, float("inf"), 0.0, f"{type(error).__name__}: {error}")


def _checks(samples: Samples) -> list[tuple[str, Checker]]:
    """Those that apply, by name."""
    problem, constants = samples.problem, samples.constants
    checks: list[tuple[str, Checker]] = [
        ("shapes and finite values", oracles.shapes),
        ("jvp_state against differences of Φ in w", oracles.jvp_state),
        ("vjp_state against differences of Φ in w", oracles.vjp_state),
        ("jvp_state against vjp_state", partial(oracles.transposes, "state")),
        ("jvp_hyper against differences of Φ in λ", oracles.jvp_hyper),
        ("vjp_hyper against differences of Φ in λ", oracles.vjp_hyper),
        ("jvp_hyper against vjp_hyper", partial(oracles.transposes, "hyper")),
        ("rows of a linearisation", oracles.rows),
        ("outer_gradient_state against differences of E", oracles.outer_gradient_state),
        ("outer_gradient_hyper against differences of E", oracles.outer_gradient_hyper),
        ("at keeps w_0, and starting_at keeps λ", oracles.moves),
    ]
    if problem.symmetric:
        checks.append(("∂₁Φ is symmetric", oracles.symmetric))
    elif problem.self_adjoint:
        checks.append(("I − ∂₁Φᵀ is self-adjoint in the metric", oracles.self_adjoint))
    if problem.affine:
        checks.append(("Φ is affine in w", oracles.affine))
    checks += [
        ("w(λ) is a fixed point", solutions.fixed_point),
        ("v(λ) solves the adjoint system", solutions.adjoint),
        ("∇f is ∇₂E + ∂₂Φᵀv", solutions.hypergradient),
        ("∇f against differences of f", solutions.objective),
    ]
    if problem.state_size * problem.hyper_size <= LARGEST_JACOBIAN:
        checks.append(("w'(λ) against differences of w(λ)", solutions.jacobian))
    if constants is not None and constants.known:
        formed = problem.state_size <= LARGEST_FORMED
        checks += [
            (f"{symbol} ({name})", partial(solutions.constant, name))
            for name, symbol in CONSTANTS.items()
            if hasattr(constants, name) and (formed or name not in NEED_MATRIX)
        ]
    return checks
