"""The registry of problem families: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.costs import ProblemWork, dense_work
from hypergrad_core.data.table import REGRESSION, TWO_CLASSES, Table
from hypergrad_core.errors import ScenarioError
from hypergrad_core.problem import Problem
from hypergrad_core.problems.precision import SinglePrecision
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.validation import require_one_of

SYNTHETIC = "synthetic"
# Hidden units of a row in the network families, at the most.
LARGEST_WIDTH = 50
# Classes of synthetic data for the softmax families, and of handwritten digits.
SYNTHETIC_CLASSES, DIGITS = 3, 10


def layer_width(size: int, rows: int) -> int:
    """Hidden units h of each row such that n rows make about the wanted d."""
    return min(LARGEST_WIDTH, max(1, size // rows))


def class_count(data: str) -> int:
    """Classes c of a data set, in the softmax families."""
    return SYNTHETIC_CLASSES if data == SYNTHETIC else DIGITS


def features_per_class(size: int) -> int:
    """Features p of synthetic data such that c rows of weights make about the wanted d."""
    return max(1, size // SYNTHETIC_CLASSES)


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


def _state_of_rows(table: Table) -> DataSet:
    """What a table fixes where the state has an entry for each training row, as with a kernel."""
    features = table.features.shape[1]
    return DataSet(table.label, state_size=table.half, samples=table.half, hyper_size=features + 1)


def _state_of_features(table: Table) -> DataSet:
    """What a table fixes where the state has an entry for each feature."""
    return DataSet(table.label, state_size=table.features.shape[1], samples=table.half)


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
        return any(kind in table.kinds for kind in self.tables)

    def data_set(self, data: str | Table) -> DataSet:
        """What is known of data before they are looked at.

        Raises:
            ScenarioError: if the family cannot run on them.
        """
        if not isinstance(data, Table):
            return self.data[require_one_of("data", data, self.data)]
        for kind, fixed in self.tables.items():
            if kind in data.kinds:
                return fixed(data)
        own = f", or a table for {' or '.join(self.tables)}" if self.tables else ""
        raise ScenarioError("data", data, f"one of {', '.join(self.data)}{own}", self.data)

    def state_size(self, data: str | Table, size: int, samples: int) -> int:
        """d of the problem that will be built: the data, the rows or the classes may decide it."""
        fixed = self.data_set(data)
        if fixed.state_size is not None:
            return fixed.state_size
        if self.class_rows:
            return SYNTHETIC_CLASSES * features_per_class(size)
        if not self.unit_rows:
            return size
        rows = fixed.samples or samples
        return rows * layer_width(size, rows)

    def build(self, request: Request) -> Problem:
        """The problem that the scenario describes, with its start and in its precision."""
        module, _, function = self.builder.partition(":")
        maker: Callable[[Request], Problem] = getattr(import_module(module), function)
        problem = maker(request)
        if request.start > 0:
            problem = problem.starting_at(_far_start(problem, request))
        return SinglePrecision(exact=problem) if request.precision == "single" else problem

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
                data=str(request.data),
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


_LOGISTIC_DATA = {
    SYNTHETIC: DataSet("Synthetic data"),
    "breast_cancer": DataSet("Breast cancer (569 × 30)", state_size=30, samples=284),
}
_KERNEL_DATA = {
    SYNTHETIC: DataSet("Synthetic data"),
    "diabetes": DataSet("Diabetes (442 × 10)", state_size=221, samples=221, hyper_size=11),
}
_EQUILIBRIUM_DATA = {
    SYNTHETIC: DataSet("Synthetic data"),
    "digits": DataSet("Handwritten digits (50 × 8)", samples=50),
}

FAMILIES: dict[str, Family] = {
    "quadratic": Family(
        label="Quadratic",
        formula=(
            r"w(\lambda)=\arg\min_w \tfrac12 w^\top Hw-w^\top(C\lambda+b)",
            r"E(w)=\tfrac12\|w-\text{target}\|^2",
        ),
        builder="hypergrad_core.problems.quadratic:build",
        uses=frozenset({"size", "hyper_size", "spectrum"}),
        largest_size=1_000_000,
        affine=True,
        symmetric=True,
    ),
    "logistic": Family(
        label="Logistic regression",
        formula=(
            r"w(\lambda)=\arg\min_w \sum_i\log(1+e^{-y_ix_i^\top w})+\tfrac12\sum_j\lambda_jw_j^2",
            r"E(w)=\sum_i\log(1+e^{-y'_ix_i'^\top w})",
        ),
        builder="hypergrad_core.problems.logistic:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        symmetric=True,
        data=_LOGISTIC_DATA,
        tables={TWO_CLASSES: _state_of_features},
    ),
    "logistic-log": Family(
        label="Logistic regression, log penalty",
        formula=(
            r"w(\lambda)=\arg\min_w \sum_i\log(1+e^{-y_ix_i^\top w})"
            r"+\tfrac12\sum_je^{\lambda_j}w_j^2",
            r"E(w)=\sum_i\log(1+e^{-y'_ix_i'^\top w})",
        ),
        builder="hypergrad_core.problems.logistic:build_logarithmic",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        symmetric=True,
        data=_LOGISTIC_DATA,
        tables={TWO_CLASSES: _state_of_features},
    ),
    "softmax": Family(
        label="Softmax regression",
        formula=(
            r"W(\lambda)=\arg\min_W \tfrac1n\sum_i\ell(Wx_i,y_i)"
            r"+\tfrac12\sum_jp_j\|W_{\cdot j}\|^2",
            r"\ell(z,y)=-\log\operatorname{softmax}(z)_y,\quad p_j=\tfrac1{cp}e^{\lambda_j}",
            r"E(W)=\tfrac1{n'}\sum_i\ell(Wx'_i,y'_i)",
        ),
        builder="hypergrad_core.problems.softmax:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        symmetric=True,
        class_rows=True,
        suggested={"size": 30, "samples": 100},
        data={
            SYNTHETIC: DataSet("Synthetic data"),
            "digits": DataSet("Handwritten digits (200 × 64)", state_size=640, samples=200),
        },
    ),
    "learned-digits": Family(
        label="Learned digits",
        formula=(
            r"W(\lambda)=\arg\min_W \tfrac1c\sum_i\ell(Wv_i,i)+\tfrac\beta2\|W\|^2",
            r"\lambda=(v_1,\dots,v_c),\quad\ell(z,y)=-\log\operatorname{softmax}(z)_y",
            r"E(W)=\tfrac1n\sum_i\ell(Wx_i,y_i)",
        ),
        builder="hypergrad_core.problems.learned_digits:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        symmetric=True,
        class_rows=True,
        suggested={"size": 30, "samples": 100},
        data={
            SYNTHETIC: DataSet("Synthetic images"),
            "digits": DataSet("Handwritten digits (898 × 64)", state_size=640, samples=898),
        },
    ),
    "kernel-ridge": Family(
        label="Kernel ridge regression",
        formula=(
            r"w(\lambda)=\arg\min_w \tfrac12 w^\top(K_\gamma+\beta I)w-w^\top y",
            r"(K_\gamma)_{ij}=e^{-\sum_l\gamma_l(x_{il}-x_{jl})^2},\quad\lambda=(\beta,\gamma)",
            r"E(w,\lambda)=\tfrac12\|y'-K'_\gamma w\|^2",
        ),
        builder="hypergrad_core.problems.kernel_ridge:build",
        uses=frozenset({"size", "hyper_size"}),
        largest_size=500,
        affine=True,
        symmetric=True,
        suggested={"size": 30, "hyper_size": 6},
        data=_KERNEL_DATA,
        tables={REGRESSION: _state_of_rows},
    ),
    "kernel-ridge-log": Family(
        label="Kernel ridge regression, log widths",
        formula=(
            r"w(\lambda)=\arg\min_w \tfrac12 w^\top(K_\gamma+\beta I)w-w^\top y",
            r"(K_\gamma)_{ij}=e^{-\sum_l\gamma_l(x_{il}-x_{jl})^2},"
            r"\quad\lambda=(\log\beta,\log\gamma)",
            r"E(w,\lambda)=\tfrac12\|y'-K'_\gamma w\|^2",
        ),
        builder="hypergrad_core.problems.kernel_ridge:build_logarithmic",
        uses=frozenset({"size", "hyper_size"}),
        largest_size=500,
        affine=True,
        symmetric=True,
        suggested={"size": 30, "hyper_size": 6},
        data=_KERNEL_DATA,
        tables={REGRESSION: _state_of_rows},
    ),
    "biased": Family(
        label="Biased regularisation",
        formula=(
            r"w(\lambda)=\arg\min_w \tfrac12\|Xw-y\|^2+\tfrac\beta2\|w-\lambda\|^2",
            r"E(w)=\tfrac12\|X'w-y'\|^2",
        ),
        builder="hypergrad_core.problems.biased_regularisation:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        affine=True,
        symmetric=True,
        data={
            SYNTHETIC: DataSet("Synthetic data"),
            "digits": DataSet("Two handwritten digits (20 × 64)", state_size=64, samples=20),
        },
        tables={REGRESSION: _state_of_features},
    ),
    "hyper-representation": Family(
        label="Hyper-representation",
        formula=(
            r"w(H)=\arg\min_w \tfrac12\|XHw-y\|^2+\tfrac\beta2\|w\|^2",
            r"\lambda=H",
            r"E(w,H)=\tfrac12\|X'Hw-y'\|^2",
        ),
        builder="hypergrad_core.problems.hyper_representation:build",
        uses=frozenset({"size", "hyper_size", "samples"}),
        largest_size=30,
        affine=True,
        symmetric=True,
        suggested={"size": 10, "hyper_size": 100, "samples": 100},
        data={
            SYNTHETIC: DataSet("Synthetic data"),
            "wine": DataSet("Wine (178 × 13)", samples=89),
        },
    ),
    "equilibrium": Family(
        label="Equilibrium model",
        formula=(
            r"w_i(\lambda)=\tanh(Aw_i+Bx_i+c),\quad i=1,\dots,n",
            r"\lambda=(A,B,c)",
            r"E(w)=-\tfrac1n\sum_i\log\operatorname{softmax}(\Theta w_i+b)_{y_i}",
        ),
        builder="hypergrad_core.problems.equilibrium:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        unit_rows=True,
        largest_contraction=1.5,
        suggested={"size": 200, "samples": 20},
        data=_EQUILIBRIUM_DATA,
    ),
    "equilibrium-symmetric": Family(
        label="Equilibrium model, A symmetric",
        formula=(
            r"w_i(\lambda)=\tanh(Aw_i+Bx_i+c),\quad i=1,\dots,n",
            r"\lambda=(A,B,c),\quad A=A^\top",
            r"E(w)=-\tfrac1n\sum_i\log\operatorname{softmax}(\Theta w_i+b)_{y_i}",
        ),
        builder="hypergrad_core.problems.equilibrium:build_symmetric",
        worker="symmetric_work",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        unit_rows=True,
        largest_contraction=1.5,
        suggested={"size": 200, "samples": 20},
        data=_EQUILIBRIUM_DATA,
    ),
    "graph-network": Family(
        label="Fixed-point graph network",
        formula=(
            r"W(\lambda)=\tanh(PWA^\top+XB^\top+\mathbf 1c^\top)",
            r"P=D^{-1/2}(\mathrm{Adj}+I)D^{-1/2},\quad\lambda=(A,B,c)",
            r"E(W)=-\tfrac1{|I|}\sum_{i\in I}\log\operatorname{softmax}(\Theta w_i+b)_{y_i}",
        ),
        builder="hypergrad_core.problems.graph_network:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        unit_rows=True,
        largest_contraction=1.5,
        suggested={"size": 200, "samples": 20},
        data={
            SYNTHETIC: DataSet("Two-community graph"),
            "karate_club": DataSet("Karate club (34 nodes)", samples=34),
        },
    ),
    "nonsymmetric": Family(
        label="Affine, not symmetric",
        formula=(
            r"w(\lambda)=Aw(\lambda)+C\lambda+b,\quad A\ne A^\top,\quad\|A\|_2=q",
            r"E(w)=\tfrac12\|w-\text{target}\|^2",
        ),
        builder="hypergrad_core.problems.nonsymmetric:build",
        affine=True,
        uses=frozenset({"size", "hyper_size"}),
        largest_size=500,
    ),
}

__all__ = ["FAMILIES", "SYNTHETIC", "DataSet", "Family"]
