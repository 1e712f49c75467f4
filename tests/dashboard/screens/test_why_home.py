"""What is taken home from Why, and what its links name."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import Any

import pytest
from frames import link_in
from why_cases import OTHERS, SCENARIO, VIEW, dissected, frame_of

from dashboard.kit.fields import fields_of
from dashboard.screens.why.export import dissection_to_csv, terms_to_csv
from dashboard.screens.why.settings import (
    PARTS,
    SETTINGS,
    WhyView,
)
from hypergrad_core import ScenarioError


def test_titles_and_keys_are_text_and_not_part_of_the_figure() -> None:
    for part in PARTS:
        frame = frame_of(part)
        assert "title" not in frame["figure"]["layout"]
        assert frame["title"].startswith("Quadratic")
        assert all(entry["text"] and entry["mark"] for entry in frame["key"])
        assert "hovertemplate" not in json.dumps(frame["figure"])


def test_every_step_is_taken_home() -> None:
    found = dissected(SCENARIO)
    assert found.modes is not None
    text = dissection_to_csv(found)
    (told,) = [line for line in text.splitlines() if line.startswith("# eigenvalues: ")]
    assert [float(z) for z in told.split(":")[1].split()] == list(found.modes.values)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == 13 * (1 + len(found.runs))
    for row in rows:
        parts = [float(row[f"mode_{place}"]) for place in range(6)]
        assert sum(parts) == pytest.approx(
            float(row["absolute_distance"]) ** 2, rel=1e-9, abs=1e-25
        )


def test_the_terms_of_the_bound_are_taken_home() -> None:
    found = dissected(OTHERS[0])
    text = terms_to_csv(found.experiment)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == 13 * len(found.experiment.curves)
    for row in rows:
        names = ("inner_problem_term", "drift_term", "adjoint_term")
        parts = [float(row[f"relative_{name}"]) for name in names]
        bound = float(row["relative_paper_bound"])
        assert sum(parts) == pytest.approx(bound, rel=1e-12)
        assert float(row["relative_error"]) <= bound


def test_links_of_frames_name_their_view() -> None:
    link = link_in(frame_of("spectrum"))
    assert link.pop("part") == "spectrum"
    assert SETTINGS.of_link(link) == (SCENARIO, VIEW, ())


def test_every_field_of_the_view_is_checked() -> None:
    bad: dict[str, Any] = {
        "show": "x",
        "method": "x",
        "what_if": ("x",),
        "assumed": 1.0,
        "stack": "x",
        "cursor": 401,
    }
    assert bad.keys() == fields_of(WhyView).keys()
    for field, value in bad.items():
        with pytest.raises(ScenarioError) as caught:
            replace(VIEW, **{field: value})
        assert caught.value.field == field
