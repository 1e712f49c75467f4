"""Lessons as a folder for any static host: ``python -m dashboard.lessons DIR [LESSON ...]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard.lessons.lecture import LESSONS
from dashboard.pages import LECTURE
from dashboard.screens.lecture.settings import LESSON_PARAM
from dashboard.screens.lecture.taken.files import made
from dashboard.screens.lecture.taken.markup import folder


def main() -> int:
    """Write the folder; 0 if that could be done."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.lessons",
        description="Write lessons as pages that any static host can serve, without a server of "
        "their own. Open index.html.",
    )
    keys = [lesson.key for lesson in LESSONS]
    parser.add_argument("folder", type=Path, help="is made if it is not there")
    parser.add_argument(
        "lessons",
        nargs="*",
        metavar="LESSON",
        # argparse holds an empty list against the choices as well, so they are checked below.
        help=f"all if none is named, else some of: {', '.join(keys)}",
    )
    given = parser.parse_args()
    if unknown := [key for key in given.lessons if key not in keys]:
        parser.error(f"no lesson is called {unknown[0]!r}; there are: {', '.join(keys)}")
    chosen = [lesson for lesson in LESSONS if lesson.key in (given.lessons or keys)]
    target = given.folder
    try:
        target.mkdir(parents=True, exist_ok=True)
        files = folder(made(chosen, lambda key: LECTURE.at({LESSON_PARAM: key})))
        for name, text in files.items():
            (target / name).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"The folder cannot be written: {error}", file=sys.stderr)
        return 1
    size = sum(len(text.encode()) for text in files.values()) / 1e6
    print(f"{len(files)} files, {size:.1f} MB, in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
