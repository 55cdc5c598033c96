"""The lag watchdog: a partition that stands still with work to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.offset_gate import Partition
from streams.observability.progress import LagWatchdog, Progress

P0, P1 = Partition("crm.events", 0), Partition("crm.events", 1)
PATIENCE_S = 600.0


def watched(*observations: tuple[float, int, int], paused: bool = False) -> LagWatchdog:
    """A watchdog that saw partition 0 at (time in s, position, end)."""
    watchdog = LagWatchdog(PATIENCE_S)
    for now_s, position, end in observations:
        watchdog.observe({P0: Progress(position, end)}, now_s, paused=paused)
    return watchdog


def test_the_lag_is_what_has_not_ended() -> None:
    assert Progress(position=3, end=10).lag == 7


def test_a_position_beyond_an_end_that_is_known_late_is_no_lag() -> None:
    assert Progress(position=12, end=10).lag == 0


def test_a_partition_that_stands_still_with_work_to_do_is_stuck_after_the_patience() -> None:
    watchdog = watched((0, 5, 9), (300, 5, 20), (600, 5, 30))
    assert watchdog.stuck(600) == {}
    assert watchdog.stuck(601) == {P0: 601}


def test_a_partition_that_moves_is_not_stuck() -> None:
    assert watched((0, 5, 9), (500, 6, 20), (1_000, 7, 30)).stuck(1_001) == {}


def test_a_partition_without_work_is_not_stuck() -> None:
    assert watched((0, 9, 9), (5_000, 9, 9)).stuck(5_001) == {}


def test_the_patience_begins_with_the_work() -> None:
    watchdog = watched((0, 9, 9), (5_000, 9, 9), (5_001, 9, 10))
    assert watchdog.stuck(5_500) == {}
    watchdog.observe({P0: Progress(9, 10)}, 5_700, paused=False)
    assert watchdog.stuck(5_700) == {P0: 700}


def test_nothing_is_late_while_events_are_not_taken_on_purpose() -> None:
    assert watched((0, 5, 9), (5_000, 5, 9), paused=True).stuck(5_001) == {}


def test_the_patience_begins_anew_after_a_pause() -> None:
    watchdog = watched((0, 5, 9))
    watchdog.observe({P0: Progress(5, 9)}, 590, paused=True)
    watchdog.observe({P0: Progress(5, 9)}, 700, paused=False)
    assert watchdog.stuck(1_189) == {}
    assert watchdog.stuck(1_191) == {P0: 601}


def test_a_partition_that_went_elsewhere_is_no_longer_ours_to_watch() -> None:
    watchdog = watched((0, 5, 9))
    watchdog.observe({P1: Progress(0, 0)}, 10, paused=False)
    assert watchdog.stuck(609) == {}


def test_a_partition_that_comes_back_begins_anew() -> None:
    watchdog = watched((0, 5, 9))
    watchdog.observe({}, 10, paused=False)
    watchdog.observe({P0: Progress(5, 9)}, 500, paused=False)
    assert watchdog.stuck(1_000) == {}


def test_observations_that_stop_coming_are_noticed_as_well() -> None:
    assert watched((0, 9, 9)).stuck(601) == {P0: 601}


def test_a_rewound_partition_has_moved() -> None:
    assert watched((0, 5, 9), (500, 2, 9)).stuck(700) == {}


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 400), st.integers(0, 2), st.integers(0, 3), st.booleans()), min_size=1, max_size=20
    )
)
def test_only_a_partition_that_stood_still_with_work_for_the_whole_patience_is_stuck(
    steps: list[tuple[int, int, int, bool]],
) -> None:
    watchdog = LagWatchdog(PATIENCE_S)
    now_s = float(0)
    position = 0
    stands_since = now_s
    for number, (seconds, moved, lag, paused) in enumerate(steps):
        now_s += seconds
        position += moved
        if number == 0 or moved or not lag or paused:
            stands_since = now_s
        watchdog.observe({P0: Progress(position, position + lag)}, now_s, paused=paused)
        assert watchdog.stuck(now_s) == ({P0: now_s - stands_since} if now_s - stands_since > PATIENCE_S else {})
