"""Equilibrium model: each sample's hidden state is a fixed point of a tanh layer.

    w_i = tanh(A w_i + B x_i + c),   E = mean cross-entropy of Θ w_i + b.

The network of ``tanh_network`` with one row for each sample and no mixing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.costs import ProblemWork
from hypergrad_core.data import load
from hypergrad_core.numerics import spectral_norm
from hypergrad_core.problems.family import layer_width
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.tanh_network import TanhNetwork, network_work

INPUTS = 8
CLASSES = 4
# Above q = 1 the weights turn towards −q I, by so much for each unit of q − 1, never all the way.
TURN, LARGEST_TURN = 3.0, 0.9
# The synthetic offset c is small, so that the units are not all saturated.
OFFSET = 0.1


def work(sizes: Sizes) -> ProblemWork:
    """That of the network."""
    return network_work(sizes, INPUTS, CLASSES, mixed=False)


def symmetric_work(sizes: Sizes) -> ProblemWork:
    """The same, with a metric."""
    return replace(work(sizes), self_adjoint=True)


def build(request: Request) -> TanhNetwork:
    """Gaussian weights, A scaled to ‖A‖₂ = q. ``size`` is rounded down to a multiple of n."""
    return _build(request, symmetric=False)


def build_symmetric(request: Request) -> TanhNetwork:
    """The same with A symmetric, to the last bit: conjugate gradient applies in a metric."""
    return _build(request, symmetric=True)


def _build(request: Request, symmetric: bool) -> TanhNetwork:
    inputs, labels = _samples(request.data, request.sample_size, request.seed)
    width = layer_width(request.size, len(inputs))
    random = np.random.default_rng([request.seed, 1])
    hyper = draw_weights(random, width, inputs.shape[1], request.contraction, symmetric=symmetric)
    return TanhNetwork(
        inputs=inputs,
        readout=random.standard_normal((int(labels.max()) + 1, width)),
        readout_offset=OFFSET * random.standard_normal(int(labels.max()) + 1),
        labels=labels,
        labelled=np.arange(len(labels)),
        hyper=hyper,
        initial_state=np.zeros(len(inputs) * width),
    )


def draw_weights(
    random: np.random.Generator, width: int, inputs: int, norm: float, *, symmetric: bool = False
) -> FloatArray:
    """λ = (A, B, c) with Gaussian entries and ‖A‖₂ as wanted, shape (h² + h p + h,).

    What is drawn does not depend on the norm. The spectral radius of a Gaussian A is about half its
    norm, and tanh contracts further: beyond norm 1 such an iteration still converges, and nothing
    is seen of what the theorems warn of. There A is turned towards −I, for which each step
    overshoots, the more the larger the norm.
    """
    recurrent = random.standard_normal((width, width))
    if symmetric:
        recurrent = recurrent + recurrent.T
    weights = random.standard_normal((width, inputs)) / np.sqrt(inputs)
    offset = OFFSET * random.standard_normal(width)
    recurrent *= norm / spectral_norm(recurrent)
    if norm > 1:
        turn = min(LARGEST_TURN, TURN * (norm - 1))
        recurrent = (1 - turn) * recurrent - turn * norm * np.eye(width)
        recurrent *= norm / spectral_norm(recurrent)
    return np.concatenate([recurrent.ravel(), weights.ravel(), offset])


@lru_cache(maxsize=8)
def _samples(data: str, samples: int, seed: int) -> tuple[FloatArray, IntArray]:
    """X of shape (n, p), standardised, and classes of shape (n,)."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        features = random.standard_normal((samples, INPUTS))
        noise = 0.5 * np.sqrt(INPUTS) * random.standard_normal((samples, CLASSES))
        scores = features @ random.standard_normal((INPUTS, CLASSES)) + noise
        return features, np.argmax(scores, axis=1)
    images, target = load(data)
    # The mean grey value of each of 4 × 2 fields of 2 × 4 pixels.
    fields = images.reshape(-1, 4, 2, 2, 4).mean(axis=(2, 4)).reshape(len(images), INPUTS)
    fields = (fields - fields.mean(axis=0)) / fields.std(axis=0)
    chosen = random.permutation(len(fields))[:samples]
    return fields[chosen], target[chosen].astype(np.int64)
