"""The claims of the paper beside what is measured."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import replace

import pytest
from paper_cases import (
    VALUES,
    Runs,
    finish,
    frame,
    open_paper,
    plain,
    tables,
    tiny_runs,
)

from dashboard.kit.notation import scientific
from dashboard.screens.paper import task as paper
from dashboard.screens.paper.experiments import experiments_key
from dashboard.screens.paper.export import replications_to_csv
from dashboard.screens.paper.figure import LETTERS
from dashboard.screens.paper.settings import (
    KINDS,
    PROBLEMS,
)
from dashboard.screens.paper.task import panels
from dashboard.screens.paper.words import PAPER_LINK, SYMBOLS, claims_key, claims_table, verdict
from hypergrad_core.studies.claims import Verdict, claims, same_setting
from hypergrad_core.studies.replication import replicate


def test_one_table_has_a_row_for_each_claim_and_a_column_for_each_panel(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    found = paper.FIGURES.find(session.session_state["shown on paper"])
    assert found is not None
    ((head, *rows),) = tables(session)
    names = [run.scenario.problem_family.label for run in found]
    titles = [f"{letter} · {name}" for letter, name in zip(LETTERS, names, strict=True)]
    assert head == ["The paper says", *titles]
    said = [claims(run) for run in found]
    assert len(rows) == 6
    for place, row in enumerate(rows):
        assert plain(row[0]) == said[0][place].text
        for claim, cell in zip((column[place] for column in said), row[1:], strict=True):
            assert plain(cell) == f"{SYMBOLS[claim.verdict]} {claim.tell(scientific)}"
            assert not re.search(r" [=%]", cell), "It may be broken at the end of a line."
    assert not re.search(r"\de[+-]\d", claims_table(found)), "Powers of ten are written out."
    key, signs, _ = [item.value for item in session.caption]
    assert signs == experiments_key()
    assert all(f"{SYMBOLS[verdict]} {verdict}" in key for verdict in Verdict)
    assert "at least 90 % of the steps" in key


@pytest.mark.parametrize("kind", KINDS)
def test_itd_and_aid_fp_are_never_judged_across_two_maps(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every panel of every figure, as the page shows them; at sizes that are quick."""
    sizes = {"size": 8, "samples": 8, "hyper_size": 4}
    quick = [
        (family, data, sizes if data == "synthetic" else {}) for family, data, _ in PROBLEMS[kind]
    ]
    monkeypatch.setitem(PROBLEMS, kind, tuple(quick))
    for scenario in panels(kind, 0.9, 60, 0):
        told = claims(replicate(scenario, 2))
        for claim in told:
            alike = all(same_setting(scenario, one, other) for one, other in claim.compared)
            assert alike or claim.verdict in (Verdict.OPEN, Verdict.ELSEWHERE)
        for claim in told[1:3]:
            assert claim.verdict is Verdict.HOLDS, f"{scenario.family}: {claim.tell()}"
            assert ("plain map" in claim.evidence) is (scenario.inner == "heavy-ball")


def test_the_page_names_the_paper(runs: Runs) -> None:
    session = open_paper()
    finish(session)
    said = "\n".join(item.value for item in session.main.caption)
    assert "Grazzi" in said
    assert "On the Iteration Complexity of Hypergradient Computation" in said
    assert PAPER_LINK in said
    assert frame(session)["title"].startswith(
        "Grazzi, Franceschi, Pontil, Salzo (ICML 2020), Figure 1, rerun on synthetic data · "
    )


def test_the_key_says_what_differs_from_the_paper() -> None:
    plain, _, momentum, network = tiny_runs()
    assert "one and the same map" not in claims_key((plain, network))
    assert "one and the same map" in claims_key((plain, momentum))
    assert "the thick ITD curve unrolls heavy ball" in claims_key((plain, momentum))
    assert "AID-CGNR" not in claims_key((plain, momentum))
    assert "AID-CGNR" in claims_key((plain, network))


def test_the_message_counts_what_holds() -> None:
    runs = tiny_runs()
    told = [claims(run) for run in runs]
    held = [sum(claim.verdict is Verdict.HOLDS for claim in row) for row in zip(*told, strict=True)]
    names = ["no panel", "one panel", "two panels", "three panels", "all four panels"]
    said = [names[count] for count in held]
    unclear = [claim[3].verdict for claim in told].count(Verdict.OPEN)
    rest = f"; in {names[unclear]} no clear difference can be told" if unclear else ""
    assert verdict(runs, 4) == (
        f"With k = t, conjugate gradient is fastest in {said[3]}{rest}. With k = 10, "
        f"AID-FP stops at a plateau in {said[4]}, conjugate gradient in {said[5]}."
    )
    # Where both kinds of AID end on a plateau it is said once. ITD and AID-CG all but coincide.
    wide = panels("synthetic", 0.9, 80, 0)[2]
    assert verdict((replicate(wide, 2),) * 4, 4) == (
        "With k = t, conjugate gradient is fastest in no panel; "
        "in all four panels no clear difference can be told. "
        "With k = 10, both AID methods stop at a plateau in all four panels."
    )


def test_the_message_says_where_the_claims_do_not_apply() -> None:
    network = tiny_runs()[3]
    assert verdict((network,) * 4, 4).startswith("∂₁Φ is not symmetric in any panel")
    beyond = replace(network, contraction=1.1)
    assert verdict((beyond,) * 4, 4).startswith("q is not below 1")


def test_downloads_and_link_are_offered_with_the_figure(runs: Runs) -> None:
    session = open_paper({"seed": "8"})
    offered = [item.key for item in session.get("download_button") if not item.disabled]
    assert offered == ["download_bib"]
    finish(session)
    assert [item.key for item in session.get("download_button")] == [
        f"download_{kind}" for kind in ("csv", "json", "html", "python", "bib")
    ]
    for key in ("python", "link", "cite"):
        session.session_state[f"folded_{key}"] = True
    session.run()
    code, link, cited = session.get("code")
    assert "grazzi2020iteration" in cited.value
    assert "seed=8" in code.value
    assert link.value.endswith("?seed=8")


def test_the_exported_file_has_every_error() -> None:
    text = replications_to_csv(tiny_runs())
    for number, run in enumerate(tiny_runs(), 1):
        scenario = run.scenario
        told = f"{scenario.family} ({scenario.problem_family.label})"
        assert f"# panel {number}, family: {told}" in text.splitlines()
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    rows = list(csv.DictReader(io.StringIO(body)))
    assert len(rows) == sum(run.errors.size for run in tiny_runs())
    read = iter(rows)
    for run in tiny_runs():
        for place, track in enumerate(run.tracks):
            for number, t in itertools.product(range(VALUES), run.steps):
                row = next(read)
                assert row["family"] == run.scenario.family
                assert row["data"] == run.scenario.data
                assert row["curve"] == track.label
                assert (int(row["value_of_lambda"]), int(row["t"])) == (number, t)
                assert float(row["relative_error"]) == run.errors[place, number, t]
