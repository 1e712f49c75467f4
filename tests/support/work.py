"""What NumPy is asked to do, counted: numbers that are passed over, products of matrices, calls.

Every array that is made while ``counted`` is open is of a type that tells of each operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from hypergrad_core.costs import DEFAULT_MACHINE, FEW_ROWS, SLOW_FUNCTION, Machine
from hypergrad_core.data import load, load_graph
from hypergrad_core.problems import (
    SYNTHETIC,
    biased_regularisation,
    biased_tasks,
    equilibrium,
    graph_network,
    hyper_representation,
    kernel_ridge,
    learned_digits,
    logistic,
    nonsymmetric,
    representation_tasks,
    softmax,
)

CACHES = (
    biased_regularisation._task,
    biased_tasks._losses,
    equilibrium._samples,
    graph_network._graph,
    hyper_representation._data,
    kernel_ridge._data,
    learned_digits._images,
    logistic._designs,
    nonsymmetric._unit_matrix,
    representation_tasks._squares,
    softmax._parts,
)
SLOW = {np.exp, np.tanh, np.log, np.logaddexp, np.power, np.cos, np.hypot}
# Multiplications and additions of a decomposition of n × n, divided by n³.
CUBES = {"solve": 1 / 3, "inv": 1.0, "eigvalsh": 1.5, "eigh": 6.0, "svd": 12.0, "svdvals": 3.0}
MAKERS = (
    *("empty", "zeros", "ones", "full", "eye", "arange", "linspace", "geomspace"),
    *("asarray", "array", "ascontiguousarray"),
)


@dataclass
class Tally:
    """So far, and since somebody last asked."""

    vector: float = 0.0
    matrix: float = 0.0
    calls: float = 0.0

    def seconds(self, machine: Machine = DEFAULT_MACHINE) -> float:
        """How long it takes."""
        return (
            self.vector * machine.vector_seconds
            + self.matrix * machine.matrix_seconds
            + self.calls * machine.call_seconds
        )


_tally = Tally()


def _plain(value: Any) -> Any:
    if isinstance(value, Told):
        return value.view(np.ndarray)
    if isinstance(value, (tuple, list)):
        return type(value)(map(_plain, value)) if type(value) in (tuple, list) else value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _told(value: Any) -> Any:
    if type(value) is np.ndarray and value.dtype.kind in "fib":
        return value.view(Told)
    if type(value) is tuple or (isinstance(value, tuple) and hasattr(value, "_fields")):
        parts = [_told(item) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if type(value) is list:
        return [_told(item) for item in value]
    return value


def _product(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    """Of two stacks of matrices."""
    rows = left[-2] if len(left) > 1 else 1
    columns = right[-1] if len(right) > 1 else 1
    stacks = math.prod(np.broadcast_shapes(left[:-2], right[:-2]))
    work = stacks * rows * left[-1] * columns
    if min(rows, columns) < FEW_ROWS:
        _tally.vector += work
    else:
        _tally.matrix += work


def _decomposition(name: str, shape: tuple[int, ...], other: int = 0) -> None:
    rows, columns = max(shape[-2:]), min(shape[-2:])
    stacks = math.prod(shape[:-2])
    _tally.matrix += stacks * CUBES[name] * rows * columns**2 + stacks * columns**2 * other


class Told(np.ndarray):
    """An array that tells what is done with it."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [_plain(item) for item in inputs]
        if kwargs.get("out") is not None:
            kwargs["out"] = tuple(_plain(item) for item in kwargs["out"])
        if "where" in kwargs:
            kwargs["where"] = _plain(kwargs["where"])
        result = getattr(ufunc, method)(*plain, **kwargs)
        _tally.calls += 1
        if ufunc is np.matmul:
            _product(np.shape(plain[0]), np.shape(plain[1]))
        else:
            size = max((np.size(item) for item in (*plain, result)), default=0)
            _tally.vector += size * (SLOW_FUNCTION if ufunc in SLOW else 1)
        return _told(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        plain, named = _plain(list(args)), _plain(kwargs)
        name = func.__name__
        _tally.calls += 1
        result = func(*plain, **named)
        if name in CUBES:
            other = np.shape(plain[1])[-1] if name == "solve" and np.ndim(plain[1]) > 1 else 0
            values_only = name == "svd" and named.get("compute_uv") is False
            _decomposition("svdvals" if values_only else name, np.shape(plain[0]), other)
        elif name == "norm" and (named.get("ord") or (len(plain) > 1 and plain[1])) == 2:
            _decomposition("svdvals", np.shape(plain[0]))
        elif name == "qr":
            rows, columns = max(np.shape(plain[0])), min(np.shape(plain[0]))
            _tally.matrix += 2 * rows * columns**2
        elif name == "einsum":
            sizes: dict[str, int] = {}
            for letters, item in zip(plain[0].split("->")[0].split(","), plain[1:], strict=True):
                sizes.update(zip(letters.replace("...", ""), np.shape(item), strict=False))
            _tally.vector += math.prod(sizes.values())
        else:
            _tally.vector += max(
                [np.size(item) for item in plain if isinstance(item, np.ndarray)]
                + [np.size(result) if isinstance(result, np.ndarray) else 0]
            )
        return _told(result)

    def __getitem__(self, index: Any) -> Any:
        result = super().__getitem__(_plain(index))
        if isinstance(result, np.ndarray) and result.base is None:
            _tally.vector += result.size
            _tally.calls += 1
        return result

    def __setitem__(self, index: Any, value: Any) -> None:
        size = np.size(value)
        _tally.vector += size
        _tally.calls += 1
        super().__setitem__(_plain(index), _plain(value))

    def astype(self, *args: Any, **kwargs: Any) -> Any:
        _tally.vector += self.size
        _tally.calls += 1
        return super().astype(*args, **kwargs)


class _ToldRandom:
    def __init__(self, random: np.random.Generator) -> None:
        self._random = random

    def __getattr__(self, name: str) -> Callable[..., Any]:
        draw = getattr(self._random, name)

        def told(*args: Any, **kwargs: Any) -> Any:
            plain = _plain(list(args))
            if name == "permutation" and isinstance(plain[0], int):
                # It would shuffle an array that tells of each exchange.
                result = np.argsort(self._random.random(plain[0]))
            else:
                result = draw(*plain, **kwargs)
            _tally.vector += SLOW_FUNCTION * np.size(result)
            _tally.calls += 1
            return _told(result)

        return told


@contextmanager
def counted(data: str = SYNTHETIC) -> Iterator[Tally]:
    """What is done until the end, as it grows.

    Args:
        data: key of the data set that is used.
    """
    _tally.vector = _tally.matrix = _tally.calls = 0.0
    patches = []
    for name in MAKERS:
        make = getattr(np, name)

        def told(*args: Any, _make: Any = make, **kwargs: Any) -> Any:
            result = _told(_make(*_plain(list(args)), **_plain(kwargs)))
            _tally.calls += 1
            if _make.__name__ != "empty" and _make.__name__ not in ("asarray", "ascontiguousarray"):
                _tally.vector += np.size(result)
            return result

        patches.append(mock.patch.object(np, name, told))
    default = np.random.default_rng
    patches.append(
        mock.patch.object(np.random, "default_rng", lambda seed: _ToldRandom(default(seed)))
    )
    for cache in CACHES:
        cache.cache_clear()
    # Files are read once in a process.
    if data == "karate_club":
        load_graph(data)
    elif data != SYNTHETIC:
        load(data)
    for patch in patches:
        patch.start()
    try:
        yield _tally
    finally:
        for patch in patches:
            patch.stop()
        for cache in CACHES:
            cache.cache_clear()
