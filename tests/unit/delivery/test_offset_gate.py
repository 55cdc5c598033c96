"""The offset gate: what is acknowledged, in which order, and what never is."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.delivery.offset_gate import OffsetGates, Partition
from tests.unit.delivery.loops import MACHINE

P0, P1 = Partition("crm.events", 0), Partition("crm.events", 1)


def gates_of(*offsets: int) -> OffsetGates[str]:
    gates: OffsetGates[str] = OffsetGates()
    gates.begin(1)
    for offset in offsets:
        gates.take(P0, offset, f"ack {offset}")
    return gates


def test_an_offset_waits_for_everything_before_it() -> None:
    gates = gates_of(0, 1, 2)
    assert gates.finish(P0, 1, 2) == []
    assert gates.finish(P0, 1, 1) == []
    assert gates.finish(P0, 1, 0) == ["ack 0", "ack 1", "ack 2"]


def test_offsets_that_compaction_or_markers_left_out_hold_nothing_up() -> None:
    gates = gates_of(3, 7)
    assert gates.finish(P0, 1, 3) == ["ack 3"]
    assert gates.finish(P0, 1, 7) == ["ack 7"]


def test_partitions_do_not_wait_for_one_another() -> None:
    gates = gates_of(0)
    gates.take(P1, 0, "ack other")
    assert gates.finish(P1, 1, 0) == ["ack other"]


def test_an_ending_of_an_older_generation_acknowledges_nothing() -> None:
    gates = gates_of(0)
    gates.begin(2)
    gates.take(P0, 0, "ack again")
    assert gates.finish(P0, 1, 0) == []
    assert gates.finish(P0, 2, 0) == ["ack again"]


def test_an_offset_is_acknowledged_once_however_often_it_ends() -> None:
    gates = gates_of(0)
    assert gates.finish(P0, 1, 0) == ["ack 0"]
    assert gates.finish(P0, 1, 0) == []


def test_what_was_taken_behind_a_rewind_is_forgotten() -> None:
    gates = gates_of(0, 1, 2)
    gates.finish(P0, 1, 0)
    gates.take(P0, 1, "ack 1 again")
    assert gates.finish(P0, 1, 2) == []
    assert gates.finish(P0, 1, 1) == ["ack 1 again"]
    assert gates.pending() == {P0: 0}


def test_a_rewind_does_not_forget_the_unfinished_events_before_it() -> None:
    gates = gates_of(0, 1, 2)
    gates.take(P0, 1, "ack 1 again")
    assert gates.finish(P0, 1, 1) == [], "offset 0 is still at work: a commit of 2 would lose it in a crash"
    assert gates.finish(P0, 1, 0) == ["ack 0", "ack 1 again"]


def test_the_position_is_the_offset_that_holds_the_gate_else_the_next_one() -> None:
    gates = gates_of(5, 6)
    assert gates.position(P0) == 5
    gates.finish(P0, 1, 6)
    assert gates.position(P0) == 5
    gates.finish(P0, 1, 5)
    assert gates.position(P0) == 7
    assert gates.position(P1) is None


class Run(NamedTuple):
    """One delivery of one offset."""

    partition: Partition
    generation: int
    offset: int
    number: int


class GateMachine(RuleBasedStateMachine):
    """Deliveries, endings, rewinds and rebalances in any order."""

    def __init__(self) -> None:
        """Begin in generation 0."""
        super().__init__()
        self.gates: OffsetGates[Run] = OffsetGates()
        self.generation = 0
        self.gates.begin(0)
        self.runs: list[Run] = []
        self.forget_all()

    def forget_all(self) -> None:
        self.next: dict[Partition, int] = {P0: 0, P1: 0}
        self.unended: dict[Partition, dict[int, Run]] = {P0: {}, P1: {}}
        self.unacknowledged: dict[Partition, dict[int, Run]] = {P0: {}, P1: {}}
        self.highest_acknowledged: dict[Partition, int] = {P0: -1, P1: -1}
        self.positions: dict[Partition, int | None] = {P0: None, P1: None}

    def delivered(self, partition: Partition, offset: int) -> None:
        run = Run(partition, self.generation, offset, len(self.runs))
        assert self.gates.take(partition, offset, run) == self.generation
        self.runs.append(run)
        self.unended[partition][offset] = self.unacknowledged[partition][offset] = run
        self.next[partition] = offset + 1

    @rule(partition=st.sampled_from([P0, P1]), gap=st.integers(0, 3))
    def take(self, partition: Partition, gap: int) -> None:
        self.delivered(partition, self.next[partition] + gap)

    @rule(partition=st.sampled_from([P0, P1]), back=st.integers(1, 5))
    def rewind_and_take(self, partition: Partition, back: int) -> None:
        offset = max(0, self.next[partition] - back)
        for known in (self.unended[partition], self.unacknowledged[partition]):
            for behind in [taken for taken in known if taken >= offset]:
                del known[behind]
        self.highest_acknowledged[partition] = min(self.highest_acknowledged[partition], offset - 1)
        self.positions[partition] = None
        self.delivered(partition, offset)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """End any run, one that has ended before or belongs to an older generation included."""
        run = data.draw(st.sampled_from(self.runs))
        acknowledged = self.gates.finish(run.partition, run.generation, run.offset)
        if run.generation != self.generation:
            assert acknowledged == []
            return
        self.unended[run.partition].pop(run.offset, None)
        for item in acknowledged:
            assert item == self.unacknowledged[run.partition].pop(item.offset)
            assert item.offset > self.highest_acknowledged[run.partition], "in order, and each once"
            assert all(item.offset < offset for offset in self.unended[run.partition]), "never past an unfinished one"
            self.highest_acknowledged[run.partition] = item.offset

    @rule()
    def rebalance(self) -> None:
        self.generation += 1
        self.gates.begin(self.generation)
        self.forget_all()

    @invariant()
    def nothing_is_held_that_could_pass(self) -> None:
        for partition, taken in self.unacknowledged.items():
            first = min(self.unended[partition], default=None)
            assert all(first is not None and offset >= first for offset in taken)
            assert self.gates.pending().get(partition, 0) == len(taken)

    @invariant()
    def the_position_goes_back_by_a_rewind_only(self) -> None:
        for partition, before in self.positions.items():
            position = self.gates.position(partition)
            assert before is None or (position is not None and position >= before)
            assert position is None or position == min(self.unended[partition], default=self.next[partition])
            self.positions[partition] = position


TestGateMachine = GateMachine.TestCase
TestGateMachine.settings = MACHINE
