"""What Theory says around the text itself."""

from __future__ import annotations

from dashboard.kit.citations import leading_to
from dashboard.screens.theory.examples import Example
from dashboard.screens.theory.sections import SECTIONS, beside, chapters, within


def contents(current: str) -> str:
    """All chapters, and the sections of the one that is open."""
    opened = SECTIONS[current].chapter
    lines = []
    for chapter in chapters():
        lines.append(f"- {_entry(chapter, current)}")
        if chapter == opened:
            lines += [f"    - {_entry(key, current)}" for key in within(chapter)]
    return "\n".join(lines)


def section_list(chapter: str) -> str:
    """The sections of a chapter."""
    return "\n".join(f"- {_entry(key)}" for key in within(chapter))


def neighbours(current: str) -> str:
    """Links to the sections before and after, and to the chapter."""
    before, after = beside(current)
    chapter = SECTIONS[current].chapter
    links = [leading_to(before, f"← {_short(before)}")] if before else []
    if chapter not in {before, current}:
        links.append(_entry(chapter))
    if after:
        links.append(leading_to(after, f"{_short(after)} →"))
    return " · ".join(links)


def seen_in(example: Example, address: str) -> str:
    """Where a section is to be seen, and what to look at there."""
    return f"**Seen on [{example.page.capitalize()}]({address}).** {example.text}"


def _entry(key: str, current: str = "") -> str:
    title = SECTIONS[key].title
    return f"**{title}**" if key == current else leading_to(key, title)


def _short(key: str) -> str:
    """The label of a section, or its title if it has none."""
    return key if key[0].isupper() else SECTIONS[key].title
