"""Many scenarios, one after the other or on any executor: each result as it arrives."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from hypergrad_core.arrays import Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.scenario import Scenario
from hypergrad_core.studies.experiment import Experiment, run

Result = TypeVar("Result")

# While nothing arrives, progress is told as often as this, so that it can stop the sweep.
HEARTBEAT_SECONDS = 0.1


@overload
def sweep(
    scenarios: Iterable[Scenario],
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    ahead: int = 256,
) -> Generator[Experiment, None, None]: ...


@overload
def sweep(
    scenarios: Iterable[Scenario],
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    measure: Callable[[Scenario], Result],
    ahead: int = 256,
) -> Generator[Result, None, None]: ...


def sweep(
    scenarios: Iterable[Scenario],
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    measure: Callable[[Scenario], Any] = run,
    ahead: int = 256,
) -> Generator[Any, None, None]:
    """Measure each scenario and yield each result as soon as it is there.

    Without an executor the results come in the order of the scenarios, with one in the order in
    which they are ready. A sweep is stopped by leaving the loop over it, by ``close()``, or by an
    exception that ``progress`` raises: what has not begun is cancelled, what has been yielded is
    with the caller. The executor stays open.

    Args:
        scenarios: what to measure.
        executor: any of ``concurrent.futures``, or what behaves like one, such as Dask's
            ``Client.get_executor()``. If it has processes, ``measure`` and what it returns must
            be picklable.
        progress: told the fraction done, in [0, 1], once the caller has taken a result, and now
            and then while an executor lets it wait; whatever it raises stops the sweep.
        measure: what to do with a scenario.
        ahead: how many scenarios an executor is given at once, so that a long sweep does not pile
            up in it. Must be larger than the number of its workers to keep them all busy.

    Raises:
        HypergradError: if ``ahead`` is not positive.
        Exception: what ``measure`` raised, with a note that names the scenario.
    """
    if ahead < 1:
        raise HypergradError(f"ahead must be at least 1, not {ahead}")
    waiting = tuple(scenarios)
    report = progress or (lambda fraction: None)
    report(0.0)
    if executor is None:
        for number, scenario in enumerate(waiting, start=1):
            with _named(scenario):
                result = measure(scenario)
            yield result
            report(number / len(waiting))
    else:
        yield from _spread(waiting, executor, report, measure, ahead)


def _spread(
    scenarios: tuple[Scenario, ...],
    executor: Executor,
    report: Progress,
    measure: Callable[[Scenario], Result],
    ahead: int,
) -> Generator[Result, None, None]:
    pending: dict[Future[Result], Scenario] = {}
    queue = iter(scenarios)
    done = 0
    try:
        while done < len(scenarios):
            while len(pending) < ahead and (scenario := next(queue, None)) is not None:
                pending[executor.submit(measure, scenario)] = scenario
            ready, _ = wait(pending, HEARTBEAT_SECONDS, FIRST_COMPLETED)
            if not ready:
                report(done / len(scenarios))
            for future in ready:
                with _named(pending.pop(future)):
                    result = future.result()
                done += 1
                yield result
                report(done / len(scenarios))
    finally:
        for future in pending:
            future.cancel()


@contextmanager
def _named(scenario: Scenario) -> Iterator[None]:
    """Whatever is raised says which scenario it comes from."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in a sweep, at {scenario}")
        raise
