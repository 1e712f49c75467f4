"""The numbers of a page as JSON, which opens again as the same picture; no Streamlit in here."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.kit.errors import LinkError
from dashboard.kit.page import Export

FORMAT = "hypergradients"
VERSION = 1
LARGEST_MB = 20
"""Megabytes of a file that is opened again."""
MOST_NAMES = 100
LONGEST_TEXT = 4000


@dataclass(frozen=True)
class Saved:
    """What a file asks for.

    Attributes:
        page: name of a page.
        link: query parameters of that page.
    """

    page: str
    link: Mapping[str, str]


def to_json(page: str, link: Mapping[str, str], export: Export) -> str:
    """The file: which picture it is, what was run, and every table column by column.

    Numbers have all their digits; where one is not finite there is null.
    """
    told = {
        "format": FORMAT,
        "version": VERSION,
        "page": page,
        "link": dict(link),
        "settings": dict(export.settings()),
        "tables": [{"name": item.name, **_columns(item.make())} for item in export.tables],
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n"


def _columns(text: str) -> dict[str, Any]:
    lines = text.splitlines()
    heads, *rows = csv.reader(line for line in lines if not line.startswith("# "))
    columns = zip(*rows, strict=True) if rows else [()] * len(heads)
    return {
        "columns": {
            head: [_value(cell) for cell in column]
            for head, column in zip(heads, columns, strict=True)
        }
    }


def _value(cell: str) -> float | int | str | None:
    for kind in (int, float):
        try:
            value = kind(cell)
        except ValueError:
            continue
        return value if math.isfinite(value) else None
    return cell


def read(data: bytes, pages: Iterable[str]) -> Saved:
    """What a file asks for; the page itself checks each value.

    Raises:
        LinkError: saying why, if it is not a file that ``to_json`` has made.
    """
    if len(data) > LARGEST_MB * 1_000_000:
        raise LinkError(f"The file is larger than {LARGEST_MB} MB.")
    try:
        told = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise LinkError("The file is not JSON, or it is not whole.") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise LinkError(
            "The file is JSON, but it was not saved by “Numbers (JSON)” of a page here."
        )
    if told.get("version") != VERSION:
        raise LinkError(
            "The file was saved by another version of this dashboard, which writes it differently."
        )
    page, link = told.get("page"), told.get("link")
    if page not in (known := [*pages]):
        raise LinkError(f"The file names no page of this dashboard: {', '.join(known)}.")
    if not isinstance(link, dict) or len(link) > MOST_NAMES or not all(map(_fits, link.items())):
        raise LinkError("The settings in the file are damaged.")
    return Saved(str(page), link)


def _fits(entry: tuple[str, Any]) -> bool:
    """Whether a name and a value can be part of an address, and are none of Streamlit's own."""
    name, value = entry
    return (
        name.isidentifier()
        and not name.startswith("embed")
        and isinstance(value, str)
        and len(value) <= LONGEST_TEXT
    )
