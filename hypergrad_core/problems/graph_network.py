"""Fixed-point graph network: node states mix along the edges of a graph, some nodes are labelled.

    W = tanh(P W Aᵀ + X Bᵀ + 1 cᵀ),   P = D^{−1/2} (Adj + I) D^{−1/2},   D = diag of the row sums,
    E = mean cross-entropy of Θ w_i + b over the labelled nodes.

The network of ``tanh_network`` with one row for each node. ‖P‖₂ = 1: P is similar to the matrix
D⁻¹(Adj + I), whose entries are not negative and whose rows sum to 1, and it is symmetric.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.costs import ProblemWork
from hypergrad_core.data import load_graph
from hypergrad_core.problems.equilibrium import INPUTS, OFFSET, draw_weights
from hypergrad_core.problems.family import layer_width
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.tanh_network import TanhNetwork, network_work

# Mean number of neighbours in one's own and in the other community of a synthetic graph.
OWN_NEIGHBOURS, OTHER_NEIGHBOURS = 5.0, 1.0


def normalised(adjacency: FloatArray) -> FloatArray:
    """P = D^{−1/2} (Adj + I) D^{−1/2} of a symmetric adjacency matrix: (n, n) → (n, n)."""
    looped = adjacency + np.eye(len(adjacency))
    scale = 1 / np.sqrt(looped.sum(axis=1))
    return np.asarray(scale[:, None] * looped * scale)


def work(sizes: Sizes) -> ProblemWork:
    """That of the network."""
    return network_work(
        sizes, sizes.samples if sizes.data == "karate_club" else INPUTS, 2, mixed=True
    )


def build(request: Request) -> TanhNetwork:
    """Gaussian weights, A scaled to ‖A‖₂ = ‖P‖₂‖A‖₂ = q; a third of the nodes are labelled.

    ``size`` is rounded down to a multiple of the number of nodes.
    """
    mixing, inputs, communities = _graph(request.data, request.sample_size, request.seed)
    width = layer_width(request.size, len(inputs))
    random = np.random.default_rng([request.seed, 1])
    hyper = draw_weights(random, width, inputs.shape[1], request.contraction)
    classes = int(communities.max()) + 1
    labelled = np.sort(random.permutation(len(inputs))[: max(2, len(inputs) // 3)])
    return TanhNetwork(
        inputs=inputs,
        readout=random.standard_normal((classes, width)),
        readout_offset=OFFSET * random.standard_normal(classes),
        labels=communities[labelled],
        labelled=labelled,
        hyper=hyper,
        initial_state=np.zeros(len(inputs) * width),
        mixing=mixing,
    )


@lru_cache(maxsize=8)
def _graph(data: str, nodes: int, seed: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """P of shape (n, n), X of shape (n, p) and communities of shape (n,)."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        communities = (np.arange(nodes) >= nodes / 2).astype(np.int64)
        own = communities[:, None] == communities
        likely = np.where(own, OWN_NEIGHBOURS, OTHER_NEIGHBOURS) / (nodes / 2)
        upper = np.triu(random.random((nodes, nodes)) < likely, 1).astype(np.float64)
        centres = random.standard_normal((2, INPUTS))
        features = centres[communities] + random.standard_normal((nodes, INPUTS))
    else:
        edges, communities = load_graph(data)
        upper = np.zeros((len(communities), len(communities)))
        upper[edges[:, 0], edges[:, 1]] = 1.0
        # The nodes have no features: each is told from the others by an input of its own.
        features = np.eye(len(communities))
    adjacency = np.minimum(upper + upper.T, 1.0)
    return normalised(adjacency), features, communities
