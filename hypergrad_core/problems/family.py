"""What a family of problems is: how it is built, what it costs, and which data it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.costs import ProblemWork, dense_work
from hypergrad_core.data.table import Table
from hypergrad_core.errors import ScenarioError
from hypergrad_core.problem import Problem
from hypergrad_core.problems.precision import SinglePrecision
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.validation import require_one_of

SYNTHETIC = "synthetic"
# q of every problem is at least that.
LEAST_CONTRACTION = 0.01
# Hidden units of a row in the network families, at the most.
LARGEST_WIDTH = 50
# Classes of synthetic data for the softmax families, and of handwritten digits.
SYNTHETIC_CLASSES, DIGITS = 3, 10
# Training rows of each class in a task, in the families of many tasks.
SHOTS = 2


def layer_width(size: int, rows: int) -> int:
    """Hidden units h of each row such that n rows make about the wanted d."""
    return min(LARGEST_WIDTH, max(1, size // rows))


def class_count(data: str | Table) -> int:
    """Classes c of a data set, in the softmax families."""
    if isinstance(data, Table):
        return len(data.classes)
    return SYNTHETIC_CLASSES if data == SYNTHETIC else DIGITS


def features_per_class(size: int) -> int:
    """Features p of synthetic data such that c rows of weights make about the wanted d."""
    return max(1, size // SYNTHETIC_CLASSES)


def task_classes(data: str | Table) -> int:
    """Classes c that a task tells apart, in the families of many tasks: of digits half of them."""
    return SYNTHETIC_CLASSES if data == SYNTHETIC else DIGITS // 2


def task_count(samples: int, classes: int) -> int:
    """Tasks N, which come in pairs, such that all together have about n training rows."""
    return 2 * max(1, samples // (2 * classes * SHOTS))


def weights_per_class(size: int, samples: int) -> int:
    """Weights of a class in a task of synthetic data such that all make about the wanted d."""
    return max(1, size // (SYNTHETIC_CLASSES * task_count(samples, SYNTHETIC_CLASSES)))


@dataclass(frozen=True)
class DataSet:
    """Data that a family can run on.

    Attributes:
        label: name for people.
        state_size: d, if the data fix it.
        samples: number of training rows, if the data fix it.
        hyper_size: m, if the data fix it where it is not d.
    """

    label: str
    state_size: int | None = None
    samples: int | None = None
    hyper_size: int | None = None


def state_of_rows(table: Table) -> DataSet:
    """What a table fixes where the state has an entry for each training row, as with a kernel."""
    features = table.features.shape[1]
    return DataSet(table.label, state_size=table.half, samples=table.half, hyper_size=features + 1)


def state_of_features(table: Table) -> DataSet:
    """What a table fixes where the state has an entry for each feature."""
    return DataSet(table.label, state_size=table.features.shape[1], samples=table.half)


def state_of_classes(table: Table) -> DataSet:
    """What a table fixes where the state has an entry for each class and feature."""
    features = table.features.shape[1]
    return DataSet(
        table.label,
        state_size=len(table.classes) * features,
        samples=table.third,
        hyper_size=features,
    )


@dataclass(frozen=True)
class Family:
    """One family of problems.

    Attributes:
        label: name for people.
        formula: LaTeX of the inner problem, of what it is made of, and of E; short lines.
        builder: "module:function" that makes the problem of a scenario; imported when first used,
            so that a family costs nothing until it is chosen.
        data: the data sets it can run on, synthetic data first.
        tables: what a table of one's own fixes, by what its target has to be.
        uses: scenario fields that matter to this family beyond those that always do.
        largest_size: the largest d that is allowed.
        worker: the function of the builder's module that says what the problem takes; without one
            it is what dense matrices take.
        affine: whether Φ is affine in w.
        symmetric: whether ∂₁Φ is symmetric.
        unit_rows: whether w holds a row of hidden units for each of n rows of data, so that d is
            a multiple of n.
        class_rows: whether w holds a row of weights for each class, so that d is a multiple of
            their number.
        task_rows: whether w holds such rows for each of many tasks; n, over all of them, says how
            many tasks there are, and new ones are kept to judge λ by.
        largest_contraction: the largest q that is allowed; above 1 there is no theory.
        suggested: sizes that suit the family, taken when it is chosen.
    """

    label: str
    formula: tuple[str, ...]
    builder: str
    uses: frozenset[str]
    largest_size: int
    worker: str = "work"
    affine: bool = False
    symmetric: bool = False
    unit_rows: bool = False
    class_rows: bool = False
    task_rows: bool = False
    largest_contraction: float = 0.9999
    suggested: Mapping[str, int] = field(default_factory=dict)
    data: dict[str, DataSet] = field(default_factory=lambda: {SYNTHETIC: DataSet("Synthetic data")})
    tables: Mapping[str, Callable[[Table], DataSet]] = field(default_factory=dict)

    @property
    def affine_symmetric(self) -> bool:
        """Whether Φ is affine with ∂₁Φ symmetric, so that momentum is guaranteed to help."""
        return self.affine and self.symmetric

    def takes(self, table: Table) -> bool:
        """Whether it can learn the target of a table of one's own."""
        return self._fixed_by(table) is not None

    def _fixed_by(self, table: Table) -> DataSet | None:
        """What a table fixes; None if its target is of another kind, or it makes d too large."""
        for kind, fixed in self.tables.items():
            if kind in table.kinds:
                data = fixed(table)
                return data if (data.state_size or 0) <= self.largest_size else None
        return None

    def data_set(self, data: str | Table) -> DataSet:
        """What is known of data before they are looked at.

        Raises:
            ScenarioError: if the family cannot run on them.
        """
        if not isinstance(data, Table):
            return self.data[require_one_of("data", data, self.data)]
        fixed = self._fixed_by(data)
        if fixed is not None:
            return fixed
        kinds = " or ".join(self.tables)
        own = (
            f", or a table for {kinds} that makes d at most {self.largest_size:,}" if kinds else ""
        )
        raise ScenarioError("data", data, f"one of {', '.join(self.data)}{own}", self.data)

    def state_size(self, data: str | Table, size: int, samples: int) -> int:
        """d of the problem that will be built: the data, the rows or the classes may decide it."""
        fixed = self.data_set(data)
        if fixed.state_size is not None:
            return fixed.state_size
        if self.class_rows:
            return SYNTHETIC_CLASSES * features_per_class(size)
        if self.task_rows:
            tasks = task_count(samples, SYNTHETIC_CLASSES)
            return tasks * SYNTHETIC_CLASSES * weights_per_class(size, samples)
        if not self.unit_rows:
            return size
        rows = fixed.samples or samples
        return rows * layer_width(size, rows)

    def bound(self, request: Request) -> Problem:
        """The problem at its λ, or at the one that is given; without its start and precision.

        Raises:
            ScenarioError: if it is not made for the λ that is given, or q is out of range there.
        """
        module, _, function = self.builder.partition(":")
        maker: Callable[[Request], Problem] = getattr(import_module(module), function)
        problem, given = maker(request), request.hyper
        if given is None:
            return problem
        hyper = np.array(given)
        if not problem.admits(hyper):
            allowed = "a λ that makes all penalties and widths of the problem positive and finite"
            raise ScenarioError("hyper", given, allowed)
        # As at every λ of a descent.
        moved = problem.at(hyper).tuned()
        q = moved.contraction
        if not LEAST_CONTRACTION <= q <= self.largest_contraction:
            ends = f"{LEAST_CONTRACTION:g} to {self.largest_contraction:g}"
            allowed = f"a λ at which q is from {ends}: here it is {q:.6g}"
            raise ScenarioError("hyper", given, allowed)
        return moved

    def build(self, request: Request) -> Problem:
        """The problem that the scenario describes, with its start and in its precision.

        Raises:
            ScenarioError: as ``bound``.
        """
        problem = self.bound(request)
        if request.start > 0:
            problem = problem.starting_at(_far_start(problem, request))
        return SinglePrecision(original=problem) if request.precision == "single" else problem

    def work(self, request: Request) -> ProblemWork:
        """What it takes to build the problem, and what its oracles take."""
        module = self.builder.partition(":")[0]
        size = self.state_size(request.data, request.size, request.samples)
        fixed = self.data_set(request.data).hyper_size
        maker = getattr(import_module(module), self.worker, dense_work)
        work: ProblemWork = maker(
            Sizes(
                state_size=size,
                hyper_size=fixed or (request.hyper_size if "hyper_size" in self.uses else size),
                samples=request.sample_size,
                data=request.data,
                contraction=request.contraction,
                spectrum=request.spectrum,
            )
        )
        if request.start > 0:
            # w(λ) says how far the start is, and is sought again from there.
            work = replace(work, setup=work.setup + work.solution)
        work = replace(
            work, symmetric=self.symmetric, self_adjoint=self.symmetric or work.self_adjoint
        )
        return work.rounded() if request.precision == "single" else work


def _far_start(problem: Problem, request: Request) -> FloatArray:
    """start · ‖w(λ)‖ · u with u a unit vector drawn from the seed, shape (d,)."""
    direction = np.random.default_rng([request.seed, 2]).standard_normal(problem.state_size)
    size = request.start * np.linalg.norm(problem.reference.solution)
    return np.asarray(size * direction / np.linalg.norm(direction))
