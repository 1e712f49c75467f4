"""Lessons as HTML that opens from disk, or from any static host."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from dashboard.chart import FOLDER, PLOTLY_FILE
from dashboard.chart.component import NARROW
from dashboard.chart.scripts import joined
from dashboard.kit.glossary import marked
from dashboard.kit.mathml import mathml
from dashboard.lessons.lecture import LESSONS
from dashboard.lessons.lecture.lesson import Choice, Lesson, Number, Order
from dashboard.screens.lecture.settings import number_writer
from dashboard.screens.lecture.taken.frames import Taken
from dashboard.screens.lecture.words import fill

_HERE = Path(__file__).parent
_KIT = FOLDER.parent / "kit"
_TEMPLATE = Template((_HERE / "lesson.html").read_text(encoding="utf-8"))
INDEX = "index.html"
PLOTLY, SCRIPT, STYLE = "plotly.js", "lesson.js", "lesson.css"
TITLE = "Hypergradients: the lecture"


def style() -> str:
    """The style of all pages."""
    files = (FOLDER / "chart.css", _KIT / "terms.css", _HERE / "lesson.css")
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def script() -> str:
    """The script of all pages: that of the chart, and the lesson around it."""
    code = joined(_HERE / "lesson.js")
    terms = (_KIT / "terms.js").read_text(encoding="utf-8")
    return f'(() => {{\n"use strict";\n{code}\n{terms}\nbegin({{ narrow: {NARROW} }});\n}})();\n'


def single_file(lessons: Sequence[Taken], address: str = "") -> str:
    """These lessons as one file, which needs nothing else.

    Args:
        lessons: at least one.
        address: where the dashboard is, or "".
    """
    title = lessons[0].lesson.title if len(lessons) == 1 else TITLE
    links = {item.lesson.key: f"#{item.lesson.key}" for item in lessons}
    return _TEMPLATE.substitute(
        title=html.escape(title),
        style=f"<style>{style()}</style>",
        map=_map(links) if len(lessons) > 1 else "",
        body="".join(_article(item, links, address) for item in lessons),
        scripts=f"<script>{PLOTLY_FILE.read_text(encoding='utf-8')}</script>"
        f"<script>{script()}</script>",
    )


def folder(lessons: Sequence[Taken]) -> dict[str, str]:
    """These lessons as files for a static host, by name: a page for each, and what they share."""
    links = {item.lesson.key: f"{item.lesson.key}.html" for item in lessons}
    shared = {
        "style": f'<link rel="stylesheet" href="{STYLE}">',
        "scripts": f'<script src="{PLOTLY}"></script><script src="{SCRIPT}"></script>',
    }
    pages = {
        links[item.lesson.key]: _TEMPLATE.substitute(
            title=html.escape(item.lesson.title),
            map=_map(links, item.lesson.key),
            body=_article(item, links, ""),
            **shared,
        )
        for item in lessons
    }
    entries = "".join(
        f'<li><a href="{links[item.lesson.key]}">{html.escape(item.lesson.title)}</a>'
        f'<p class="gl-words">{marked(item.lesson.need)}</p></li>'
        for item in lessons
    )
    index = _TEMPLATE.substitute(
        title=html.escape(TITLE),
        map="",
        body=f'<article class="contents"><h1>{TITLE}</h1><ol>{entries}</ol></article>',
        style=shared["style"],
        scripts=f'<script src="{SCRIPT}"></script>',
    )
    return {
        INDEX: index,
        **pages,
        PLOTLY: PLOTLY_FILE.read_text(encoding="utf-8"),
        SCRIPT: script(),
        STYLE: style(),
    }


def _map(links: Mapping[str, str], here: str = "") -> str:
    """The way to all lessons."""
    titles = {lesson.key: lesson.title for lesson in LESSONS}
    entries = "".join(
        f'<li><a href="{link}"{" aria-current=page" if key == here else ""}>'
        f"{html.escape(titles[key])}</a></li>"
        for key, link in links.items()
    )
    listed = f"<details><summary>All lessons</summary><ol>{entries}</ol></details>"
    return f'<nav class="map" aria-label="All lessons">{listed}</nav>'


def _article(item: Taken, links: Mapping[str, str], address: str) -> str:
    lesson, facts = item.lesson, item.lesson.facts(item.own)
    place = LESSONS.index(lesson) + 1
    goal = (
        f'<p class="goal"><b>A goal.</b> {html.escape(lesson.goal.task)} '
        '<b class="score" role="status"></b></p>'
        if lesson.goal
        else ""
    )
    back = ""
    if address:
        link = html.escape(f"{address}?lesson={lesson.key}")
        back = f'<p class="back">The same lesson in the dashboard: <a href="{link}">{link}</a></p>'
    return f"""
<article class="lesson" id="{lesson.key}" data-hands-on="{str(lesson.hands_on).lower()}">
<header><h1>{place} of {len(LESSONS)} · {html.escape(lesson.title)}</h1>
{_steps(lesson, links)}</header>
<div class="beside">
<div class="words">
<p class="gl-words need">{marked(lesson.need)}</p>
<p class="gl-words">{marked(fill(lesson.text, facts))}</p>
{mathml(lesson.formula) if lesson.formula else ""}
<form class="predict">
<p><b>Predict first.</b> {marked(lesson.prediction.question)}</p>
{_ask(lesson)}
<p class="buttons"><button class="commit">Commit and show</button>
<button class="skip" type="button">Skip, just show</button></p>
</form>
<section class="told" hidden aria-label="What the picture shows">
<p class="verdict" role="status"></p><p class="resolved"></p>
<p class="gl-words">{marked(fill(lesson.reveal, facts))}</p>
<p class="buttons"><button class="again" type="button">Predict again</button></p>
</section>
<div class="control"><p class="gl-words">Now you: {marked(lesson.look)}</p>
<label>{html.escape(item.label)}: <output></output>
<input type="range" min="0" max="{len(item.stops) - 1}" step="1" value="{item.first}"
 data-names="{html.escape("|".join(item.stops))}"></label>
<p class="note">Here are {len(item.stops)} values of one control. The dashboard has all of them.</p>
</div>
</div>
<div class="picture"><div class="mount"></div>{goal}</div>
</div>
<p class="home" hidden><b>To take home.</b> {html.escape(lesson.takeaway)}</p>
<details class="teacher"><summary>For the teacher</summary>
<p>{html.escape(lesson.teacher)}</p></details>
{back}
<script type="application/gzip" class="pictures">{item.pictures}</script>
</article>"""


def _steps(lesson: Lesson, links: Mapping[str, str]) -> str:
    """The ways to the lessons before and after."""
    keys = [item.key for item in LESSONS if item.key in links]
    place = keys.index(lesson.key)
    near = {"Previous": place - 1, "Next": place + 1}
    found = [
        f'<a href="{links[keys[other]]}" rel="{name[:4].lower()}">{name}</a>'
        for name, other in near.items()
        if 0 <= other < len(keys)
    ]
    return (
        f'<nav class="steps" aria-label="Before and after">{"".join(found)}</nav>' if found else ""
    )


def _ask(lesson: Lesson) -> str:
    """The controls of a prediction; a curve is drawn on the picture."""
    asked = lesson.prediction
    if isinstance(asked, Number):
        write = number_writer(asked)
        names = "|".join(f"{write(stop)} {asked.unit}".strip() for stop in asked.stops)
        first = min(
            range(len(asked.stops)), key=lambda place: abs(asked.stops[place] - asked.first)
        )
        return (
            f"<label>{html.escape(asked.label)}: <output></output>"
            f'<input type="range" min="0" max="{len(asked.stops) - 1}" value="{first}" '
            f'data-names="{html.escape(names)}"></label>'
        )
    if isinstance(asked, Choice):
        return "".join(
            f'<label class="option"><input type="radio" name="{lesson.key}" value="{key}"> '
            f"{html.escape(text)}</label>"
            for key, text in asked.options.items()
        )
    if isinstance(asked, Order):
        buttons = "".join(
            f'<button type="button" data-thing="{key}" aria-pressed="false">'
            f"<span></span>{html.escape(label)}</button>"
            for key, label in asked.things.items()
        )
        return (
            f"<p>Press them in order: {html.escape(asked.first)} first, "
            f'{html.escape(asked.last)} last.</p><p class="order">{buttons}</p>'
        )
    return (
        "<p>Drag across the picture from left to right. By keyboard: go to the picture with Tab, "
        "then ↑ and ↓ move the curve, ← and → go along it.</p>"
    )
