"""THEORY.md of the core, taken apart into sections, as Markdown that a page can show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from dashboard.kit.citations import leading_to

LABEL = r"[RLC]\d{1,2}"
# What is not prose: blocks of code, formulas, code in a line.
_FENCED = r"^```(?s:.*?)^```$"
_NO_PROSE = re.compile(rf"({_FENCED}|\$[^$]*\$|`[^`\n]*`)", re.MULTILINE)
_HEADING = re.compile(rf"{_FENCED}|^(#{{2,3}}) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A section of the text.

    Attributes:
        key: its label, such as R12, or its title in lower case with hyphens.
        title: its heading.
        chapter: key of the chapter that it belongs to; its own, if it opens one.
        text: Markdown of what stands below the heading.
    """

    key: str
    title: str
    chapter: str
    text: str


def _taken_apart(text: str) -> dict[str, Section]:
    headings = [found for found in _HEADING.finditer(text) if found[1]]
    ends = [*(found.start() for found in headings[1:]), len(text)]
    sections: dict[str, Section] = {}
    chapter = ""
    for found, end in zip(headings, ends, strict=True):
        title = found[2]
        labelled = re.match(rf"({LABEL})\. ", title)
        key = labelled[1] if labelled else title.lower().replace(" ", "-")
        chapter = key if found[1] == "##" else chapter
        sections[key] = Section(key, title, chapter, text[found.end() : end].strip())
    return sections


def _theorems(sections: Mapping[str, Section]) -> dict[str, str]:
    """The sections that give a theorem of the paper as their source, by its name there."""
    source = re.compile(r"\*Source[\w ]*:\*[^\n]*?(Theorem \d\.\d)")
    found = {key: source.search(section.text) for key, section in sections.items()}
    return {match[1]: key for key, match in found.items() if match}


SECTIONS = _taken_apart(files("hypergrad_core").joinpath("THEORY.md").read_text(encoding="utf-8"))
THEOREMS = _theorems(SECTIONS)


def chapters() -> list[str]:
    """Keys of the sections that open a chapter."""
    return [key for key, section in SECTIONS.items() if section.chapter == key]


def within(chapter: str) -> list[str]:
    """Keys of the sections of a chapter that has been opened."""
    return [key for key, section in SECTIONS.items() if section.chapter == chapter != key]


def beside(key: str) -> tuple[str | None, str | None]:
    """The sections before and after one."""
    keys: list[str | None] = [None, *SECTIONS, None]
    place = keys.index(key)
    return keys[place - 1], keys[place + 1]


def markdown(section: Section) -> str:
    """Its text with formulas as a page writes them, and labels that lead to their sections."""

    def linked(label: re.Match[str]) -> str:
        known = label[0] in SECTIONS and label[0] != section.key
        return leading_to(label[0], label[0]) if known else label[0]

    parts = _NO_PROSE.split(section.text)
    parts[::2] = [re.sub(rf"\b{LABEL}\b", linked, prose) for prose in parts[::2]]
    parts[1::2] = [
        re.sub(r"^```math\n(.*)```$", r"$$\n\1$$", other, flags=re.DOTALL) for other in parts[1::2]
    ]
    return "".join(parts)
