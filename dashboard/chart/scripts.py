"""The JavaScript of the chart: small modules that import each other, joined into one script.

Streamlit's component takes one script, and a page that is opened from a file may not load modules.
All that is joined shares one scope, so a name stands at the top level of one module only.
"""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "(\.{1,2}/[\w./-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) )", re.MULTILINE)
# What the two patterns leave, other than the function that Streamlit calls.
_LEFT = re.compile(r"^(?:import|export(?! default function))\b.*", re.MULTILINE)


def joined(path: Path) -> str:
    """The module at ``path`` after all that it imports, without the words import and export.

    Raises:
        ValueError: if an import or an export is not written on one line as the others are, or if
            modules import each other in a circle.
    """
    texts: dict[Path, str] = {}
    imports: dict[Path, list[Path]] = {}
    waiting = [path.resolve()]
    while waiting:
        module = waiting.pop()
        if module in texts:
            continue
        texts[module] = module.read_text(encoding="utf-8")
        addresses = _IMPORT.findall(texts[module])
        imports[module] = [(module.parent / address).resolve() for address in addresses]
        waiting += imports[module]
    order = TopologicalSorter(imports).static_order()
    return "\n".join(_bare(module.name, texts[module]) for module in order)


def _bare(name: str, text: str) -> str:
    """A module as a part of the joined script."""
    text = _EXPORT.sub("", _IMPORT.sub("", text))
    if left := _LEFT.search(text):
        raise ValueError(f"{name}: cannot join {left[0]!r}")
    return text
