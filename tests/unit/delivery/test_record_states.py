"""Insights on their way: seen by the next event of the record at once, marks only when they are durable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from streams.delivery.dedupe.dedupe_state import DedupeState
from streams.delivery.dedupe.mark_table import Reading
from streams.delivery.dedupe.record_states import PendingInsight, RecordStates
from tests.unit.delivery.insights import a_last
from tests.unit.delivery.loops import MACHINE, LoopMachine

if TYPE_CHECKING:
    from streams.delivery.dedupe.insight_headers import LastInsight

RECORD, KIND = "acme/Ticket/1", "interaction_summary"


async def test_an_insight_on_its_way_is_the_records_last_one_and_no_mark_yet() -> None:
    state = DedupeState()
    records = RecordStates(state)
    pending = records.sent(0, "e1", a_last())
    assert records.last_reading(0, RECORD, KIND) == Reading.of(a_last())
    assert records.pending(0, "e1") is pending
    assert records.unacknowledged == 1
    assert not state.has_insight(0, "e1")


async def test_an_acknowledged_insight_is_a_mark_and_not_pending() -> None:
    state = DedupeState()
    state.restored_to(0, 6)
    records = RecordStates(state)
    pending = records.sent(0, "e1", a_last())
    records.acknowledged(0, "e1", pending, 7)
    assert state.has_insight(0, "e1")
    assert state.applied(0) == 7
    assert records.last_reading(0, RECORD, KIND) == Reading.of(a_last())
    assert records.pending(0, "e1") is None
    assert records.unacknowledged == 0
    assert await pending.acknowledged is True


async def test_an_insight_that_failed_leaves_no_trace_and_its_waiters_learn_it() -> None:
    state = DedupeState()
    state.apply(0, "e0", a_last(fingerprint="f0"))
    records = RecordStates(state)
    pending = records.sent(0, "e1", a_last(fingerprint="f1"))
    records.failed(0, "e1", pending)
    assert records.last_reading(0, RECORD, KIND) == Reading.of(a_last(fingerprint="f0"))
    assert records.pending(0, "e1") is None
    assert not state.has_insight(0, "e1")
    assert await pending.acknowledged is False


async def test_the_newest_insight_on_its_way_counts() -> None:
    records = RecordStates(DedupeState())
    first = records.sent(0, "e1", a_last(fingerprint="f1"))
    records.sent(0, "e2", a_last(fingerprint="f2"))
    records.acknowledged(0, "e1", first, 0)
    assert records.last_reading(0, RECORD, KIND) == Reading.of(a_last(fingerprint="f2"))


async def test_where_the_newest_failed_the_one_before_counts_though_it_is_still_on_its_way() -> None:
    records = RecordStates(DedupeState())
    records.sent(0, "e1", a_last(fingerprint="f1"))
    second = records.sent(0, "e2", a_last(fingerprint="f2"))
    records.failed(0, "e2", second)
    assert records.last_reading(0, RECORD, KIND) == Reading.of(a_last(fingerprint="f1"))


async def test_partitions_and_kinds_are_kept_apart() -> None:
    records = RecordStates(DedupeState())
    records.sent(0, "e1", a_last(kind="a"))
    assert records.last_reading(1, RECORD, "a") is None
    assert records.last_reading(0, RECORD, "b") is None
    assert records.pending(1, "e1") is None


@dataclass(frozen=True)
class Sent:
    """A sent insight of the machine."""

    event_id: str
    last: LastInsight
    pending: PendingInsight


class RecordStatesMachine(LoopMachine):
    """One partition of insights: we send, the broker answers or refuses, others write too, a rebalance reads it all."""

    def __init__(self) -> None:
        """Begin with a restored, empty partition."""
        super().__init__()
        self.state = DedupeState()
        self.state.restored_to(0, -1)
        self.records = RecordStates(self.state)
        self.changelog: list[tuple[str, LastInsight | None]] = []
        self.on_their_way: list[Sent] = []
        self.settled: list[Sent] = []
        self.known: dict[str, LastInsight | None] = {}
        self.last: dict[str, LastInsight] = {}
        self.number = 0

    def next_number(self) -> int:
        self.number += 1
        return self.number

    @rule(record=st.sampled_from("ab"))
    def send(self, record: str) -> None:
        number = self.next_number()
        last = a_last(record, kind=KIND, fingerprint=f"f{number}", source_offset=number)
        pending = self.loop.call(self.records.sent, 0, f"e{number}", last)
        self.on_their_way.append(Sent(f"e{number}", last, pending))

    @precondition(lambda self: self.on_their_way)
    @rule()
    def the_broker_acknowledges(self) -> None:
        """In the order of sending, as it does on one partition."""
        sent = self.on_their_way.pop(0)
        self.changelog.append((sent.event_id, sent.last))
        self.records.acknowledged(0, sent.event_id, sent.pending, len(self.changelog) - 1)
        self.known[sent.event_id] = sent.last
        self.last[sent.last.record] = sent.last
        self.settled.append(sent)
        assert sent.pending.acknowledged.result() is True

    @precondition(lambda self: self.on_their_way)
    @rule(data=st.data())
    def the_broker_refuses(self, data: st.DataObject) -> None:
        sent = self.on_their_way.pop(data.draw(st.integers(0, len(self.on_their_way) - 1)))
        self.records.failed(0, sent.event_id, sent.pending)
        self.settled.append(sent)
        assert sent.pending.acknowledged.result() is False

    @rule()
    def somebody_else_writes(self) -> None:
        self.changelog.append((f"x{self.next_number()}", None))

    @precondition(lambda self: not self.on_their_way)
    @rule()
    def restore(self) -> None:
        """Read the delta, as Faust does at a rebalance; the record at the applied offset is read again."""
        applied = self.state.applied(0)
        assert applied is not None
        for offset in range(max(applied, 0), len(self.changelog)):
            event_id, last = self.changelog[offset]
            self.state.apply(0, event_id, last)
            self.state.restored_to(0, offset)
            self.known[event_id] = last
            if last is not None:
                self.last[last.record] = last
        self.state.restored_to(0, len(self.changelog) - 1)
        assert self.state.applied(0) == len(self.changelog) - 1

    @invariant()
    def marks_are_what_is_durable_and_known(self) -> None:
        assert len(self.state) == len(self.known)
        assert all(self.state.has_insight(0, event_id) for event_id in self.known)

    @invariant()
    def nothing_below_the_applied_offset_is_missing(self) -> None:
        applied = self.state.applied(0)
        assert applied is not None
        assert applied < max(len(self.changelog), 0)
        assert all(event_id in self.known for event_id, _ in self.changelog[: applied + 1])

    @invariant()
    def the_last_insight_is_the_newest_that_was_sent_and_not_refused(self) -> None:
        for record in "ab":
            newest = next((sent.last for sent in reversed(self.on_their_way) if sent.last.record == record), None)
            expected = newest or self.last.get(record)
            known = self.records.last_reading(0, record, KIND)
            assert known == (None if expected is None else Reading.of(expected))

    @invariant()
    def nothing_is_kept_of_what_has_arrived(self) -> None:
        assert self.records.unacknowledged == len(self.on_their_way)
        assert all(self.records.pending(0, sent.event_id) is sent.pending for sent in self.on_their_way)
        assert all(self.records.pending(0, sent.event_id) is None for sent in self.settled)
        records = {sent.last.record for sent in self.on_their_way}
        assert len(self.records._by_record) == len(records)  # a hot record must leave nothing behind


TestRecordStatesMachine = RecordStatesMachine.TestCase
TestRecordStatesMachine.settings = MACHINE
