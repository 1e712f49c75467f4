"""Presets of the Why page: what to look at, and its link."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Something to see. Every number in its text is that of its run; a test computes them anew.

    Attributes:
        key: short name, for links.
        title: a few words.
        text: what to look at, and why it is so.
        link: query string of the Why page; what it leaves out is as the page begins.
    """

    key: str
    title: str
    text: str
    link: str


PRESETS: tuple[Preset, ...] = (
    Preset(
        "clusters",
        "Two clusters: CG needs two steps",
        "All eigenvalues of M = I − ∂₁Φ are equal to 1 − q or to 1 + q. A polynomial of degree 2 "
        "with p(0) = 1 can be zero at both, so CG is done after 2 steps, whatever κ is. The "
        "polynomial of the fixed-point iteration, (1 − z)ᵏ, still has the size qᵏ there.",
        "spectrum=clusters&T=30&show=spectrum&at=2",
    ),
    Preset(
        "even",
        "Evenly spread: CG needs about √κ steps",
        "No polynomial of low degree is small on the whole interval. Chebyshev’s is the best one, "
        "and its degree must grow like √κ. Here √cond(M) = 9.95: CG needs 20 steps to make the "
        "residual 1000 times smaller, and fixed-point steps need more than 60. Watch the Ritz "
        "values: the ones at the ends of the spectrum settle first.",
        "d=30&q=0.98&T=60&show=spectrum&at=10",
    ),
    Preset(
        "near-plus",
        "Same q: eigenvalues near +q",
        "The eigenvalues of ∂₁Φ are 0.81 and 0.9. Each step of Φ multiplies the error by "
        "about q and keeps its sign, so w comes to w(λ) from one side, without a zigzag.",
        "d=2&spectrum=near-plus&T=60&at=5",
    ),
    Preset(
        "near-minus",
        "Same q: eigenvalues near −q",
        "The eigenvalues of ∂₁Φ are −0.9 and −0.81: the step is too long. Each iterate is "
        "on the other side of w(λ) than the one before it. The path zigzags, although q is "
        "the same.",
        "d=2&spectrum=near-minus&start=100&T=60&at=5",
    ),
    Preset(
        "far-start",
        "Same q: a far start",
        "w₀ is far from w(λ), so ∇₁E is large at the early iterates. The error of the "
        "hypergradient first grows to 32 times its first value (at t = 3). Later it falls at the "
        "same rate as from a near start.",
        "problem=biased&d=2&n=10&start=30&T=80&show=together&at=4",
    ),
    Preset(
        "curse",
        "The curse of unrolling",
        "At first the Jacobian of wₜ gets worse: every unrolled step adds the error of ∂₂Φ at an "
        "early iterate. ITD’s error grows for 17 steps, to 19 times its first value; the bound on "
        "the error of this Jacobian predicts the peak at t = 17.6. AID-CG (the pale line) uses the "
        "same wₜ: at t = 17 its error is 22 times smaller than ITD’s, at t = 150 it is 190 times "
        "smaller.",
        "problem=hyper-representation&q=0.95&d=2&m=4&n=10&seed=18&start=0.5&T=150&show=bound&at=17",
    ),
    Preset(
        "no-cg",
        "CG where it does not apply",
        "∂₁Φ is not symmetric. CG is run all the same: its directions are not conjugate, nothing "
        "is minimised, and after 40 steps the residual is 56 times the first one. On the normal "
        "equations (AID-CGNR) the same problem is solved in 1 step; GMRES needs 2.",
        "problem=nonsymmetric&d=2&m=2&methods=aid-fp.aid-cg.aid-cgnr.aid-gmres&method=aid-fp&T=40"
        "&show=together&at=5",
    ),
    Preset(
        "misjudged",
        "A misjudged q",
        "Somebody believes that q is 0.8, but it is 0.9. The bound for q̂ = 0.8 looks better, and "
        "it is false: the measured error crosses it at t = 19.",
        "d=6&T=60&show=bound&if=misjudged&assumed=0.8&at=19",
    ),
    Preset(
        "flat",
        "What if ν₁ were 0",
        "On logistic regression the drift term is 98 % of the bound, because every constant is "
        "taken at its worst. At t = 40 the bound would be 7.6 times smaller with ν₁ = 0, and "
        "4.5·10⁵ times smaller with the q that holds at w(λ), 0.661: that is how much of the gap "
        "is due to each.",
        "problem=logistic&d=2&n=10&T=40&show=bound&if=flat.star&at=20",
    ),
    Preset(
        "rounding",
        "Rounding in double precision",
        "ITD’s error stops falling near t = 322, at 1.5·10⁻¹⁶. From there on it is rounding, and "
        "more steps change nothing. The bounds are about exact arithmetic and go on falling. The "
        "dotted line, 6.3·10⁻¹⁴, is an upper estimate of rounding: the true level may be lower, "
        "as it is here.",
        "q=0.9&d=12&T=400&show=bound&at=300",
    ),
    Preset(
        "single",
        "Rounding in single precision",
        "All products are computed with 7 digits. ITD’s error stops falling near t = 165, at "
        "1.6·10⁻⁸, 8 decades above its level in double precision. The upper estimate of rounding, "
        "the dotted line at 3.4·10⁻⁵, is higher still.",
        "q=0.9&d=12&T=400&precision=single&show=bound&at=300",
    ),
)
