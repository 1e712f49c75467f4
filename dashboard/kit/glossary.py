"""Every symbol and term that a page shows, in plain English; the one place for definitions.

- ``definition("hypergradient")`` is the text. Any spelling in ``ALSO`` will do.
- ``marked("The [[hypergradient]] of [[f]].")`` is HTML in which each term shows its definition when
  it is pointed at, touched or focused; ``[[product|products]]`` shows another word, and what is in
  ``{{double braces}}`` stays on one line.
- ``methods_help()`` lists the methods, for the ``help=`` of their pills.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from zlib import crc32

from hypergrad_core.methods import METHODS

TERMS: dict[str, str] = {
    # The problem.
    "bilevel problem": "An optimisation problem inside another one: minimise f(λ) = E(w(λ), λ) "
    "over λ, where w(λ) is itself the solution of a problem that depends on λ.",
    "outer problem": "Minimise f(λ) = E(w(λ), λ) over λ. In machine learning, choose "
    "hyperparameters that make the validation loss small.",
    "inner problem": "For a given λ, find w(λ). In machine learning, train the model. Here it is "
    "written as a fixed-point equation: w(λ) = Φ(w(λ), λ).",
    "hyperparameter": "A number that stays fixed while the model is trained, such as the strength "
    "of a penalty. Together the hyperparameters are λ.",
    "hypergradient": "The gradient ∇f(λ) of the outer objective with respect to λ. It includes "
    "the effect that a change of λ has on the solution w(λ).",
    "λ": "The hyperparameters, a vector of m numbers.",
    "w": "The inner variables, a vector of d numbers: for example the weights of a model.",
    "w(λ)": "The exact solution of the inner problem for this λ: the fixed point of Φ(·, λ).",
    "w₀": "The point where the inner iteration starts.",
    "wₜ": "The inner variables after t inner steps, an approximation of w(λ).",
    "Φ": "One step of the inner iteration, w ← Φ(w, λ). For example: one step of gradient descent "
    "on the training loss. Its fixed point is w(λ).",
    "∂₁Φ": "The Jacobian (matrix of partial derivatives) of Φ with respect to w.",
    "∂₂Φ": "The Jacobian (matrix of partial derivatives) of Φ with respect to λ.",
    "E": "The outer objective as a function of w and λ, for example the validation loss.",
    "f": "The outer objective as a function of λ alone: f(λ) = E(w(λ), λ).",
    "∇₁E": "The gradient of E with respect to w.",
    "∇₂E": "The gradient of E with respect to λ, with w held fixed.",
    "t": "The number of inner steps: w₀, w₁, …, wₜ.",
    "k": "The number of backward steps. AID: steps of the solver of the adjoint system. ITD: inner "
    "steps that are differentiated through.",
    "T": "The horizon: the largest number of steps that is shown.",
    "d": "The number of inner variables: the dimension of w.",
    "m": "The number of hyperparameters: the dimension of λ.",
    "n": "The number of training examples.",
    "seed": "The number from which all random draws are made. The same seed gives the same problem "
    "again.",
    "synthetic data": "Data drawn at random from the seed, not measured in the real world.",
    # Speed of convergence.
    "contraction constant": "q: one step of Φ multiplies the distance between two points by at "
    "most q. For q below 1 the iteration converges; near 1 it is slow.",
    "contraction": "A map that brings any two points closer together, by at least a fixed factor "
    "q < 1. Repeating it leads to its only fixed point.",
    "κ": "κ = (1 + q)/(1 − q). For the best step size it is the condition number of M = I − ∂₁Φ. "
    "Fixed-point steps to a target then grow like κ, those of CG like √κ.",
    "κ_M": "The condition number cond(M) of M = I − ∂₁Φ where ∂₁Φ is symmetric, or a bound on it. "
    "It is at most κ, and equal to κ for the best step size.",
    "condition number": "Of a symmetric positive definite matrix: its largest eigenvalue divided "
    "by its smallest. The larger it is, the more steps a linear solver may need.",
    "spectrum": "The set of eigenvalues of a matrix: here of ∂₁Φ, or of M = I − ∂₁Φ.",
    # Methods.
    "ITD": "Iterative differentiation: take t inner steps, then differentiate through all of them "
    "by reverse mode (backpropagation). All iterates are kept in memory.",
    "Forward ITD": "ITD in forward mode: the Jacobian of wₜ with respect to λ is updated with each "
    "inner step. The numbers of ITD; the cost grows with m, the memory does not grow with t.",
    "Truncated ITD": "ITD that differentiates through the last k inner steps only. It is cheaper, "
    "but with k fixed an error remains.",
    "One-step": "Differentiate through a single step of Φ at wₜ (k = 1). It is the cheapest "
    "method, but in general an error remains however large t is.",
    "AID": "Approximate implicit differentiation: put wₜ in place of w(λ) and solve the adjoint "
    "system there with k steps of a linear solver. Only the last iterate is needed.",
    "AID-FP": "AID with fixed-point iteration as the linear solver: v ← ∂₁Φᵀ v + ∇₁E. Each step "
    "multiplies the error of v by at most q.",
    "AID-CG": "AID with the conjugate gradient method (CG) as the linear solver. It needs a "
    "symmetric I − ∂₁Φ (in a suitable inner product); then about √κ steps are enough.",
    "AID-CGNR": "AID with the conjugate gradient method on the normal equations. It applies to "
    "every contraction, and each step costs two products.",
    "AID-GMRES": "AID with GMRES as the linear solver. It applies to every contraction, but its "
    "memory grows with k.",
    "AID-Chebyshev": "AID with the Chebyshev semi-iteration as the linear solver. It needs ∂₁Φ "
    "symmetric and q, but no inner products; then about √κ steps are enough.",
    "AID-MINRES": "AID with the minimal residual method (MINRES) as the linear solver. It needs "
    "∂₁Φ symmetric, and gives the numbers of GMRES without keeping its vectors.",
    "FP": "Fixed-point iteration for the adjoint system: v ← ∂₁Φᵀ v + ∇₁E. Each step multiplies "
    "the error of v by at most q.",
    "fixed-point iteration": "Repeat w ← Φ(w, λ). Each step multiplies the distance to w(λ) by at "
    "most q.",
    "heavy ball": "Gradient descent with momentum (Polyak 1964): each step also continues in the "
    "direction of the step before. On quadratic problems about √κ steps are enough.",
    "CG": "Conjugate gradient, a method for linear systems with a symmetric positive definite "
    "matrix. Steps to a given accuracy grow like √κ.",
    "CGNR": "The conjugate gradient method on the normal equations. It applies to every "
    "invertible matrix, but the condition number that counts is squared.",
    "GMRES": "Generalised minimal residual method for any linear system: after k steps its "
    "residual is the smallest that k products with the matrix can give.",
    "normal equations": "MᵀM v = Mᵀb in place of M v = b. The matrix MᵀM is symmetric positive "
    "definite, but its condition number is the square of that of M.",
    "unrolling": "Differentiating through the steps of an iteration, as ITD does.",
    "curse of unrolling": "The error of the Jacobian of wₜ, and with it that of ITD, can grow "
    "during the first steps before it falls.",
    # The adjoint.
    "adjoint system": "The linear system (I − ∂₁Φ(w, λ)ᵀ) v = ∇₁E(w, λ). At w = w(λ) its solution "
    "gives the hypergradient: ∇f(λ) = ∇₂E + ∂₂Φᵀ v.",
    "v": "The adjoint: the solution of the adjoint system.",
    "vₖ": "The approximation of the adjoint v after k steps of the linear solver.",
    "M": "The matrix of the adjoint system, I − ∂₁Φ, where ∂₁Φ is symmetric.",
    "residual": "What a linear system M v = b still lacks at an approximate solution: b − M v.",
    "residual polynomial": "A solver that starts at 0 leaves the residual pₖ(M) ∇₁E after k steps: "
    "a polynomial of degree at most k with pₖ(0) = 1, small where the solver is good.",
    "Ritz values": "Approximations of the eigenvalues of M that CG makes on its way: the zeros of "
    "its residual polynomial.",
    "Chebyshev polynomial": "The polynomial of degree k with value 1 at 0 whose largest value on "
    "the interval of the eigenvalues is as small as possible. It gives the √κ rate.",
    "eigenmode": "The part of a vector along one eigenvector of M. A linear solver acts on each "
    "of them separately.",
    # Error, bound and cost.
    "error": "The distance between the approximate and the exact hypergradient.",
    "relative error": "The error divided by ‖∇f(λ)‖, the length of the exact hypergradient.",
    "absolute error": "The error as it is, not divided by ‖∇f(λ)‖.",
    "ε": "The target accuracy: the error is to come down to this value and stay at or below it.",
    "bound": "A value that the error is proved not to exceed.",
    "paper’s bound": "The bound of Grazzi, Franceschi, Pontil and Salzo (ICML 2020). It uses "
    "constants such as q, ν₁ and L_E only, so it holds for every problem with these constants.",
    "sharp bound": "A bound closer to the error. It also uses what was measured along this run, or "
    "the eigenvalues of ∂₁Φ.",
    "tier": "What a bound is computed from. P: constants only. X: measurements along the iterates. "
    "T: as X, with the drift bounded instead of measured. V: the eigenvalues of ∂₁Φ.",
    "tight": "A bound that the error attains, up to rounding.",
    "upper": "A bound that is proved, but that the error does not always attain.",
    "inner-problem term": "The part of the bound due to wₜ differing from w(λ) in the gradients of "
    "E. More inner steps t reduce it.",
    "drift": "The part of the error or bound due to evaluating the Jacobians at the iterates "
    "instead of at w(λ). More inner steps t reduce it.",
    "adjoint term": "The part of the bound due to taking only k backward steps. More backward "
    "steps k reduce it.",
    "plateau": "A level at which the error stays, however many more steps are taken, because "
    "something else is kept fixed (often k).",
    "rounding (upper estimate)": "An upper estimate of the error that floating-point arithmetic "
    "alone can cause. Errors below this line may be rounding rather than the method.",
    "product": "A product of a Jacobian of Φ, or of its transpose, with a vector; an evaluation of "
    "Φ counts as one as well. Products measure cost independently of the machine.",
    "memory": "Floating-point numbers held in memory at that step, not counting the data.",
    "outer step": "One step of λ against the hypergradient, λ ← λ − αh.",
    "task": "In meta-learning: one of many small problems that share λ, each with a training and a "
    "validation loss of its own. New tasks, which λ was not learned from, say how good λ is.",
    "warm start": "To begin where the outer step before has ended, instead of anew: with its w, or "
    "with its adjoint v.",
    "certificate": "A bound of the error that is computed without w(λ), from what the equations at "
    "the current w and v still lack. It can prove that f falls.",
    "budget": "The number of products that may be spent in total.",
    "split": "How a budget is divided: t inner steps for w and k backward steps for v.",
    "geometric mean": "The mean on a logarithmic scale: the exponential of the mean logarithm.",
    # Constants of the bounds.
    "ν₁": "Lipschitz constant of ∂₁Φ in w: how fast this Jacobian changes as w moves.",
    "ν₂": "Lipschitz constant of ∂₂Φ in w: how fast this Jacobian changes as w moves.",
    "μ₁": "Lipschitz constant of ∇₁E in w: how fast this gradient changes as w moves.",
    "μ₂": "Lipschitz constant of ∇₂E in w: how fast this gradient changes as w moves.",
    "L_E": "A bound on ‖∇₁E‖ for all w no farther from w(λ) than w₀ is.",
    "L_Φ": "The norm of ∂₂Φ at w(λ): how strongly one step of Φ depends on λ.",
    "D": "The distance ‖w₀ − w(λ)‖ of the start from the solution.",
    "ρ(t)": "The part of the first distance to w(λ) that may remain after t inner steps: qᵗ for "
    "fixed-point iteration.",
    "r": "(√κ − 1)/(√κ + 1) with κ = (1 + q)/(1 − q): the factor per step of the heavy ball, late "
    "in the run.",
    "q̂": "An assumed contraction constant, which may be wrong.",
}

# Other spellings, and symbols that have a name as well.
ALSO: dict[str, str] = {
    "q": "contraction constant",
    "∇f(λ)": "hypergradient",
    "adjoint": "v",
    "backward step": "k",
    "inner step": "t",
    "Jacobian–vector product": "product",
    "validation loss": "E",
    "training loss": "Φ",
    "conjugate gradient": "CG",
    "target accuracy": "ε",
}

# What belongs to the word after it, and to the one before it.
_OPENING, _CLOSING = "(“", ",.;:?!)”"
_MARK = re.compile(r"\[\[([^\[\]|]+)(?:\|([^\[\]|]+))?\]\]")


def canonical(term: str) -> str:
    """The key in ``TERMS`` of a term, however it is spelt.

    Raises:
        KeyError: if there is no such term.
    """
    lower = term[:1].lower() + term[1:]
    for spelling in (term, term.removesuffix("s"), lower, lower.removesuffix("s")):
        if spelling in TERMS:
            return spelling
        if spelling in ALSO:
            return ALSO[spelling]
    raise KeyError(term)


def definition(term: str) -> str:
    """What a term or symbol means.

    Raises:
        KeyError: if there is no such term.
    """
    return TERMS[canonical(term)]


def terms_in(text: str) -> list[str]:
    """The terms that are marked in a text, by their keys in ``TERMS``, in order."""
    return list(dict.fromkeys(canonical(match[1]) for match in _MARK.finditer(text)))


def plain(text: str) -> str:
    """A text without its marks."""
    return _MARK.sub(lambda match: match[2] or match[1], text).translate({123: None, 125: None})


def marked(text: str) -> str:
    """HTML of a text with ``[[marks]]``, to go into ``st.html``; everything else is escaped.

    A term is a button that its definition describes, so that a pointer, a finger, the keyboard and
    a screen reader all find it.
    """
    # The same text has the same names each time: what does not change is not drawn again.
    stem = f"gl-term-{crc32(text.encode()):x}"
    parts, end = [], 0
    for place, match in enumerate(_MARK.finditer(text)):
        name = f"{stem}-{place}"
        # No line ends with the bracket before a term, or begins with the comma after it.
        before, after = text[end : match.start()], text[match.end() :]
        opening = before[len(before.rstrip(_OPENING)) :]
        closing = after[: len(after) - len(after.lstrip(_CLOSING))]
        parts += [
            html.escape(before[: len(before) - len(opening)], quote=False),
            f'<span class="gl-term">{opening}<button type="button" aria-describedby="{name}">'
            f"{lowered(match[2] or match[1])}</button>{closing}"
            f'<span class="gl-tip" role="tooltip" id="{name}">'
            f"{lowered(definition(match[1]))}</span></span>",
        ]
        end = match.end() + len(closing)
    page = "".join(parts) + html.escape(text[end:], quote=False)
    return page.replace("{{", '<span class="gl-formula">').replace("}}", "</span>")


def lowered(text: str) -> str:
    """HTML of a plain text, with the index of a symbol such as L_E set low."""
    return re.sub(r"(?<=[Lκ])_([EΦM])\b", r"<sub>\1</sub>", html.escape(text, quote=False))


def methods_help(methods: Iterable[str] = tuple(METHODS)) -> str:
    """One line of Markdown for each of these methods."""
    return "\n".join(f"- **{METHODS[key].label}**: {TERMS[METHODS[key].label]}" for key in methods)
