"""Labels of THEORY.md in the texts of pages, each a link to the section that it names."""

from __future__ import annotations

import re
from urllib.parse import quote

_CITED = re.compile(r"\b(?:[RLC]\d{1,2}|Theorem \d\.\d|(tier [PXTV]))\b")
_TIERS = "tiers-and-status"


def address_of_section(section: str) -> str:
    """Where a section is read, as any page can link to it: its label, its title, or a theorem."""
    return f"theory?section={quote(section)}"


def leading_to(section: str, words: str) -> str:
    """Words that lead to a section, as Markdown."""
    return f"[{words}]({address_of_section(section)})"


def cited(text: str) -> str:
    """Markdown in which labels such as R12, theorems of the paper and tiers lead to sections."""
    return _CITED.sub(lambda words: leading_to(_TIERS if words[1] else words[0], words[0]), text)
