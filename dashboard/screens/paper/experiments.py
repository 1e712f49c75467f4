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
        "Graph networks, an instance of the paper’s setting",
        State.MATCHED,
        "Zachary’s karate club.",
        "descent",
        "problem=graph-network&data=karate_club&methods=aid-fp&rule=fixed&outer=30&project=yes",
    ),
    Tried(
        "Meta-learning by biased regularisation over many tasks (iMAML in the repository), 5-way "
        "1-shot, Omniglot and mini-ImageNet",
        State.MATCHED,
        "Eight 5-way tasks from digits of 4 × 4 pixels, two images a class, linear classifiers. "
        "Judged on 20 new tasks: other images, and other digits together. Each digit alone has "
        "been seen: a point that linear classifiers are pulled to says nothing of others.",
        "descent",
        "problem=biased-tasks&data=digits&methods=aid-cg&rule=backtracking&outer=20&first=1"
        "&height=accuracy",
    ),
    Tried(
        "Hyper-representation over many tasks (Franceschi et al. 2018)",
        State.MATCHED,
        "The same tasks, of 8 × 8 pixels: five linear features, and a ridge regression on them in "
        "each task, where theirs are convolutional.",
        "descent",
        "problem=representation-tasks&data=digits&methods=aid-cg&rule=backtracking&outer=20&first=1"
        "&height=accuracy",
    ),
    Tried(
        "Logistic regression with a penalty for each feature (first notebook of the repository), "
        "synthetic data",
        State.MATCHED,
        "Rows of the same number and length, drawn anew; losses are sums, not means.",
        "descent",
        "problem=logistic&data=synthetic&d=20&n=500&methods=aid-cg&rule=backtracking&outer=10",
    ),
    Tried(
        "Hyper-cleaning: a weight for each training image, of which half have a wrong label "
        "(repository), MNIST",
        State.MISSING,
        "No family here has a weight for each training row. Nearest is that λ is the training "
        "images themselves.",
        "descent",
        "problem=learned-digits&data=digits&methods=aid-cg&rule=backtracking&outer=50&first=1",
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
