"""What several test modules share: experiments, frames, and sessions of the page."""

from __future__ import annotations

import ast
import base64
import json
from collections import Counter, OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.app import written_frame
from dashboard.chart import Frame
from dashboard.kit.page import Shown
from dashboard.kit.theme import Mode
from dashboard.screens.explore.frame import explore_frame
from dashboard.screens.explore.settings import SETTINGS, View
from hypergrad_core import METHODS, Experiment, Scenario, run
from hypergrad_core.arrays import FloatArray

ROOT = Path(__file__).resolve().parents[2]
ALL = tuple(METHODS)


@cache
def experiment_of(scenario: Scenario) -> Experiment:
    """What came out of a scenario; run once for all tests."""
    return run(scenario)


def explore_picture(experiment: Experiment, view: View, mode: Mode) -> Frame:
    """The frame of an experiment."""
    scenario = experiment.scenario
    return explore_frame(Shown(SETTINGS, scenario, experiment, scenario, view, mode))


def frame_of(scenario: Scenario, view: View | None = None) -> dict[str, Any]:
    """The frame of a setting on a light page, as a plain dictionary."""
    return dict(explore_picture(experiment_of(scenario), view or View(), "light"))


def render_frame(params: Mapping[str, str]) -> Any:
    """The frame that the live route gives for these settings."""
    return json.loads(written_frame(params))


def forget(monkeypatch: pytest.MonkeyPatch, results: Any) -> None:
    """Let a cache forget all that it has, for the time of a test."""
    for name in ("", "parts", "_drafts", "_seconds"):
        store = getattr(results, name, None) if name else results
        if store is not None:
            monkeypatch.setattr(store, "_stored", OrderedDict())
            monkeypatch.setattr(store, "_arrays", {})
            monkeypatch.setattr(store, "_holders", Counter())
            monkeypatch.setattr(store, "_held", 0)


def unpacked(values: Any) -> FloatArray:
    """An array of a trace, whichever way it was written."""
    if isinstance(values, dict):
        data = base64.b64decode(values["bdata"])
        return np.frombuffer(data, dtype=f"<{values['dtype']}").astype(np.float64)
    return np.asarray(values, dtype=np.float64)


def traces(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The traces of a frame."""
    data: list[dict[str, Any]] = frame["figure"]["data"]
    return data


def open_page(link: Mapping[str, str] | None = None, page: str = "explore") -> AppTest:
    """A session of a page, as its address opens it."""
    session = AppTest.from_file(ROOT / "dashboard" / "main.py", default_timeout=60)
    turn_to(session, page)
    session.query_params.update(link or {})
    return check(session.run())


def turn_to(session: AppTest, page: str) -> None:
    """Choose the tab of another page; the session is to be run after that."""
    # As Streamlit knows a page: by its path in the address.
    session._page_hash = calc_hash(page)


def check(session: AppTest) -> AppTest:
    """The session, after making sure that nothing was raised in it."""
    assert [item.message for item in session.exception] == []
    return session


def payload(session: AppTest) -> dict[str, Any]:
    """All that the chart received."""
    (component,) = session.get("bidi_component")
    message: dict[str, Any] = json.loads(component.proto.bytes)
    return message


def shown(session: AppTest) -> dict[str, Any]:
    """The frame that the chart received."""
    frame: dict[str, Any] = payload(session)["frame"]
    return frame


def link_in(frame: dict[str, Any]) -> dict[str, str]:
    """The settings that a frame says it shows, without the theme."""
    settings = dict(parse_qsl(frame["link"], strict_parsing=True))
    del settings["theme"]
    return settings


def control(session: AppTest, key: str) -> Any:
    """The widget of that key, of whatever kind."""
    found = [item for item in (*session.sidebar, *session.main) if getattr(item, "key", "") == key]
    assert len(found) == 1, f"{len(found)} controls are called {key}"
    return found[0]


def value_of(session: AppTest, key: str) -> Any:
    """What the widget of that key stands at."""
    place = control(session, key)
    return ast.literal_eval(place.value) if place.type == "select_slider" else place.value


def keys(session: AppTest) -> set[str]:
    """Keys of all the controls on the page."""
    return {str(key) for item in session if (key := getattr(item, "key", None))}


def choose(session: AppTest, key: str, value: Any) -> AppTest:
    """Set a control as a person does, and run the page."""
    place = control(session, key)
    # Sliders know their stops by name.
    place.set_value(str(value) if place.type == "select_slider" else value).run()
    return check(session)
