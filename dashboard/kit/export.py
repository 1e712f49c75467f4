"""The numbers of each page as CSV: what was run in comment lines, then a row for each point.

Errors and bounds are in the units of the picture, and the names of their columns say which:
``relative_…`` is divided by ‖∇f(λ)‖, ``absolute_…`` is not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from zlib import crc32

from dashboard.kit import given_hyper
from hypergrad_core import Experiment, Scenario

STEPS = ("method", "inner_steps", "adjoint_steps")
ERRORS = ("error", "paper_bound", "sharp_bound")
COSTS = ("map_evaluations", "state_products", "hyper_products", "stored_floats")
UNITS = {
    "relative": "relative: divided by hypergradient_norm",
    "absolute": "absolute: not divided by hypergradient_norm",
}


def unit_of(norm: float, asked: str = "relative") -> tuple[str, float]:
    """What errors are divided by, and the name of it; nothing where ∇f(λ) is 0."""
    return ("relative", norm) if asked == "relative" and norm > 0 else ("absolute", 1.0)


def columns(kind: str, names: Iterable[str] = ERRORS) -> tuple[str, ...]:
    """Names of columns of errors that say in which units they are."""
    return tuple(f"{kind}_{name}" for name in names)


def settings_of(scenario: Scenario, state_size: int, hyper_size: int) -> dict[str, str]:
    """What was run, by the names of the fields: of the problem that was built.

    What makes no difference to it is left out: a spectrum that is not chosen, a step that is not
    kept fixed.
    """
    family = scenario.problem_family
    told: dict[str, object] = {
        "family": f"{scenario.family} ({family.label})",
        "data": f"{scenario.data} ({scenario.data_set.label})",
        "contraction": scenario.contraction,
    }
    if scenario.hyper is not None:
        told["hyper"] = " ".join(repr(entry) for entry in scenario.hyper)
        told["contraction at hyper"] = given_hyper.contraction_of(scenario)
    told |= {
        "size": state_size,
        "hyper_size": hyper_size,
    }
    if scenario.data_set.samples is not None or "samples" in family.uses:
        told["samples"] = scenario.sample_size
    if "spectrum" in family.uses:
        told["spectrum"] = scenario.spectrum
    told |= {
        "methods": ", ".join(scenario.methods),
        "vary": scenario.vary,
        "inner": scenario.inner,
        "horizon": scenario.horizon,
    }
    if scenario.vary == "adjoint" and scenario.inner != "exact":
        told["inner_steps"] = scenario.inner_steps
    if scenario.vary == "inner" or scenario.truncates:
        told["adjoint_steps"] = scenario.adjoint_steps
    told |= {"seed": scenario.seed, "start": scenario.start, "precision": scenario.precision}
    return {name: str(value) for name, value in told.items()}


def file_name(scenario: Scenario, state_size: int, page: str = "", *, sweep: bool = False) -> str:
    """A name for downloads that tells what is inside; no single q for a sweep over q."""
    parts = ["hypergradient", page, scenario.family]
    # Synthetic data are each family's first.
    if scenario.data != next(iter(scenario.problem_family.data)):
        parts.append(str(scenario.data))
    if not sweep:
        parts.append(f"q{scenario.contraction:g}")
    if scenario.hyper is not None:
        parts.append(f"hyper{crc32(given_hyper.write(scenario.hyper).encode()):08x}")
    parts += [f"d{state_size}", f"seed{scenario.seed}"]
    return "-".join(part for part in parts if part)


class CsvFile:
    """A file that is being written."""

    def __init__(self) -> None:
        self._out = io.StringIO()
        self._writer = csv.writer(self._out, lineterminator="\n")

    def comment(self, told: dict[str, str]) -> None:
        """Lines that no reader of numbers sees."""
        for name, value in told.items():
            self._out.write(f"# {name}: {value}\n")

    def row(self, cells: Iterable[object]) -> None:
        """One row; floats with all their digits."""
        self._writer.writerow(
            [repr(float(cell)) if isinstance(cell, float) else cell for cell in cells]
        )

    def text(self) -> str:
        """All that was written."""
        return self._out.getvalue()


def steps_of(experiment: Experiment, method: str) -> tuple[Sequence[int], Sequence[int]]:
    """t and k of each point of a curve."""
    curve = experiment.curve(method)
    points = curve.estimate.points
    return points.inner_steps.tolist(), points.adjoint_steps.tolist()
