"""Implicit differentiation."""

from __future__ import annotations

import numpy as np

from dashboard.lessons.lecture.facts import geometric, relative
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core import Experiment

SETTLED = 1.1


def facts(run: Experiment) -> Facts:
    """The plateau, and when it is reached."""
    errors = relative(run, "aid-cg")
    end = float(errors[-1])
    settled = int(np.argmax(errors <= SETTLED * end))
    return {
        "answer": end,
        "settled": float(run.steps[settled]),
        "t": float(run.scenario.inner_steps),
    }


LESSON = Lesson(
    key="implicit",
    title="Implicit differentiation: one linear system",
    need="You need: the chain rule, and linear systems. An equation that holds for all [[λ]] can "
    "be differentiated, however it was solved.",
    text="Let w′ be the derivative of [[w(λ)]]. From w = Φ(w, λ) follows w′ = ∂₁Φ w′ + ∂₂Φ, and "
    "the chain rule gives ∇f = [[∇₂E]] + w′ᵀ[[∇₁E]]. Solve the first for w′ and put it into the "
    "second: one linear system for [[v]] is enough, the [[adjoint system]] below. This is "
    "approximate implicit differentiation, [[AID]]. Two errors remain: the system is taken at "
    "[[wₜ]], not at w(λ), and solved by [[k]] steps only. AID-FP repeats v ← ∂₁Φᵀv + ∇₁E "
    "([[fixed-point iteration]]); AID-CG uses a quicker solver, [[conjugate gradient]].",
    formula=r"\begin{gathered}(I-\partial_1\Phi^\top)\,v=\nabla_1E\\"
    r"\nabla f=\nabla_2E+\partial_2\Phi^\top v\end{gathered}",
    page="explore",
    link="problem=logistic&data=breast_cancer&methods=aid-fp.aid-cg&vary=adjoint&t=30&T=60"
    "&bound=none&eps=1e-2",
    heading="The relative error over k, with t fixed.",
    controls=("inner_steps",),
    limits={"inner_steps": 200},
    facts=facts,
    prediction=Number(
        question="t stays 30, and k grows to 60. How small does the relative error of AID-CG get?",
        stops=geometric(1e-8, 1, 2),
        first=1.0,
        label="Relative error at k = 60",
        axis="y",
        near=3.5,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "The system is solved better and better, but it is the system at wₜ, not at w(λ).",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "A few steps of the solver bring v close. What is left is due to wₜ, "
                "which is already good after {t:.0f} steps.",
            ),
        ),
    ),
    reveal="It ends on a [[plateau]] at {answer:scientific}, from k = {settled:.0f} on: what is "
    "left comes from wₜ. Fixed-point steps end on the same plateau, only later. In general more k "
    "is wasted on the plateau: train longer.",
    look="change the fixed t and see the plateau move.",
    takeaway="AID solves one linear system at wₜ, however many hyperparameters. The larger of its "
    "two errors decides.",
    teacher="The plateau is the message: w must be good enough first. Ask what one should do with "
    "a computer that is twice as fast: more t, or more k?",
)
