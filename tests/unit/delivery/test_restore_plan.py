"""Where a restore begins, for every state that a partition of the changelog can be in at a start."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError

from streams.delivery.dedupe.bulk_restore import plan
from streams.delivery.dedupe.changelog_reader import ChangelogReader, Extent
from streams.settings import KafkaSettings


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


class Reported:
    """A message that is the end of a partition, or a record."""

    def __init__(self, offset: int, *, end: bool = False) -> None:
        """Stand at `offset` of partition 0."""
        self._offset, self._end = offset, end

    def error(self) -> SimpleNamespace | None:
        return SimpleNamespace(code=lambda: KafkaError._PARTITION_EOF) if self._end else None

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset


def test_an_end_below_the_one_that_was_told_before_is_not_believed() -> None:
    """A leader that has just been elected: its followers have not fetched yet."""
    reader = ChangelogReader(KafkaSettings(bootstrap_servers="127.0.0.1:1"), "crm.insights")
    batches = [[Reported(n) for n in range(90)], [Reported(90, end=True)], [Reported(n) for n in range(90, 100)]]
    batches.append([Reported(100, end=True)])
    reader._consumer.close()
    reader._consumer = cast("Any", SimpleNamespace(assign=lambda _: None, consume=lambda *_, **__: batches.pop(0)))
    read: list[int] = []
    done = reader.read(
        {0: Extent(0, 100)}, lambda batch: read.extend(cast("Any", [m.offset() for m in batch])), lambda: False
    )
    assert (done, read) == (True, list(range(100)))
