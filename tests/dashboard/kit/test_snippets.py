"""The Python that each page gives prints the numbers of that page's CSV."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frames import ALL, ROOT, experiment_of
from own_cases import OTHER, REGRESSION

from dashboard.screens.budget.export import planes_to_csv
from dashboard.screens.budget.snippet import planes_snippet
from dashboard.screens.complexity.export import requirements_to_csv
from dashboard.screens.complexity.snippet import sweep_snippet
from dashboard.screens.descent.export import descent_snippet
from dashboard.screens.descent.race import Race
from dashboard.screens.descent.settings import DescentView
from dashboard.screens.explore.export import to_csv
from dashboard.screens.explore.snippet import experiment_snippet
from dashboard.screens.paper.export import replications_to_csv
from dashboard.screens.paper.snippet import replications_snippet
from dashboard.screens.why.export import dissection_to_csv, terms_to_csv
from dashboard.screens.why.snippet import dissection_snippet
from hypergrad_core import Scenario, read_table
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.plane import plane
from hypergrad_core.studies.replication import replicate
from hypergrad_core.studies.requirements import contractions, requirements

SMALL = Scenario(family="logistic", size=4, samples=6, horizon=6)
# Of the seven digits that are printed.
PRINTED = 1e-6
SCENARIOS = [
    Scenario(),
    Scenario(methods=ALL, size=12, horizon=20, seed=3, contraction=0.123456789012345678),
    Scenario(methods=ALL, size=12, horizon=20, vary="inner", adjoint_steps=4),
    # Sizes and spectrum that are left over from another problem.
    Scenario(family="logistic", data="breast_cancer", horizon=15, spectrum="clusters", samples=7),
    Scenario(family="equilibrium", size=20, samples=4, contraction=1.3, horizon=9),
]


def printed(code: str, folder: Path = ROOT) -> list[str]:
    """What the code prints in a fresh interpreter where warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def compare(ours: list[str], text: str) -> None:
    """Every number of a printed table is that of the exported one."""
    theirs = [line for line in text.splitlines() if not line.startswith("#")]
    rows, wanted = list(csv.DictReader(ours)), list(csv.DictReader(theirs))
    assert rows
    assert len(rows) == len(wanted)
    for name in rows[0]:
        found, expected = [row[name] for row in rows], [row[name] for row in wanted]
        try:
            numbers = [float(cell) for cell in expected]
        except ValueError:
            assert found == expected, name
        else:
            np.testing.assert_allclose([float(cell) for cell in found], numbers, rtol=PRINTED)


@pytest.mark.parametrize("kind", ["relative", "absolute"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_explore(scenario: Scenario, kind: str) -> None:
    experiment = experiment_of(scenario)
    ours = printed(experiment_snippet(experiment, kind))
    assert f"{kind}_error" in ours[0]
    compare(ours, to_csv(experiment, kind))


def test_budget() -> None:
    planes = [plane(SMALL, key) for key in ("aid-fp", "aid-cg")]
    compare(printed(planes_snippet(planes)), planes_to_csv(planes))


def test_complexity() -> None:
    scenarios = [
        Scenario(size=8, hyper_size=2, contraction=q, seed=seed)
        for q in contractions(0.3, 0.9, 3)
        for seed in (9999, 0)
    ]
    found = [requirements(scenario, 1e-3) for scenario in scenarios]
    compare(printed(sweep_snippet(scenarios, 1e-3)), requirements_to_csv(found))


def test_why() -> None:
    found = dissect(SMALL)
    ours = printed(dissection_snippet(found))
    gap = ours.index("")
    compare(ours[:gap], dissection_to_csv(found))
    text = terms_to_csv(found.experiment)
    # The terms are in the columns of the file, under their names.
    names = next(line for line in text.splitlines() if line.startswith("method,"))
    assert ours[gap + 1] == ",".join(names.split(",")[:6]) + ",terms of the paper's bound"
    compare([names, *ours[gap + 2 :]], text)


def test_paper() -> None:
    scenarios = [SMALL, Scenario(size=5, hyper_size=3, inner="heavy-ball", horizon=6)]
    runs = [replicate(scenario, 2) for scenario in scenarios]
    code = replications_snippet(scenarios, 2)
    compare(printed(code), replications_to_csv(runs))


@pytest.mark.parametrize(
    "code",
    [
        experiment_snippet(experiment_of(SCENARIOS[3])),
        sweep_snippet([SMALL], 1e-3),
        replications_snippet([SMALL], 2),
    ],
    ids=["explore", "complexity", "paper"],
)
def test_a_snippet_says_how_to_install_what_it_needs(code: str) -> None:
    assert "pip install ." in code
    assert "folder of this project" in code
    assert "dashboard" not in code
    for leftover in ("spectrum=", "samples=7"):
        assert leftover not in code


def test_own_data_are_read_from_their_file_and_no_other(tmp_path: Path) -> None:
    """A name of a column is written as Python reads it, whatever it is."""
    content = REGRESSION.replace(b",y\n", b',\'"""{x}\\\n')
    table = read_table(content)
    assert table.target_column == '\'"""{x}\\'
    file = tmp_path / "own.csv"
    file.write_bytes(content)
    scenario = Scenario(family="kernel-ridge", data=table, horizon=6, contraction=0.7)
    experiment = experiment_of(scenario)
    code = experiment_snippet(experiment)
    compare(printed(code, tmp_path), to_csv(experiment))
    found = plane(scenario, "aid-fp")
    compare(printed(planes_snippet([found]), tmp_path), planes_to_csv([found]))
    met = requirements(scenario, 1e-3)
    compare(printed(sweep_snippet([scenario], 1e-3), tmp_path), requirements_to_csv([met]))
    assert printed(dissection_snippet(dissect(scenario)), tmp_path)
    race = Race.of(scenario, DescentView(steps=2, rule="fixed"))
    assert printed(descent_snippet(race), tmp_path)
    file.write_bytes(OTHER)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        printed(code, tmp_path)
    assert "There is no column" in failed.value.stderr
    file.write_bytes(content.replace(b"0.7", b"0.8"))
    with pytest.raises(subprocess.CalledProcessError) as failed:
        printed(code, tmp_path)
    assert "are other data" in failed.value.stderr
