"""Ownership and lease: nobody publishes for a partition that may be somebody else's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from streams.delivery.offset_gate import Partition
from streams.delivery.ownership import Lease, Ownership, Writing, boot_clock
from tests.unit.delivery.loops import MACHINE, HandTurnedLoop, LoopMachine

if TYPE_CHECKING:
    from collections.abc import Callable

P0, P1, P2 = (Partition("crm.events", number) for number in range(3))
SESSION_S = 6.0
LEASE_S = 4.0


class Clock:
    """Counts how often it is asked, which is what waiting costs."""

    def __init__(self) -> None:
        """Begin at an hour."""
        self.now = 3600.0
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def owning(clock: Clock, *partitions: Partition) -> Ownership:
    """An ownership of `partitions`, open and with a fresh lease."""
    ownership = Ownership(Lease(SESSION_S, clock))
    ownership.assign(1, partitions)
    ownership.reopen(1)
    ownership.lease.renew(clock.now)
    return ownership


def restored(ownership: Ownership) -> None:
    """The same assignment comes again, and its state is restored."""
    ownership.assign(1, [P0])
    ownership.reopen(1)


def test_a_restore_that_ends_after_the_next_rebalance_has_begun_opens_nothing(clock: Clock) -> None:
    """Faust keeps the generation until the next assignment has come, so its checks pass."""
    ownership = owning(clock, P0)
    ownership.close()
    ownership.reopen(1)
    assert not ownership.may_publish(P0)


@pytest.mark.parametrize("leave", [Ownership.retire, Ownership.end])
def test_who_is_leaving_opens_nothing_whatever_comes(clock: Clock, leave: Callable[[Ownership], None]) -> None:
    ownership = owning(clock, P0)
    leave(ownership)
    restored(ownership)
    assert not ownership.may_publish(P0)


def test_what_is_queued_is_written_while_one_retires(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.retire()
    assert ownership.writing is Writing.NOW


def test_what_waits_in_the_producer_is_written_while_the_lease_is_valid_also_during_a_rebalance(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.close()
    assert ownership.writing is Writing.NOW


def test_what_waits_in_the_producer_waits_on_while_the_coordinator_is_silent(clock: Clock) -> None:
    ownership = owning(clock, P0)
    clock.now += LEASE_S
    silent = ownership.writing
    ownership.lease.renew(clock.now)
    assert (silent, ownership.writing) == (Writing.LATER, Writing.NOW)


def test_what_waits_in_the_producer_is_never_written_once_the_coordinator_has_given_the_partitions_away(
    clock: Clock,
) -> None:
    """To wait on would be a deadlock: Faust flushes the producer before it tells of the rebalance."""
    ownership = owning(clock, P0)
    ownership.lease.evict()
    ownership.lease.renew(clock.now)
    assert ownership.writing is Writing.NEVER
    assert not ownership.may_publish(P0)


def test_the_next_assignment_ends_an_eviction(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.lease.evict()
    restored(ownership)
    ownership.lease.renew(clock.now)
    assert (ownership.writing, ownership.may_publish(P0)) == (Writing.NOW, True)


def test_nothing_is_written_any_more_once_the_ownership_has_ended_whatever_comes(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.end()
    ownership.assign(2, [P0])
    ownership.reopen(2)
    ownership.lease.renew(clock.now)
    assert ownership.writing is Writing.NEVER
    assert not ownership.may_publish(P0)


def test_a_lease_that_was_never_renewed_is_not_valid(clock: Clock) -> None:
    assert not Lease(SESSION_S, clock).valid


def test_a_lease_lasts_two_thirds_of_the_session_from_the_sending_of_the_heartbeat(clock: Clock) -> None:
    lease = Lease(SESSION_S, clock)
    lease.renew(clock.now - 1.0)
    clock.now += 2.9
    assert lease.valid
    clock.now += 0.2
    assert not lease.valid


def test_an_answer_to_an_older_heartbeat_does_not_shorten_the_lease(clock: Clock) -> None:
    lease = Lease(SESSION_S, clock)
    lease.renew(clock.now)
    lease.renew(clock.now - 5)
    assert lease.valid


def test_the_clock_of_a_lease_goes_on() -> None:
    assert boot_clock() <= boot_clock()


def test_an_assignment_stays_closed_until_its_state_is_restored(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.assign(2, [P0])
    assert not ownership.may_publish(P0)
    ownership.reopen(2)
    assert ownership.may_publish(P0)
    assert ownership.generation == 2


def test_a_late_word_of_an_older_generation_opens_nothing(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.assign(2, [P0])
    ownership.reopen(1)
    assert not ownership.is_open


async def test_a_waiter_learns_that_its_partition_went_elsewhere_once_the_assignment_is_restored(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.close()
    waiting = asyncio.ensure_future(ownership.wait_to_publish(P0))
    await asyncio.sleep(0)
    ownership.assign(2, [P1])
    ownership.reopen(2)
    assert await waiting is False


async def test_a_waiter_whose_partition_came_back_may_publish(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.close()
    waiting = asyncio.ensure_future(ownership.wait_to_publish(P0))
    await asyncio.sleep(0)
    for generation, partitions in ((2, [P1]), (3, [P0])):
        ownership.assign(generation, partitions)
    ownership.reopen(3)
    assert await waiting is True


async def test_a_waiter_that_is_woken_by_an_opening_that_has_closed_again_waits_on(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.close()
    waiting = asyncio.ensure_future(ownership.wait_to_publish(P0))
    await asyncio.sleep(0)
    restored(ownership)
    ownership.close()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    restored(ownership)
    assert await waiting is True


async def test_taking_waits_until_ownership_is_open(clock: Clock) -> None:
    ownership = owning(clock, P0)
    ownership.close()
    waiting = asyncio.ensure_future(ownership.wait_open())
    await asyncio.sleep(0)
    assert not waiting.done()
    restored(ownership)
    await waiting


def test_ten_thousand_waiters_for_a_lease_cost_as_little_as_one(clock: Clock) -> None:
    """With a timer each, a full window used a whole core and held the loop for 93 ms while the broker was down."""
    loop = HandTurnedLoop()
    ownership = owning(clock, P0)
    clock.now += LEASE_S
    waiting = [loop.start(ownership.wait_to_publish(P0)) for _ in range(10_000)]
    loop.settle()
    clock.asked = 0
    for _ in range(50):
        loop.advance(0.02)
    assert clock.asked <= 200
    ownership.lease.renew(clock.now)
    loop.advance(0.02)
    assert all(task.result() for task in waiting)
    loop.finish()


def test_a_lease_that_is_waited_for_again_after_everybody_was_cancelled_is_noticed(clock: Clock) -> None:
    loop = HandTurnedLoop()
    ownership = owning(clock, P0)
    clock.now += LEASE_S
    first = loop.start(ownership.wait_to_publish(P0))
    loop.settle()
    first.cancel()
    loop.advance(1)
    second = loop.start(ownership.wait_to_publish(P0))
    loop.settle()
    ownership.lease.renew(clock.now)
    loop.advance(0.02)
    assert second.result() is True
    loop.finish()


def test_a_lease_that_is_lost_again_is_waited_for_again(clock: Clock) -> None:
    loop = HandTurnedLoop()
    ownership = owning(clock, P0)
    for _ in range(3):
        clock.now += LEASE_S
        waiting = loop.start(ownership.wait_to_publish(P0))
        loop.advance(0.02)
        assert not waiting.done()
        ownership.lease.renew(clock.now)
        loop.advance(0.02)
        assert waiting.result() is True
    loop.finish()


def test_a_partition_that_goes_elsewhere_while_the_lease_is_waited_for_is_not_waited_for(clock: Clock) -> None:
    loop = HandTurnedLoop()
    ownership = owning(clock, P0)
    clock.now += LEASE_S
    waiting = loop.start(ownership.wait_to_publish(P0))
    loop.settle()
    ownership.assign(2, [P1])
    ownership.reopen(2)
    loop.settle()
    assert waiting.result() is False
    loop.finish()


def test_an_ownership_that_closes_while_the_lease_is_waited_for_lets_nobody_pass(clock: Clock) -> None:
    loop = HandTurnedLoop()
    ownership = owning(clock, P0)
    clock.now += LEASE_S
    waiting = loop.start(ownership.wait_to_publish(P0))
    loop.settle()
    ownership.close()
    ownership.lease.renew(clock.now)
    loop.advance(0.02)
    assert not waiting.done()
    restored(ownership)
    loop.settle()
    assert waiting.result() is True
    loop.finish()


class OwnershipMachine(LoopMachine):
    """Heartbeats, stalls, rebalances and waiters in any order, on a clock of its own."""

    def __init__(self) -> None:
        """Begin without an assignment."""
        super().__init__()
        self.clock = Clock()
        self.lease = Lease(SESSION_S, self.clock)
        self.ownership = Ownership(self.lease)
        self.renewed_at = float("-inf")
        self.generation = -1
        self.owned: frozenset[Partition] = frozenset()
        self.is_open = self.restoring = False
        self.waiting: list[tuple[Partition, asyncio.Task[bool]]] = []

    def expected(self, partition: Partition) -> bool:
        return self.is_open and partition in self.owned and self.clock.now - self.renewed_at < LEASE_S

    @rule(took_s=st.sampled_from([0.0, 0.5, 3.9, 4.1]))
    def heartbeat(self, took_s: float) -> None:
        sent_at = self.lease.now()
        self.clock.now += took_s
        self.lease.renew(sent_at)
        self.renewed_at = sent_at

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 5.0]))
    def stall(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def revoke(self) -> None:
        self.ownership.close()
        self.is_open = self.restoring = False

    @rule(partitions=st.frozensets(st.sampled_from([P0, P1, P2])))
    def assign(self, partitions: frozenset[Partition]) -> None:
        self.generation += 1
        self.ownership.assign(self.generation, partitions)
        self.owned, self.is_open, self.restoring = partitions, False, True

    @rule(late=st.sampled_from([0, 0, 0, 1, 2]))
    def reopen(self, late: int) -> None:
        self.ownership.reopen(self.generation - late)
        self.is_open = self.is_open or (late == 0 and self.restoring)

    @rule(partition=st.sampled_from([P0, P1, P2]))
    def wait(self, partition: Partition) -> None:
        self.waiting.append((partition, self.loop.start(self.ownership.wait_to_publish(partition))))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up_waiting(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.waiting))[1].cancel()

    @invariant()
    def only_the_living_owner_publishes(self) -> None:
        for partition in (P0, P1, P2):
            assert self.ownership.may_publish(partition) is self.expected(partition)

    @invariant()
    def a_waiter_learns_the_truth_and_nobody_waits_in_vain(self) -> None:
        self.loop.settle()
        self.loop.advance(0.02)
        for partition, task in self.waiting:
            if task.cancelled():
                continue
            if not task.done():
                assert not self.expected(partition)
                assert not (self.is_open and partition not in self.owned)
            elif task.result():
                assert self.expected(partition)
            else:
                assert partition not in self.owned
        self.waiting = [(partition, task) for partition, task in self.waiting if not task.done()]


TestOwnershipMachine = OwnershipMachine.TestCase
TestOwnershipMachine.settings = MACHINE
