"""Every label that a page cites leads to a section of the page that shows THEORY.md."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from frames import open_page
from test_pages import LINKS

from dashboard.kit.citations import address_of_section, cited
from dashboard.pages import PAGES
from dashboard.screens.explore.figure.bound_card import formula_card
from dashboard.screens.explore.settings import View
from dashboard.screens.theory.page import PAGE as THEORY
from hypergrad_core import METHODS, HypergradError, Scenario, run
from hypergrad_core.inner import SOLVERS

LABEL = r"\b[RLC]\d{1,2}\b|Theorem \d\.\d"
# Where a label, or a word, is a link it stands in brackets; Markdown has no others here.
LINK = r"\[([^\]]*)\]\(([^)]*)\)"


def followed(text: str) -> dict[str, str]:
    """The words of a text that lead to a section, and the key of it; no label is left over."""
    found = {
        words: address
        for words, address in re.findall(LINK, text)
        if urlsplit(address).path == THEORY.name
    }
    assert not re.search(LABEL, re.sub(LINK, "", text)), text
    led = {}
    for words, address in found.items():
        link = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
        _, view, messages = THEORY.settings.of_link(link)
        assert not messages
        led[words] = view.section
    return led


def test_the_address_is_that_of_the_page_and_of_its_setting() -> None:
    address = urlsplit(address_of_section("Theorem 2.1"))
    assert address.path == THEORY.name
    assert dict(parse_qsl(address.query)) == {THEORY.settings.fields["section"].link: "Theorem 2.1"}


def test_labels_become_links_and_nothing_else_does() -> None:
    text = "See R12, tier X and Theorem 2.2, but not R123, CR1, C_k, AR1 or tier Q."
    led = followed(cited(text))
    assert led == {"R12": "R12", "tier X": "tiers-and-status", "Theorem 2.2": "R2"}
    assert re.sub(LINK, r"\1", cited(text)) == text


@pytest.mark.parametrize("family", ["quadratic", "logistic", "nonsymmetric"])
@pytest.mark.parametrize("inner", SOLVERS)
def test_every_label_of_a_formula_card_has_its_section(family: str, inner: str) -> None:
    fields = {"size": 6, "hyper_size": 2, "samples": 8, "horizon": 4, "inner": inner}
    vary = "both" if SOLVERS[inner].iterative else "adjoint"
    try:
        scenario = Scenario(family=family, methods=tuple(METHODS), vary=vary, **fields)  # type: ignore[arg-type]
    except HypergradError:
        return  # momentum where it has no guarantee
    experiment = run(scenario)
    assert experiment.curves
    for curve in experiment.curves:
        card = formula_card(experiment, curve, View(), "light")
        led = followed(cited(f"{card.status} {card.source}"))
        assert led.pop(f"tier {curve.paper.tier}") == "tiers-and-status"
        assert any(key in led.values() for key in ("R1", "R2", "R3", "R13"))


@pytest.mark.parametrize(
    ("name", "link", "section"),
    [
        ("explore", {}, "R2"),
        ("complexity", {}, "R22"),
        ("budget", {}, "R23"),
        ("why", {"show": "bound"}, "constants"),
    ],
)
def test_a_page_leads_to_what_it_draws(name: str, link: dict[str, str], section: str) -> None:
    assert name in {page.name for page in PAGES}
    # A seed of its own: other tests must not find the sweep measured.
    session = open_page({**LINKS[name], "seed": "78", **link}, name)
    led = set()
    for item in (*session.main.markdown, *session.main.caption):
        led |= {*followed(item.value).values()} if "](" in item.value else set()
    assert section in led
    job = session.session_state[f"job of {name}"]
    if job is not None:
        job.stop()
