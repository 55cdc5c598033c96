"""Offsets that ended here and are not committed yet."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streams.delivery.ended_here import EndedHere
from streams.delivery.offset_gate import Partition
from tests.unit.delivery.loops import MACHINE

P0, P1 = Partition("crm.events", 0), Partition("crm.events", 1)
PARTITIONS = st.sampled_from([P0, P1])
OFFSETS = st.integers(0, 12)


def test_an_event_that_ended_here_is_known_until_its_offset_is_committed() -> None:
    ended = EndedHere()
    ended.add(P0, 7)
    assert (P0, 7) in ended
    ended.forget_committed(P0, 7)
    assert (P0, 7) in ended, "the committed offset is the next one to be delivered"
    ended.forget_committed(P0, 8)
    assert (P0, 7) not in ended


def test_an_event_of_a_partition_that_went_elsewhere_is_unknown_when_it_comes_back() -> None:
    ended = EndedHere()
    ended.add(P0, 7)
    ended.add(P1, 7)
    ended.keep_only([P1])
    assert (P0, 7) not in ended
    assert (P1, 7) in ended


class EndedHereMachine(RuleBasedStateMachine):
    """Against a plain set of pairs."""

    def __init__(self) -> None:
        """Begin with nothing ended."""
        super().__init__()
        self.ended = EndedHere()
        self.expected: set[tuple[Partition, int]] = set()

    @rule(partition=PARTITIONS, offset=OFFSETS)
    def end(self, partition: Partition, offset: int) -> None:
        self.ended.add(partition, offset)
        self.expected.add((partition, offset))

    @rule(partition=PARTITIONS, committed=OFFSETS)
    def commit(self, partition: Partition, committed: int) -> None:
        self.ended.forget_committed(partition, committed)
        self.expected = {place for place in self.expected if place[0] != partition or place[1] >= committed}

    @rule(partitions=st.sets(PARTITIONS))
    def assign(self, partitions: set[Partition]) -> None:
        self.ended.keep_only(iter(partitions))
        self.expected = {place for place in self.expected if place[0] in partitions}

    @invariant()
    def knows_exactly_what_it_must(self) -> None:
        every = {(partition, offset) for partition in (P0, P1) for offset in range(14)}
        assert {place for place in every if place in self.ended} == self.expected


TestEndedHereMachine = EndedHereMachine.TestCase
TestEndedHereMachine.settings = MACHINE
