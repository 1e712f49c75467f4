"""What visitors are told when something goes wrong.

Messages for people are in ``HypergradError`` and its subclasses. Whatever else is raised is a fault
of ours: it is logged with its traceback, and people get one sentence with a code to find it by.
"""

from __future__ import annotations

import logging
import re
import secrets

from hypergrad_core import HypergradError

logger = logging.getLogger(__name__)

# Those that mean something to Markdown, LaTeX or Streamlit.
_SIGNS = re.compile(r"([!#$&()*+./:<=>@\[\\\]^_`{|}~-])")
# What becomes a link, an arrow or a logo after the escapes have been read: it is torn apart here.
_AUTOMATIC = re.compile(
    r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)|(?<=:)(?=streamlit:)"
    r"|(?<=-)(?=[->])|(?<=<)(?=-)|(?<=[<>~])(?==)",
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"  # without width, and no place to break a line


class LinkError(HypergradError):
    """A link that cannot be drawn as it is."""


def note_fault() -> str:
    """Log the exception that is being handled; what to tell people instead of it."""
    code = secrets.token_hex(3)
    logger.exception("Fault %s", code)
    return (
        "This setting could not be computed, by a fault of the program. "
        f"It is in the log of the server as fault {code}."
    )


def plain(text: str) -> str:
    """Markdown that shows the text as it is: what comes from a link must not write on the page."""
    return _SIGNS.sub(r"\\\1", _AUTOMATIC.sub(_WORD_JOINER, " ".join(text.split())))
