"""The live chart: a Plotly figure that is updated in place, with an iteration cursor.

One Python function makes a :class:`Frame`. The page hands it to the component, see
:mod:`dashboard.chart.component`, and :mod:`dashboard.kit.live` serves the same function to the
browser while a slider is moved. Nothing here knows of Streamlit.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import ArrayLike

from hypergrad_core.arrays import FloatArray

FOLDER = Path(__file__).parent
PLOTLY_FILE = FOLDER / "static" / "plotly-cartesian.min.js"
PLOTLY_PATH = "/chart/plotly-cartesian-4.1.1.min.js"
LIVE_PATH = "/live"
# The same for what only the process of the page can answer: a proxy finds it as it finds the page.
LIVE_OWN_PATH = "/live?own=1"
# Not a setting: the page that is looked at decides it.
THEME_PARAM = "theme"
# Which page a live request is of.
PAGE_PARAM = "page"
# The hand rests: all points are wanted, where a moving hand would get a draft.
WHOLE_PARAM = "whole"


class Bound(TypedDict):
    """What the cursor reads beside an error: its name and the index of its trace.

    ``plain`` for what is not to be divided by the error.
    """

    name: str
    trace: int
    plain: NotRequired[bool]


class Reading(TypedDict):
    """A curve that the cursor reads, with its bounds; ``label`` names it, if not an error.

    ``marker`` is the Plotly symbol that goes with the colour. ``focus`` is what the state "focus"
    of the chart becomes when the card of the reading is pressed; without it the card is inert.
    It is "" for the reading in focus: pressing that ends it.
    ``rounding`` is an upper estimate of it: a bound below it reads "rounding", and no bound is
    divided by an error that is not above it. With ``bounding`` the curve is not measured but a part
    of a bound, and reads "rounding" like one.
    """

    name: str
    color: str
    trace: int
    bounds: list[Bound]
    label: NotRequired[str]
    marker: NotRequired[str]
    focus: NotRequired[str]
    rounding: NotRequired[float]
    bounding: NotRequired[bool]


class Dot(TypedDict):
    """A mark on a trace at a place of the cursor; ``by`` as in :class:`Moving`."""

    trace: int
    color: str
    by: int


class CursorLine(TypedDict):
    """A line across a subplot at a place of the cursor.

    ``xaxis`` and ``yaxis`` name the subplot, ``along`` is the axis on which the place lies, ``at``
    the coordinate of each place; ``by`` as in :class:`Moving`. On a map, which has whole and dashed
    lines of its own, it is ``dotted``.
    """

    xaxis: str
    yaxis: str
    along: Literal["x", "y"]
    by: int
    at: Any
    dotted: NotRequired[bool]


class Moving(TypedDict):
    """A trace that shows something else at each place of the cursor.

    ``x``, ``y`` and ``text`` hold a row for each place; a ``y`` of ``{"across": n}`` the columns
    of what number n of the list holds. With ``walk`` the trace is a way that has been gone as far
    as the cursor. ``by`` is 0 for the cursor itself and 1 for its other direction.
    """

    trace: int
    by: int
    walk: NotRequired[bool]
    x: NotRequired[Any]
    y: NotRequired[Any]
    text: NotRequired[list[Any]]


class Other(TypedDict):
    """The other direction of a cursor that moves on a plane; ``at`` as in :class:`Frame`."""

    name: str
    steps: list[str]
    at: NotRequired[list[int]]


class Column(TypedDict):
    """A column of the table; ``help`` is shown when one points at its heading."""

    label: str
    help: NotRequired[str]


class Row(TypedDict):
    """A row of the table; the first cell is its heading. ``marker`` goes with the colour."""

    color: str
    cells: list[str]
    marker: NotRequired[str]


class Table(TypedDict):
    """The figures under the chart."""

    caption: str
    columns: list[Column]
    rows: list[Row]


class KeyEntry(TypedDict):
    """What a kind of mark means, above the picture: text, which wraps where there is no room.

    ``mark`` is how it looks: a line ("solid", or an SVG dash array such as "9px,5px"), "area", or
    a Plotly symbol; "" for words alone. Without ``color`` it is that of the text. With
    ``background`` it is shown on a patch of that colour: what lies on a map need not be seen on the
    page. ``hint`` says what to do on the page, and is in no saved picture.
    """

    text: str
    mark: str
    hint: NotRequired[str]
    color: NotRequired[str]
    background: NotRequired[str]


class Absent(TypedDict):
    """A curve that is not there, and why: it stands in the picture, where the curve would be."""

    name: str
    color: str
    marker: str
    reason: str


class Names(TypedDict):
    """A text trace whose texts must not lie on each other.

    The chart, which alone knows how large a text is, moves them apart along y, and draws a line
    from each that it moved to the point that it names. ``trace`` is the text trace; the places in
    it are those of the points that are named.
    """

    trace: int


class Narrow(TypedDict):
    """What is different where the chart is narrower than ``NARROW`` pixels.

    ``layout`` holds entries of the layout that take the place of the figure's own, nested entries
    being merged; ``annotations`` are replaced as a whole. ``height`` is that of the plot, in
    pixels at the size of text of a small screen.
    """

    layout: dict[str, Any]
    height: int


class Sketch(TypedDict):
    """A curve that is to be drawn by hand over a subplot: its heights at ``at``, from ``first``."""

    at: list[float]
    first: float
    xaxis: str
    yaxis: str


class Figure(TypedDict):
    """Traces and layout as Plotly has them; arrays as lists or from :func:`packed`."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class Frame(TypedDict):
    """All that the component shows for one setting.

    ``link`` is the canonical query string of that setting: equal links mean equal pictures, and
    nothing is redrawn. ``steps`` names each place of the cursor, and ``at`` is the step that it
    is, rising; without ``at`` a place is its own number. Pointing at a subplot reads the place
    where one of its ``lines`` would be; where there is none, the nearest curve that is read.

    ``draft`` is there where a moving hand gets fewer points: true if all of them can be asked for.

    ``title`` names what is run and ``key`` the kinds of marks. Both are text above the plot, not
    part of the figure: text that belongs to no place wraps. ``warning`` is said above them.

    With ``sketch`` the hand draws a curve on the picture instead of zooming; its heights become the
    state "sketch" of the chart when it is committed. With ``still`` there is nothing for the cursor
    to read, and its controls are hidden.
    """

    link: str
    figure: Figure
    steps: list[str]
    readout: list[Reading]
    table: Table
    message: str
    alt: str
    title: str
    lines: NotRequired[list[CursorLine]]
    dots: NotRequired[list[Dot]]
    moving: NotRequired[list[Moving]]
    other: NotRequired[Other]
    at: NotRequired[list[int]]
    key: NotRequired[list[KeyEntry]]
    warning: NotRequired[str]
    absent: NotRequired[list[Absent]]
    names: NotRequired[list[Names]]
    narrow: NotRequired[Narrow]
    draft: NotRequired[bool]
    sketch: NotRequired[Sketch]
    still: NotRequired[bool]


class Watch(TypedDict):
    """A Streamlit slider that is read while it moves.

    ``param`` is the name in ``Live.params``, ``key`` the key of the widget. ``options`` are the
    values of a select_slider as strings; None for a slider, whose number is taken as it is.
    """

    param: str
    key: str
    options: list[str] | None


class Live(TypedDict):
    """What to ask the live route for: where, the parameters of this page, and its sliders."""

    path: str
    params: dict[str, str]
    watch: list[Watch]


class Packed(TypedDict):
    """A numeric array in Plotly's binary notation."""

    dtype: Literal["f4", "f8"]
    bdata: str
    shape: NotRequired[str]


def unpacked(values: Any) -> FloatArray:
    """An array that was packed, or is a list."""
    if not isinstance(values, dict):
        return np.asarray(values, dtype=np.float64)
    array = np.frombuffer(base64.b64decode(values["bdata"]), dtype=f"<{values['dtype']}")
    shape = [int(part) for part in values["shape"].split(",")] if "shape" in values else [-1]
    return np.asarray(array.reshape(shape), dtype=np.float64)


def packed(values: ArrayLike, dtype: Literal["f4", "f8"] = "f8") -> Packed:
    """``values`` in Plotly's binary notation: smaller and faster than a list, NaN allowed."""
    array = np.ascontiguousarray(values, dtype=f"<{dtype}")
    data: Packed = {"dtype": dtype, "bdata": base64.b64encode(array.tobytes()).decode("ascii")}
    if array.ndim == 2:
        data["shape"] = "{}, {}".format(*array.shape)
    return data
