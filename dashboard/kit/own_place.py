"""Where a visitor gives a table of their own, and reads what was understood of it."""

from __future__ import annotations

import html
from collections.abc import Iterable

import streamlit as st

from dashboard.kit import own, presenting, session
from dashboard.kit.errors import plain
from dashboard.kit.given_file import place_for_file
from dashboard.kit.links import OWN_PLACE
from dashboard.kit.own import Given
from dashboard.kit.scenario_fields import SCENARIO_FIELDS
from hypergrad_core import FAMILIES, HypergradError, Table
from hypergrad_core.data.sheet import LARGEST_BYTES, LARGEST_COLUMNS, LARGEST_ROWS
from hypergrad_core.data.table import CLASSES, REGRESSION, TWO_CLASSES

MEGABYTES = LARGEST_BYTES // 1_000_000
LIMITS = (
    f"A CSV file of at most {MEGABYTES} MB, {LARGEST_ROWS:,} rows and "
    f"{LARGEST_COLUMNS} columns, in UTF-8, with commas between cells, points in numbers and the "
    "names of the columns in the first row. It is read as numbers, kept in the memory of the "
    "server for this visit, and for nobody else."
)
KINDS = {
    REGRESSION: "a number, for regression",
    TWO_CLASSES: "two classes",
    CLASSES: "several classes",
}
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
    return [
        key for kind in table.kinds for key, family in FAMILIES.items() if kind in family.tables
    ]


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
    kinds = " or ".join(KINDS[kind] for kind in table.kinds)
    families = [FAMILIES[key].label for key in families_for(table)]
    goes = (
        f"It goes to {' and '.join(families)}."
        if families
        else "No problem here learns such a target: choose another column."
    )
    told = [plain(sentence) for sentence in table.left_out[:MOST_TOLD]]
    if len(table.left_out) > MOST_TOLD:
        told.append(f"More of that, not listed: {len(table.left_out) - MOST_TOLD}.")
    return "\n".join(
        [
            f"{rows:,} rows of {features} features. The target, **{plain(table.target_column)}**, "
            f"is {kinds}. {goes} Features are standardised, and the seed chooses the half of the "
            f"rows that is trained on. Links and exports call these data {table}, by a hash of "
            "their content.\n",
            *(f"- {sentence}" for sentence in told),
        ]
    )


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
