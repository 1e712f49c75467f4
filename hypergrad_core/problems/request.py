"""What a family is asked to build: the fields of a scenario that say which problem it is."""

from __future__ import annotations

from typing import Protocol


class Request(Protocol):
    """Which problem is wanted; a ``Scenario`` is one. Each family reads what it uses."""

    @property
    def data(self) -> str:
        """Key of the data set."""

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
