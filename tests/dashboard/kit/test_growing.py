"""Results that grow piece by piece."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from dashboard.kit import jobs
from dashboard.kit.compute import ComputedCache, StoppedError, reporting_to
from dashboard.kit.growing import GrowingCache
from dashboard.kit.jobs import Job
from dashboard.kit.parts import PartsCache
from hypergrad_core.arrays import Progress

SECONDS = 20.0


@dataclass(frozen=True)
class Word:
    """Letters of a word; the rest is the number of the next one."""

    letters: str
    fraction: float
    rest: int | None

    def joined(self, piece: Word) -> Word:
        return replace(piece, letters=self.letters + piece.letters)


class Speller:
    """Makes a letter at a time, and remembers from where it went on."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int | None]] = []
        self.words: GrowingCache[str, Word] = GrowingCache(8, self.go_on)

    def go_on(self, word: str, report: Progress, rest: int | None = None) -> Word:
        self.begun.append((word, rest))
        place = rest or 0
        # A process tells that it is at the beginning before it knows better.
        report(0.0)
        report((place + 0.5) / len(word))
        left = place + 1 if place + 1 < len(word) else None
        return Word(word[place], (place + 1) / len(word), left)


def stop_after(seen: list[float], fraction: float) -> Progress:
    def report(done: float) -> None:
        seen.append(done)
        if done > fraction:
            raise StoppedError

    return report


def test_it_is_shown_as_it_grows_and_found_when_it_is_whole() -> None:
    speller = Speller()
    shown = []

    def look(done: float) -> None:
        word = speller.words.so_far("step")
        shown.append("" if word is None else word.letters)
        assert speller.words.find("step") is None

    with reporting_to(look):
        found = speller.words.compute("step")
    assert shown == ["", "", "s", "s", "st", "st", "ste", "ste"]
    assert found == Word("step", 1.0, None)
    assert speller.words.find("step") == speller.words.so_far("step") == found
    assert not speller.words.is_long("step")


def test_what_was_stopped_goes_on_from_where_it_was() -> None:
    speller = Speller()
    seen: list[float] = []
    with pytest.raises(StoppedError), reporting_to(stop_after(seen, 0.6)):
        speller.words.compute("step")
    # It never seems to be less than what is there.
    assert seen == [0.0, 0.125, 0.25, 0.375, 0.5, 0.625]
    assert speller.words.so_far("step") == Word("st", 0.5, 2)
    assert speller.words.compute("step").letters == "step"
    assert [rest for _, rest in speller.begun] == [None, 1, 2, 2, 3]


def test_another_who_asks_goes_on_from_there_as_well() -> None:
    speller = Speller()
    held, go_on = threading.Event(), threading.Event()

    def hold(done: float) -> None:
        if done > 0.6:
            held.set()
            assert go_on.wait(SECONDS)
            raise StoppedError

    def first() -> None:
        with pytest.raises(StoppedError), reporting_to(hold):
            speller.words.compute("step")

    found: list[Word] = []
    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert held.wait(SECONDS)
    threads.append(threading.Thread(target=lambda: found.append(speller.words.compute("step"))))
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(SECONDS)
    assert [word.letters for word in found] == ["step"]
    assert [rest for _, rest in speller.begun] == [None, 1, 2, 2, 3]


def test_parts_that_grow_are_shown_and_counted() -> None:
    speller = Speller()
    pages = PartsCache(lambda key: key.split(), speller.words)
    seen: list[float] = []
    with pytest.raises(StoppedError), reporting_to(stop_after(seen, 0.7)):
        pages.compute("no step")
    assert seen == sorted(seen)
    assert [part and part.letters for part in pages.so_far("no step")] == ["no", "st"]
    assert pages.find("no step") is None
    assert pages.is_long("no step")
    assert [part and part.letters for part in pages.compute("no step")] == ["no", "step"]
    assert pages.find("no step") is not None


def test_the_time_that_is_left_is_told_from_how_fast_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=time.sleep))
    told: list[float | None] = []
    begun = threading.Event()

    def work(key: int, report: Progress) -> int:
        assert begun.wait(SECONDS)
        # What was there before it began is no work of its own.
        for fraction in (0.0, 0.6, 0.6, 0.7, 0.8):
            clock[0] += 1.0
            report(fraction)
            told.append(job.seconds_left)
        return key

    job = Job(1, ComputedCache(2, work))
    begun.set()
    job._thread.join(SECONDS)
    assert not job.error
    assert told[:3] == [None, None, None]
    assert told[3:] == pytest.approx([6.0, 3.0])
