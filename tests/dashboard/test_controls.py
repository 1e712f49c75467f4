"""Every control, end to end: what it does to the picture and to the link, and back."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from frames import (
    check,
    choose,
    control,
    keys,
    link_in,
    open_page,
    payload,
    shown,
    turn_to,
    value_of,
)
from streamlit.testing.v1 import AppTest

from dashboard.kit import compute, controls
from dashboard.kit.controls import (
    CONTRACTIONS,
    HORIZONS,
    HYPER_SIZES,
    SIZES,
    STEPS,
    TARGETS,
    preview,
)
from dashboard.kit.figure.describe import BEYOND_THEORY
from hypergrad_core import METHODS, Experiment, Scenario, run
from hypergrad_core.arrays import Progress
from hypergrad_core.experiment import expected_seconds
from hypergrad_core.inner import SOLVERS

LOGISTIC = {"problem": "logistic", "d": "10", "n": "20"}
SMALL = {"problem": "quadratic", "d": "20"}
FIXED_POINT, HEAVY_BALL, EXACT = (
    SOLVERS[key].label for key in ("fixed-point", "heavy-ball", "exact")
)
# Start link, key of the control, value, query parameter, its text.
CHANGES: list[tuple[dict[str, str], str, Any, str, str]] = [
    (SMALL, "family", "logistic", "problem", "logistic"),
    (SMALL, "family", "logistic-log", "problem", "logistic-log"),
    (LOGISTIC, "data", "breast_cancer", "data", "breast_cancer"),
    ({}, "contraction", 0.95, "q", "0.95"),
    ({}, "contraction", CONTRACTIONS[0], "q", "0.05"),
    ({}, "contraction", CONTRACTIONS[-1], "q", "0.999"),
    ({"problem": "quadratic"}, "size", 300, "d", "300"),
    ({}, "size", SIZES[0], "d", "2"),
    (SMALL, "hyper_size", HYPER_SIZES[0], "m", "1"),
    (SMALL, "hyper_size", HYPER_SIZES[-1], "m", "1000"),
    (LOGISTIC, "samples", 50, "n", "50"),
    (SMALL, "spectrum", "chebyshev", "spectrum", "chebyshev"),
    (SMALL, "spectrum", "near-minus", "spectrum", "near-minus"),
    ({}, "seed", 9999, "seed", "9999"),
    ({}, "methods", ["itd"], "methods", "itd"),
    (
        {},
        "methods",
        [*reversed(METHODS)],
        "methods",
        ".".join(METHODS),
    ),
    ({}, "vary", "adjoint", "vary", "adjoint"),
    ({}, "vary", "inner", "vary", "inner"),
    ({"vary": "adjoint"}, "inner", "exact", "inner", "exact"),
    ({}, "inner", "heavy-ball", "inner", "heavy-ball"),
    ({"problem": "biased", "d": "10", "n": "20"}, "inner", "heavy-ball", "inner", "heavy-ball"),
    ({"problem": "equilibrium", "d": "12", "n": "4"}, "contraction", 1.1, "q", "1.1"),
    ({}, "horizon", HORIZONS[0], "T", "5"),
    ({}, "horizon", 300, "T", "300"),
    ({"vary": "adjoint"}, "inner_steps", STEPS[0], "t", "0"),
    ({"vary": "adjoint"}, "inner_steps", 100, "t", "100"),
    ({"vary": "inner"}, "adjoint_steps", 3, "k", "3"),
    ({"methods": "itd.itd-truncated"}, "adjoint_steps", 40, "k", "40"),
    ({}, "bound", "none", "bound", "none"),
    ({}, "bound", "paper", "bound", "paper"),
    ({}, "bound", "sharp", "bound", "sharp"),
    ({}, "x_axis", "products", "x", "products"),
    ({}, "x_axis", "floats", "x", "floats"),
    ({}, "error", "absolute", "error", "absolute"),
    ({}, "target", TARGETS[0], "eps", "30.0"),
    ({}, "target", 1e-8, "eps", "1e-08"),
    ({}, "target", TARGETS[-1], "eps", "1e-14"),
]


@pytest.mark.parametrize(
    ("start", "key", "value", "name", "text"),
    CHANGES,
    ids=[f"{change[1]}-{change[4]}" for change in CHANGES],
)
def test_a_control_changes_picture_and_link_and_the_link_restores_both(
    start: dict[str, str], key: str, value: Any, name: str, text: str
) -> None:
    session = open_page(start)
    before = shown(session)
    assert link_in(before) == session.query_params == start
    choose(session, key, value)
    after = shown(session)
    assert after["figure"] != before["figure"]
    assert session.query_params == link_in(after) == {**start, name: text}
    assert payload(session)["live"]["params"][name] == text
    assert not session.warning
    assert (after.get("warning") == BEYOND_THEORY) == (name == "q" and value >= 1)
    opened = open_page(dict(session.query_params))
    assert shown(opened) == after
    assert payload(opened) == payload(session)
    assert not opened.warning
    set_to = value_of(opened, key)
    assert set(set_to) == set(value) if isinstance(value, list) else set_to == value


def test_the_card_changes_the_formula_and_the_link_but_not_the_curves() -> None:
    session = open_page(SMALL)
    before, formulas = shown(session), [item.value for item in session.latex]
    choose(session, "card", "itd")
    assert shown(session)["figure"] == before["figure"]
    assert session.query_params == {**SMALL, "card": "itd"}
    assert [item.value for item in session.latex] != formulas
    (status,) = [item.value for item in session.caption if "tier" in item.value]
    assert status == (
        "Paper’s bound: uses constants only; proved, in general not attained (tier P). "
        "Sharp bound: uses the eigenvalues of ∂₁Φ; attained, up to rounding (tier V). "
        f"Source of the paper’s bound: {METHODS['itd'].paper_source}."
    )
    opened = open_page(dict(session.query_params))
    assert [item.value for item in opened.latex] == [item.value for item in session.latex]
    assert value_of(opened, "card") == "itd"


def test_the_card_offers_the_curves_that_are_there() -> None:
    session = open_page({"methods": "itd.aid-fp", **SMALL})
    assert control(session, "card").options == ["ITD", "AID-FP"]
    assert value_of(session, "card") == "aid-fp"
    choose(session, "card", None)
    assert value_of(session, "card") == "aid-fp"


def test_the_cursor_is_in_the_link() -> None:
    session = open_page({"at": "33"})
    assert payload(session)["cursor"] == 33
    assert any("t=33" in item.value for item in session.latex)
    assert payload(open_page({"at": "33", "T": "5"}))["cursor"] == 33


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_page_is_that_of_the_picture(theme: str) -> None:
    session = AppTest.from_file("../../dashboard/main.py", default_timeout=60)
    session.context["theme"] = theme
    check(session.run())
    assert shown(session)["link"] == f"theme={theme}"
    assert payload(session)["live"]["params"]["theme"] == theme


def test_hidden_controls_keep_their_values() -> None:
    start = {"problem": "quadratic", "q": "0.8", "d": "50", "m": "3", "spectrum": "clusters"}
    start["eps"] = "1e-06"
    session = open_page(start)
    first = shown(session)
    choose(session, "family", "logistic")
    assert not {"hyper_size", "spectrum"} & keys(session)
    choose(session, "samples", 40)
    choose(session, "family", "quadratic")
    assert "samples" not in keys(session)
    assert session.query_params == {**start, "n": "40"}
    assert shown(session)["figure"] == first["figure"]
    assert value_of(session, "spectrum") == "clusters"
    assert value_of(session, "hyper_size") == 3


def test_values_of_a_slice_are_kept_while_it_is_hidden() -> None:
    session = open_page({"vary": "adjoint", "t": "15", "k": "4", **SMALL})
    choose(session, "vary", "inner")
    assert "inner_steps" not in keys(session)
    assert value_of(session, "adjoint_steps") == 4
    choose(session, "vary", "both")
    choose(session, "vary", "adjoint")
    assert value_of(session, "inner_steps") == 15


def test_controls_appear_where_they_matter() -> None:
    session = open_page(SMALL)
    always = {"family", "contraction", "seed", "methods", "vary", "horizon"}
    always |= {"bound", "x_axis", "error", "target", "card"}
    extra = {"data", "size", "hyper_size", "samples", "spectrum"}
    extra |= {"inner", "inner_steps", "adjoint_steps"}

    def visible() -> set[str]:
        assert always <= keys(session)
        return keys(session) & extra

    quadratic = {"size", "hyper_size", "spectrum", "inner"}
    assert visible() == quadratic
    assert control(session, "inner").options == [FIXED_POINT, HEAVY_BALL]
    choose(session, "methods", ["itd", "itd-truncated"])
    assert visible() == {*quadratic, "adjoint_steps"}
    assert control(session, "adjoint_steps").label == "Truncation k"
    choose(session, "vary", "inner")
    assert control(session, "adjoint_steps").label == "Fixed k"
    choose(session, "methods", ["aid-fp"])
    assert visible() == {*quadratic, "adjoint_steps"}
    assert control(session, "inner").options == [FIXED_POINT, HEAVY_BALL]
    choose(session, "vary", "adjoint")
    assert visible() == {*quadratic, "inner_steps"}
    assert control(session, "inner").options == [FIXED_POINT, HEAVY_BALL, EXACT]
    choose(session, "inner", "exact")
    assert visible() == quadratic
    choose(session, "family", "logistic")
    assert visible() == {"data", "size", "samples", "inner"}
    assert control(session, "inner").options == [FIXED_POINT, EXACT]
    choose(session, "data", "breast_cancer")
    assert visible() == {"data", "inner"}
    assert any("d = 30" in item.value for item in session.caption)
    choose(session, "vary", "both")
    assert visible() == {"data"}


def test_leaving_the_slice_of_an_exact_lower_level_makes_it_iterate_again() -> None:
    session = open_page({"vary": "adjoint", "inner": "exact", **SMALL})
    choose(session, "vary", "both")
    assert session.query_params == SMALL
    assert not session.warning


def test_what_a_family_does_not_allow_falls_to_the_nearest_that_it_does() -> None:
    session = open_page({"problem": "quadratic", "d": "5000", "m": "2"})
    choose(session, "family", "logistic-log")
    assert session.query_params["d"] == "1000"
    assert value_of(session, "size") == 1000
    assert not session.warning


def test_the_largest_problems_allow_fewer_hyperparameters_and_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controls, "COUPLING_FLOATS", 1200)
    monkeypatch.setattr(controls, "TRAJECTORY_FLOATS", 60 * 71)
    session = open_page({"d": "50", "T": "80", "methods": "aid-fp"})
    assert control(session, "hyper_size").options[-1] == "20"
    choose(session, "size", 60)
    assert control(session, "hyper_size").options[-1] == "20"
    assert session.query_params == {"d": "60", "T": "70", "methods": "aid-fp"}
    choose(session, "vary", "adjoint")
    assert control(session, "horizon").options[-1] == "2\u2009000"
    assert control(session, "inner_steps").options[-1] == "70"


def test_a_limit_between_two_stops_is_respected_but_not_lowered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controls, "COUPLING_FLOATS", 20 * 17)
    monkeypatch.setattr(controls, "TRAJECTORY_FLOATS", 20 * 38)
    link = {"d": "20", "m": "17", "T": "37"}
    assert open_page(link).query_params == link


def test_a_real_data_set_goes_when_its_family_does() -> None:
    session = open_page({"problem": "logistic", "data": "breast_cancer"})
    choose(session, "family", "quadratic")
    assert session.query_params == {"problem": "quadratic"}
    assert not session.warning


@pytest.mark.parametrize(
    ("link", "family", "after"),
    [
        (
            {"problem": "equilibrium", "q": "1.3", "d": "12", "n": "4"},
            "quadratic",
            {"problem": "quadratic", "q": "0.9999", "d": "12", "n": "4"},
        ),
        ({"inner": "heavy-ball", **LOGISTIC, "problem": "biased"}, "logistic", LOGISTIC),
    ],
    ids=["contraction", "inner"],
)
def test_what_only_one_family_allows_is_left_without_a_warning(
    link: dict[str, str], family: str, after: dict[str, str]
) -> None:
    session = open_page(link)
    choose(session, "family", family)
    assert session.query_params == after
    assert not session.warning


@pytest.mark.parametrize(
    ("link", "key", "value"),
    [
        ({"q": "0.9137"}, "contraction", 0.9137),
        ({"q": "0.9999"}, "contraction", 0.9999),
        ({"q": "0.01"}, "contraction", 0.01),
        ({"q": "0.899999999"}, "contraction", 0.899999999),
        ({"d": "77"}, "size", 77),
        ({"m": "7"}, "hyper_size", 7),
        ({"problem": "logistic", "d": "10", "n": "33"}, "samples", 33),
        ({"T": "37"}, "horizon", 37),
        ({"T": "1"}, "horizon", 1),
        ({"vary": "adjoint", "t": "37"}, "inner_steps", 37),
        ({"vary": "inner", "k": "7"}, "adjoint_steps", 7),
        ({"eps": "0.00025"}, "target", 2.5e-4),
        ({"eps": "0.000101"}, "target", 1.01e-4),
        ({"eps": "1000.0"}, "target", 1000.0),
        ({"eps": "1e-15"}, "target", 1e-15),
        ({"seed": "1234"}, "seed", 1234),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_a_link_may_hold_any_allowed_value_and_keeps_it(
    link: dict[str, str], key: str, value: float
) -> None:
    session = open_page(link)
    assert session.query_params == link_in(shown(session)) == link
    assert value_of(session, key) == value
    assert not session.warning
    # Another control sends all widgets back, by the texts on them.
    choose(session, "error", "absolute")
    assert session.query_params == {**link, "error": "absolute"}


def test_the_texts_of_a_slider_tell_its_stops_apart() -> None:
    for link in ({"q": "0.899999999"}, {"eps": "0.000101"}, {}):
        for slider in open_page(link).select_slider:
            assert len(set(slider.options)) == len(slider.options)


@pytest.mark.parametrize(
    "link",
    [
        {"problem": "cubic"},
        {"problem": "logistic", "data": "iris"},
        {"data": "breast_cancer"},
        {"q": "1.5"},
        {"q": "nan"},
        {"q": "fast"},
        {"d": "1"},
        {"problem": "logistic", "d": "1001"},
        {"d": "ten"},
        {"m": "0"},
        {"n": "1"},
        {"spectrum": "odd"},
        {"methods": ""},
        {"methods": "itd.itd"},
        {"methods": "adam"},
        {"vary": "q"},
        {"inner": "newton"},
        {"inner": "exact"},
        {"T": "0"},
        {"t": "-1"},
        {"k": "2001"},
        {"seed": "1.5"},
        {"x": "time"},
        {"error": "squared"},
        {"bound": "best"},
        {"eps": "0"},
        {"card": "adam"},
        {"at": "-3"},
    ],
    ids=str,
)
def test_a_bad_value_in_a_link_is_named_and_replaced(link: dict[str, str]) -> None:
    session = open_page({"n": "20", "T": "40", **link})
    (warning,) = session.warning
    (bad,) = [name for name in link if name != "problem"] or link
    assert f"{bad} = " in warning.value.replace("\\", "")
    assert bad not in session.query_params
    assert len(shown(session)["readout"]) == 3
    control(session, "dismiss").click().run()
    assert not check(session).warning
    assert "dismiss" not in keys(session)


def test_all_bad_values_are_named_and_good_and_foreign_ones_stay() -> None:
    session = open_page({"q": "2", "d": "0", "eps": "x", "seed": "7", "embed": "true"})
    (warning,) = session.warning
    said = warning.value.replace("\\", "")
    assert all(f": {name} = " in said for name in ("q", "d", "eps"))
    assert "seed" not in said
    assert session.query_params == {"seed": "7", "embed": "true"}
    choose(session, "seed", 8)
    assert len(session.warning) == 1
    assert session.query_params == {"seed": "8", "embed": "true"}


def test_the_methods_cannot_be_emptied() -> None:
    session = open_page({"methods": "itd", **SMALL})
    choose(session, "methods", [])
    assert value_of(session, "methods") == ["itd"]
    assert session.query_params["methods"] == "itd"
    assert len(shown(session)["readout"]) == 1


def test_a_link_cannot_write_on_the_page() -> None:
    session = open_page({"q": "![x](https://example.org/p.png)", "problem": "<b>*x*</b> `$y$`"})
    (warning,) = session.warning
    bare = re.sub(r"\\[^\w\s]", "", warning.value.partition("\n\n- ")[2])
    assert not {*bare} & {*"![]()<>*`$_"}


@pytest.mark.parametrize("key", ["bound", "x_axis", "error"])
def test_a_switch_cannot_be_cleared(key: str) -> None:
    session = open_page(SMALL)
    before = value_of(session, key)
    choose(session, key, None)
    assert value_of(session, key) == before
    assert session.query_params == SMALL


@pytest.mark.parametrize(
    ("link", "label", "reason"),
    [
        ({"vary": "adjoint", "methods": "itd.aid-fp"}, "ITD", "all t steps"),
        ({"vary": "adjoint", "methods": "one-step.aid-fp"}, "One-step", "k = 1"),
        ({"vary": "inner", "methods": "itd.aid-fp"}, "ITD", "all t steps"),
    ],
)
def test_a_method_that_does_not_apply_says_why(
    link: dict[str, str], label: str, reason: str
) -> None:
    session = open_page({**link, **SMALL})
    (message,) = session.info
    assert message.value.startswith(f"**{label}** does not apply here.")
    assert reason in message.value
    assert f"{label} does not apply here" in shown(session)["alt"]
    assert [reading["name"] for reading in shown(session)["readout"]] == ["AID-FP"]


def test_the_page_stands_when_no_method_applies() -> None:
    session = open_page({"vary": "adjoint", "methods": "itd", **SMALL})
    assert shown(session)["readout"] == []
    assert "No method applies" in shown(session)["message"]
    assert "card" not in keys(session)


def test_every_slider_of_the_problem_is_watched_with_its_stops() -> None:
    for link in (SMALL, LOGISTIC, {"vary": "adjoint", **SMALL}, {"vary": "inner", **SMALL}):
        session = open_page(link)
        watched = payload(session)["live"]["watch"]
        assert [watch["key"] for watch in watched] == [item.key for item in session.select_slider]
        for watch, slider in zip(watched, session.select_slider, strict=True):
            assert len(watch["options"]) == len(slider.options)
            assert watch["param"] in payload(session)["live"]["params"]
            assert watch["options"][slider.options.index(slider.format_func(slider.value))] == str(
                slider.value
            )


def test_downloads_and_code_are_offered() -> None:
    session = open_page({"seed": "3", **SMALL})
    assert [item.key for item in session.get("download_button")] == [
        "download_csv",
        "download_html",
    ]
    code, address = session.code
    assert "seed=3" in code.value
    assert "size=20" in code.value
    assert address.value.endswith("?problem=quadratic&d=20&seed=3")


class SlowRuns:
    """Runs of one seed that take as long as the test wants."""

    SEED = 4242

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.error: BaseException | None = None
        self.started = 0

    def expected(self, scenario: Scenario) -> float:
        """Long for the one seed, quick for the rest."""
        return 60.0 if scenario.seed == self.SEED else 0.01

    def run(self, scenario: Scenario, progress: Progress | None = None) -> Experiment:
        """As the core, in a job after a wait at 30 %."""
        if progress is not None and progress is not compute.checkpoint:
            self.started += 1
            while not self.go_on.wait(0.005):
                progress(0.3)
            if self.error is not None:
                raise self.error
        return run(scenario, progress)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowRuns]:
    runs = SlowRuns()
    monkeypatch.setattr(compute, "expected_seconds", runs.expected)
    monkeypatch.setattr(compute, "run", runs.run)
    compute.EXPERIMENTS = compute.ExperimentCache(compute.CACHE_ENTRIES)
    yield runs
    runs.error = None
    runs.go_on.set()


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """What threads failed with, instead of a report on the console."""
    seen: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    return seen


def texts(session: AppTest) -> str:
    """All the plain text of the sidebar."""
    return "\n".join(item.value for item in session.sidebar.markdown)


def job_of(session: AppTest) -> compute.Job:
    job = session.session_state["job of explore"]
    assert isinstance(job, compute.Job)
    return job


def finish(session: AppTest) -> None:
    """Wait for the job of the session, then run the page as its timer would."""
    deadline = time.monotonic() + 20
    while job_of(session).running:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    check(session.run())


def test_a_long_run_shows_progress_can_be_stopped_and_started_again(slow: SlowRuns) -> None:
    session = open_page(SMALL)
    before = shown(session)
    choose(session, "seed", SlowRuns.SEED)
    assert session.query_params["seed"] == str(SlowRuns.SEED)
    assert shown(session) == before
    job = job_of(session)
    while job.fraction == 0:
        time.sleep(0.005)
    check(session.run())
    (bar,) = session.get("progress")
    assert bar.proto.value == 30
    assert "30%" in bar.proto.text
    assert "The picture still shows the previous settings." in bar.proto.text

    # The click may come together with that of another control, in a run of the whole page.
    control(session, "stop").click().run()
    check(session)
    finish(session)
    assert job.stopped
    assert job_of(session) is job
    assert "Stopped at 30%" in texts(session)
    assert shown(session) == before
    assert not session.get("progress")

    control(session, "again").click().run()
    check(session)
    assert job_of(session) is not job
    slow.go_on.set()
    finish(session)
    assert link_in(shown(session)) == {**SMALL, "seed": str(SlowRuns.SEED)}
    assert "Stopped" not in texts(session)
    assert not session.get("progress")
    assert slow.started == 2


def test_another_setting_stops_the_long_run(slow: SlowRuns) -> None:
    session = open_page(SMALL)
    choose(session, "seed", SlowRuns.SEED)
    job = job_of(session)
    choose(session, "seed", 5)
    assert job.stopped
    assert link_in(shown(session)) == {**SMALL, "seed": "5"}
    assert session.session_state["job of explore"] is None


def test_leaving_the_page_stops_its_long_run(slow: SlowRuns) -> None:
    session = open_page(SMALL)
    choose(session, "seed", SlowRuns.SEED)
    job = job_of(session)
    assert not job.stopped
    turn_to(session, "why")
    check(session.run())
    assert job.stopped


def test_a_long_run_that_fails_says_so_in_words(
    slow: SlowRuns, failures: list[threading.ExceptHookArgs], caplog: pytest.LogCaptureFixture
) -> None:
    slow.error = RuntimeError("the matrix is singular")
    session = open_page(SMALL)
    slow.go_on.set()
    choose(session, "seed", SlowRuns.SEED)
    finish(session)
    assert "could not be computed, by a fault of the program" in texts(session)
    assert "singular" not in texts(session)
    assert {*keys(session)} >= {"again", "contraction"}
    assert failures == []
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [slow.error]


def test_a_long_run_out_of_memory_says_what_to_do(
    slow: SlowRuns, failures: list[threading.ExceptHookArgs]
) -> None:
    slow.error = MemoryError()
    session = open_page(SMALL)
    slow.go_on.set()
    choose(session, "seed", SlowRuns.SEED)
    finish(session)
    assert "memory" in texts(session)
    assert "smaller d or T" in texts(session)
    assert failures == []


def test_a_session_that_opens_with_a_long_run_shows_a_quick_one_first(slow: SlowRuns) -> None:
    slow_link = {"problem": "quadratic", "seed": str(SlowRuns.SEED), "d": "500", "T": "300"}
    session = open_page(slow_link)
    (bar,) = session.get("progress")
    assert bar.proto.text.endswith(" The picture shows a smaller problem until then.")
    assert "previous" not in bar.proto.text
    # The picture itself says so as well, and only as long as it is so.
    assert payload(session)["pending"] == "Not computed yet: d = 500, T = 300"
    slow.go_on.set()
    finish(session)
    assert link_in(shown(session)) == slow_link
    assert payload(session)["pending"] == ""


def test_what_stands_in_for_a_long_run_is_quick() -> None:
    every = tuple(METHODS)
    for scenario in (
        Scenario(size=1_000_000, horizon=250, methods=every),
        Scenario(family="logistic", size=1000, samples=2000, horizon=2000, methods=every),
        Scenario(family="logistic", samples=2000, methods=every),
        Scenario(family="logistic", size=200, samples=500, vary="inner", adjoint_steps=2000),
        Scenario(size=100_000, vary="adjoint", inner_steps=2000, horizon=2000),
    ):
        assert expected_seconds(scenario) > compute.JOB_SECONDS
        assert expected_seconds(preview(scenario)) <= compute.JOB_SECONDS


def test_the_payload_has_no_number_that_json_lacks() -> None:
    (component,) = open_page(SMALL).get("bidi_component")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(component.proto.bytes, parse_constant=refuse)
