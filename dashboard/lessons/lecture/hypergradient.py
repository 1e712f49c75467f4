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
    need="Training solves {{[[w(λ)]] = [[Φ]](w(λ), λ)}} for the weights w of a model. A "
    "[[hyperparameter]] [[λ]] is set before. Choosing it well is a [[bilevel problem]]: "
    "{{min [[f]](λ) = [[E]](w(λ), λ)}}, the [[validation loss|loss on new data]]. The gradient of "
    "f is the [[hypergradient]]. You need to know gradient descent, no more.",
    text="A model learns to tell harmless from dangerous tumours by 30 measurements. A penalty "
    "keeps its weights small. Too weak a penalty, and the model learns the noise in its training "
    "data; too strong, and it learns nothing. λ is the logarithm of the penalty. Move λ by hand: "
    "for each value the model is trained anew, and you see one point, its loss on new data (the "
    "validation loss), and the slope there. The slope is the [[hypergradient]]. It says how the "
    "loss on new data changes if λ changes and the trained weights [[w(λ)]] follow.",
    page="objective",
    link="",
    controls=("penalty",),
    hands_on=True,
    facts=facts,
    prediction=Number(
        question="Where is the loss on new data smallest? Try a few λ, then say where.",
        stops=STOPS,
        first=1.0,
        label="The best λ",
        axis="x",
        ratio=False,
        near=0.5,
        misconceptions=(
            Misconception(
                lambda guess, facts: guess < float(facts["answer"]),
                "A weak penalty fits the training data best, but not new data: at λ = −8 the loss "
                "is {left:.0f}, and the smallest is {least:.1f}.",
            ),
            Misconception(
                lambda guess, facts: guess > float(facts["answer"]),
                "A strong penalty is not the safe choice: the model then learns too little. At "
                "λ = 2 the loss is {right:.0f}, and the smallest is {least:.1f}.",
            ),
        ),
    ),
    reveal="The loss is smallest, {least:.1f}, at λ = {answer:signed}, and there the slope is "
    "zero. Left of it the slope is negative, right of it positive: one slope is enough to know "
    "which way to go. Here all 30 weights share one penalty. With a penalty for each, nobody can "
    "search by hand, but one hypergradient gives all 30 slopes at once.",
    look="go downhill. Drag λ against the sign of the slope until the slope is 0.",
    takeaway="The hypergradient is the slope of the loss on new data with respect to the settings "
    "of the training. Go against it.",
    teacher="Let the room move λ by calling “left” or “right” and nothing else: that is gradient "
    "descent on f. Ask what it costs to know the slope at one λ; the next lessons answer that.",
    onward=("explore", "problem=logistic-log&data=breast_cancer"),
)
