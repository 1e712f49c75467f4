"""A page from its declaration: settings, sidebar, run, pictures, and what is taken home."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.chart import (
    LIVE_OWN_PATH,
    LIVE_PATH,
    PAGE_PARAM,
    THEME_PARAM,
    Frame,
    Watch,
)
from dashboard.chart.component import Setup, chart
from dashboard.kit import controls, presenting, session
from dashboard.kit.compute import SlowError
from dashboard.kit.downloads import Offer, offer
from dashboard.kit.introduction import introduce, list_terms
from dashboard.kit.own import OWN_PARAM
from dashboard.kit.page import PART_PARAM, Export, Page, Picture, Shown, mode_of
from dashboard.kit.page_runs import PAGE_RUNS
from dashboard.kit.parts import PartsCache
from dashboard.kit.status import (
    NO_PICTURE,
    POLL_SECONDS,
    PREVIOUS,
    SMALLER,
    awaited,
    follow,
    job_for,
    job_of,
    stop_elsewhere,
)
from dashboard.kit.theme import Mode
from hypergrad_core import Scenario, ScenarioError, Table

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

AnyPage = Page[Any, Any, Any]
AnyShown = Shown[Any, Any, Any]


@dataclass(frozen=True)
class _Asked:
    """What a run of the script is asked to show.

    Attributes:
        page: which.
        scenario: the settings that are not only how a result is looked at.
        key: what is to be computed.
        watched: the sliders that the pictures follow.
    """

    page: AnyPage
    scenario: Scenario
    key: Any
    watched: list[Watch]

    @property
    def view(self) -> Any:
        """How it is looked at; a control beside a picture may just have changed it."""
        return session.view_of(self.page.settings)


def show(page: AnyPage) -> None:
    """The whole page."""
    page = page.at(session.asked(page.settings))
    presenting.begin()
    stop_elsewhere(page.place)
    session.restore(page.settings)
    _compute_ahead(page)
    page.top()
    introduce(page.introduction)
    # In the main column, but drawn with the other controls.
    dial, column = _places(page)
    with st.sidebar:
        session.reset_button()
        st.markdown(f"## {page.heading or page.title}")
        watched = page.sidebar(dial)
        if page.beside is not None:
            with column:
                watched += page.beside()
        watched += controls.draw_rest()
        # After all controls: while nothing runs it takes no room, and the controls stay where they
        # are when a run begins. page.css keeps it in sight.
        status = st.container(key="status")
    scenario, view = session.current(page.settings)
    session.write_address(scenario, view)
    session.show_notices()
    session.show_hyper(scenario)
    asked = _Asked(page, scenario, page.key(scenario, view), watched)
    if not page.results.is_long(asked.key):
        # What turns out to be long is done in the background after all.
        with suppress(SlowError):
            page.results.attempt(asked.key)
    job = job_for(page.place, asked.key, page.results)
    shown, picture = _known(asked)
    if job is not None and page.progress is None:
        with status:
            follow(page.place, job, picture, told=job.ended)
    if shown is None:
        ended = job is not None and job.ended
        st.info(
            "The picture has not been computed."
            if ended
            else "The picture appears here as soon as it is computed."
        )
        return
    with column:
        if isinstance(page.results, PartsCache):
            shown = _draw_parts(asked)
        else:
            _draw(asked, shown, picture)
    page.below(shown)
    # The link that goes with a stand-in is to what was asked for.
    _offer_all(page, shown, scenario if picture == SMALLER else shown.scenario)
    list_terms(page.vocabulary)
    presenting.tell_browser()


def _places(page: AnyPage) -> tuple[DeltaGenerator, AbstractContextManager[Any]]:
    """Where the words or controls before the pictures go, and where the pictures go."""
    if page.beside is None:
        return st.container(), nullcontext()
    with st.container(key="beside"):
        left, right = st.columns([4, 5], gap="medium")
    return left, right


def _compute_ahead(page: AnyPage) -> None:
    """Before anything is sent: the live route then answers the same change first.

    The browser is not yet busy with the rest of the page.
    """
    scenario = session.expected()
    # What goes wrong is told where the picture would be.
    with suppress(Exception):
        key = None if scenario is None else page.key(scenario, session.view_of(page.settings))
        if key is not None and not page.results.is_long(key):
            page.results.attempt(key)


def _known(asked: _Asked) -> tuple[AnyShown | None, str]:
    """What can be shown now, and what is said of it if it is something else than was asked for."""
    page, last = asked.page, f"shown on {asked.page.place}"
    results = page.results

    def shown(key: Any, result: Any) -> AnyShown:
        mode = mode_of(st.context.theme.type)
        return page.shown(key, result, asked.scenario, asked.view, mode)

    whole = results.find(asked.key)
    if whole is not None:
        st.session_state[last] = asked.key
        return shown(asked.key, whole), NO_PICTURE
    before = st.session_state.get(last)
    previous = None if before is None or page.fills else results.find(before)
    if previous is not None:
        return shown(before, previous), PREVIOUS
    so_far = results.so_far(asked.key)
    if so_far is not None:
        return shown(asked.key, so_far), NO_PICTURE
    if page.preview is not None:
        quick = page.preview(asked.key)
        with suppress(SlowError):
            return shown(quick, results.attempt(quick)), SMALLER
    return None, NO_PICTURE


def _draw_parts(asked: _Asked) -> AnyShown:
    """The pictures, drawn again while parts arrive, by a fragment in a container of its own.

    Where a tick follows closely on a run of the page, Streamlit drops what the run has drawn by the
    fragment and not yet sent: the fragment draws it again, but only after what stands below it has
    been sent. Without a container of the page itself that would not find its place, and the browser
    would show nothing at all.

    Without a clock it is a fragment all the same: the last tick may be on its way when the run has
    ended.
    """
    job = job_of(asked.page.place)
    running = job is not None and not job.ended
    drawn = False

    def draw() -> AnyShown:
        nonlocal drawn
        job = job_of(asked.page.place)
        if running and (job is None or job.ended):
            # The page is drawn once more, without a clock.
            st.rerun()
        if not running and drawn:
            # A late tick, or a hand on the picture: without a clock both concern the whole page.
            st.rerun()
        drawn = True
        with PAGE_RUNS.taken():
            shown, picture = _known(asked)
            assert shown is not None
            if asked.page.progress is not None:
                asked.page.progress(job, shown)
            return _draw(asked, shown, picture)

    with st.container():
        shown: AnyShown = st.fragment(draw, run_every=POLL_SECONDS if running else None)()
    return shown


def _draw(asked: _Asked, shown: AnyShown, picture: str) -> AnyShown:
    """All pictures, each with what belongs to it."""
    page, job = asked.page, job_of(asked.page.place)
    pending = ""
    if shown.key != asked.key:
        pending = awaited(job, asked.scenario, shown.scenario, picture)
    pictures = page.pictures(shown)
    for place, item in enumerate(pictures):
        page.above(shown, item)
        _, view = page.seen(shown.key, asked.scenario, asked.view)
        shown = replace(shown, view=view)
        key = f"{page.place.replace(' ', '_')}_{item.part or 'chart'}"
        cursor = [getattr(view, field) for field in page.cursor]
        setup = Setup(
            height=item.height,
            rest=item.rest,
            filename=item.filename,
            cursor=cursor[0] if cursor else None,
            other=cursor[1] if cursor[1:] else None,
            group=page.place if len(page.parts) > 1 else "",
            commit=bool(cursor) and place == 0,
            pending=pending,
        )
        chart(
            page.frame(shown, item.part),
            key,
            setup,
            live=_live(asked, item, shown.mode),
            heard={
                "cursor": partial(_keep_cursor, key, page.cursor),
                "other": partial(_keep_cursor, key, page.cursor),
                **({"focus": partial(_keep_focus, key, page)} if page.focus else {}),
                **({"sketch": partial(_keep_sketch, key, page.sketched)} if page.sketched else {}),
            },
        )
        page.beneath(shown, item)
    return shown


def _live(asked: _Asked, picture: Picture, mode: Mode) -> Any:
    """What the live route is asked with while a slider moves; None if no picture follows.

    Own data are in this process only, and it is asked for there.
    """
    if not asked.watched:
        return None
    link = asked.page.settings.link_of(asked.scenario, asked.view, full=True)
    params = {**link, THEME_PARAM: mode, PAGE_PARAM: asked.page.name}
    if picture.part:
        params[PART_PARAM] = picture.part
    path, mine = LIVE_PATH, session.own_data()
    if mine is not None and isinstance(asked.scenario.data, Table):
        path, params[OWN_PARAM] = LIVE_OWN_PATH, mine.token
    return {"path": path, "params": params, "watch": asked.watched}


def _keep_cursor(key: str, fields: tuple[str, ...]) -> None:
    """The hand was lifted from the cursor of a chart."""
    state = st.session_state[key]
    for field, name in zip(fields, ("cursor", "other"), strict=False):
        if isinstance(state.get(name), int | float):
            session.keep(**{field: int(state[name])})


def _keep_focus(key: str, page: AnyPage) -> None:
    """A card of the readout was pressed."""
    focus = {page.focus: st.session_state[key].get("focus")}
    # It is no value of the field where the card in focus was pressed.
    with suppress(ScenarioError):
        replace(page.settings.view, **focus)
        session.keep(**focus)


def _keep_sketch(key: str, sketched: Callable[[list[float]], None]) -> None:
    """A curve was drawn by hand."""
    heights = st.session_state[key].get("sketch")
    if isinstance(heights, list):
        sketched([float(height) for height in heights])


def _offer_all(page: AnyPage, shown: AnyShown, linked: Scenario) -> None:
    """Numbers, pictures, Python, link, and how to cite it."""
    export, settings = page.export(shown), page.settings
    pictures = page.pictures(shown)

    def frames(mode: Mode) -> dict[str, Frame]:
        # Parts may have come since the page was drawn.
        latest = page.results.so_far(shown.key)
        now = replace(shown, mode=mode, result=shown.result if latest is None else latest)
        return {picture.heading: page.frame(now, picture.part) for picture in pictures}

    if export is not None:
        told = partial(_read_by_people, page, export)
        export = replace(export, settings=told)
    cursor = [getattr(shown.view, field) for field in page.cursor]
    offer(
        Offer(
            page=page.name,
            title=page.title,
            address=settings.address_of(linked, shown.view, session.preset()),
            link=settings.link_of(linked, shown.view, full=True),
            export=export,
            frames=frames,
            cursor=(*cursor, 0, 0)[:2],
            files=page.files(shown),
        )
    )


def _read_by_people(page: AnyPage, export: Export) -> dict[str, str]:
    return page.settings.read_by_people(export.settings())
