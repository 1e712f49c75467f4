"""Random links: for every name a value that is good, nearly so, strange or hostile."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from dashboard.kit.given_hyper import write
from dashboard.kit.page import Page
from dashboard.pages import PAGES
from hypergrad_core import FAMILIES, METHODS
from tests.support.hostile import MARKUP, STRANGE

NEARLY = (
    "0",
    "-1",
    "1",
    "0.5",
    "1.500000001",
    "0.99999",
    "7",
    "1e3",
    "5.0",
    " 7",
    "+7",
    "x.y",
    ".",
)
CHOICES = (*FAMILIES, *METHODS, ".".join(METHODS), "itd.itd", "log", "none", "adjoint", "single")
HYPERS = (
    *(write(tuple(0.1 * (place - 1) for place in range(count))) for count in (1, 2, 3, 6, 10, 11)),
    *(write((value,)) for value in (float("nan"), float("inf"), 1e300, -0.0)),
    *("own", "AAAAAAAAAAA", "AAAAAAAAAAA=", "AAAAAAAAAAAA", "A" * 2134, "A" * 2136, "____", "-"),
)
FOREIGN = ("embed", "only", "projector", "utm_source", "__proto__", "constructor", "page", "theme")


def random_link(page: Page[Any, Any, Any], rng: random.Random) -> dict[str, str]:
    """Some parameters of a page, and some that are none of its own."""
    names = [field.link for field in page.settings.fields.values()]
    chosen = rng.sample(names, rng.randint(0, min(6, len(names))))
    if rng.random() < 0.2:
        chosen.append(rng.choice(FOREIGN))
    link = {name: rng.choice(rng.choice((MARKUP, STRANGE, NEARLY, CHOICES))) for name in chosen}
    if "hyper" in names and rng.random() < 0.2:
        link["hyper"] = rng.choice(HYPERS)
    return link


def random_page(rng: random.Random) -> Page[Any, Any, Any]:
    """Any page."""
    return rng.choice(PAGES)


def survives(page: Page[Any, Any, Any], link: Mapping[str, str]) -> None:
    """A link is read without an exception; what it leads to has a link that leads to the same."""
    settings = page.settings
    scenario, view, messages = settings.of_link(link)
    assert all(len(message) < 1000 and message.isprintable() for message in messages), messages
    for full in (False, True):
        again = settings.link_of(scenario, view, full=full)
        assert settings.of_link(again) == (scenario, view, ()), again
