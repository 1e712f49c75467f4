"""Data that come with the package, and tables of one's own.

Origins and licences of the former: README.md beside this.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.data.table import Table


def load(data: str | Table) -> tuple[FloatArray, FloatArray]:
    """Features of shape (n, d) and target of shape (n,).

    Args:
        data: the name of a data set that comes with the package, or a table.

    Raises:
        FileNotFoundError: if there is no such data set.
    """
    return (data.features, data.target) if isinstance(data, Table) else _load(data)


@lru_cache(maxsize=4)
def _load(name: str) -> tuple[FloatArray, FloatArray]:
    with as_file(files(__name__) / f"{name}.csv.gz") as path:
        table = np.loadtxt(path, delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1]


@lru_cache(maxsize=4)
def load_graph(name: str) -> tuple[IntArray, IntArray]:
    """Edges of shape (e, 2), a pair of nodes each, and communities 0, 1, … of shape (n,).

    Communities are numbered in the order in which the list of nodes first names them.

    Raises:
        FileNotFoundError: if there is no such graph.
    """
    with as_file(files(__name__) / f"{name}_edges.csv.gz") as path:
        edges = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64)
    with as_file(files(__name__) / f"{name}_nodes.csv.gz") as path:
        nodes = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.str_)
    number: dict[str, int] = {}
    return edges, np.array([number.setdefault(str(club), len(number)) for _, club in nodes])


def standardised(features: FloatArray) -> FloatArray:
    """Columns of mean 0 and variance 1; a constant column becomes 0. (n, p) → (n, p)."""
    spread = features.std(axis=0)
    return np.asarray((features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
