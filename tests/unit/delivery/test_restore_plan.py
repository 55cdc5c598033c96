"""Where a restore begins, for every state that a partition of the changelog can be in at a start."""

from __future__ import annotations

import pytest

from streams.delivery.dedupe.bulk_restore import plan
from streams.delivery.dedupe.changelog_reader import Extent


@pytest.mark.parametrize(
    ("applied", "extent", "start"),
    [
        pytest.param(None, Extent(0, 0), 0, id="an empty topic"),
        pytest.param(None, Extent(60, 100), 60, id="nothing known, old records expired"),
        pytest.param(41, Extent(0, 100), 42, id="only the rest"),
        pytest.param(99, Extent(0, 100), 100, id="all known"),
        pytest.param(20, Extent(60, 100), 60, id="known up to what has expired since"),
        pytest.param(-1, Extent(0, 0), 0, id="known to be empty"),
        pytest.param(50, Extent(100, 100), 100, id="all expired"),
    ],
)
def test_a_restore_reads_what_is_not_known_and_still_there(applied: int | None, extent: Extent, start: int) -> None:
    decided = plan(applied, extent)
    assert (decided.start, decided.wipe_because) == (start, "")


@pytest.mark.parametrize("applied", [100, 500])
def test_a_state_beyond_the_end_is_of_a_topic_that_is_no_more(applied: int) -> None:
    decided = plan(applied, Extent(0, 100))
    assert decided.start == 0
    assert decided.wipe_because == f"it was known up to offset {applied}, and the topic ends at 100"
