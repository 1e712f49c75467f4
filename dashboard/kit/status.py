"""The long run of a page: begun, followed, stopped and started again."""

from __future__ import annotations

from functools import partial
from itertools import cycle
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.kit.compute import ComputedCache
from dashboard.kit.errors import plain
from dashboard.kit.jobs import Job
from dashboard.kit.notation import count
from dashboard.kit.results import Key
from hypergrad_core import Scenario

POLL_SECONDS = 0.25
LONGEST_IN_SECONDS = 90
# What the picture is of while a long run goes on, or after it was stopped.
PREVIOUS = "The picture still shows the previous settings."
SMALLER = "The picture shows a smaller problem until then."
NO_PICTURE = ""
XSRF_COOKIE = "_streamlit_xsrf"
# In the session; followed by the page.
_JOB_OF = "job of "


def job_for(page: str, key: Key, results: ComputedCache[Key, Any]) -> Job[Key] | None:
    """The run of this session that computes ``key`` for a page; None if the result is there.

    A run for another key is stopped. One for this key that was stopped, or has failed, stays: it is
    for the person to start it again.
    """
    name = _JOB_OF + page
    job: Job[Key] | None = st.session_state.get(name)
    missing = results.find(key) is None
    if job is not None and not (missing and job.key == key):
        job.stop()
        job = None
    if job is None and missing:
        job = Job(key, results, _visitor(), partial(_present, _session_id()))
    st.session_state[name] = job
    return job


def job_of(page: str) -> Job[Any] | None:
    """The run of this session for a page, as it is."""
    job: Job[Any] | None = st.session_state.get(_JOB_OF + page)
    return job


def start_again(page: str) -> None:
    """Let the next run of the page begin a new job."""
    st.session_state[_JOB_OF + page] = None


def stop_elsewhere(page: str) -> None:
    """Stop the runs of the other pages of this session: nobody looks at them any more."""
    for name, job in list(st.session_state.items()):
        if str(name).startswith(_JOB_OF) and name != _JOB_OF + page and job is not None:
            job.stop()
            st.session_state[name] = None


def place_in_queue(job: Job[Any]) -> str:
    """What is said of a run that waits."""
    return f"Number {job.place} in the queue for a run on this server"


def visitor_of(cookie: str, session: str) -> str:
    """Whose session it is: all tabs of a browser are one visitor's.

    Args:
        cookie: that by which Streamlit knows a browser: version, mask, masked token, and date.
        session: counts where there is no such cookie.
    """
    try:
        _, mask, masked, _ = cookie.split("|")
        pairs = zip(cycle(bytes.fromhex(mask)), bytes.fromhex(masked), strict=False)
        # The mask is another for each tab.
        return bytes(one ^ other for one, other in pairs).hex() or session
    except ValueError:
        return session


def _visitor() -> str:
    return visitor_of(st.context.cookies.get(XSRF_COOKIE, ""), _session_id())


def _session_id() -> str:
    """Of the session that runs the script."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def _present(session: str) -> bool:
    """Whether a session has a connection to its browser."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def awaited(job: Job[Any] | None, asked: Scenario, shown: Scenario, picture: str) -> str:
    """What stands over a picture of other settings: that they are computed, or are not.

    Args:
        job: what computes them.
        asked, shown: the settings that were asked for, and those of the picture.
        picture: ``PREVIOUS`` or ``SMALLER``.
    """
    if job is not None and job.ended:
        return f"{'Not computed' if job.error else 'Stopped'}. {picture}"
    told = {
        "q": (f"{scenario.contraction:g}" for scenario in (asked, shown)),
        "d": (count(scenario.size) for scenario in (asked, shown)),
        "T": (count(scenario.horizon) for scenario in (asked, shown)),
        "seed": (str(scenario.seed) for scenario in (asked, shown)),
    }
    new = [f"{name} = {now}" for name, (now, before) in told.items() if now != before]
    return f"Computing {', '.join(new) or 'these settings'} …"


def time_left(seconds: float) -> str:
    """How long something still takes, no more exactly than it is known."""
    if seconds > LONGEST_IN_SECONDS:
        return f"about {round(seconds / 60)} min left"
    return f"about {max(1, round(seconds))} s left"


def show_parts(
    page: str,
    job: Job[Any] | None,
    parts: tuple[int, int],
    noun: str,
    left: str,
    within: str = "",
) -> None:
    """How many parts of a result there are, and a way to pause and to go on.

    One line, as high with a button as without: nothing moves when the last part has come.

    Args:
        page: whose result it is.
        job: what makes the parts, and what is made beside them; None where all is there.
        parts: how many are there, and how many there will be.
        noun: what several of them are called.
        left: how long the others take, or "".
        within: how far the part is that is being made, or "".
    """
    done, total = parts
    noun = noun.removesuffix("s") if total == 1 else noun
    so_far = f"{done} of {total} {noun}{within and f', {within}'}"
    with st.container(key="sweep"):
        bar, button = st.columns([5, 1], vertical_alignment="center")
        if job is None:
            bar.markdown(f"{total} {noun}, all measured.")
        elif job.ended:
            error = plain(job.error)
            bar.markdown(f"{error} There so far: {so_far}." if error else f"Paused at {so_far}.")
            # By a callback, because the run that ends the clock does not come as far as here.
            again = partial(start_again, page)
            button.button("Go on", key="again", width="stretch", on_click=again)
        else:
            state = left or ("" if within else "about to begin")
            if job.waiting:
                state = place_in_queue(job)
            bar.progress(max(done / total, job.fraction), f"{so_far}{state and f', {state}'}")
            button.button("Pause", key="stop", width="stretch", on_click=job.stop)


@st.fragment(run_every=POLL_SECONDS)
def follow(page: str, job: Job[Any], picture: str, *, told: bool) -> None:
    """A bar that tells how far a long run is, and a way to stop it and to start it again.

    Args:
        page: whose run it is.
        job: the run.
        picture: ``PREVIOUS``, ``SMALLER`` or ``NO_PICTURE``: what is shown meanwhile.
        told: whether the page was drawn when the run had ended: what stands over its picture says
            whether something is computed.
    """
    if job.ended and not told:
        st.rerun()
    if not job.ended:
        state = f"Computing … {job.fraction:.0%}" if job.fraction else "Setting up …"
        if job.waiting:
            state = f"{place_in_queue(job)} …"
        st.progress(job.fraction, f"{state} {picture}".strip())
        st.button("Stop", key="stop", width="stretch", on_click=job.stop)
        return
    if job.finished:
        st.rerun()
    ended = plain(job.error) or f"Stopped at {job.fraction:.0%}."
    st.markdown(f"{ended} {picture}".strip())
    if not job.refused and st.button("Start again", key="again", width="stretch"):
        start_again(page)
        st.rerun()
