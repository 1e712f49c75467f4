"""What a family is asked to build: the fields of a scenario that say which problem it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hypergrad_core.data.table import Table


class Request(Protocol):
    """Which problem is wanted; a ``Scenario`` is one. Each family reads what it uses."""

    @property
    def data(self) -> str | Table:
        """Key of the data set, or the data themselves."""

    @property
    def size(self) -> int:
        """D that is wanted."""

    @property
    def hyper_size(self) -> int:
        """M that is wanted."""

    @property
    def samples(self) -> int:
        """Rows of data that are wanted."""

    @property
    def sample_size(self) -> int:
        """Rows of data, of those that the data set has."""

    @property
    def contraction(self) -> float:
        """Q."""

    @property
    def spectrum(self) -> str:
        """Where the eigenvalues of the quadratic lie."""

    @property
    def seed(self) -> int:
        """Of all random draws."""

    @property
    def start(self) -> float:
        """‖w_0‖ / ‖w(λ)‖."""

    @property
    def precision(self) -> str:
        """ "double" or "single"."""

    @property
    def hyper(self) -> tuple[float, ...] | None:
        """λ, where it is not the family's own."""


@dataclass(frozen=True)
class Sizes:
    """What of a problem says how long it takes, whatever the data are.

    Attributes:
        state_size: d of the problem that will be built.
        hyper_size: m that is wanted, or that the data fix.
        samples: rows of its data, n.
        data: key of the data set, or a table.
        contraction: q.
        spectrum: of the quadratic.
    """

    state_size: int
    hyper_size: int
    samples: int
    data: str | Table
    contraction: float
    spectrum: str
