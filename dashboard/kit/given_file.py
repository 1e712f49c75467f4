"""A place where a visitor gives a file, which is read at once and not kept."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def place_for_file(
    name: str, label: str, ending: str, megabytes: int, read: Callable[[bytes], None]
) -> None:
    """Draw it.

    Args:
        name: of the place, and of what it has in the session.
        label: what is to be given.
        ending: of the names of such files.
        megabytes: how large a file may be.
        read: called with the content of a file before the page is run again.
    """
    count = f"files given to {name}"
    # A new key each time: Streamlit forgets the file of a widget that is gone.
    key = f"{name}_{st.session_state.setdefault(count, 0)}"

    def take() -> None:
        file = st.session_state.get(key)
        if file is not None:
            st.session_state[count] += 1
            read(file.getvalue())

    st.file_uploader(label, type=[ending], key=key, max_upload_size=megabytes, on_change=take)
