"""What a lesson is: plain data, and small functions that read numbers off a result.

Texts have ``[[terms]]`` of the glossary and fields such as ``{steps:count}``, which are filled with
the facts of the lesson's own run. How a field may be written is said in
``dashboard/screens/lecture/words.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypergrad_core.arrays import FloatArray

Facts = Mapping[str, float | str]
"""What a run shows, by the names that texts have for it."""


@dataclass(frozen=True)
class Misconception:
    """A typical wrong answer, and the sentence that resolves it.

    Attributes:
        when: whether a prediction is this one, given the facts.
        text: the sentence.
    """

    when: Callable[[Any, Facts], bool]
    text: str


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Base of what the visitor commits to before the curves are shown.

    Attributes:
        question: what is asked.
        misconceptions: typical wrong answers; the first that fits is spoken to.
    """

    question: str
    misconceptions: tuple[Misconception, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Number(Prediction):
    """A number on a slider; the fact ``answer`` is the true one.

    Attributes:
        stops: of the slider, rising.
        first: where it stands at the beginning.
        label: of the slider.
        unit: what is counted, after the number.
        axis: the axis of the picture on which the number lies, "x" or "y"; "path" if it is a step
            on the way that the picture shows; "above" if it is so many times the height of the
            point of the facts ``at`` and ``base``; "" for none.
        ratio: whether numbers are compared by their ratio, not by their difference.
        near: the largest ratio or difference that counts as right.
    """

    stops: Sequence[float]
    first: float
    label: str
    unit: str = ""
    axis: str = ""
    ratio: bool = True
    near: float = 1.2


@dataclass(frozen=True, kw_only=True)
class Order(Prediction):
    """Things to be put in order; the fact of each name is what they are ordered by, rising.

    Attributes:
        things: labels, by the names of their facts.
        first, last: what the first and the last place are called.
    """

    things: Mapping[str, str]
    first: str
    last: str


@dataclass(frozen=True, kw_only=True)
class Choice(Prediction):
    """One of several answers.

    Attributes:
        options: texts, by key.
        answer: the key of the right one.
    """

    options: Mapping[str, str]
    answer: Callable[[Facts], str]


@dataclass(frozen=True, kw_only=True)
class Sketch(Prediction):
    """A curve drawn by hand on the picture, over its first pair of axes; y is logarithmic.

    Attributes:
        curve: x and y of the true one, given the result of the lesson's run.
        points: number of heights that are drawn, evenly spread over the curve.
        name: of the curve.
    """

    curve: Callable[[Any], tuple[FloatArray, FloatArray]]
    points: int = 21
    name: str = "measured"


@dataclass(frozen=True)
class Score:
    """How a goal stands.

    Attributes:
        error: reached now.
        spent: the products counted for it.
        best: the fewest products that reach the target here; None if none does.
        bound: the fewest that the theorem guarantees to be enough; None if it guarantees nothing.
    """

    error: float
    spent: int
    best: int | None
    bound: int | None


@dataclass(frozen=True)
class Goal:
    """Something to reach at a small price.

    Attributes:
        task: what is to be done, in a sentence.
        target: the error that is to be reached.
        score: how it stands, given the result and the view of the page.
    """

    task: str
    target: float
    score: Callable[[Any, Any], Score]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One screen of the lecture.

    Attributes:
        key: short name, for links.
        title: a few words.
        need: what a newcomer must know for it, in a sentence or two.
        text: at most 120 words before the picture.
        page: name of the page whose picture it is.
        link: settings of that page, as a query string.
        part: which of its pictures; "" if it has one only.
        alone: whether only the first panel of that picture is shown.
        width: where the horizontal axis of that panel ends, if not where its page lets it end.
        step: what is counted by the steps that the picture walks through.
        heading: what the picture shows, instead of what its page says of it; or "".
        without: entries of the key of that picture which are not shown here, with all they name.
        controls: names of the one or two fields that can be changed.
        hands_on: whether they are there before the prediction: the first of them is moved to find
            the number that is asked for.
        facts: numbers of the run, from its result.
        prediction: what is asked first.
        reveal: what the picture shows, and why.
        look: what to do next, with the controls.
        takeaway: a sentence to take home.
        teacher: a note for who teaches it.
        formula: LaTeX below the text, or "".
        goal: something to reach; None for no such thing.
        onward: page and query string of where to go on, if that is not the lesson's own picture.
        limits: of the controls: the largest value of a field.
    """

    key: str
    title: str
    need: str
    text: str
    page: str
    link: str
    part: str = ""
    alone: bool = False
    width: float | None = None
    step: str = "t = k"
    heading: str = ""
    without: tuple[str, ...] = ()
    controls: tuple[str, ...]
    hands_on: bool = False
    facts: Callable[[Any], Facts]
    prediction: Number | Order | Choice | Sketch
    reveal: str
    look: str
    takeaway: str
    teacher: str
    formula: str = ""
    goal: Goal | None = None
    onward: tuple[str, str] | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
