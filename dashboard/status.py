"""Progress of a long run, and the way to stop it and to start it again."""

from __future__ import annotations

import streamlit as st

from dashboard.compute import BackgroundRun

POLL_SECONDS = 0.25
# Of fixed height, so that nothing moves when a long run shows its progress.
STATUS_HEIGHT = 128


def show_status(job: BackgroundRun, *, finished: bool) -> bool:
    """Draw how far the job is; whether the person asks to start it again.

    Called from a fragment that runs every ``POLL_SECONDS``. Runs the page again when the job has
    finished.
    """
    if job.running and not job.stopped:
        job.watch()
        state = f"Computing … {job.fraction:.0%}" if job.fraction else "Setting up …"
        st.progress(job.fraction, f"{state} The picture is older.")
        st.button("Stop", key="stop", width="stretch", on_click=job.stop)
        return False
    if finished:
        st.rerun()
    st.markdown(f"{job.error or f'Stopped at {job.fraction:.0%}.'} The picture is the one before.")
    return st.button("Start again", key="again", width="stretch")
