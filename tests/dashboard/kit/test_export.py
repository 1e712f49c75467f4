"""What is saved as CSV: the numbers of the picture, and a true account of what was run."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from frames import ALL, experiment_of

from dashboard.kit import export
from dashboard.kit.export import COSTS, file_name, settings_of
from dashboard.screens.budget.export import planes_to_csv
from dashboard.screens.complexity.export import requirements_to_csv
from dashboard.screens.explore.export import to_csv
from dashboard.screens.paper.export import replications_to_csv
from dashboard.screens.why.export import dissection_to_csv, terms_to_csv
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.plane import plane
from hypergrad_core.studies.replication import replicate
from hypergrad_core.studies.requirements import requirements

SCENARIOS = [
    Scenario(),
    Scenario(methods=ALL, size=12, horizon=20, seed=3, contraction=0.123456789012345678),
    Scenario(methods=ALL, size=12, horizon=20, vary="adjoint", inner_steps=7),
    Scenario(methods=ALL, size=12, horizon=20, vary="inner", adjoint_steps=4),
    Scenario(family="logistic", data="breast_cancer", horizon=15, methods=("aid-fp", "itd")),
    Scenario(methods=("itd",), vary="adjoint", size=12, horizon=5),
]
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
SMALL = Scenario(family="logistic", size=4, samples=6, horizon=6)


def table_of(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The comment lines and the rows of an exported file."""
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert lines[: len(comments)] == comments
    pairs = (comment.removeprefix("# ").split(": ", 1) for comment in comments)
    return dict(pairs), list(csv.DictReader(lines[len(comments) :]))


@every_scenario
@pytest.mark.parametrize("kind", ["relative", "absolute"])
def test_every_number_of_the_csv_is_that_of_the_picture(scenario: Scenario, kind: str) -> None:
    experiment = experiment_of(scenario)
    comments, rows = table_of(to_csv(experiment, kind))
    norm = experiment.constants.hypergradient_norm
    unit = norm if kind == "relative" else 1.0
    assert float(comments["hypergradient_norm"]) == norm
    assert comments["errors and bounds"].startswith(f"{kind}: ")
    assert len(rows) == sum(len(curve.steps) for curve in experiment.curves)
    for curve in experiment.curves:
        estimate = curve.estimate
        own = [row for row in rows if row["method"] == curve.method]
        wanted = {
            "inner_steps": estimate.points.inner_steps,
            "adjoint_steps": estimate.points.adjoint_steps,
            f"{kind}_error": curve.errors / unit,
            f"{kind}_paper_bound": curve.paper.values / unit,
            f"{kind}_sharp_bound": curve.sharp.values / unit,
            f"{kind}_rounding_estimate": np.full(len(own), curve.floor / unit),
            **{name: getattr(estimate.costs, name) for name in COSTS},
        }
        assert own[:1] == [] or own[0].keys() == {"method", *wanted}
        for name, values in wanted.items():
            read = np.array([values.dtype.type(row[name]) for row in own])
            np.testing.assert_array_equal(read, values)


def test_where_the_hypergradient_is_zero_errors_are_absolute() -> None:
    assert export.unit_of(0.0) == ("absolute", 1.0)
    assert export.unit_of(2.0) == ("relative", 2.0)
    assert export.unit_of(2.0, "absolute") == ("absolute", 1.0)


@every_scenario
def test_the_csv_says_what_was_run(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    comments, _ = table_of(to_csv(experiment))
    told = settings_of(scenario, experiment.state_size, experiment.hyper_size)
    assert told.items() <= comments.items()
    for name in ("contraction", "horizon", "seed", "vary", "inner", "start", "precision"):
        assert told[name] == str(getattr(scenario, name))
    assert told["family"] == f"{scenario.family} ({scenario.problem_family.label})"


def test_the_header_is_that_of_the_problem_that_was_built() -> None:
    experiment = experiment_of(SCENARIOS[4])
    told = settings_of(SCENARIOS[4], experiment.state_size, experiment.hyper_size)
    assert (told["size"], told["hyper_size"], told["samples"]) == ("30", "30", "284")
    assert told["data"] == "breast_cancer (Breast cancer (569 × 30))"
    # What makes no difference is not told as if it did.
    assert not {"spectrum", "inner_steps", "adjoint_steps"} & told.keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_header_has_what_the_family_uses_alone(family: str) -> None:
    for data, known in FAMILIES[family].data.items():
        told = settings_of(Scenario(family=family, data=data, size=20), 20, 5)
        assert ("spectrum" in told) == ("spectrum" in FAMILIES[family].uses)
        with_rows = known.samples is not None or "samples" in FAMILIES[family].uses
        assert ("samples" in told) == with_rows
        if known.samples is not None:
            assert told["samples"] == str(known.samples)


def test_a_step_is_in_the_header_where_it_is_kept_fixed() -> None:
    def kept(**options: object) -> set[str]:
        told = settings_of(Scenario(**options), 100, 10)  # type: ignore[arg-type]
        return {"inner_steps", "adjoint_steps"} & told.keys()

    assert kept() == set()
    assert kept(vary="adjoint") == {"inner_steps"}
    assert kept(vary="adjoint", inner="exact") == set()
    assert kept(vary="inner") == {"adjoint_steps"}
    assert kept(methods=("itd-truncated",)) == {"adjoint_steps"}


@every_scenario
def test_the_csv_says_what_each_bound_is_worth(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    comments, _ = table_of(to_csv(experiment))
    for curve in experiment.curves:
        for name, bound in (("paper_bound", curve.paper), ("sharp_bound", curve.sharp)):
            said = f"tier {bound.tier}, {bound.status}"
            assert comments[f"{name} of {curve.method}"] == said
            assert re.fullmatch("tier [PXTV], (tight|upper|heuristic)", said)
            assert comments[f"source of {name} of {curve.method}"] == bound.source


def test_the_csv_can_be_read_with_numpy() -> None:
    experiment = experiment_of(Scenario())
    text = to_csv(experiment, "absolute")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    errors = np.loadtxt(lines, delimiter=",", skiprows=1, usecols=3)
    wanted = np.concatenate([curve.errors for curve in experiment.curves])
    np.testing.assert_array_equal(errors, wanted)


def test_the_cells_of_a_map_are_relative_and_say_so() -> None:
    found = plane(SMALL, "aid-cg")
    comments, rows = table_of(planes_to_csv([found]))
    assert comments["errors and bounds"].startswith("relative: ")
    assert (comments["size"], comments["hyper_size"], comments["samples"]) == ("4", "4", "6")
    assert len(rows) == 7 * 7
    for row in rows:
        t, k = int(row["inner_steps"]), int(row["adjoint_steps"])
        assert float(row["relative_error"]) == found.errors[t, k] / found.hypergradient_norm
        assert float(row["relative_paper_bound"]) == found.paper[t, k] / found.hypergradient_norm
        assert int(row["products"]) == found.products[t, k]


def test_distances_are_given_both_ways() -> None:
    found = dissect(SMALL)
    _, rows = table_of(dissection_to_csv(found))
    distances = np.linalg.norm(found.gaps, axis=1)
    own = [row for row in rows if row["what"] == "w"]
    np.testing.assert_array_equal([float(row["absolute_distance"]) for row in own], distances)
    relative = [float(row["relative_distance"]) for row in own]
    np.testing.assert_array_equal(relative, distances / distances[0])


def test_the_terms_of_a_bound_add_up_to_it() -> None:
    found = dissect(SMALL)
    comments, rows = table_of(terms_to_csv(found.experiment))
    assert comments["errors and bounds"].startswith("relative: ")
    for row in rows:
        terms = ("inner_problem_term", "drift_term", "adjoint_term")
        total = sum(float(row[f"relative_{name}"]) for name in terms)
        assert total == pytest.approx(float(row["relative_paper_bound"]))


def test_a_sweep_says_its_target_once_and_q_in_each_row() -> None:
    found = [requirements(SMALL, 1e-2)]
    comments, rows = table_of(requirements_to_csv(found))
    assert comments["target"] == "0.01"
    assert "contraction" not in comments
    assert {row["contraction"] for row in rows} == {"0.9"}
    assert all(float(row["relative_error"]) <= 1e-2 for row in rows)


def test_a_sweep_of_which_nothing_is_there_yet_is_an_empty_table() -> None:
    comments, rows = table_of(requirements_to_csv([]))
    assert (list(comments), rows) == (["errors"], [])


def test_the_panels_of_the_figure_are_told_of_one_by_one() -> None:
    runs = [replicate(SMALL, 2), replicate(Scenario(size=5, hyper_size=3, horizon=6), 2)]
    comments, rows = table_of(replications_to_csv(runs))
    assert comments["panel 1, samples"] == "6"
    assert comments["panel 2, hyper_size"] == "3"
    assert "panel 2, samples" not in comments
    assert len(rows) == 2 * 5 * 2 * 7
    assert float(rows[0]["relative_error"]) == runs[0].errors[0, 0, 0]


@every_scenario
def test_files_have_names_that_every_system_takes(scenario: Scenario) -> None:
    size = experiment_of(scenario).state_size
    name = file_name(scenario, size)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name)
    assert f"q{scenario.contraction:g}" in name
    assert f"d{size}" in name
    assert f"seed{scenario.seed}" in name
    assert Path(name).name == name
    assert file_name(scenario, size, "budget").startswith("hypergradient-budget-")


@pytest.mark.parametrize("family", FAMILIES)
def test_data_that_are_drawn_are_called_synthetic(family: str) -> None:
    """In what is saved as well: on pages they have no other name."""
    scenario = Scenario(family=family, size=20)
    told = settings_of(scenario, 20, 5)
    assert told["data"].startswith("synthetic (")
    assert "made" not in file_name(scenario, 20) + "".join(told.values())


def test_a_name_tells_the_data_set() -> None:
    assert file_name(SCENARIOS[4], 30) == "hypergradient-logistic-breast_cancer-q0.9-d30-seed0"
    assert file_name(Scenario(seed=2), 100) == "hypergradient-quadratic-q0.9-d100-seed2"
    assert file_name(Scenario(), 100, "complexity", sweep=True).endswith("quadratic-d100-seed0")
