"""In the wild."""

from __future__ import annotations

from dashboard.lessons.lecture.facts import relative
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Order
from hypergrad_core import METHODS, Experiment

KEYS = ("itd", "aid-fp", "aid-cg")


def facts(run: Experiment) -> Facts:
    """The last errors."""
    errors = {key: float(relative(run, key)[-1]) for key in KEYS}
    return {**errors, "t": float(run.steps[-1])}


LESSON = Lesson(
    key="wild",
    title="In the wild",
    need="You need: the lessons before. [[ITD]] goes back through the loop; [[AID]] solves "
    "a system at [[wₜ]], by fixed-point steps (AID-FP) or [[conjugate gradient]] (AID-CG).",
    text="[[bilevel problem|Bilevel problems]] are everywhere. Regularisation: [[λ]] are "
    "logarithms of penalties, as in the first lesson. Meta-learning: λ are features, or a start, "
    "shared by many tasks. Equilibrium and graph networks: [[w]] is the state at which a repeated "
    "layer comes to rest, and λ are its weights. Here a linear model learns three kinds of wine, "
    "on features that are learnt as well, with q = 0.95.",
    page="explore",
    link="problem=hyper-representation&data=wine&q=0.95&methods=itd.aid-fp.aid-cg&T=80&eps=1e-2"
    "&bound=none",
    heading="The relative error over t = k.",
    controls=("family", "contraction"),
    facts=facts,
    prediction=Order(
        question="Put the methods in order of their error after t = k = 80 steps.",
        things={key: METHODS[key].label for key in KEYS},
        first="the smallest error",
        last="the largest error",
        misconceptions=(
            Misconception(
                lambda guess, facts: guess[0] == "itd",
                "ITD differentiates through all steps, also the early ones, which are "
                "far from w(λ): a factor that grows with t.",
            ),
            Misconception(
                lambda guess, facts: guess[0] == "aid-fp",
                "Conjugate gradient has solved the system long before; fixed-point steps carry "
                "their own error besides that of wₜ.",
            ),
            Misconception(
                lambda guess, facts: True,
                "Both ITD and AID-FP shrink like qᵗ in the end, but ITD has a factor of t in front "
                "of it.",
            ),
        ),
    ),
    reveal="AID-CG ends at {aid-cg:scientific}, AID-FP at {aid-fp:scientific}, ITD at "
    "{itd:scientific}. In general the bounds have this order. On other problems two curves may "
    "coincide: AID-FP and AID-CG where what is left comes from the wₜ that they share, ITD and "
    "AID-FP where Φ is affine, as in the quadratic problem.",
    look="choose another problem. Does the order hold?",
    takeaway="As long as q < 1, one theory covers penalties, features and equilibrium networks. "
    "Where ∂₁Φ is symmetric, AID with conjugate gradient has the best bound.",
    teacher="Let each group take one problem and report its order. The Paper page shows the same "
    "comparison as it was published.",
    onward=("paper", ""),
)
