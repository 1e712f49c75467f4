"""The speaker's window: the teacher's notes, beside the lecture that is projected."""

from __future__ import annotations

import json
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dashboard.chart.scripts import joined
from dashboard.kit.glossary import plain
from dashboard.kit.policy import own_page
from dashboard.kit.presenting import FOLDER, SPEAKER_PATH
from dashboard.lessons.lecture import LESSONS


def speaker_page() -> str:
    """The page, complete in itself; what it shows of a lesson is text without numbers of a run."""
    lessons = [
        {
            "key": lesson.key,
            "title": lesson.title,
            "need": plain(lesson.need),
            "teacher": plain(lesson.teacher),
            "question": plain(lesson.prediction.question),
            "takeaway": lesson.takeaway,
        }
        for lesson in LESSONS
    ]
    page = Template((FOLDER / "speaker.html").read_text(encoding="utf-8"))
    return page.substitute(
        lessons=json.dumps(lessons).replace("<", "\\u003c"),
        # One scope for all that is joined, and none of it in the window.
        script=f"{{\n{joined(FOLDER / 'speaker.js')}\n}}",
    )


PAGE = own_page(speaker_page())


def speaker_route(path: str = SPEAKER_PATH) -> Route:
    """Route for the speaker's window."""

    def endpoint(request: Request) -> Response:
        return HTMLResponse(PAGE)

    return Route(path, endpoint)
