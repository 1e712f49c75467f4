"""One HTML file that works by itself, offline: pictures, headline, table, settings, link back."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import plotly.io as pio  # type: ignore[import-untyped]

from dashboard.chart import FOLDER, PLOTLY_FILE, Frame, KeyEntry, Table
from dashboard.chart.component import NARROW
from dashboard.chart.scripts import joined
from dashboard.kit.plotly_figure import figure_of

_TEMPLATE = Path(__file__).with_name("export_page.html")
# No button that sends the figure to somebody, and no server to send it to.
CONFIG: dict[str, Any] = {
    "responsive": True,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["sendChartToCloud"],
}
HEIGHT = 600
PAIR = tuple[Frame, Frame]


def to_html(
    title: str,
    pictures: Mapping[str, PAIR],
    settings: Mapping[str, str],
    address: str,
    cursor: tuple[int, int] = (0, 0),
) -> str:
    """The page.

    Args:
        title: of the page.
        pictures: heading → the frame for a light and for a dark screen; the heading of a single
            picture is not shown.
        settings: what was run, in plain text, by names for people.
        address: of the picture in the dashboard.
        cursor: the step at which what moves with the cursor is drawn, and that of its other
            direction.
    """
    sections, figures = [], []
    for heading, (light, dark) in pictures.items():
        sections.append(_section(heading if len(pictures) > 1 else "", light, dark))
        figures.append({"light": _picture(light, cursor), "dark": _picture(dark, cursor)})
    told = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in settings.items()
    )
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        sections="".join(sections),
        settings=told,
        address=html.escape(address),
        plotly=PLOTLY_FILE.read_text(encoding="utf-8"),
        script=joined(FOLDER / "saved.js"),
        figures=_inert(figures),
        height=HEIGHT,
        config=_inert(CONFIG),
        narrow=NARROW,
    )


def _inert(value: object) -> str:
    """JSON in which nothing can end the script that it is in, or begin a comment."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")


def _picture(frame: Frame, cursor: tuple[int, int]) -> dict[str, Any]:
    """What the script draws: the figure, which Plotly's own package has checked, and our names.

    The page around it is ours: what ``plotly.io.write_html`` makes has one theme and one width.
    """
    checked = json.loads(pio.to_json(figure_of(frame, cursor)))
    layout = {name: part for name, part in checked["layout"].items() if name != "title"}
    picture = {"data": checked["data"], "layout": layout, "names": frame.get("names", [])}
    if "narrow" in frame:
        picture["narrow"] = frame["narrow"]
    return picture


def _section(heading: str, light: Frame, dark: Frame) -> str:
    title = light.get("title") or light["figure"]["layout"].get("title", {}).get("text", "")
    parts = [f"<h2>{html.escape(heading)}</h2>" if heading else ""]
    if light.get("warning"):
        parts.append(f'<p class="warning">{html.escape(light["warning"])}</p>')
    parts.append(f'<p class="headline">{html.escape(light["message"])}</p>')
    parts.append(f'<p class="run">{html.escape(_text(title))}</p>' if title else "")
    parts.append(_key(light.get("key", []), dark.get("key", [])))
    for one, other in zip(light.get("absent", []), dark.get("absent", []), strict=True):
        glyph = _glyph(one["marker"], one["color"], other["color"])
        name, reason = html.escape(one["name"]), html.escape(one["reason"])
        parts.append(f"<p>{glyph}<b>{name}</b> does not apply here: {reason}</p>")
    alt = html.escape(light["alt"])
    parts.append(f'<figure aria-label="{alt}"><div class="plot"></div></figure>')
    parts.append(_table(light["table"], dark["table"]))
    return f"<section>{''.join(parts)}</section>"


def _text(title: str) -> str:
    """A title of a figure without Plotly's line breaks."""
    return title.replace("<br>", " ")


def _glyph(mark: str, light: str = "", dark: str = "", background: str = "") -> str:
    colors = f' data-light="{html.escape(light)}" data-dark="{html.escape(dark)}"' if light else ""
    patch = f' data-background="{html.escape(background)}"' if background else ""
    return f'<span data-mark="{html.escape(mark)}"{colors}{patch}></span>'


def _key(light: Sequence[KeyEntry], dark: Sequence[KeyEntry]) -> str:
    entries = []
    for one, other in zip(light, dark, strict=True):
        colors = one.get("color", ""), other.get("color", "")
        glyph = _glyph(one["mark"], *colors, one.get("background", ""))
        entries.append(f"<li>{glyph}{html.escape(one['text'])}</li>")
    return f'<ul class="key">{"".join(entries)}</ul>' if entries else ""


def _table(light: Table, dark: Table) -> str:
    if not light["rows"]:
        return ""
    caption = html.escape(light["caption"])
    heads = "".join(
        f'<th scope="col">{html.escape(column["label"])}</th>' for column in light["columns"]
    )
    body = []
    for one, other in zip(light["rows"], dark["rows"], strict=True):
        first, *rest = (html.escape(cell) for cell in one["cells"])
        glyph = _glyph(one.get("marker", "circle"), one["color"], other["color"])
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        body.append(f'<tr><th scope="row">{glyph}{first}</th>{cells}</tr>')
    helps = "".join(
        f"<li><b>{html.escape(column['label'])}</b>: {html.escape(column['help'])}</li>"
        for column in light["columns"]
        if "help" in column
    )
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        + (f'<ul class="helps">{helps}</ul>' if helps else "")
    )
