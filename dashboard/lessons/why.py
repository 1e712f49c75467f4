"""Presets of the Why page: what to look at, and its link."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Something to see.

    Attributes:
        title: a few words.
        text: what to look at, and why it is so.
        link: query string of the Why page; what it leaves out is as the page begins.
    """

    title: str
    text: str
    link: str


PRESETS: tuple[Preset, ...] = (
    Preset(
        "Two clusters: CG needs two steps",
        "All eigenvalues are at 1 − q or at 1 + q. A polynomial of degree two with p(0) = 1 can be "
        "zero at both: after two steps CG is done, whatever κ is. (1 − z)ᵏ is still ±qᵏ there.",
        "spectrum=clusters&T=30&show=spectrum&at=2",
    ),
    Preset(
        "Evenly spread: CG needs about √κ",
        "No polynomial of low degree is small on the whole interval. Chebyshev's is the best there "
        "is, and its degree must grow with √κ. Watch the Ritz values settle at the ends first.",
        "d=30&q=0.98&T=60&show=spectrum&at=10",
    ),
    Preset(
        "Same q: eigenvalues near +q",
        "Every step of Φ shrinks the error by nearly q and keeps its sign: a straight line.",
        "d=2&spectrum=near-plus&T=60&at=5",
    ),
    Preset(
        "Same q: eigenvalues near −q",
        "The step is too long: every iterate jumps to the other side of w(λ). The error zigzags, "
        "though q is the same.",
        "d=2&spectrum=near-minus&start=100&T=60&at=5",
    ),
    Preset(
        "Same q: a far start",
        "w₀ is far away. ∇₁E is then large at the early iterates: the error of the hypergradient "
        "first rises thirty-fold before it falls at the same rate.",
        "problem=biased&d=2&n=10&start=30&T=80&show=together&at=4",
    ),
    Preset(
        "The curse of unrolling",
        "The Jacobian of wₜ is wrong before it gets right: each step adds what ∂₂Φ is off by. "
        "ITD's error rises for 17 steps, close to the predicted peak of the Jacobian; AID-CG at "
        "the same wₜ is far below.",
        "problem=hyper-representation&q=0.95&d=2&m=4&n=10&seed=18&start=0.5&T=150&show=bound&at=17",
    ),
    Preset(
        "CG where it does not apply",
        "∂₁Φ is not symmetric. CG is run all the same: its directions are not conjugate, nothing "
        "is minimised, and the residual grows. On the normal equations (AID-CGNR) the same problem "
        "is solved in one step; GMRES needs two.",
        "problem=nonsymmetric&d=2&m=2&methods=aid-fp.aid-cg.aid-cgnr.aid-gmres&method=aid-fp&T=40"
        "&show=together&at=5",
    ),
    Preset(
        "A misjudged q",
        "The bound for q̂ = 0.8 on a map with q = 0.9. It looks better, and it is false: the "
        "measured error crosses it.",
        "d=6&T=60&show=bound&if=misjudged&assumed=0.8&at=30",
    ),
    Preset(
        "What if ν₁ were 0",
        "On logistic regression the drift dominates the bound, because every constant is taken at "
        "its worst. With ν₁ = 0, or with the q that holds at w(λ), it falls by orders of "
        "magnitude: that is how much of the looseness is due to each.",
        "problem=logistic&d=2&n=10&T=40&show=bound&if=flat.star&at=20",
    ),
    Preset(
        "The floor in double precision",
        "Below 10⁻¹² the error is rounding. More steps change nothing.",
        "q=0.9&d=12&T=400&show=bound&at=300",
    ),
    Preset(
        "The floor in single precision",
        "Every oracle rounds to 7 digits. The error stops falling eight decades earlier.",
        "q=0.9&d=12&T=400&precision=single&show=bound&at=300",
    ),
)
