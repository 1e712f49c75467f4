"""The Paper frame, the runs behind it, and the claims beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

from dashboard.chart import THEME_PARAM, Column, Frame, Row, Table
from dashboard.kit.compute import ResultCache
from dashboard.kit.notation import scientific
from dashboard.kit.settings import PageSettings
from dashboard.kit.theme import Mode
from dashboard.links import SCENARIO_LINKS, LinkSettings
from dashboard.screens.explore.words import BEYOND_THEORY
from dashboard.screens.paper.figure import (
    LETTERS,
    Look,
    all_tracks,
    panel_title,
    paper_panels,
)
from hypergrad_core import FAMILIES, Scenario, ScenarioError
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.claims import CLEARLY, NEARLY_ALWAYS, Verdict, claims
from hypergrad_core.studies.replication import PLATEAU_STEPS, Replication, replicate
from hypergrad_core.validation import require_integer, require_one_of

KINDS: dict[str, str] = {"synthetic": "Synthetic", "real": "Real", "networks": "Networks"}
KIND_TITLES = {"synthetic": "on synthetic data", "real": "on real data", "networks": "on networks"}
SHORTEST_HORIZON, LONGEST_HORIZON = 50, 200
MOST_VALUES = 20
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
# Of a scenario only these make a difference here.
OWN_FIELDS = ("contraction", "horizon", "seed")


@dataclass(frozen=True, kw_only=True)
class PaperView(LinkSettings):
    """Which figure is shown, and where it is read.

    Attributes:
        kind: key of ``KINDS``: which four problems.
        values: how many λ each is run at.
        cursor: the t that is read.

    Raises:
        ScenarioError: naming the field, the value and what is allowed.
    """

    link_names: ClassVar[Mapping[str, str]] = {"kind": "kind", "values": "values", "cursor": "at"}
    labels: ClassVar[Mapping[str, str]] = {
        "kind": "Problems",
        "values": "Number of λ",
        "cursor": "Step of the cursor",
    }
    former: ClassVar[Mapping[str, Mapping[str, str]]] = {"kind": {"made-up": "synthetic"}}

    kind: str = "synthetic"
    values: int = MOST_VALUES
    cursor: int = 50

    def __post_init__(self) -> None:
        require_one_of("kind", self.kind, KINDS)
        require_integer("values", self.values, 1, MOST_VALUES)
        require_integer("cursor", self.cursor, 0, LONGEST_HORIZON)


def check(scenario: Scenario) -> None:
    """Refuse a horizon at which there is nothing to see, or too much to compute."""
    require_integer("horizon", scenario.horizon, SHORTEST_HORIZON, LONGEST_HORIZON)


class PaperSettings(PageSettings[PaperView]):
    """As on the other pages, but of a scenario only q, T and seed are in the link."""

    def of_link(self, link: Mapping[str, str]) -> tuple[Scenario, PaperView, tuple[str, ...]]:
        """The settings of a link, and a message for each value that had to be left out."""
        view, messages = PaperView.from_link(link, self.view)
        names = {SCENARIO_LINKS.link_names[field] for field in OWN_FIELDS}
        own = {name: text for name, text in link.items() if name in names}
        while True:
            scenario, bad = SCENARIO_LINKS.from_link(own, self.scenario)
            try:
                self.check(scenario)
                largest = largest_contraction(view.kind)
                if scenario.contraction > largest:
                    allowed = f"a number from 0.01 to {largest:g} for these problems"
                    raise ScenarioError("contraction", scenario.contraction, allowed)
            except ScenarioError as error:
                # That value alone: the others are kept.
                del own[SCENARIO_LINKS.link_names[error.field]]
                messages = (*messages, SCENARIO_LINKS.told(error, self.scenario))
                continue
            return scenario, view, (*bad, *messages)


def largest_contraction(kind: str) -> float:
    """The largest q that a figure may be asked for with."""
    families = {family for family, _, _ in PROBLEMS[kind]}
    return min(FAMILIES[family].largest_contraction for family in families)


# Families, data and sizes of the four panels of each figure.
PROBLEMS: dict[str, tuple[tuple[str, str, dict[str, int]], ...]] = {
    "synthetic": (
        ("logistic", "synthetic", {"size": 100, "samples": 100}),
        ("kernel-ridge", "synthetic", {"size": 100, "hyper_size": 6}),
        ("biased", "synthetic", {"size": 100, "samples": 100}),
        ("hyper-representation", "synthetic", {"size": 10, "hyper_size": 100}),
    ),
    "real": (
        ("logistic", "breast_cancer", {}),
        ("kernel-ridge", "diabetes", {}),
        ("biased", "digits", {}),
        ("hyper-representation", "wine", {}),
    ),
    "networks": (
        ("equilibrium", "synthetic", {}),
        ("equilibrium", "digits", {}),
        ("graph-network", "synthetic", {}),
        ("graph-network", "karate_club", {}),
    ),
}
# The family of the default only says how far q may go, on any of the figures.
SETTINGS = PaperSettings(
    "paper",
    Scenario(family="equilibrium", horizon=100),
    PaperView(),
    check,
    ("contraction", "seed"),
)


def panels(kind: str, contraction: float, horizon: int, seed: int) -> tuple[Scenario, ...]:
    """The four problems of a figure. Heavy ball where the paper uses it: on quadratics."""
    return tuple(
        Scenario(
            family=family,
            data=data,
            contraction=contraction,
            inner="heavy-ball" if FAMILIES[family].affine_symmetric else "fixed-point",
            horizon=horizon,
            seed=seed,
            **(sizes or FAMILIES[family].suggested),  # type: ignore[arg-type]
        )
        for family, data, sizes in PROBLEMS[kind]
    )


@dataclass(frozen=True)
class Task:
    """One figure of the page.

    Attributes:
        kind: key of ``KINDS``.
        values: how many λ each panel is run at.
        contraction, horizon, seed: of all panels.
    """

    kind: str
    values: int
    contraction: float
    horizon: int
    seed: int

    @classmethod
    def of(cls, scenario: Scenario, view: PaperView) -> Task:
        """The figure of these settings."""
        of_scenario = {field: getattr(scenario, field) for field in OWN_FIELDS}
        return cls(kind=view.kind, values=view.values, **of_scenario)

    @property
    def panels(self) -> tuple[Scenario, ...]:
        """The problem of each panel."""
        return panels(self.kind, self.contraction, self.horizon, self.seed)

    @property
    def link(self) -> dict[str, str]:
        """The query parameters that restore the figure."""
        of_scenario = {field: getattr(self, field) for field in OWN_FIELDS}
        scenario = replace(SETTINGS.scenario, **of_scenario)
        return SETTINGS.link_of(scenario, PaperView(kind=self.kind, values=self.values))

    def run(self, progress: Progress) -> tuple[Replication, ...]:
        """All panels, one after the other; what is there already is not run again."""
        scenarios = self.panels
        runs = []
        for place, scenario in enumerate(scenarios):
            found = PANELS.find((scenario, self.values))
            if found is None:
                found = replicate(
                    scenario,
                    self.values,
                    lambda done, place=place: progress((place + done) / len(scenarios)),  # type: ignore[misc]
                )
                PANELS.put((scenario, self.values), found)
            runs.append(found)
        return tuple(runs)

    def found(self) -> tuple[Replication | None, ...]:
        """The panels that are there, None for the others."""
        return tuple(PANELS.find((scenario, self.values)) for scenario in self.panels)


PANELS: ResultCache[tuple[Scenario, int], Replication] = ResultCache(64)
FIGURES: ResultCache[Task, tuple[Replication, ...]] = ResultCache(16)


def paper_frame(task: Task, runs: tuple[Replication | None, ...], mode: Mode) -> Frame:
    """All that the chart shows.

    Args:
        task: what is drawn.
        runs: of its panels, None for those that are not there yet.
        mode: light or dark.
    """
    scenarios = task.panels
    here = tuple(run for run in runs if run is not None)
    message = verdict(here, len(runs))
    drawn = paper_panels(scenarios, runs, task.values, mode)
    link = {**task.link, THEME_PARAM: mode}
    if len(here) < len(runs):
        # An unfinished figure is another picture.
        link["panels"] = str(len(here))
    names = "; ".join(panel_title(place, scenario) for place, scenario in enumerate(scenarios))
    steps = [int(step) for step in scenarios[0].steps()]
    frame: Frame = {
        "link": urlencode(link),
        "figure": drawn.figure,
        "steps": [f"t = {step}" for step in steps],
        "at": steps,
        "title": _title(task),
        "key": drawn.key,
        "readout": drawn.readings,
        "table": _table(task, runs, mode),
        "message": message,
        "alt": f"Relative error over inner steps t in {len(runs)} panels: {names}. {message}",
        "lines": drawn.lines,
        "dots": drawn.dots,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if task.contraction >= 1:
        frame["warning"] = BEYOND_THEORY
    return frame


def _title(task: Task) -> str:
    """One line that names the figure, for titles and exports."""
    lambdas = "1 λ" if task.values == 1 else f"{task.values} λ"
    return (
        "Grazzi, Franceschi, Pontil, Salzo (ICML 2020), Figure 1, rerun "
        f"{KIND_TITLES[task.kind]} · q = {task.contraction:g} · {lambdas} · seed {task.seed}"
    )


def verdict(runs: tuple[Replication, ...], wanted: int) -> str:
    """What the figure shows, in two sentences."""
    if len(runs) < wanted:
        return f"{len(runs)} of {wanted} panels so far."
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


def _panels(verdicts: list[Verdict], wanted: Verdict = Verdict.HOLDS) -> str:
    """In how many panels a claim holds, or has another verdict."""
    holds = sum(verdict is wanted for verdict in verdicts)
    names = {
        0: "no panel",
        1: "one panel",
        2: "two panels",
        3: "three panels",
        4: "all four panels",
    }
    return names[holds]


def _table(task: Task, runs: tuple[Replication | None, ...], mode: Mode) -> Table:
    """Mean and spread at the horizon, a column for each panel."""
    columns: list[Column] = [{"label": "Curve"}]
    for letter, scenario in zip(LETTERS, task.panels, strict=False):
        name = scenario.problem_family.label
        columns.append({"label": f"{letter} · {name}"})
    rows: list[Row] = []
    for track in all_tracks(runs):
        cells = [track.label]
        for run in runs:
            if run is None or track not in run.tracks:
                cells.append("–")
                continue
            mean = scientific(float(run.mean(track)[-1]))
            # One digit each, so that all of it fits on a line.
            low, high = (scientific(float(edge[-1]), digits=0) for edge in run.band(track))
            cells.append(f"{mean} ({low} – {high})")
        look = Look.of(track, mode)
        rows.append({"color": look.color, "marker": look.symbol, "cells": cells})
    caption = (
        f"Relative error at t = {task.horizon}: geometric mean over {task.values} λ "
        "(smallest – largest)"
    )
    return {"caption": caption, "columns": columns, "rows": rows}


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
    if any(track.method == "aid-cgnr" for track in all_tracks(runs)):
        sentences.append("AID-CGNR takes the place of AID-CG where ∂₁Φ is not symmetric.")
    return " ".join(sentences)
