"""The price in memory."""

from __future__ import annotations

from dashboard.lessons.lecture.facts import stored
from dashboard.lessons.lecture.lesson import Facts, Lesson, Misconception, Order
from hypergrad_core import METHODS, Experiment

KEYS = ("itd", "itd-forward", "aid-fp", "aid-cg")
# Bytes of a number in double precision, and of a gigabyte.
NUMBER, GIGA = 8, 1e9
LARGE = 1e6


def facts(run: Experiment) -> Facts:
    """Numbers held at the last step, and what that is at d = 10⁶, where all grow like d."""
    held = {key: stored(run, key) for key in KEYS}
    scale = LARGE / run.state_size * NUMBER / GIGA
    return {
        **held,
        "t": float(run.steps[-1]),
        "d": float(run.state_size),
        "m": float(run.hyper_size),
        "large_itd": held["itd"] * scale,
        "large_fp": held["aid-fp"] * scale,
        "more": held["itd"] / held["aid-fp"],
    }


LESSON = Lesson(
    key="memory",
    title="The price in memory",
    need="You need: that a model with [[d]] weights takes d numbers of memory.",
    text="Every method keeps [[w]] and a vector to work in, all but Forward ITD their answer too. "
    "Besides, [[ITD]] keeps every iterate until it has gone back; [[Forward ITD]] the Jacobian, a "
    "column of length [[d]] for each of the [[m]] hyperparameters; [[AID-FP]] the vector [[v]]; "
    "[[AID-CG]] v, a residual and a direction. Here d = 1000, m = 5 and t = k = 60. In the "
    "picture, left means less [[memory]], down a smaller error.",
    page="explore",
    link="problem=quadratic&d=1000&m=5&T=60&methods=itd.itd-forward.aid-fp.aid-cg&x=floats"
    "&bound=none&eps=1e-3&at=60",
    heading="Error and memory while t = k grows to T.",
    controls=("size", "horizon"),
    limits={"horizon": 200},
    facts=facts,
    prediction=Order(
        question="Put the methods in order of the memory that they need after 60 steps.",
        things={key: METHODS[key].label for key in KEYS},
        first="the least memory",
        last="the most memory",
        misconceptions=(
            Misconception(
                lambda guess, facts: guess[-1] != "itd",
                "ITD keeps one vector for each step, {t:.0f} of them here. Nothing else in this "
                "list grows with t.",
            ),
            Misconception(
                lambda guess, facts: guess[-1] == "itd",
                "Only the order of the others differs: a handful of vectors for AID, "
                "and m = {m:.0f} columns for Forward ITD.",
            ),
        ),
    ),
    reveal="AID-FP holds {aid-fp:count} numbers, AID-CG {aid-cg:count}, Forward ITD "
    "{itd-forward:count}, ITD {itd:count}. In general AID keeps a handful of vectors of length d, "
    "Forward ITD about m, ITD about t. With d = 10⁶, ITD needs {large_itd:.2g} GB after {t:.0f} "
    "steps, AID-FP {large_fp:.2g} GB.",
    look="double T. Which curves reach farther to the right?",
    takeaway="ITD in reverse mode pays for every step in memory; AID pays nothing for the "
    "length of the run.",
    teacher="Ask for the training runs of the room: how many steps, how many weights? Multiply. "
    "That is why long runs are not unrolled.",
)
