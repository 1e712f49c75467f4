"""The registry of problem families: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.data.table import CLASSES, REGRESSION, TWO_CLASSES
from hypergrad_core.problems.family import (
    SYNTHETIC,
    DataSet,
    Family,
    state_of_classes,
    state_of_features,
    state_of_rows,
)

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
        tables={TWO_CLASSES: state_of_features},
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
        tables={TWO_CLASSES: state_of_features},
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
        tables={CLASSES: state_of_classes},
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
        tables={REGRESSION: state_of_rows},
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
        tables={REGRESSION: state_of_rows},
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
        tables={REGRESSION: state_of_features},
    ),
    "biased-tasks": Family(
        label="Biased regularisation, many tasks",
        formula=(
            r"W_i(\lambda)=\arg\min_W \tfrac1n\sum_j\ell(Wx_{ij},y_{ij})"
            r"+\tfrac\beta2\|W-P_i\lambda\|^2",
            r"\ell(z,y)=-\log\operatorname{softmax}(z)_y,\quad i=1,\dots,N",
            r"E(w)=\tfrac1N\sum_i\tfrac1{n'}\sum_j\ell(W_ix'_{ij},y'_{ij})",
        ),
        builder="hypergrad_core.problems.biased_tasks:build",
        uses=frozenset({"size", "samples"}),
        largest_size=1000,
        symmetric=True,
        task_rows=True,
        suggested={"size": 48, "samples": 24},
        data={
            SYNTHETIC: DataSet("Synthetic data"),
            "digits": DataSet(
                "Handwritten digits (8 tasks)", state_size=640, samples=80, hyper_size=160
            ),
        },
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
    "representation-tasks": Family(
        label="Hyper-representation, many tasks",
        formula=(
            r"W_i(H)=\arg\min_W \tfrac1{2n}\|X_iHW^\top-Y_i\|^2+\tfrac\beta2\|W\|^2",
            r"\lambda=H,\quad i=1,\dots,N",
            r"E(w,H)=\tfrac1N\sum_i\tfrac1{2n'}\|X_i'HW_i^\top-Y_i'\|^2",
        ),
        builder="hypergrad_core.problems.representation_tasks:build",
        uses=frozenset({"size", "hyper_size", "samples"}),
        largest_size=300,
        affine=True,
        symmetric=True,
        task_rows=True,
        suggested={"size": 84, "hyper_size": 70, "samples": 24},
        data={
            SYNTHETIC: DataSet("Synthetic data"),
            "digits": DataSet(
                "Handwritten digits (8 tasks)", state_size=200, samples=80, hyper_size=320
            ),
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
