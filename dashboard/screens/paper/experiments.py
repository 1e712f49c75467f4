"""The experiments of the paper and of its repository: which are here, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How near a picture here comes to an experiment."""

    REPRODUCED = "reproduced"
    MATCHED = "matched on other data"
    MISSING = "not here"


SIGNS = {State.REPRODUCED: ":green[✓]", State.MATCHED: ":blue[≈]", State.MISSING: ":gray[–]"}


@dataclass(frozen=True)
class Tried:
    """One experiment.

    Attributes:
        name: what the paper or its repository does.
        state: how near we come.
        differs: what differs here, or why it is not here.
        page: where it is seen; "" if nowhere.
        link: what that page is set to, as a query string.
    """

    name: str
    state: State
    differs: str
    page: str = ""
    link: str = ""


EXPERIMENTS: Sequence[Tried] = (
    Tried(
        "Figure 1: four synthetic problems, errors against t",
        State.REPRODUCED,
        "Above, at the sizes that the sidebar says.",
        "paper",
        "kind=synthetic",
    ),
    Tried(
        "Kernel ridge regression with a width for each feature, Parkinson data",
        State.MATCHED,
        "Diabetes: the Parkinson data are not ours to pass on.",
        "descent",
        "problem=kernel-ridge-log&data=diabetes&methods=aid-cg&rule=backtracking&outer=10",
    ),
    Tried(
        "Logistic regression of several classes, a penalty for each feature, 20 newsgroups",
        State.MATCHED,
        "Digits: 64 features, ten classes. Tested on held-out rows, and once more when it has been "
        "trained again on training and validation rows together.",
        "descent",
        "problem=softmax&data=digits&methods=aid-cg&rule=backtracking&outer=10&height=accuracy",
    ),
    Tried(
        "Ten images that are learned as training data, Fashion-MNIST",
        State.MATCHED,
        "Digits of 8 × 8 pixels.",
        "descent",
        "problem=learned-digits&data=digits&methods=aid-cg&rule=backtracking&outer=50&first=1"
        "&height=accuracy",
    ),
    Tried(
        "Equilibrium models, with and without projection, MNIST",
        State.MATCHED,
        "50 digits of eight features. The switch *Projection* is in the sidebar.",
        "descent",
        "problem=equilibrium&data=digits&methods=aid-fp&rule=fixed&first=1&outer=50&project=yes",
    ),
    Tried(
        "Graph networks",
        State.MATCHED,
        "Zachary’s karate club.",
        "descent",
        "problem=graph-network&data=karate_club&methods=aid-fp&rule=fixed&outer=30&project=yes",
    ),
    Tried(
        "Meta-learning over many tasks: biased regularisation and hyper-representation",
        State.MISSING,
        "One task at a time so far.",
        "descent",
        "problem=biased&data=digits",
    ),
)


def experiments_table(href: Callable[[str, str], str]) -> str:
    """All of them as Markdown; ``href`` makes the address of a page and a link."""
    lines = ["| State | Experiment | Here |", "|---|---|---|"]
    for tried in EXPERIMENTS:
        address = href(tried.page, tried.link)
        seen = f"{tried.differs} [See it]({address})."
        lines.append(f"| {SIGNS[tried.state]} | {tried.name} | {seen} |")
    return "\n".join(lines)


def experiments_key() -> str:
    """What the signs mean."""
    return f"{', '.join(f'{sign} {state}' for state, sign in SIGNS.items())}."
