"""A library that says the same thing a hundred times a second is heard once in a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from streams.observability.logs import MAX_REPEATS_KEPT, REPEAT_WINDOW_S, Repeats


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def a_record(
    message: str = "Unable connect to node with id %s", *values: object, name: str = "aiokafka"
) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, values, None)


def test_a_line_of_a_library_passes_once_in_a_window_whatever_its_values_are() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    assert [repeats(a_record("node %s", number)) for number in range(3)] == [True, False, False]
    clock.now += REPEAT_WINDOW_S - 1
    assert not repeats(a_record("node %s", 3))


def test_the_next_one_that_passes_says_how_many_did_not() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    for number in range(4):
        repeats(a_record("node %s", number))
    clock.now += REPEAT_WINDOW_S
    record = a_record("node %s", 5)
    assert repeats(record)
    assert record.getMessage() == "node 5 (and 3 times in 30 s)"


def test_other_lines_and_other_loggers_pass() -> None:
    repeats = Repeats(Clock())
    assert repeats(a_record("one"))
    assert repeats(a_record("two"))
    assert repeats(a_record("one", name="faust"))


def test_our_own_lines_always_pass() -> None:
    repeats = Repeats(Clock())
    assert [repeats(a_record("dead_letter", name="streams.enrich.run")) for _ in range(3)] == [True] * 3


def test_what_is_remembered_is_bounded() -> None:
    repeats = Repeats(Clock())
    for number in range(3 * MAX_REPEATS_KEPT):
        assert repeats(a_record(f"line {number}"))
    assert len(repeats._seen) <= MAX_REPEATS_KEPT
