"""The table of final values on Descent: the numbers of ``tabulate``, as papers have them."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from frames import ROOT, open_page

from dashboard.kit.page import Shown
from dashboard.screens.descent.export import descent_snippet, endings_in_latex, endings_to_csv
from dashboard.screens.descent.final import (
    BEST,
    COLUMNS,
    TRAINED_AGAIN,
    cells_of,
    columns_of,
    explained,
    final_caption,
    final_html,
    final_latex,
    final_rows,
)
from dashboard.screens.descent.frame import descent_frame
from dashboard.screens.descent.race import RACES, Race, Run, arrived, refusals
from dashboard.screens.descent.settings import SETTINGS, DescentView
from hypergrad_core import Outer, Rule, Scenario, tabulate
from hypergrad_core.studies.final_values import NUMBERS, FinalRow, FinalValues

BIASED = replace(SETTINGS.scenario, data="synthetic", size=6, samples=9)
SOFTMAX = replace(BIASED, family="softmax", size=12, samples=20)
VIEW = DescentView(steps=3, seeds=3)
SCENARIOS = {"biased": BIASED, "softmax": SOFTMAX}
every_family = pytest.mark.parametrize("family", SCENARIOS)


@cache
def runs_of(race: Race) -> tuple[Run | None, ...]:
    return RACES.compute(race)


def race_of(scenario: Scenario, view: DescentView = VIEW) -> Race:
    race = Race.of(scenario, view)
    runs_of(race)
    return race


def expected(scenario: Scenario, view: DescentView = VIEW) -> tuple[FinalRow, ...]:
    way = Race.of(scenario, view).ways[0]
    return tabulate(scenario, way.budget, way.outer, seeds=view.seeds)


@every_family
@pytest.mark.parametrize("rule", ["certified", "backtracking"])
def test_the_page_has_the_numbers_of_python(family: str, rule: str) -> None:
    view = replace(VIEW, rule=rule)
    rows = final_rows(runs_of(race_of(SCENARIOS[family], view)))
    # To the last digit, but for the seconds.
    assert rows == expected(SCENARIOS[family], view)
    assert {len(row.runs) for row in rows} == {3}
    assert len(rows) == 3 * (2 if rule == "certified" else 1)


def test_what_is_not_asked_for_is_not_run() -> None:
    one, three = (Race.of(BIASED, replace(VIEW, seeds=seeds)) for seeds in (1, 3))
    assert one.parts == one.ways == three.ways == three.parts[:3]
    assert [(way.method, way.scenario.seed, way.brief) for way in three.parts[3:]] == [
        (method, seed, True) for seed in (1, 2) for method in BIASED.methods
    ]
    # The pictures are of the first seed, and stay what they are.
    runs = runs_of(three)
    assert [run.method for run in arrived(runs)] == list(BIASED.methods)
    frames = [
        descent_frame(Shown(SETTINGS, race, runs_of(race), BIASED, VIEW, "light"))
        for race in (one, three)
    ]
    assert frames[0]["message"] == frames[1]["message"]
    assert frames[0]["title"] == frames[1]["title"]
    assert frames[0]["link"] == frames[1]["link"]


def test_a_method_that_does_not_apply_is_named_once() -> None:
    scenario = replace(BIASED, family="nonsymmetric", hyper_size=3)
    runs = runs_of(race_of(scenario))
    assert [refusal.method for refusal in refusals(runs)] == ["aid-cg"]
    assert {row.method for row in final_rows(runs)} == {"itd", "aid-fp"}


def row(method: str, rule: Rule, *objectives: float, **others: float) -> FinalRow:
    plain = FinalValues(method, rule, 0, 5, 0.0, 0.0, np.nan, np.nan, 100, 64, 0.5)
    fields: dict[str, object] = dict(others)
    return FinalRow(tuple(replace(plain, objective=value, **fields) for value in objectives))  # type: ignore[arg-type]


def texts(rows: list[FinalRow], name: str) -> list[tuple[str, str, bool]]:
    (found,) = [column for column in COLUMNS if column.name == name]
    return [(cell.mean, cell.deviation, cell.best) for cell in cells_of(rows, found)]


def test_cells_have_as_many_digits_after_the_point() -> None:
    rows = [
        row("itd", Rule.CERTIFIED, 0.0212, 0.0216),
        row("itd", Rule.FIXED, 7.4e50, 7.4e50),
        row("aid-cg", Rule.CERTIFIED, 12.34567, 12.5),
        row("aid-cg", Rule.FIXED, 0.03, np.nan),
    ]
    assert texts(rows, "objective") == [
        ("0.02140", "0.00028", True),
        ("7.4·10⁵⁰", "0", False),
        ("12.42283", "0.10913", False),
        ("–", "", False),
    ]


def test_the_best_is_marked_where_there_is_one() -> None:
    rows = [
        row("itd", Rule.FIXED, 0.123449, accuracy=0.91, retrained=0.93),
        row("aid-fp", Rule.FIXED, 0.123451, accuracy=0.95, retrained=np.nan),
        row("aid-cg", Rule.FIXED, 0.2, accuracy=0.9501, retrained=0.92),
    ]
    # As far as its digits tell.
    assert [best for *_, best in texts(rows, "objective")] == [True, False, False]
    assert [best for *_, best in texts(rows, "accuracy")] == [False, True, True]
    assert texts(rows, "retrained") == [("93.0", "", True), ("–", "", False), ("92.0", "", False)]
    assert not any(best for *_, best in texts(rows, "products"))
    assert not any(best for *_, best in texts(rows[:1], "objective"))
    page = final_html(rows, 1, "dark")
    # A sign with a name and bold letters, not a colour.
    assert page.count(f'<span role="img" aria-label="best">{BEST}</span> <b>') == 4


def test_columns_that_say_nothing_are_left_out() -> None:
    plain, held_out = [final_rows(runs_of(race_of(item))) for item in (BIASED, SOFTMAX)]
    names = [column.name for column in COLUMNS]
    assert [column.name for column in columns_of(held_out)] == names
    kept = [name for name in names if name not in ("accuracy", "retrained")]
    assert [column.name for column in columns_of(plain)] == kept
    assert TRAINED_AGAIN in explained(held_out)
    for word in ("Trained again", "ccuracy"):
        assert word not in explained(plain)
        assert word not in final_html(plain, 3, "light")


def test_it_says_how_many_seeds_have_arrived() -> None:
    runs = runs_of(race_of(BIASED))
    captions = [
        final_caption(final_rows([*runs[:count], *[None] * (len(runs) - count)]), 3)
        for count in (3, 4, 9)
    ]
    assert captions[0].endswith("over 1 of 3 seeds so far.")
    assert captions[1].endswith("over 2 of 3 seeds so far.")
    assert captions[2].endswith("over 3 seeds.")
    partial = final_html(final_rows([*runs[:4], *[None] * 5]), 3, "light")
    assert partial.count(", 1 seed</small>") == 4
    assert " seeds</small>" not in partial
    assert "seed</small>" not in final_html(final_rows(runs), 3, "light")
    assert final_caption(final_rows(runs[:3]), 1) == "Where each descent has ended."


def test_a_table_can_be_read_without_eyes() -> None:
    rows = final_rows(runs_of(race_of(SOFTMAX)))
    page = final_html(rows, 3, "light")
    assert page.count('scope="row"') == len(rows)
    assert page.count('scope="col"') == 1 + len(COLUMNS)
    assert page.count("<td>") == len(rows) * len(COLUMNS)
    caption = final_caption(rows, 3)
    assert f'<div tabindex="0" role="region" aria-label="{caption}"><table>' in page
    assert f"<p>{caption}</p>" in page


@every_family
def test_csv_has_every_seed_mean_and_deviation(family: str) -> None:
    race = race_of(SCENARIOS[family])
    lines = [line for line in endings_to_csv(race).splitlines() if not line.startswith("#")]
    told = list(csv.DictReader(lines))
    for row in expected(SCENARIOS[family]):
        own = [item for item in told if (item["method"], item["rule"]) == (row.method, row.rule)]
        assert [item["seed"] for item in own] == ["0", "1", "2", "mean", "deviation"]
        for name in set(NUMBERS) - {"seconds"}:
            numbers = [*row.of(name), row.mean(name), row.deviation(name)]
            np.testing.assert_array_equal([float(item[name]) for item in own], numbers)
    alone = race_of(SCENARIOS[family], replace(VIEW, seeds=1))
    assert "mean" not in endings_to_csv(alone)
    assert "# seeds of the final values: 1\n" in endings_to_csv(alone)


def test_the_code_prints_the_numbers_of_the_table() -> None:
    race = race_of(SOFTMAX)
    printed = subprocess.run(
        [sys.executable, "-c", descent_snippet(race)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    _, table = printed.split("\n\n")
    rows = final_rows(runs_of(race))
    told = list(csv.DictReader(table.splitlines()))
    assert [(item["method"], item["rule"]) for item in told] == [(r.method, r.rule) for r in rows]
    for item, own in zip(told, rows, strict=True):
        assert int(item["seeds"]) == 3
        for name in ("objective", "value", "accuracy", "retrained", "products", "stored_floats"):
            assert float(item[name]) == own.mean(name)
            assert float(item[f"{name}_deviation"]) == own.deviation(name)


def test_latex_is_the_table_of_a_paper() -> None:
    rows = [
        row("itd", Rule.CERTIFIED, 0.0212, 0.0216, accuracy=0.91),
        row("itd", Rule.FIXED, 7.4e50, 8.4e50, products=12_345),
    ]
    told = final_latex(rows, 2)
    assert r"ITD & certified & $5\pm0$ & $\mathbf{0.02140}\pm0.00028$" in told
    assert r"$7.9\cdot 10^{50}\pm7.07\cdot 10^{49}$" in told
    assert r"$12\,345\pm0$" in told
    assert " & -- & " in told
    widths = {line.count(" & ") for line in told.splitlines() if " & " in line}
    assert widths == {1 + len(columns_of(rows))}
    columns = re.search(r"\\begin\{tabular\}\{(\w+)\}", told)
    assert columns is not None
    assert len(columns[1]) == 2 + len(columns_of(rows))
    file = endings_in_latex(race_of(BIASED))
    assert file.name.endswith("-final.tex")
    assert file.make() == final_latex(final_rows(runs_of(race_of(BIASED))), 3)
    assert "\u2009" not in file.make()


def test_the_page_shows_it() -> None:
    link = {"data": "synthetic", "d": "6", "n": "9", "outer": "3", "seeds": "3"}
    RACES.compute(Race.of(*SETTINGS.of_link(link)[:2]))
    session = open_page(link, "descent")
    assert not session.exception
    assert "## Final values" in [item.value for item in session.markdown]
    (slider,) = [item for item in session.select_slider if item.label == "Seeds"]
    assert slider.value == "3"
    assert Outer().unproved(7) == Outer(Rule.FIXED, 200, products=7)
