"""What descents come to, as tables of papers have it: final values, and their spread over seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.interruption import asking
from hypergrad_core.methods import METHODS
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scenario import LARGEST_SEED, Scenario
from hypergrad_core.studies.descent import minimize
from hypergrad_core.studies.outer_steps import Budget, Descent, Outer, Rule


@dataclass(frozen=True, eq=False)
class FinalValues(Record):
    """Where one descent has ended.

    Attributes:
        method: key of ``METHODS``.
        rule: of its outer steps.
        seed: of the problem.
        steps: outer steps that were taken.
        objective: f(λ), by the reference solution.
        value: f(λ) as the method knows it, which has no reference solution.
        accuracy: of w_t on rows that neither Φ nor E has seen; nan where none are held out.
        retrained: the same of the model that is trained again with this λ, on the rows of Φ and
            of E together (``Problem.retrained``); nan where there is no such model.
        products: spent in all.
        stored_floats: numbers kept at once, beyond the data, for the hypergradient that needs most.
        seconds: of the method; not compared.
    """

    method: str
    rule: Rule
    seed: int
    steps: int
    objective: float
    value: float
    accuracy: float
    retrained: float
    products: int
    stored_floats: int
    seconds: float = field(compare=False)


# What has a mean.
NUMBERS = (
    *("steps", "objective", "value", "accuracy", "retrained"),
    *("products", "stored_floats", "seconds"),
)


@dataclass(frozen=True, eq=False)
class FinalRow(Record):
    """Final values of one method and one rule.

    Attributes:
        runs: one for each seed.
    """

    runs: tuple[FinalValues, ...]

    @property
    def method(self) -> str:
        """Key of ``METHODS``."""
        return self.runs[0].method

    @property
    def rule(self) -> Rule:
        """Of the outer steps."""
        return self.runs[0].rule

    def of(self, name: str) -> FloatArray:
        """One of ``NUMBERS`` of every run."""
        return np.array([getattr(run, name) for run in self.runs], dtype=np.float64)

    def mean(self, name: str) -> float:
        """Over the seeds; not finite where it is not for one of them."""
        return float(self.of(name).mean())

    def deviation(self, name: str) -> float:
        """The standard deviation over the seeds, with n − 1 in its denominator; nan of one."""
        values = self.of(name)
        if len(values) < 2 or not np.isfinite(values).all():
            return float("nan")
        return float(values.std(ddof=1))


def rows_of(found: Iterable[FinalValues]) -> tuple[FinalRow, ...]:
    """A row for each method and rule, in the order in which they first come."""
    groups: dict[tuple[str, Rule], list[FinalValues]] = {}
    for one in found:
        groups.setdefault((one.method, one.rule), []).append(one)
    return tuple(FinalRow(tuple(group)) for group in groups.values())


def final_values(problem: Problem, descent: Descent, rule: Rule, seed: int) -> FinalValues:
    """Where a descent has ended.

    Args:
        problem: that was descended on, at any λ.
        descent: of which the last f is known.
        rule: of its steps.
        seed: of the problem.
    """
    last = descent.last
    return FinalValues(
        method=descent.method,
        rule=rule,
        seed=seed,
        steps=len(descent.steps) - 1,
        objective=last.objective,
        value=last.certificate.value,
        accuracy=last.accuracy,
        retrained=retrained_accuracy(problem, last.hyper),
        products=last.products,
        stored_floats=last.stored_floats,
        seconds=last.seconds,
    )


def retrained_accuracy(problem: Problem, hyper: FloatArray) -> float:
    """How many held-out rows a model is right on that is trained again with a λ of shape (m,).

    On the rows of Φ and of E together, to rounding; nan where there is no such model.
    """
    if not problem.admits(hyper):
        return float("nan")
    again = problem.at(hyper).retrained()
    if again is None or again.held_out is None:
        return float("nan")
    try:
        return float(again.held_out.accuracy(again.fixed_point()[None])[0])
    except (HypergradError, np.linalg.LinAlgError):
        return float("nan")


def seeds_of(scenario: Scenario, count: int) -> list[int]:
    """The seed of a scenario and those that follow it."""
    return [(scenario.seed + number) % (LARGEST_SEED + 1) for number in range(count)]


def outcome(
    scenario: Scenario, budget: Budget, outer: Outer, progress: Progress | None = None
) -> tuple[FinalValues, ...]:
    """Final values of the scenario's first method; none where it does not apply.

    Certified steps are followed by fixed ones for no more products.

    Args:
        scenario: the problem and the method.
        budget: what one hypergradient may take.
        outer: the outer steps.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.
    """
    problem, method = scenario.build(), scenario.methods[0]
    if METHODS[method].refusal(problem):
        return ()
    found: list[FinalValues] = []
    with asking(progress) as report:

        def run(steps: Outer, begin: float, end: float) -> None:
            descent = minimize(
                problem,
                method,
                budget,
                steps,
                truth="last",
                progress=lambda fraction: report(begin + (end - begin) * fraction),
            )
            found.append(final_values(problem, descent, steps.rule, scenario.seed))

        certified = outer.rule is Rule.CERTIFIED
        run(outer, 0.0, 0.5 if certified else 1.0)
        if certified:
            run(outer.unproved(found[0].products), 0.5, 1.0)
        report(1.0)
    return tuple(found)


def tabulate(
    scenario: Scenario,
    budget: Budget | None = None,
    outer: Outer | None = None,
    *,
    seeds: int = 1,
    progress: Progress | None = None,
) -> tuple[FinalRow, ...]:
    """Final values of every method of a scenario that applies, over several seeds.

    A seed draws the problem: synthetic data, or which rows are trained on, and where λ begins.

    Args:
        scenario: the problem, the methods and the first seed.
        budget: what one hypergradient may take.
        outer: the outer steps; if they are certified, each row is followed by one of fixed steps.
        seeds: how many, at least 1.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.

    Raises:
        HypergradError: if ``seeds`` is not positive, or more than 1 where λ is given, which is that
            of the problem of one seed.
    """
    if seeds < 1:
        raise HypergradError(f"seeds must be at least 1, not {seeds}")
    if seeds > 1 and scenario.hyper is not None:
        raise HypergradError(f"seeds must be 1 where λ is given (hyper), not {seeds}")
    runs = repeats(scenario, seeds)
    report = progress or (lambda fraction: None)
    found: list[FinalValues] = []
    for number, run in enumerate(runs):

        def part(fraction: float, number: int = number) -> None:
            report((number + fraction) / len(runs))

        found += outcome(run, budget or Budget(), outer or Outer(), part)
    return rows_of(found)


def repeats(scenario: Scenario, seeds: int) -> Sequence[Scenario]:
    """Each method by itself with each seed, all methods of one seed after the other."""
    return [
        replace(scenario, methods=(method,), seed=seed)
        for seed in seeds_of(scenario, seeds)
        for method in scenario.methods
    ]
