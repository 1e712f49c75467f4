"""Where a visitor gives a table of their own, and reads what was understood of it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard.kit import own, presenting, session
from dashboard.kit.errors import plain
from dashboard.kit.given_file import place_for_file
from dashboard.kit.links import OWN_PLACE
from dashboard.kit.notation import listed
from dashboard.kit.own import Given
from dashboard.kit.scenario_fields import SCENARIO_FIELDS
from hypergrad_core import FAMILIES, HypergradError, Table
from hypergrad_core.data.sheet import LARGEST_BYTES, LARGEST_COLUMNS, LARGEST_ROWS
from hypergrad_core.data.table import CLASSES, MOST_CLASSES, REGRESSION

MEGABYTES = LARGEST_BYTES // 1_000_000
LIMITS = (
    f"A CSV file of at most {MEGABYTES} MB, {LARGEST_ROWS:,} rows and "
    f"{LARGEST_COLUMNS} columns, in UTF-8, with commas between cells, points in numbers and the "
    "names of the columns in the first row. The target is numbers, or names of at most "
    f"{MOST_CLASSES} classes. It is read as numbers, kept in the memory of the server for this "
    "visit, and for nobody else."
)
PREVIEW_ROWS = 5
MOST_TOLD = 10
_TARGET = "own_target"  # key of its control
# In the session: why the last file was refused.
_REFUSED = "refused own data"


def place_for_own_data() -> None:
    """Draw it, where a link allows that data are chosen."""
    field = SCENARIO_FIELDS["data"]
    if not presenting.allows(field.link, field.label):
        return
    asked = session.asked_own()
    with st.expander(OWN_PLACE, key="own_data", on_change="rerun", expanded=bool(asked)) as place:
        if not place.open:
            return
        st.caption(LIMITS)
        place_for_file("own", "A CSV file", "csv", MEGABYTES, _take)
        refused = st.session_state.get(_REFUSED)
        if refused:
            st.error(f"This file cannot be read. {plain(refused)}")
        mine = session.own_data()
        if mine is not None:
            _tell(mine)
            if asked and mine.table is not None:
                st.warning(
                    f"The link is to {asked}, and this is {mine.table}: another file, or another "
                    "target."
                )


def _take(content: bytes, target: str | None = None) -> None:
    """A file was given, or another of its columns was chosen as the target."""
    st.session_state[_REFUSED] = ""
    try:
        mine = own.take(content, target)
    except HypergradError as error:
        st.session_state[_REFUSED] = str(error)
        return
    session.hold(mine)
    if session.open_waiting():
        return
    takers = [] if mine.table is None else families_for(mine.table)
    if takers:
        if session.store()["family"] not in takers:
            session.keep_family(takers[0])
        session.keep(data=str(mine.table))
        session.dismiss()


def families_for(table: Table) -> list[str]:
    """Keys of the problems that can learn its target, the likeliest first."""
    found = [
        key
        for kind in table.kinds
        for key, family in FAMILIES.items()
        if kind in family.tables and family.takes(table)
    ]
    return list(dict.fromkeys(found))


def _tell(mine: Given) -> None:
    """What was understood, what is the target, and the first rows."""
    table = mine.table
    if table is None:
        st.error(plain(mine.problem))
    else:
        st.markdown(understood(table))
    # It stays the same widget while one column after the other is tried.
    st.session_state[_TARGET] = mine.target
    st.selectbox(
        "Target",
        mine.names,
        key=_TARGET,
        help="The column that is to be learned from the others.",
        on_change=_choose_target,
    )
    if table is not None:
        st.html(_preview(table))
    st.button("Forget these data", key="forget_own", on_click=_forget, width="stretch")


def _choose_target() -> None:
    mine = session.own_data()
    if mine is not None:
        _take(mine.content, st.session_state[_TARGET])


def _forget() -> None:
    session.hold(None)
    session.keep(data=next(iter(FAMILIES[session.store()["family"]].data)))


def understood(table: Table) -> str:
    """A sentence or two on a table, and what of its file is not in it; Markdown."""
    rows, features = table.features.shape
    families = families_for(table)
    goes = (
        f"It goes to {listed([FAMILIES[key].label for key in families])}."
        if families
        else "No problem here learns such a target: choose another column."
    )
    told = [plain(sentence) for sentence in table.left_out[:MOST_TOLD]]
    if len(table.left_out) > MOST_TOLD:
        told.append(f"More of that, not listed: {len(table.left_out) - MOST_TOLD}.")
    return "\n".join(
        [
            f"{rows:,} rows of {features} features. The target, **{plain(table.target_column)}**, "
            f"is {_kind(table)}. {goes}{_too_large(table)} Features are standardised. "
            f"{_split(families)} Links and exports call these data {table}, by a hash of their "
            "content.\n",
            *(f"- {sentence}" for sentence in told),
        ]
    )


def _kind(table: Table) -> str:
    """What the target is: a number, or classes and how many rows each has."""
    number = "a number, for regression"
    if not table.classes:
        return number
    names = [f"{plain(name)} ({count} rows)" for name, count in table.classes.items()]
    classes = f"{len(names)} classes: {', '.join(names).replace('(1 rows)', '(1 row)')}"
    if REGRESSION not in table.kinds:
        return classes
    return f"{number}, or {classes}" if table.kinds[0] == REGRESSION else f"{classes}; or {number}"


def _split(families: Sequence[str]) -> str:
    """Which rows are trained on, by what the problems hold out."""
    holding = [key for key in families if CLASSES in FAMILIES[key].tables]
    said = []
    if len(holding) < len(families):
        said.append(
            "The seed chooses the half of the rows that is trained on; the others validate."
        )
    if holding:
        names = listed([FAMILIES[key].label for key in holding])
        said.append(
            f"{names} takes thirds, chosen by the seed: one to train on, one to validate, and one "
            "that is held out, for the accuracy on Descent."
        )
    return " ".join(said)


def _too_large(table: Table) -> str:
    """That there are too many classes and features together, if it is that."""
    for family in FAMILIES.values():
        if CLASSES in family.tables and CLASSES in table.kinds and not family.takes(table):
            features, classes = table.features.shape[1], len(table.classes)
            return (
                f" {family.label} has a number for each class and feature, {classes} × {features} "
                f"here, and at most {family.largest_size:,} are learned."
            )
    return ""


def _preview(table: Table) -> str:
    """The first rows as they were read, the target first."""
    heads = _row("th", [table.target_column, *table.columns])
    rows = [
        _row("td", [_target(table, place), *(f"{x:.6g}" for x in table.features[place])])
        for place in range(PREVIEW_ROWS)
    ]
    return (
        '<div class="own-preview" role="region" tabindex="0" aria-label="The first rows"><table>'
        f"<caption>The first rows as they were read, the target first</caption>"
        f"<thead>{heads}</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _target(table: Table, place: int) -> str:
    value = table.target[place]
    return table.labels[int(value)] if table.labels else f"{value:.6g}"
