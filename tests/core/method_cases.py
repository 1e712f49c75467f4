"""What every method costs, and what it needs of ∂₁Φ, by hand: a new method is a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.tables import Table

Cost = tuple[int, int, int, int]

# Families whose ∂₁Φ is not symmetric, and among them those where no metric helps.
NOT_SYMMETRIC = frozenset({"equilibrium", "equilibrium-symmetric", "graph-network", "nonsymmetric"})
NOT_SELF_ADJOINT = NOT_SYMMETRIC - {"equilibrium-symmetric"}


@dataclass(frozen=True)
class Case:
    """One method.

    Attributes:
        costs: (t, k, d, m) → evaluations of Φ, products with ∂₁Φ, products with ∂₂Φ, numbers kept.
        refused: the families to which it does not apply.
        residual: "M" if its solver leaves at most C_k(κ) ‖∇₁E‖ of a symmetric system with the
            matrix M, and as much at worst; "MᵀM" for C_k(κ²).
        least: whether no element of the Krylov space of that matrix leaves less.
        contraction: whether its coefficients are made of q, so that it must be known.
    """

    costs: Callable[[int, int, int, int], Cost]
    refused: frozenset[str] = frozenset()
    residual: str = ""
    least: bool = False
    contraction: bool = False


CASES: Table[Case] = Table(
    "CASES in tests/core/method_cases.py",
    {
        "itd": Case(lambda t, k, d, m: (t, max(t - 1, 0), t, t * d + 2 * d + m)),
        "itd-forward": Case(lambda t, k, d, m: (t, max(t - 1, 0) * m, t * m, d * m + 2 * d)),
        "itd-truncated": Case(lambda t, k, d, m: (t, max(k - 1, 0), k, k * d + 2 * d + m)),
        "one-step": Case(lambda t, k, d, m: (t, 0, 1, 2 * d + m)),
        "aid-fp": Case(lambda t, k, d, m: (t, max(k - 1, 0), min(k, 1), 3 * d + m)),
        "aid-cg": Case(lambda t, k, d, m: (t, k, min(k, 1), 5 * d + m), NOT_SELF_ADJOINT),
        "aid-cgnr": Case(
            lambda t, k, d, m: (t, 2 * k, min(k, 1), 6 * d + m), residual="MᵀM", least=True
        ),
        "aid-gmres": Case(
            lambda t, k, d, m: (t, k, min(k, 1), (k + 4) * d + k**2 + m), residual="M", least=True
        ),
        "aid-chebyshev": Case(
            lambda t, k, d, m: (t, k, min(k, 1), 5 * d + m),
            NOT_SYMMETRIC,
            residual="M",
            contraction=True,
        ),
        "aid-minres": Case(
            lambda t, k, d, m: (t, k, min(k, 1), 6 * d + m), NOT_SYMMETRIC, residual="M", least=True
        ),
    },
)


def refused_by(family: str) -> set[str]:
    """The methods that do not apply to a family."""
    return {key for key, case in CASES.items() if family in case.refused}
