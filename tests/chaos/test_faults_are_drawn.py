"""Schedules and loads: the same seed draws the same run, and a run has what it is named after."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.faults import SESSION_S, Fault, Ground, Verb, schedule
from tests.chaos.matrix import MATRIX, ORDER, WITHOUT
from tests.chaos.workload import plan
from tests.chaos.world.entry import WITHOUT as PROTECTIONS

GROUND = Ground(workers=3, brokers=3, load_s=100.0)


@pytest.mark.parametrize("fault", list(Fault))
def test_a_seed_draws_the_same_steps_again_within_the_load(fault: Fault) -> None:
    steps = schedule(fault, 7, GROUND)

    assert steps == schedule(fault, 7, GROUND)
    assert steps != schedule(fault, 8, GROUND)
    assert [step.at_s for step in steps] == sorted(step.at_s for step in steps)
    assert all(0 < step.at_s < GROUND.load_s + 5 for step in steps)


def test_workers_are_stopped_for_less_than_about_and_more_than_the_session() -> None:
    lengths = [step.for_s for step in schedule(Fault.PAUSE, 1, GROUND)]

    assert min(lengths) < SESSION_S - 1
    assert any(abs(length - SESSION_S) <= 1 for length in lengths)
    assert max(lengths) > SESSION_S + 2


def test_a_mixed_run_on_three_brokers_has_every_kind_of_fault() -> None:
    verbs = {step.verb for step in schedule(Fault.MIXED, 2, GROUND)}

    assert verbs >= {
        Verb.KILL,
        Verb.RESTART,
        Verb.PAUSE,
        Verb.KILL_BROKER,
        Verb.ROLL_BROKER,
        Verb.CUT_WORKER,
        Verb.CUT_PEERS,
        Verb.NO_REGISTRY,
        Verb.SLOW_DISK,
        Verb.LEAVE,
        Verb.JOIN,
    }
    assert verbs & {Verb.LLM_503, Verb.LLM_HANG}


# What the three runs of a fault are counted for: its sharper forms are runs beyond those.
SHARPER = {Fault.CHURN, Fault.FRESH, Fault.CUT_LATE, Fault.STALLED_SENDS}


def test_the_matrix_has_each_fault_three_times_its_sharper_forms_once_and_no_name_twice() -> None:
    runs = Counter(one.fault for one in MATRIX)

    assert {fault for fault in Fault if runs[fault] == 3} == set(Fault) - SHARPER
    assert {fault for fault in Fault if runs[fault] == 1} == SHARPER
    assert len({one.name for one in ORDER}) == len(ORDER) == len(MATRIX) + len(WITHOUT)


def test_every_fault_has_a_run_before_any_has_a_second() -> None:
    faults = [one.fault for one in ORDER if one.without is None]

    assert set(faults[: len(Fault)]) == set(Fault)


def test_the_long_form_takes_less_than_a_hundred_minutes() -> None:
    assert sum(one.expected_s for one in ORDER) < 100 * 60


def test_every_protection_is_switched_off_in_a_run() -> None:
    assert {one.without for one in WITHOUT} == set(PROTECTIONS)


def test_a_load_has_a_tenth_of_copies_some_at_once_and_some_much_later() -> None:
    sendings = plan(3, rate_per_s=40.0, duration_s=100.0)

    first = {one.number: one.at_s for one in sendings if not one.copy}
    delays = [one.at_s - first[one.number] for one in sendings if one.copy]
    assert 0.08 < len(delays) / len(first) < 0.12
    assert sum(delay < 0.1 for delay in delays) > 0.3 * len(delays)
    assert max(delays) > 30.0


def test_the_events_of_a_record_rise_in_time_and_every_text_is_its_own() -> None:
    events = [one.event() for one in plan(3, rate_per_s=40.0, duration_s=20.0) if not one.copy]

    assert len({event["text"] for event in events}) == len(events)
    assert [event["occurred_at"] for event in events] == sorted({event["occurred_at"] for event in events})
