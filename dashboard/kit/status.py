"""Progress of a long run, and the way to stop it and to start it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.kit.compute import BackgroundRun, CachedRun, Key, Result, ResultCache
from hypergrad_core.arrays import Progress

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

POLL_SECONDS = 0.25
# What the picture is of while a long run goes on, or after it was stopped.
PREVIOUS = "The picture still shows the previous settings."
SMALLER = "The picture shows a smaller problem until then."
NO_PICTURE = ""
# In the session; followed by the page.
JOB_OF = "job of "


def status_place() -> DeltaGenerator:
    """Where progress is shown: at the foot of the sidebar, over the controls that it leaves alone.

    To be called after all controls. While nothing runs it takes no room, and the controls stay
    where they are when a run begins; page.css keeps it in sight.
    """
    return st.container(key="status")


def in_background(
    page: str,
    key: Key,
    cache: ResultCache[Key, Result],
    work: Callable[[Key, Progress], Result],
) -> Result | None:
    """The result for ``key`` if it is there; else the last one, and the progress of a job here.

    Args:
        page: whose job it is: a new key stops the job of the last one.
        key: what is wanted.
        cache: where results are.
        work: what the job does.
    """
    mine, last = JOB_OF + page, f"shown on {page}"
    job: CachedRun[Key, Result] | None = st.session_state.get(mine)
    if job is not None and job.key != key:
        job.stop()
        job = None
    found = cache.find(key)
    if found is not None:
        st.session_state[last] = key
        return found
    if job is None:
        job = CachedRun(key, cache, work)
    st.session_state[mine] = job
    shown = st.session_state.get(last)
    before = None if shown is None else cache.find(shown)
    follow(job, mine, NO_PICTURE if before is None else PREVIOUS, told=job.ended)
    return before


def awaited(page: str, what: str) -> str:
    """What stands over a picture of other settings: that they are computed, or are not."""
    job: BackgroundRun | None = st.session_state.get(JOB_OF + page)
    if job is None or not job.ended:
        return f"Computing {what} …"
    return f"{'Not computed' if job.error else 'Stopped'}. {PREVIOUS}"


def stop_elsewhere(page: str) -> None:
    """Stop the jobs of the other pages of this session: nobody looks at them any more."""
    for name, job in list(st.session_state.items()):
        if str(name).startswith(JOB_OF) and name != JOB_OF + page and job is not None:
            job.stop()
            st.session_state[name] = None


@st.fragment(run_every=POLL_SECONDS)
def follow(job: CachedRun[Key, Result], name: str, picture: str, *, told: bool) -> None:
    """A bar that tells how far a long run is, and a way to stop it and to start it again.

    Args:
        job: the run.
        name: of the job in the session.
        picture: ``PREVIOUS``, ``SMALLER`` or ``NO_PICTURE``: what is shown meanwhile.
        told: whether the page was drawn when the run had ended: what stands over its picture says
            whether something is computed.
    """
    if job.ended and not told:
        st.rerun()
    if show_status(job, finished=job.finished, picture=picture):
        st.session_state[name] = None
        st.rerun()


def show_status(job: BackgroundRun, *, finished: bool, picture: str = NO_PICTURE) -> bool:
    """Draw how far the job is; whether the person asks to start it again.

    Called from a fragment that runs every ``POLL_SECONDS``. Runs the page again when the job has
    finished.

    Args:
        job: what runs.
        finished: whether its result is there.
        picture: as of ``follow``.
    """
    if job.running and not job.stopped:
        job.watch()
        state = f"Computing … {job.fraction:.0%}" if job.fraction else "Setting up …"
        if job.waiting:
            state = "Waiting for another run to end …"
        st.progress(job.fraction, f"{state} {picture}".strip())
        st.button("Stop", key="stop", width="stretch", on_click=job.stop)
        return False
    if finished:
        st.rerun()
    ended = job.error or f"Stopped at {job.fraction:.0%}."
    st.markdown(f"{ended} {picture}".strip())
    return st.button("Start again", key="again", width="stretch")
