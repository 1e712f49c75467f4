"""The table of final values, as papers have it: a row for each method, the best of a column marked.

With several seeds a cell is a mean ± a standard deviation.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.kit.notation import count, scientific
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.descent.race import Run
from dashboard.screens.descent.settings import RULES
from hypergrad_core import METHODS
from hypergrad_core.studies.final_values import FinalRow, rows_of

# Digits of the least f; what is so many times as large is written with a power of ten.
DIGITS, MOST_TIMES = 4, 1e4
BEST = "★"


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: of the number, as in ``FinalValues``.
        label: its heading.
        latex: the same in LaTeX.
        better: what makes the best of it; None where less is not better, as of products: a descent
            that ends early spends few.
        optional: whether it is left out where no row has it.
    """

    name: str
    label: str
    latex: str
    better: Callable[[Sequence[float]], float] | None = None
    optional: bool = False


COLUMNS = (
    Column("steps", "Outer steps", "Outer steps"),
    Column("objective", "f(λ)", r"$f(\lambda)$", min),
    Column("value", "f, as estimated", "$f$, as estimated"),
    Column("accuracy", "Accuracy, %", r"Accuracy, \%", max, True),
    Column("retrained", "Trained again, %", r"Trained again, \%", max, True),
    Column("products", "Products", "Products"),
    Column("stored_floats", "Memory", "Memory"),
    Column("seconds", "Seconds", "Seconds"),
)
SHARES = ("accuracy", "retrained")
WHOLE = ("steps", "products", "stored_floats")

EXACT = "f(λ) is exact; a method knows its estimate alone."
HELD_OUT = "Accuracy is on held-out rows, which neither Φ nor E has seen."
ON_TASKS = "Accuracy is on new tasks, each of them trained from the start at this λ."
TRAINED_AGAIN = (
    "Trained again: the model of the last λ, on training and validation rows together, as the "
    "paper does before it tests."
)
COUNTED = (
    "Memory counts the numbers that are kept at once for a hypergradient, without the data. "
    "Seconds are those of the method, on a server that does other work too."
)


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: a mean, its deviation or "", and whether the mean is the best."""

    mean: str
    deviation: str
    best: bool


def final_rows(runs: Sequence[Run | None]) -> tuple[FinalRow, ...]:
    """A row for each method and rule of what has arrived."""
    return rows_of(one for run in runs if run is not None for one in run.endings)


def columns_of(rows: Sequence[FinalRow]) -> list[Column]:
    """Those that say something here."""
    return [
        column
        for column in COLUMNS
        if not column.optional or any(np.isfinite(row.of(column.name)).any() for row in rows)
    ]


def cells_of(rows: Sequence[FinalRow], column: Column) -> list[Cell]:
    """A column from the top down, with as many digits after the point in each cell."""
    scale = 100.0 if column.name in SHARES else 1.0
    means = [scale * row.mean(column.name) for row in rows]
    deviations = [scale * row.deviation(column.name) for row in rows]
    write = _writer(column.name, means, deviations)
    texts = [write(mean, mean) for mean in means]
    spread = [
        write(value, mean) if math.isfinite(value) else ""
        for value, mean in zip(deviations, means, strict=True)
    ]
    known = [mean for mean in means if math.isfinite(mean)]
    best = ""
    if column.better is not None and known:
        # What reads the same is as good.
        best = write(column.better(known), column.better(known))
    marked = len({*texts}) > 1
    return [
        Cell(text, beside, marked and text == best)
        for text, beside in zip(texts, spread, strict=True)
    ]


def _writer(
    name: str, means: Sequence[float], deviations: Sequence[float]
) -> Callable[[float, float], str]:
    """How the numbers of a column are written: a mean, or what stands beside one."""
    if name in SHARES:
        return lambda value, mean: f"{value:.1f}" if math.isfinite(value) else "–"
    if name in WHOLE:
        parts = any(value % 1 for value in (*means, *deviations) if math.isfinite(value))
        if parts and max(means) < 1000:
            return lambda value, mean: f"{value:.1f}"
        return lambda value, mean: count(round(value))
    sizes = [abs(mean) for mean in means if math.isfinite(mean) and mean]
    least = min(sizes, default=1.0)
    decimals = DIGITS - 1 - math.floor(math.log10(least))
    most = MOST_TIMES * least
    if name == "seconds":
        decimals = min(decimals, 3)
    if not -1 <= decimals <= 2 * DIGITS:
        return lambda value, mean: scientific(value, DIGITS - 1)

    def write(value: float, mean: float) -> str:
        if not math.isfinite(mean) or abs(mean) >= most:
            return scientific(value, 2)
        return f"{value:.{max(0, decimals)}f}"

    return write


def final_caption(rows: Sequence[FinalRow], seeds: int) -> str:
    """What the rows are of, and how many seeds have arrived."""
    if seeds == 1:
        return "Where each descent has ended."
    here = max((len(row.runs) for row in rows), default=0)
    arrived = f"{here} of {seeds} seeds so far" if here < seeds else count_of(seeds)
    return f"Where the descents have ended: mean ± standard deviation over {arrived}."


def explained(rows: Sequence[FinalRow], *, on_tasks: bool = False) -> str:
    """What the columns are, in words.

    Args:
        rows: of the table.
        on_tasks: whether accuracy is that on new tasks, not on rows that are held out.
    """
    columns = columns_of(rows)
    names = {column.name for column in columns}
    told = [EXACT]
    if "accuracy" in names:
        told.append(ON_TASKS if on_tasks else HELD_OUT)
    if "retrained" in names:
        told.append(TRAINED_AGAIN)
    told.append(COUNTED)
    if any(cell.best for column in columns for cell in cells_of(rows, column)):
        greatest = " and the greatest accuracy" if "accuracy" in names else ""
        told.append(f"{BEST} marks the least f{greatest}.")
        if any(len(row.runs) > 1 for row in rows):
            told.append("Differences below the deviations say little.")
    return " ".join(told)


def final_html(rows: Sequence[FinalRow], seeds: int, mode: Mode) -> str:
    """The table for the page, light or dark."""
    columns = columns_of(rows)
    heads = "".join(f'<th scope="col">{html.escape(column.label)}</th>' for column in columns)
    sides = [cells_of(rows, column) for column in columns]
    most = max((len(row.runs) for row in rows), default=0)
    lines = []
    for place, row in enumerate(rows):
        cells = "".join(f"<td>{_cell(side[place])}</td>" for side in sides)
        lines.append(f'<tr><th scope="row">{_head(row, most, mode)}</th>{cells}</tr>')
    caption = html.escape(final_caption(rows, seeds))
    # The caption stays where it is when the table scrolls.
    return (
        f'<div class="final-values"><p>{caption}</p>'
        f'<div tabindex="0" role="region" aria-label="{caption}"><table>'
        f'<thead><tr><th scope="col">Method</th>{heads}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div></div>"
    )


def _head(row: FinalRow, most: int, mode: Mode) -> str:
    """Which row it is; of how many seeds, if others have more."""
    color = METHOD_STYLES[row.method].color(mode)
    swatch = f'<span class="swatch" style="background:{color}" aria-hidden="true"></span>'
    fewer = f", {count_of(len(row.runs))}" if len(row.runs) < most else ""
    label = html.escape(METHODS[row.method].label)
    return f"{swatch}{label} <small>{RULES[row.rule].lower()}{fewer}</small>"


def count_of(seeds: int) -> str:
    """1 seed, 2 seeds."""
    return f"{seeds} seed{'s' if seeds > 1 else ''}"


def _cell(cell: Cell) -> str:
    beside = f' <span class="spread">± {cell.deviation}</span>' if cell.deviation else ""
    if not cell.best:
        return f"{cell.mean}{beside}"
    mark = f'<span role="img" aria-label="best">{BEST}</span>'
    return f"{mark} <b>{cell.mean}</b>{beside}"


def final_latex(rows: Sequence[FinalRow], seeds: int) -> str:
    r"""The table in LaTeX, to be put into a paper; it needs the package ``booktabs``."""
    columns = columns_of(rows)
    sides = [cells_of(rows, column) for column in columns]
    lines = [
        f"% {final_caption(rows, seeds)}",
        rf"\begin{{tabular}}{{ll{'r' * len(columns)}}}",
        r"\toprule",
        rf"Method & Steps & {' & '.join(column.latex for column in columns)} \\",
        r"\midrule",
    ]
    for place, row in enumerate(rows):
        cells = [_latex_cell(side[place]) for side in sides]
        names = (METHODS[row.method].label, RULES[row.rule].lower())
        lines.append(rf"{' & '.join((*names, *cells))} \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _latex_cell(cell: Cell) -> str:
    if cell.mean == "–":
        return "--"
    mean = rf"\mathbf{{{_latex(cell.mean)}}}" if cell.best else _latex(cell.mean)
    beside = rf"\pm{_latex(cell.deviation)}" if cell.deviation else ""
    return f"${mean}{beside}$"


def _latex(text: str) -> str:
    """A number as the page writes it, in LaTeX."""
    if "10" in text and any(mark in text for mark in "⁰¹²³⁴⁵⁶⁷⁸⁹"):
        mantissa, _, power = text.rpartition("10")
        exponent = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        return mantissa.replace("·", r"\cdot ") + f"10^{{{exponent}}}"
    return r"\infty" if text == "∞" else text.replace("\u2009", r"\,")
