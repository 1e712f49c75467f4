"""A λ that is given with a link, in the place of the problem's own; no Streamlit in here.

In a link it is the base64 of its numbers as 64-bit floats, in the alphabet for addresses and
without padding: exact, and two thirds as long as their digits.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from hypergrad_core import Scenario, ScenarioError
from hypergrad_core.scenario import MOST_HYPERS

OWN = "own"
"""What a link says where λ is the problem's own."""

OWN_NAME = "the problem’s own"

BYTES = 8
# Of these a λ of the most entries has so many.
LONGEST_TEXT = -(-MOST_HYPERS * BYTES * 4 // 3)
# To be admitted λ is put into its problem, and others wait meanwhile.
LARGEST_SIZE = 2000
MOST_SHOWN = 3


def write(hyper: tuple[float, ...] | None) -> str:
    """As a link says it."""
    if hyper is None:
        return OWN
    data = np.array(hyper, dtype="<f8").tobytes()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read(text: str) -> Any:
    """What a link means; the text itself if it is no λ, to be refused as such."""
    if text == OWN:
        return None
    # More is no λ, however long it is.
    if 0 < len(text) <= LONGEST_TEXT and text.isascii():
        try:
            padded = text + "=" * (-len(text) % 4)
            data = base64.b64decode(padded, altchars=b"-_", validate=True)
        except binascii.Error:
            return text
        if data and len(data) % BYTES == 0:
            return tuple(np.frombuffer(data, dtype="<f8").tolist())
    return text


def name(hyper: Any) -> str:
    """As a person reads it: its first entries, and how many there are."""
    if hyper is None:
        return OWN_NAME
    if not isinstance(hyper, tuple):
        return str(hyper)
    shown = ", ".join(f"{float(entry):.3g}" for entry in hyper[:MOST_SHOWN]).replace("-", "−")
    more = f", …, {len(hyper)} entries" if len(hyper) > MOST_SHOWN else ""
    return f"({shown}{more})"


def contraction_of(scenario: Scenario) -> float:
    """q of what is run: the one that was asked for, or that of a λ that is given.

    Raises:
        ScenarioError: if the problem is not made for this λ.
    """
    return scenario.contraction if scenario.hyper is None else _built(_problem_of(scenario))


def admit(scenario: Scenario) -> None:
    """Look whether the problem is made for a λ that is given.

    Raises:
        ScenarioError: if it is not, or is too large to see that while others wait.
    """
    if scenario.hyper is None:
        return
    if scenario.state_size > LARGEST_SIZE:
        allowed = f"no λ where d is above {LARGEST_SIZE:,}"
        raise ScenarioError("hyper", scenario.hyper, allowed)
    contraction_of(scenario)


def _problem_of(scenario: Scenario) -> Scenario:
    """The same without what makes no difference to the problem."""
    base = Scenario()
    return replace(
        scenario,
        methods=base.methods,
        vary=base.vary,
        inner=base.inner,
        horizon=1,
        inner_steps=base.inner_steps,
        adjoint_steps=base.adjoint_steps,
        start=base.start,
        precision=base.precision,
    )


# A table of somebody's own is part of the scenario: few are kept.
@lru_cache(maxsize=16)
def _built(scenario: Scenario) -> float:
    return scenario.built_contraction()
