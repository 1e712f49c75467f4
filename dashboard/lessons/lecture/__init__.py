"""The lessons of the lecture, in their order: a new one is a file and a line here."""

from __future__ import annotations

from dashboard.lessons.lecture import (
    bounds,
    budget,
    burn_in,
    failures,
    fixed_point,
    hypergradient,
    implicit,
    kappa,
    memory,
    polynomials,
    unrolling,
    wild,
)
from dashboard.lessons.lecture.lesson import Lesson

LESSONS: tuple[Lesson, ...] = (
    hypergradient.LESSON,
    fixed_point.LESSON,
    unrolling.LESSON,
    burn_in.LESSON,
    implicit.LESSON,
    polynomials.LESSON,
    kappa.LESSON,
    budget.LESSON,
    memory.LESSON,
    bounds.LESSON,
    failures.LESSON,
    wild.LESSON,
)
