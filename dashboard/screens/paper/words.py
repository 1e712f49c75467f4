"""The claims of the paper beside what is measured, in words."""

from __future__ import annotations

from dashboard.kit.notation import scientific
from dashboard.screens.paper.figure import (
    LETTERS,
)
from hypergrad_core.studies.claims import CLEARLY, NEARLY_ALWAYS, Verdict, claims
from hypergrad_core.studies.replication import PLATEAU_STEPS, Replication

SYMBOLS = {
    Verdict.HOLDS: ":green[✓]",
    Verdict.FAILS: ":red[✗]",
    Verdict.OPEN: ":gray[?]",
    Verdict.ELSEWHERE: ":gray[–]",
}
PAPER = (
    "R. Grazzi, L. Franceschi, M. Pontil, S. Salzo: On the Iteration Complexity of Hypergradient "
    "Computation. ICML 2020."
)
PAPER_LINK = "https://proceedings.mlr.press/v119/grazzi20a.html"


def verdict(runs: tuple[Replication, ...], panels: int) -> str:
    """What the figure shows, in two sentences."""
    if len(runs) < panels:
        return f"{len(runs)} of {panels} panels so far."
    told = [claims(run) for run in runs]
    if all(run.contraction >= 1 for run in runs):
        return "q is not below 1: the claims of the paper are for contractions."
    fastest, fixed_point, conjugate = (
        [claim[place].verdict for claim in told] for place in (3, 4, 5)
    )
    if all(verdict is Verdict.ELSEWHERE for verdict in fastest):
        first = (
            "∂₁Φ is not symmetric in any panel, so AID-CG does not apply; AID-CGNR takes its place."
        )
    else:
        first = f"With k = t, conjugate gradient is fastest in {_panels(fastest)}."
        if Verdict.OPEN in fastest:
            unclear = _panels(fastest, Verdict.OPEN)
            first = f"{first[:-1]}; in {unclear} no clear difference can be told."
    held = (_panels(fixed_point), _panels(conjugate))
    if held[0] == held[1]:
        second = f"both AID methods stop at a plateau in {held[0]}."
    else:
        second = f"AID-FP stops at a plateau in {held[0]}, conjugate gradient in {held[1]}."
    return f"{first} With k = {PLATEAU_STEPS}, {second}"


def _panels(verdicts: list[Verdict], counted: Verdict = Verdict.HOLDS) -> str:
    """In how many panels a claim holds, or has another verdict."""
    holds = sum(verdict is counted for verdict in verdicts)
    names = {
        0: "no panel",
        1: "one panel",
        2: "two panels",
        3: "three panels",
        4: "all four panels",
    }
    return names[holds]


def claims_table(runs: tuple[Replication, ...]) -> str:
    """What the paper says, a row, and what is measured, a column for each panel; as Markdown."""
    told = [claims(run) for run in runs]
    heads = [
        f"{letter} · {run.scenario.problem_family.label}"
        for letter, run in zip(LETTERS, runs, strict=False)
    ]
    lines = [f"| The paper says | {' | '.join(heads)} |", "|---" * (len(runs) + 1) + "|"]
    for row in zip(*told, strict=True):
        cells = [f"{SYMBOLS[claim.verdict]} {claim.tell(scientific)}" for claim in row]
        lines.append(f"| {row[0].text} | {' | '.join(cells)} |")
    # Equations and percentages are not broken at the end of a line.
    return "\n".join(lines).replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%")


def claims_key(runs: tuple[Replication, ...]) -> str:
    """What the signs in the table mean, and what differs from the paper here."""
    sentences = [
        ", ".join(f"{SYMBOLS[verdict]} {verdict}" for verdict in Verdict) + ".",
        "A comparison of errors is marked ✓ if it holds in at least "
        f"{100 * NEARLY_ALWAYS:.0f} % of the steps before rounding.",
        "A method is the fastest if its error is never the larger one in the second half of these "
        f"steps, and at least {CLEARLY:g} times smaller at the last of them.",
    ]
    if any(run.scenario.inner == "heavy-ball" for run in runs):
        sentences.append(
            "The paper compares ITD and AID-FP on one and the same map. Where the inner problem is "
            "solved by heavy ball, the thick ITD curve unrolls heavy ball. The thin curves are ITD "
            "and AID-FP on the plain map Φ: the claims that compare the two are judged on these."
        )
    if any(run.normal_equations for run in runs):
        sentences.append("AID-CGNR takes the place of AID-CG where ∂₁Φ is not symmetric.")
    return " ".join(sentences)
