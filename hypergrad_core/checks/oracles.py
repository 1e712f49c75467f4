"""Checks of the oracles: products, gradients, and what is claimed of Φ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.checks.samples import Finding, Samples, differences, relative_gap
from hypergrad_core.numerics import row_dots, row_norms


def shapes(samples: Samples) -> Finding:
    """Every oracle returns the shape that it should, and numbers."""
    problem, states = samples.problem, samples.states
    count, size, hyper_size = len(states), problem.state_size, problem.hyper_size
    lin = samples.lin
    results = {
        "fixed_point_map": (problem.fixed_point_map(states), (count, size)),
        "outer": (problem.outer(states), (count,)),
        "outer_gradient_state": (problem.outer_gradient_state(states), (count, size)),
        "outer_gradient_hyper": (problem.outer_gradient_hyper(states), (count, hyper_size)),
        "vjp_state": (lin.vjp_state(samples.adjoints), (count, size)),
        "jvp_state": (lin.jvp_state(samples.tangents), (count, size)),
        "vjp_hyper": (lin.vjp_hyper(samples.adjoints), (count, hyper_size)),
        "jvp_hyper": (lin.jvp_hyper(samples.changes), (count, size)),
    }
    wrong = [
        f"{name} returns {value.shape} for {shape}"
        for name, (value, shape) in results.items()
        if value.shape != shape
    ]
    wrong += [
        f"{name} is not finite"
        for name, (value, _) in results.items()
        if not np.isfinite(value).all()
    ]
    return float(len(wrong)), 0.0, "; ".join(wrong) or f"of all {len(results)} oracles"


Along: TypeAlias = Callable[[Samples, float], FloatArray]


def _along_state(samples: Samples, width: float) -> FloatArray:
    return samples.problem.fixed_point_map(samples.states + width * samples.tangents)


def _along_hyper(samples: Samples, width: float) -> FloatArray:
    moved = samples.problem.at(samples.problem.hyper + width * samples.change)
    return moved.fixed_point_map(samples.states)


def _tangent_product(samples: Samples, along: Along, product: FloatArray) -> Finding:
    noise = samples.roundoff * row_norms(along(samples, 0.0))
    return differences(partial(along, samples), product, noise)


def _adjoint_product(
    samples: Samples, along: Along, product: FloatArray, directions: FloatArray
) -> Finding:
    adjoints = samples.adjoints
    return differences(
        lambda width: row_dots(adjoints, along(samples, width)),
        row_dots(product, directions),
        samples.roundoff * row_norms(adjoints) * row_norms(along(samples, 0.0)),
        # An inner product may be small by chance.
        row_norms(product) * row_norms(directions),
    )


def jvp_state(samples: Samples) -> Finding:
    """∂₁Φ u."""
    product = samples.lin.jvp_state(samples.tangents)
    return _tangent_product(samples, _along_state, product)


def vjp_state(samples: Samples) -> Finding:
    """∂₁Φᵀ v."""
    product = samples.lin.vjp_state(samples.adjoints)
    return _adjoint_product(samples, _along_state, product, samples.tangents)


def jvp_hyper(samples: Samples) -> Finding:
    """∂₂Φ u."""
    return _tangent_product(samples, _along_hyper, samples.lin.jvp_hyper(samples.changes))


def vjp_hyper(samples: Samples) -> Finding:
    """∂₂Φᵀ v."""
    product = samples.lin.vjp_hyper(samples.adjoints)
    return _adjoint_product(samples, _along_hyper, product, samples.changes)


def transposes(which: str, samples: Samples) -> Finding:
    """⟨v, ∂Φ u⟩ and ⟨∂Φᵀv, u⟩, the same number twice."""
    directions = samples.tangents if which == "state" else samples.changes
    ahead = getattr(samples.lin, f"jvp_{which}")(directions)
    back = getattr(samples.lin, f"vjp_{which}")(samples.adjoints)
    left, right = row_dots(samples.adjoints, ahead), row_dots(back, directions)
    size = np.maximum(
        row_norms(samples.adjoints) * row_norms(ahead), row_norms(back) * row_norms(directions)
    )
    gaps = np.abs(left - right) / np.where(size > 0, size, 1.0)
    worst = int(np.argmax(gaps))
    detail = f"⟨v, jvp u⟩ = {left[worst]:.12g}, ⟨vjp v, u⟩ = {right[worst]:.12g}"
    return float(gaps[worst]), samples.rounding(), detail


def rows(samples: Samples) -> Finding:
    """A part of a block is the block of that part, and one state meets any number of rows."""
    lin, states = samples.lin, samples.states
    blocks = {
        "vjp_state": samples.adjoints,
        "jvp_state": samples.tangents,
        "vjp_hyper": samples.adjoints,
        "jvp_hyper": samples.changes,
    }
    gaps: dict[str, float] = {}
    for name, block in blocks.items():
        whole = getattr(lin, name)(block)
        some = (slice(1, None), np.array([2, 0]))
        parts = [(lin[chosen], chosen) for chosen in some]
        parts += [(samples.problem.linearise(states[chosen]), chosen) for chosen in some]
        many = samples.problem.linearise(np.repeat(states[:1], len(states), axis=0))
        gaps[name] = max(
            relative_gap(getattr(lin[:1], name)(block), getattr(many, name)(block)),
            *(
                relative_gap(getattr(part, name)(block[chosen]), whole[chosen])
                for part, chosen in parts
            ),
        )
    worst = max(gaps, key=lambda name: gaps[name])
    return gaps[worst], samples.rounding(), f"largest gap {gaps[worst]:.1e}, of {worst}"


def outer_gradient_state(samples: Samples) -> Finding:
    """∇₁E."""
    problem, states, tangents = samples.problem, samples.states, samples.tangents
    gradient = problem.outer_gradient_state(states)
    return differences(
        lambda width: problem.outer(states + width * tangents),
        row_dots(gradient, tangents),
        samples.roundoff * np.abs(problem.outer(states)),
        row_norms(gradient) * row_norms(tangents),
    )


def outer_gradient_hyper(samples: Samples) -> Finding:
    """∇₂E."""
    problem, states = samples.problem, samples.states
    gradient = problem.outer_gradient_hyper(states)
    return differences(
        lambda width: problem.at(problem.hyper + width * samples.change).outer(states),
        row_dots(gradient, samples.changes),
        samples.roundoff * np.abs(problem.outer(states)),
        row_norms(gradient) * row_norms(samples.changes),
    )


def symmetric(samples: Samples) -> Finding:
    """Both products with ∂₁Φ are the same."""
    lin, tangents = samples.lin, samples.tangents
    gap = relative_gap(lin.vjp_state(tangents), lin.jvp_state(tangents))
    return gap, samples.rounding(), f"‖∂₁Φᵀu − ∂₁Φu‖ = {gap:.1e} ‖∂₁Φu‖"


def self_adjoint(samples: Samples) -> Finding:
    """⟨x, My⟩ = ⟨Mx, y⟩ with M = I − ∂₁Φᵀ in the inner product of the metric."""
    lin, left, right = samples.lin, samples.adjoints, samples.tangents
    metric = lin.metric
    if metric is None:
        return float("inf"), 0.0, "the linearisation has no metric"
    if not (metric.min() > 0 and metric.max() <= 1):
        return float("inf"), 0.0, f"its weights lie in [{metric.min():.3g}, {metric.max():.3g}]"
    one, other = (
        row_dots(metric * x, y - lin.vjp_state(y)) for x, y in ((left, right), (right, left))
    )
    size = row_norms(left) * row_norms(right)
    worst = int(np.argmax(np.abs(one - other) / size))
    gap = float(abs(one - other)[worst] / size[worst])
    return gap, samples.rounding(), f"⟨x, My⟩ = {one[worst]:.12g}, ⟨Mx, y⟩ = {other[worst]:.12g}"


def affine(samples: Samples) -> Finding:
    """Φ between two states is what lies between its values there."""
    image = samples.problem.fixed_point_map
    one, other = samples.states[:1], samples.states[1:2]
    gap = relative_gap(image(0.3 * one + 0.7 * other), 0.3 * image(one) + 0.7 * image(other))
    return gap, samples.rounding(), f"Φ(0.3a + 0.7b) is {gap:.1e} away from 0.3Φ(a) + 0.7Φ(b)"


def moves(samples: Samples) -> Finding:
    """``at`` and ``starting_at`` change one thing each."""
    problem = samples.problem
    hyper, state = problem.hyper + 0.01 * samples.change, samples.states[0]
    there, from_there = problem.at(hyper), problem.starting_at(state)
    wrong = [
        text
        for text, right, found in (
            ("at forgets w_0", problem.initial_state, there.initial_state),
            ("at does not take λ", hyper, there.hyper),
            ("starting_at forgets λ", problem.hyper, from_there.hyper),
            ("starting_at does not take w_0", state, from_there.initial_state),
        )
        if not np.array_equal(right, found)
    ]
    return float(len(wrong)), 0.0, "; ".join(wrong) or "λ and w_0 move apart"
