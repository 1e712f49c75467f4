"""Theory: THEORY.md as it is, section by section, with links between the sections and out of it."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from frames import control, open_page, render_frame
from streamlit.testing.v1 import AppTest

from dashboard.kit.errors import LinkError
from dashboard.notebook import figure
from dashboard.screens.theory.examples import EXAMPLES
from dashboard.screens.theory.page import PAGE
from dashboard.screens.theory.sections import SECTIONS, THEOREMS, Section, markdown
from dashboard.screens.theory.words import contents, neighbours
from tests.support.texts import THEORY, anchor

FORMULA = r"\$\$?[^$]+\$\$?"
every_section = pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)


def links(text: str) -> list[str]:
    """The sections that a text leads to."""
    found = re.findall(r"\]\(([^)]*)\)", text)
    assert all(urlsplit(link).path == PAGE.name for link in found)
    return [dict(parse_qsl(urlsplit(link).query))["section"] for link in found]


def texts(session: AppTest) -> list[str]:
    return [item.value for item in session.main.markdown]


def test_nothing_of_the_text_is_lost() -> None:
    written = THEORY.read_text(encoding="utf-8")
    body = written[written.index("\n## ") :]
    level = {True: "##", False: "###"}
    parts = [f"{level[of.key == of.chapter]} {of.title}\n\n{of.text}" for of in SECTIONS.values()]
    assert re.sub(r"\s+", " ", " ".join(parts)) == re.sub(r"\s+", " ", body).strip()
    for key, section in SECTIONS.items():
        assert key == (anchor(section.title) if key.islower() else section.title.split(".")[0])
        assert section.chapter in SECTIONS


@every_section
def test_formulas_stay_and_labels_lead_to_their_sections(section: Section) -> None:
    shown = markdown(section)
    written = re.sub(r"^```math\n(.*?)```$", r"$$\n\1$$", section.text, flags=re.M | re.S)
    assert re.findall(FORMULA, shown) == re.findall(FORMULA, written)
    assert re.sub(r"\[(\w+)\]\([^)]*\)", r"\1", shown) == written
    assert "```math" not in shown
    named = {*re.findall(r"\b[RLC]\d+\b", re.sub(FORMULA, "", written))} - {section.key}
    assert {*links(shown)} == named <= {*SECTIONS}


def test_theorems_of_the_paper_lead_to_what_they_prove() -> None:
    assert THEOREMS == {"Theorem 2.1": "R1", "Theorem 2.2": "R2", "Theorem 2.3": "R3"}


def test_one_can_walk_through_all_sections_and_back() -> None:
    walked = [next(iter(SECTIONS))]
    while (found := links(neighbours(walked[-1]))) and "→" in neighbours(walked[-1]):
        assert found[-1] not in walked
        walked.append(found[-1])
    assert walked == [*SECTIONS]
    for before, after in pairwise(walked):
        assert links(neighbours(after))[0] == before


@every_section
def test_the_contents_list_all_chapters_and_the_open_one(section: Section) -> None:
    listed = links(contents(section.key))
    mates = {key for key, other in SECTIONS.items() if other.chapter == section.chapter}
    openings = {other.chapter for other in SECTIONS.values()}
    assert {*listed, section.key} == mates | openings
    assert contents(section.key).count(f"**{section.title}**") == 1


@pytest.mark.parametrize("key", ["setting", "lemmas", "R12", "C7", "sources"])
def test_a_link_opens_its_section(key: str) -> None:
    session = open_page({"section": key}, "theory")
    section, shown = SECTIONS[key], texts(session)
    assert f"## {section.title}" in shown
    assert any(markdown(section) in text for text in shown)
    assert control(session, "section").value == key
    assert not session.warning
    seen = [text for text in shown if text.startswith("**Seen on")]
    assert len(seen) == (key in EXAMPLES)
    assert [item.label for item in session.expander][-1] == "Symbols and terms"


@pytest.mark.parametrize(("key", "address"), [("R12", "./"), ("R14", "why"), ("setting", "budget")])
def test_a_section_leads_to_the_page_where_it_is_seen(key: str, address: str) -> None:
    example = EXAMPLES[key]
    shown = "\n".join(texts(open_page({"section": key}, "theory")))
    assert f"[{example.page.capitalize()}]({address}?{example.link})" in shown


@pytest.mark.parametrize("written", ["r12", "Theorem 2.1"])
def test_other_spellings_lead_to_a_section(written: str) -> None:
    session = open_page({"section": written}, "theory")
    key = {"r12": "R12"}.get(written, "R1")
    assert session.query_params["section"] == key
    assert not session.warning


@pytest.mark.parametrize("bad", ["R99", "", "*" * 200])
def test_a_section_that_is_not_there_is_told_in_a_sentence(bad: str) -> None:
    session = open_page({"section": bad}, "theory")
    (warning,) = session.warning
    plain = warning.value.replace("\\", "")
    assert "is not allowed: choose a label such as R12, or another section" in plain
    assert "Used instead: Setting." in plain
    assert len(plain) < 500
    assert "## Setting" in texts(session)


def test_a_section_is_chosen_from_the_list() -> None:
    session = open_page(page="theory")
    control(session, "section").select("R7").run()
    assert "## R7. Tier X" in texts(session)
    assert session.query_params["section"] == "R7"


def test_it_has_no_picture_to_ask_for() -> None:
    with pytest.raises(LinkError, match="The page Theory has no picture"):
        render_frame({"page": "theory"})
    with pytest.raises(LinkError, match="has no picture"):
        figure("theory")
    assert not PAGE.parts
