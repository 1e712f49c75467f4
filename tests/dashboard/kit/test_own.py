"""Who gets to a table, how long it is kept, and how many are."""

from __future__ import annotations

import gc
import threading

import pytest
from frames import experiment_of
from own_cases import OTHER, REGRESSION, TWO_CLASSES

from dashboard.kit import own
from dashboard.kit.compute import EXPERIMENTS
from dashboard.kit.cost import cost_of
from dashboard.kit.export import file_name, settings_of
from dashboard.kit.links import SCENARIO_LINKS, values_of
from dashboard.kit.own import FULL, forget, held_by, take
from dashboard.kit.results import ResultCache
from dashboard.screens.explore.settings import SETTINGS
from hypergrad_core import HypergradError, Scenario, ScenarioError, read_table
from hypergrad_core.data.sheet import TableError

TABLE = read_table(REGRESSION)
NAME = str(TABLE)
SCENARIO = Scenario(family="kernel-ridge", data=TABLE, horizon=8)


def test_a_token_opens_one_table_and_a_name_none() -> None:
    first, second = take(REGRESSION), take(OTHER)
    assert held_by(first.token) == {NAME: TABLE}
    assert held_by(second.token) == {str(read_table(OTHER)): read_table(OTHER)}
    for token in (NAME, NAME[4:], "", None, first.token[:-1], "x" * len(first.token)):
        assert held_by(token) == {}
    # The same file of another visitor has another token.
    again = take(REGRESSION)
    assert again.token != first.token
    forget(again)
    assert held_by(again.token) == {}
    assert held_by(first.token) == {NAME: TABLE}


def test_it_goes_with_its_session() -> None:
    given = take(REGRESSION)
    token = given.token
    assert held_by(token)
    del given
    gc.collect()
    assert held_by(token) == {}


def test_what_is_told_of_it_has_neither_token_nor_content() -> None:
    given = take(REGRESSION)
    assert given.token not in repr(given)
    assert "age,dose" not in repr(given)


def test_a_file_is_refused_and_a_target_can_be_chosen_again() -> None:
    with pytest.raises(TableError, match="empty"):
        take(b"")
    given = take(REGRESSION, "name")
    assert given.table is None
    assert given.held == {}
    assert "Choose another column" in given.problem
    assert take(given.content, "y").table == TABLE


def test_all_sessions_together_keep_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    size = take(REGRESSION).size
    assert size == len(REGRESSION) + TABLE.features.nbytes
    monkeypatch.setattr(own, "LARGEST_BYTES", 2.5 * size)
    kept = [take(REGRESSION), take(REGRESSION)]
    with pytest.raises(HypergradError, match=FULL):
        take(REGRESSION)
    forget(kept.pop())
    assert take(REGRESSION).table == TABLE


def test_many_give_files_at_once() -> None:
    kept: list[own.Given] = []
    threads = [threading.Thread(target=lambda: kept.append(take(REGRESSION))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({given.token for given in kept}) == 20
    assert all(held_by(given.token) for given in kept)


def test_a_link_has_the_name_and_is_read_by_who_holds_the_table() -> None:
    link = SETTINGS.link_of(SCENARIO, SETTINGS.view)
    assert link["data"] == NAME
    assert SETTINGS.of_link(link, {NAME: TABLE}) == (SCENARIO, SETTINGS.view, ())
    scenario, _, (message,) = SETTINGS.of_link(link)
    assert scenario.data == "synthetic"
    assert scenario.horizon == SCENARIO.horizon
    assert message.startswith(f"Data: the link is to somebody's own data, {NAME}, and has no more")
    assert message.endswith("Used instead: Synthetic data.")


def test_another_value_is_no_table() -> None:
    link = {"problem": NAME, "data": "own-none"}
    scenario, bad = SCENARIO_LINKS.from_link(link, held={NAME: TABLE})
    assert scenario == Scenario()
    assert len(bad) == 2


def test_a_table_that_the_problem_cannot_learn_is_told() -> None:
    classes = read_table(TWO_CLASSES)
    link = {"problem": "kernel-ridge", "data": str(classes)}
    scenario, (message,) = SCENARIO_LINKS.from_link(link, held={str(classes): classes})
    assert scenario.data == "synthetic"
    assert "or a table for regression" in message
    with pytest.raises(ScenarioError, match="or a table for regression"):
        Scenario(family="kernel-ridge", data=classes)


def test_a_session_keeps_the_name_and_the_table_comes_back() -> None:
    values = values_of(SCENARIO)
    assert values["data"] == NAME
    assert SETTINGS.mended(values, {NAME: TABLE}) == (SCENARIO, [])
    scenario, (error,) = SETTINGS.mended(values)
    assert scenario.data == "synthetic"
    assert error.field == "data"


def test_exports_say_whose_data_they_are_by_their_hash() -> None:
    told = settings_of(SCENARIO, 12, 3)
    assert told["data"] == f"{NAME} (Own data {NAME[4:]} (24 × 2))"
    assert SETTINGS.read_by_people(told)["data"] == f"Own data {NAME[4:]} (24 × 2)"
    assert NAME in file_name(SCENARIO, 12)
    assert not {"age", "dose"} & {*" ".join(told.values()).split()}


def test_what_is_remembered_of_costs_keeps_no_data() -> None:
    assert cost_of(SCENARIO) == cost_of(SCENARIO.outline)
    kind = EXPERIMENTS.kind(SCENARIO)
    assert kind.data == TABLE.blank != TABLE
    assert kind.state_size == SCENARIO.state_size


def test_a_result_that_is_kept_counts_with_the_data_that_it_is_of() -> None:
    size = TABLE.features.nbytes + TABLE.target.nbytes
    cache: ResultCache[Scenario, float] = ResultCache(10, size=2 * size)
    others = [read_table(REGRESSION.replace(b"0.7", b"0.%d" % i)) for i in range(4)]
    for table in others:
        cache.put(Scenario(family="biased", data=table), 1.0)
    kept = [cache.find(Scenario(family="biased", data=table)) for table in others]
    assert kept == [None, None, 1.0, 1.0]


def test_who_has_the_same_table_shares_its_results() -> None:
    again = Scenario(family="kernel-ridge", data=read_table(REGRESSION), horizon=8)
    assert again == SCENARIO
    assert experiment_of(again) is experiment_of(SCENARIO)
