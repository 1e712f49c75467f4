"""Why the error can rise first."""

from __future__ import annotations

import numpy as np

from dashboard.lessons.lecture.facts import relative
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Sketch
from hypergrad_core import Experiment
from hypergrad_core.arrays import FloatArray


def facts(run: Experiment) -> Facts:
    """The peak, and when the error is back where it began."""
    errors = relative(run, "itd")
    peak = int(errors.argmax())
    back = peak + int(np.argmax(errors[peak:] < errors[0]))
    return {
        "first": float(errors[0]),
        "peak": float(run.steps[peak]),
        "rise": float(errors[peak] / errors[0]),
        "back": float(run.steps[back]),
        "last": float(run.steps[-1]),
    }


def curve(run: Experiment) -> tuple[FloatArray, FloatArray]:
    """The measured error of ITD."""
    return np.asarray(run.steps, dtype=np.float64), relative(run, "itd")


LESSON = Lesson(
    key="burn-in",
    title="Why the error can rise first",
    need="You need: the last lesson. [[ITD]] goes backwards through all steps of the loop.",
    text="Each step of training brings [[wₜ]] closer to [[w(λ)]]. Should the [[error]] of the "
    "hypergradient not fall from the start? Here a linear model learns its features as well: [[λ]] "
    "is the matrix that makes them, so the derivatives of a step change with w. The [[relative "
    "error]] begins at about 1, which is that of the answer zero; after 140 steps it is about 0.2.",
    page="explore",
    link="problem=hyper-representation&q=0.95&d=2&m=4&n=10&seed=18&start=0.5&methods=itd.aid-cg"
    "&bound=none&T=140&eps=1e-1&at=17",
    heading="The relative error over t: ITD rises first; AID-CG (next lesson) soon falls.",
    controls=("contraction", "start"),
    limits={"start": 10},
    facts=facts,
    prediction=Sketch(
        question="Draw the error of ITD from t = 0 to t = 140. It begins at about 1.",
        curve=curve,
        name="ITD",
        misconceptions=(
            Misconception(
                lambda guess, facts: max(guess) < 2 * guess[0],
                "That wₜ comes closer does not mean that its derivative does: each "
                "early step adds its own error to J, before later steps can shrink it.",
            ),
        ),
    ),
    reveal="The error rises to {rise:.0f} times its first value, at t = {peak:count}, and is below "
    "it again only at t = {back:count}. Step s takes its derivatives at wₛ and so adds an error of "
    "about [[q]]ˢ; the t − s steps after it shrink that by qᵗ⁻ˢ, together qᵗ. In general there are "
    "t such errors: t·qᵗ rises until about t = 1/(1 − q), then falls, the [[curse of unrolling]]. "
    "In the last lesson the derivatives were the same everywhere, so nothing rose.",
    look="bring q down. Where does the bump end?",
    takeaway="Unrolling a short run can be worse than answering zero: the error may rise first.",
    teacher="Collect a few drawn curves before revealing. The rise has the form t·qᵗ: at first "
    "the factor t wins, later qᵗ. A short run, as in meta-learning with 10 steps, sits on the "
    "bump.",
)
