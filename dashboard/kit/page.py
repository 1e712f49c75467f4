"""What a page is: one declaration, from which the page and the live route do the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic
from urllib.parse import urlencode

from dashboard.chart import THEME_PARAM, WHOLE_PARAM, Frame, Watch
from dashboard.kit.compute import ComputedCache
from dashboard.kit.drawing import drawing
from dashboard.kit.errors import LinkError
from dashboard.kit.own import OWN_PARAM, held_by
from dashboard.kit.results import Key, Result
from dashboard.kit.settings import PageSettings, View
from dashboard.kit.theme import Mode
from hypergrad_core import Scenario
from hypergrad_core.validation import require_one_of

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from dashboard.kit.jobs import Job

PART_PARAM = "part"
"""Which of its pictures a page is asked for over the live route."""


@dataclass(frozen=True)
class Shown(Generic[Key, Result, View]):
    """A result as it is looked at.

    Attributes:
        settings: of its page.
        key: what it is of.
        result: what was computed, or what there is of it so far.
        scenario, view: the settings that it is shown as.
        mode: light or dark.
    """

    settings: PageSettings[View]
    key: Key
    result: Result
    scenario: Scenario
    view: View
    mode: Mode

    def link(self, **more: str) -> str:
        """The canonical query string of a picture of it; ``more`` tells pictures apart."""
        link = self.settings.link_of(self.scenario, self.view)
        return urlencode({**link, THEME_PARAM: self.mode, **more})


@dataclass(frozen=True)
class Picture:
    """A chart on a page.

    Attributes:
        filename: of what is saved of it.
        height: least height of the plot, in pixels.
        rest: pixels of the window that are left to what is above and below the plot.
        part: which of the page's pictures it is; "" if there is one only.
        heading: its name.
    """

    filename: str
    height: int
    rest: int
    part: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Table:
    """Numbers as CSV.

    Attributes:
        label: of the button.
        name: of the file, without its ending.
        make: the text; called when it is asked for.
    """

    label: str
    name: str
    make: Callable[[], str]


@dataclass(frozen=True)
class File:
    """Something to save.

    Attributes:
        key: short name of its button.
        label: of the button.
        name: of the file.
        kind: its media type.
        make: what is in it; called when it is asked for.
        empty: whether there is nothing to save.
    """

    key: str
    label: str
    name: str
    kind: str
    make: Callable[[], str]
    empty: bool = False


@dataclass(frozen=True)
class Export:
    """What a page gives to take home, beside its pictures and its link.

    Attributes:
        tables: what can be saved as CSV; the file name of the first is that of the pictures too.
        settings: what was run, by name.
        code: Python that computes the same numbers.
    """

    tables: Sequence[Table]
    settings: Callable[[], Mapping[str, str]]
    code: str


def _nothing(*shown: Any) -> None:
    """Stand in for what a page does not have."""


def _no_pictures(shown: Any) -> Sequence[Picture]:
    """For a page of text."""
    return ()


def _no_files(shown: Any) -> Sequence[File]:
    """For most pages."""
    return ()


def _no_frame(shown: Any, part: str) -> Frame:
    """Stand in for the frame of a page of text, which ``part_of`` lets nobody ask for."""
    raise NotImplementedError


def _as_asked(key: Any, scenario: Scenario, view: Any) -> tuple[Scenario, Any]:
    """The settings that were asked for."""
    return scenario, view


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Key, Result, View]):
    """A page of the dashboard.

    A page of text, drawn by ``below``, has empty ``parts``, and neither ``pictures`` nor ``frame``.

    Attributes:
        title, icon: of its tab.
        settings: what it can be set to; their name is that of the page in addresses.
        introduction: its first paragraph, of at most 60 words with at least eight ``[[terms]]``,
            those of ``BILEVEL`` among them.
        vocabulary: the terms that it uses.
        key: what is computed for these settings.
        results: where it is computed and kept, and how long that takes.
        seen: the settings as which the result for a key is shown, given those that were asked for.
        sidebar: draws the controls below the heading; gets the place of the controls that stand
            above the pictures, and returns the sliders that the pictures follow.
        pictures: the charts.
        frame: all that one of them shows, by its part. Where it is a function of a module it is
            drawn in another process for a moving hand, see ``written_frame``.
        export: what can be taken home; None while there is nothing.
        files: what can be saved beside that.
        parts: names of all its pictures, by what the live route calls them.
        heading: of the sidebar; the title if it is "".
        preview: the key of something quick to look at while a first long run goes on.
        fills: whether a picture is drawn as its parts arrive even where a whole one is known.
        progress: draws how far the parts are, above the picture; without it that is at the foot
            of the sidebar.
        above, beneath: draw what belongs to one picture.
        below: draws what stands below all pictures.
        cursor: the fields of the view that keep where the cursor is; none if it is not kept.
        focus: the field of the view that a card of the readout sets; "" for none.
        faces: for a page that is another one at each address: the one of these query parameters.
        face: which of these it is; "" for a page that is always the same.
        beside: for a page whose words stand beside its pictures where there is room: draws the
            controls at the head of the pictures; None for any other.
        top: draws what stands above the introduction.
        sketched: called with the heights of a curve that was drawn by hand on the picture.
    """

    title: str
    icon: str
    settings: PageSettings[View]
    introduction: str
    vocabulary: tuple[str, ...]
    key: Callable[[Scenario, View], Key]
    results: ComputedCache[Key, Result]
    sidebar: Callable[[DeltaGenerator], list[Watch]]
    pictures: Callable[[Shown[Key, Result, View]], Sequence[Picture]] = _no_pictures
    frame: Callable[[Shown[Key, Result, View], str], Frame] = _no_frame
    export: Callable[[Shown[Key, Result, View]], Export | None] = _nothing
    files: Callable[[Shown[Key, Result, View]], Sequence[File]] = _no_files
    seen: Callable[[Key, Scenario, View], tuple[Scenario, View]] = _as_asked
    parts: Mapping[str, str] = field(default_factory=lambda: {"": ""})
    heading: str = ""
    preview: Callable[[Key], Key] | None = None
    fills: bool = False
    progress: Callable[[Job[Key] | None, Shown[Key, Result, View]], None] | None = None
    above: Callable[[Shown[Key, Result, View], Picture], None] = _nothing
    beneath: Callable[[Shown[Key, Result, View], Picture], None] = _nothing
    below: Callable[[Shown[Key, Result, View]], None] = _nothing
    cursor: tuple[str, ...] = ()
    focus: str = ""
    faces: Callable[[Mapping[str, str]], Page[Any, Any, Any]] | None = None
    face: str = ""
    beside: Callable[[], list[Watch]] | None = None
    top: Callable[[], None] = _nothing
    sketched: Callable[[list[float]], None] | None = None

    @property
    def name(self) -> str:
        """Of the page in addresses."""
        return self.settings.name

    @property
    def place(self) -> str:
        """What its charts and runs are called by: no two faces share them."""
        return f"{self.name} {self.face}".rstrip()

    @property
    def is_drawn_anywhere(self) -> bool:
        """Whether another process knows how: its frame is a function of a module."""
        return "<" not in self.frame.__qualname__

    def at(self, link: Mapping[str, str]) -> Page[Any, Any, Any]:
        """The page at an address: one of its faces, if it has several."""
        return self if self.faces is None else self.faces(link)

    def part_of(self, asked: str | None) -> str:
        """Which of its pictures is asked for; the first if none is named.

        Raises:
            LinkError: if the page has no picture.
            ScenarioError: if it has no such picture.
        """
        if not self.parts:
            raise LinkError(f"The page {self.title} has no picture.")
        return require_one_of(
            PART_PARAM, next(iter(self.parts)) if asked is None else asked, self.parts
        )

    def shown(
        self, key: Key, result: Result, scenario: Scenario, view: View, mode: Mode
    ) -> Shown[Key, Result, View]:
        """A result, with the settings that it is shown as where these are asked for."""
        return Shown(self.settings, key, result, *self.seen(key, scenario, view), mode)


def mode_of(theme: str | None) -> Mode:
    """Of a page with that theme."""
    return "dark" if theme == "dark" else "light"


def written_frame(page: Page[Any, Any, Any], params: Mapping[str, str]) -> str:
    """The frame that a live request asks a page for, as JSON.

    Raises:
        LinkError: if a value is bad, or the page has no picture.
        SlowError: if the run takes too long to follow a moving hand.
    """
    page = page.at(params)
    scenario, view, messages = page.settings.of_link(params, held_by(params.get(OWN_PARAM)))
    if messages:
        raise LinkError(" ".join(messages))
    part = page.part_of(params.get(PART_PARAM))
    key = page.key(scenario, view)
    mode = mode_of(params.get(THEME_PARAM))
    draw = _Draw(page.frame, page.shown(key, None, scenario, view, mode), part)
    whole = WHOLE_PARAM in params
    if not page.is_drawn_anywhere:
        return draw(page.results.live(key, whole=whole))
    with drawing(draw) as picture:
        return picture.of(page.results.live(key, whole=whole))


@dataclass(frozen=True)
class _Draw:
    """How a result is drawn and written, here or in another process.

    Attributes:
        frame: of a page.
        shown: what is shown, but for the result.
        part: of the page.
    """

    frame: Callable[[Any, str], Frame]
    shown: Shown[Any, Any, Any]
    part: str

    def __call__(self, result: Any) -> str:
        frame = self.frame(replace(self.shown, result=result), self.part)
        return json.dumps(frame, allow_nan=False, separators=(",", ":"))
