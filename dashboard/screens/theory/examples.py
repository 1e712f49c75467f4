"""Where a section can be seen: links to other pages, and what to look at there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A picture that shows what a section says.

    Every number in the text is that of the picture; a test computes them anew.

    Attributes:
        page: its name.
        link: what it is set to, as a query string; what it leaves out is as the page begins.
        text: what is to be seen there, as Markdown.
    """

    page: str
    link: str
    text: str


# A problem on which every term of a bound is to be seen.
_DRIFTS = "problem=logistic&d=6&n=20&q=0.95&T=80&show=bound"

EXAMPLES: Mapping[str, Example] = {
    "setting": Example(
        "budget",
        "problem=quadratic&q=0.95&left=aid-cg&right=none",
        "The error over all $t$ and $k$. With 60 products AID-CG does best at $t=37$ and $k=22$.",
    ),
    "constants": Example(
        "why", _DRIFTS, "The table below the picture says what each constant is, and its value."
    ),
    "tiers-and-status": Example(
        "explore",
        "problem=quadratic&methods=itd.aid-fp&at=50",
        "The sharp bound, of tier V, is *tight*: it equals the error. The paper’s bound, of tier "
        "P, is *upper*: at $t=50$ it is 23 times the error.",
    ),
    "L1": Example(
        "why",
        "q=0.8&show=plane",
        r"Each step leaves at most $q=0.8$ of the distance of $w_t$ from $w(\lambda)$.",
    ),
    "L2": Example(
        "explore",
        "problem=quadratic&methods=itd.aid-fp",
        r"$\nu_1=\nu_2=0$, so there is no drift, and ITD and AID-FP coincide. On logistic "
        "regression they do not.",
    ),
    "L3": Example(
        "why",
        _DRIFTS,
        "The bound is the sum of its terms. The inner-problem term bounds the first bracket; the "
        "drift term and the adjoint term bound the rest.",
    ),
    "L4": Example(
        "why",
        f"{_DRIFTS}&at=19",
        r"The drift term contains $t q^{t-1}$. It grows until $t=19$, near $1/\ln(1/q)=19.5$.",
    ),
    "L5": Example(
        "why",
        "spectrum=chebyshev&d=30&q=0.95&T=60&methods=aid-gmres&show=spectrum&at=10",
        r"On a symmetric matrix GMRES leaves no more than $C_k(\kappa)$ of the residual. At $k=10$ "
        "that is 7.9 %, and 3.3 % is left.",
    ),
    "R1": Example(
        "explore",
        "problem=logistic&methods=itd&at=120",
        "Both bounds are above the error. At $t=120$ the sharp one is 7.5 times the error, the "
        "paper’s 1.6·10⁸ times.",
    ),
    "R2": Example(
        "explore",
        "problem=logistic&methods=aid-fp.aid-cg.aid-gmres&vary=adjoint",
        "$t=50$ is held while $k$ grows. All methods end at 7.7·10⁻⁵: that part of the error is "
        "due to $w_t$, and no backward step removes it.",
    ),
    "R3": Example(
        "explore",
        "problem=quadratic&methods=aid-fp&vary=adjoint&inner=exact",
        r"At the exact $w(\lambda)$ only $c_3q^k$ is left of the bound: a straight line.",
    ),
    "R4": Example(
        "explore",
        "problem=quadratic&q=0.98&methods=aid-fp.aid-cg&vary=adjoint&inner=exact&T=200",
        r"At the exact $w(\lambda)$ AID-CG reaches ε after 21 steps. AID-FP does not within 200.",
    ),
    "R5": Example(
        "why",
        "q=0.95&d=30&T=60&methods=aid-fp.aid-cg.aid-gmres&show=spectrum&at=17",
        "The residual is 1000 times smaller after 17 steps of GMRES and 18 of CG. Fixed-point "
        "steps take more than 60.",
    ),
    "R6": Example(
        "explore",
        "problem=quadratic&methods=itd.aid-fp&bound=sharp",
        "The sharp bounds of ITD and AID-FP lie on their errors.",
    ),
    "R7": Example(
        "explore",
        "problem=logistic&methods=itd.aid-fp&bound=sharp&at=120",
        "At $t=120$ the sharp bound of AID-FP is 1.4 times its error, and that of ITD 7.5 times.",
    ),
    "R8": Example(
        "descent",
        "rule=fixed&methods=aid-fp&height=error&against=steps&first=0.2",
        "The certificate, dashed, knows nothing of $w(\\lambda)$. At every λ of this descent it is "
        "between 11 and 69 times the error.",
    ),
    "R9": Example(
        "explore",
        "problem=logistic&methods=itd.itd-truncated",
        "With $k=10$ truncated ITD ends on a plateau at 0.102, while the error of ITD falls on.",
    ),
    "R10": Example(
        "explore",
        "problem=logistic&methods=itd.one-step",
        "One-step ends on a plateau at 0.781, while the error of ITD falls on.",
    ),
    "R11": Example(
        "explore",
        "problem=logistic&methods=itd.itd-forward&x=floats",
        "Over memory the curves part, although the errors agree step by step. ITD keeps 3690 "
        "numbers at the last step; Forward ITD keeps 960 all the time.",
    ),
    "R12": Example(
        "explore",
        "problem=quadratic&q=0.98&methods=aid-cg&inner=heavy-ball&T=200",
        "With the heavy ball AID-CG reaches ε after 28 steps. With fixed-point steps for $w$ it "
        "takes 187.",
    ),
    "R13": Example(
        "explore",
        "problem=quadratic&q=0.98&methods=itd.aid-fp&inner=heavy-ball&T=200",
        "Unrolled, the heavy ball speeds up the Jacobian as well: ITD reaches ε after 59 steps. "
        "AID-FP, at the same $w_t$, does not within 200.",
    ),
    "R14": Example(
        "why",
        "preset=curse",
        "ITD’s error grows for 17 steps. The bound on the error of its Jacobian is largest at "
        "$t=17.6$.",
    ),
    "R15": Example(
        "why",
        "problem=nonsymmetric&d=12&methods=aid-fp.aid-cgnr.aid-gmres&show=spectrum&at=5",
        "At $k=5$ fixed-point steps leave 6.3 % of the residual, CG on the normal equations 1.8 %, "
        "GMRES 3.2 %.",
    ),
    "R16": Example(
        "descent",
        "rule=fixed&methods=aid-fp&height=error&against=steps&first=0.2&warm=none",
        "Without a warm start the error is 0.423 at the last λ. With one of $w$ and $v$ it is "
        "1.95·10⁻³ for the same $t$ and $k$.",
    ),
    "R22": Example(
        "complexity",
        "d=100&points=6&seeds=1&qmax=0.99",
        "The fitted exponents are those of theory: 1 for fixed-point steps, ½ for the $k$ of "
        "AID-CG.",
    ),
    "R23": Example(
        "explore",
        "problem=quadratic&methods=itd.aid-fp&x=floats",
        "With $d=30$ and $m=6$, AID-FP keeps $3d+m=96$ numbers all the time, and ITD "
        "$(k+2)d+m=3666$ at $k=120$.",
    ),
    "R24": Example(
        "descent",
        "methods=aid-fp",
        "Each green step is proved to lower $f$: from 0.138 to 9.26·10⁻³ in 20 steps.",
    ),
    "C1": Example(
        "explore",
        "problem=quadratic&methods=aid-fp",
        r"Below the picture: $\nu_1=\nu_2=\mu_2=0$ and $\mu_1=1$.",
    ),
    "C3": Example(
        "explore",
        "problem=biased&methods=aid-fp",
        r"Below the picture: $\nu_1=\nu_2=\mu_2=0$, and $\kappa_M=4.41$ is less than $\kappa=19$.",
    ),
    "C4": Example(
        "explore",
        "problem=kernel-ridge&methods=aid-fp",
        r"Below the picture: $\nu_1=0$, $\nu_2=6.02$, $\mu_1=245$ and $\mu_2=140$.",
    ),
    "C5": Example(
        "explore",
        "problem=logistic&methods=aid-fp",
        r"Below the picture: $\nu_1=0.582$, $\nu_2=0.925$, $\mu_1=1.94$ and $\mu_2=0$.",
    ),
    "C6": Example(
        "explore",
        "problem=hyper-representation&methods=aid-fp",
        r"Below the picture: $\nu_1=0$, $\nu_2=2.48$, $\mu_1=2.52$ and $\mu_2=2.91$.",
    ),
    "C7": Example(
        "explore",
        "problem=equilibrium-symmetric&methods=aid-cg",
        r"$A$ is symmetric, so CG applies in a metric. Below the picture are $L_\Phi^s=7.1$ and "
        r"$\nu_2^s=2.63$ beside $L_\Phi=6.72$ and $\nu_2=3.51$.",
    ),
    "C8": Example(
        "explore",
        "problem=graph-network&methods=itd.aid-fp",
        r"Below the picture: $\nu_1=0.437$, $\nu_2=3.84$, $\mu_1=0.622$ and $\mu_2=0$.",
    ),
    "C10": Example(
        "explore",
        "problem=nonsymmetric&methods=aid-fp.aid-gmres",
        r"Below the picture: $\nu_1=\nu_2=\mu_2=0$ and $\mu_1=1$. CG does not apply; GMRES does.",
    ),
    "C11": Example(
        "explore",
        "problem=softmax&methods=aid-fp",
        r"Below the picture: $\nu_1=0.941$, $\nu_2=0.1$, $\mu_1=0.0798$ and $\mu_2=0$.",
    ),
    "C12": Example(
        "explore",
        "problem=learned-digits&methods=aid-fp",
        r"Below the picture: $\nu_1=0.891$, $\nu_2=6.58$, $\mu_1=0.118$ and $\mu_2=0$.",
    ),
    "C13": Example(
        "explore",
        "problem=biased-tasks&methods=aid-fp",
        r"Below the picture: $\nu_1=1.72$, $\nu_2=\mu_2=0$ and $\mu_1=0.105$.",
    ),
    "C14": Example(
        "explore",
        "problem=representation-tasks&methods=aid-fp",
        r"Below the picture: $\nu_1=0$, $\nu_2=5.38$, $\mu_1=0.0541$ and $\mu_2=0.601$.",
    ),
    "rounding": Example(
        "why",
        "preset=rounding",
        "ITD’s error ends at 1.5·10⁻¹⁶ and falls no more, while its bound goes on falling. The "
        "upper estimate is 6.3·10⁻¹⁴, the dotted line.",
    ),
}
