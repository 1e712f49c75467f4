"""HTML that is put together once, and the styles of all pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_KIT = Path(__file__).parent
_STYLES = ("page.css", "present/present.css", "terms.css")


@dataclass(frozen=True)
class Markup:
    """HTML for ``st.html`` as it is: no file is looked for, and no indent is taken out.

    Attributes:
        text: the HTML.
    """

    text: str

    def _repr_html_(self) -> str:
        return self.text


# In one element: large enough that Streamlit sends a browser no more than its hash the next time.
STYLE = Markup(
    "<style>"
    + "\n".join((_KIT / name).read_text(encoding="utf-8") for name in _STYLES)
    + "</style>"
)
