"""What a hypergradient is."""

from __future__ import annotations

from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Number
from hypergrad_core.studies.landscape import Landscape

STOPS = tuple(-8 + 0.25 * place for place in range(41))


def facts(found: Landscape) -> Facts:
    """The lowest point, and both ends."""
    return {
        "answer": float(found.hyper[found.best]),
        "least": float(found.values[found.best]),
        "left": float(found.values[0]),
        "right": float(found.values[-1]),
    }


LESSON = Lesson(
    key="hypergradient",
    title="What is a hypergradient?",
    need="You need: gradient descent. Training finds the weights [[w(λ)]] of a model; a "
    "[[hyperparameter]] [[λ]] is set before. Choosing it is a [[bilevel problem]], {{min [[f]](λ) "
    "= [[E]](w(λ), λ)}} with {{w(λ) = [[Φ]](w(λ), λ)}}: E is the loss on new data, Φ one step of "
    "training. The gradient of f is the [[hypergradient]].",
    text="A model learns to tell harmless from dangerous tumours by 30 measurements. A penalty "
    "keeps its weights small: too weak, and it learns noise; too strong, and it learns nothing. "
    "[[λ]] is the logarithm of the penalty, [[f]](λ) the loss on new data after training with it, "
    "the [[validation loss|validation loss]]. You see one point of f and its slope there.",
    page="objective",
    link="",
    controls=("penalty",),
    hands_on=True,
    facts=facts,
    prediction=Number(
        question="Where is the loss on new data smallest? Move λ above the picture, then commit.",
        stops=STOPS,
        first=1.0,
        label="The best λ",
        axis="x",
        ratio=False,
        near=0.5,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "A weak penalty fits the training data best, but not new data: at λ = "
                "−8 the loss is {left:.0f}, and the smallest is {least:.1f}.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "A strong penalty is not the safe choice, the model learns too little: "
                "at λ = 2 the loss is {right:.0f}, and the smallest is {least:.1f}.",
            ),
        ),
    ),
    reveal="The loss is smallest, {least:.1f}, at λ = {answer:signed}; there the slope is 0, left "
    "of it negative, right of it positive. In general the hypergradient says which way to go, for "
    "all hyperparameters at once, where nobody can search by hand.",
    look="drag λ against the sign of the slope until the slope is 0.",
    takeaway="The hypergradient is the slope of the loss on new data with respect to the settings "
    "of the training. Go against it.",
    teacher="Let the room move λ by calling “left” or “right” and nothing else: that is gradient "
    "descent on f. Ask what it costs to know the slope at one λ; the next lessons answer that.",
    onward=("explore", "problem=logistic-log&data=breast_cancer"),
)
