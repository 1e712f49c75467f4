"""What a descent shows, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.kit.notation import count, percent, scientific
from dashboard.screens.descent.race import Run
from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.outer_steps import Descent

DEFINITION = (
    "Every method starts from the same λ. Products count evaluations of Φ and products with its "
    "derivatives. Those of a certificate count only where steps are certified; the constants that "
    "it takes, such as the norm of ∂₂Φ, count nowhere. f, ∇f and errors are measured with the "
    "exact solution, which no method gets to see. See R8, R16 and R24."
)

LIGHTS = (
    "An entry of the hypergradient that is larger than the bound of its error has the sign of "
    "∂f/∂λⱼ, whatever w(λ) is. The others may have any."
)

PATHS = (
    "λ has two entries here, so all of it fits in a picture. A contour line joins all λ of the "
    "same f. From one line to the next, f doubles, counted from its least value here. Each path "
    "begins at the ring, and each marker is an outer step. Where the problem is not defined, it "
    "is blank."
)

IMAGES = (
    "λ is the training data: an image for each class. Each row is the λ of one outer step, the "
    "first at the top."
)


def headline(runs: Sequence[Run], total: int) -> str:
    """Where the descents have come."""
    if not runs:
        return "The descents appear here, step by step."
    ends = [(run, end_of(run.descent)) for run in runs if run.descent is not None]
    known = [(value, run) for run, value in ends if np.isfinite(value)]
    if not known:
        return "No method has come to a finite f."
    value, best = min(known, key=lambda item: item[0])
    assert best.descent is not None
    start = best.descent.steps[0].objective
    steps, products = len(best.descent.steps) - 1, best.descent.last.products
    proved = "proved " if best.descent.last.proved else ""
    if value >= start and steps:
        label = METHODS[best.method].label
        way = f"{scientific(start, 2)} to {scientific(value, 2)}"
        return f"No method lowers f: {label} comes from {way} in {steps} steps."
    told = (
        f"{METHODS[best.method].label} lowers f from {scientific(start, 2)} to "
        f"{scientific(value, 2)} in {steps} {proved}steps, for {count(products)} products."
    )
    if best.blind is not None:
        told += f" {blindly(best.blind, start)}"
    done = sum(run.rest is None for run in runs)
    return told if done == total else f"So far, with {done} of {total} methods done: {told}"


def path_headline(run: Run | None) -> str:
    """Where a path leads."""
    if run is None or run.descent is None:
        return "The paths appear here, step by step."
    first, last = run.descent.steps[0], run.descent.last
    return (
        f"{METHODS[run.method].label} goes from {point(first.hyper)} to {point(last.hyper)}, where "
        f"f is {scientific(last.objective, 2)}."
    )


def point(hyper: FloatArray) -> str:
    """λ in words."""
    return f"λ = ({', '.join(f'{value:.3g}' for value in hyper)})"


def blindly(blind: Descent, start: float) -> str:
    """What fixed steps come to, without a proof."""
    value = end_of(blind)
    steps, products = len(blind.steps) - 1, count(blind.last.products)
    told = f"{steps} fixed steps, for {products} products, end"
    if not np.isfinite(value) or value > start:
        return f"{told} above where they began."
    return f"{told} at {scientific(value, 2)}, without a proof."


def accuracy_headline(run: Run, name: str) -> str:
    """What a descent does to the accuracy, whose ``name`` says what it is measured on."""
    assert run.descent is not None
    first, last = run.descent.steps[0].accuracy, run.descent.last.accuracy
    return f"{name} with {METHODS[run.method].label}: from {percent(first)} to {percent(last)}."


def end_of(descent: Descent) -> float:
    """The last f."""
    return descent.last.objective


def signs(descent: Descent) -> str:
    """How many signs of ∇f are proved where the descent has ended."""
    told = descent.last.certificate.proved_signs
    return f"{np.count_nonzero(told)} of {len(told)}"


def sign_headline(run: Run | None) -> str:
    """How many signs are proved where a descent has ended."""
    if run is None or run.descent is None:
        return "The signs appear here, step by step."
    return f"{METHODS[run.method].label}: {signs(run.descent)} signs are proved at the last λ."


def image_headline(run: Run | None) -> str:
    """What the images are good for."""
    if run is None or run.descent is None:
        return "The images appear here, step by step."
    first, last = run.descent.steps[0].accuracy, run.descent.last.accuracy
    return (
        f"{METHODS[run.method].label}: a model trained on these images alone is right on "
        f"{percent(last)} of real ones, from {percent(first)}."
    )


def under_way(runs: Sequence[Run], steps: int) -> str:
    """How far the descent is that is neither at its end nor at its beginning; "" if none is.

    Args:
        runs: those of which something is there.
        steps: that a descent takes at the most.
    """
    for run in runs:
        if run.rest is None or run.descent is None:
            continue
        label = METHODS[run.method].label
        if run.rest.blind:
            done = 0 if run.blind is None else len(run.blind.steps) - 1
            return f"{label}: fixed step {done}"
        return f"{label}: step {len(run.descent.steps) - 1} of {steps}"
    return ""


def notes(runs: Sequence[Run]) -> list[str]:
    """Why descents have ended before their last step, a sentence for each."""
    said = []
    for run in runs:
        if run.descent is not None and run.descent.last.ended:
            label = METHODS[run.method].label
            steps = len(run.descent.steps) - 1
            said.append(f"**{label}** ends after {steps} steps: {run.descent.last.ended}")
    return said
