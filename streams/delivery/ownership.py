"""May this process publish for a partition right now? Ownership says which are ours, the lease that we still live."""

from __future__ import annotations

import asyncio
import time
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from streams.delivery.offset_gate import Partition

# A worker that wakes from a stall may publish only while the broker cannot have given its partitions away. Two thirds
# of the session leave the last third for the send itself.
LEASE_SHARE_OF_SESSION = 2 / 3


def boot_clock() -> float:
    """Seconds that also pass while the machine is suspended, unlike the monotonic clock of Linux."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Writing(Enum):
    """What becomes of a record that waits in the producer, at the moment in which it would be written."""

    NOW = "now"
    LATER = "later"
    """The coordinator has not answered for too long. If it answers yet, we have been a member all the time."""
    NEVER = "never"
    """Others own the partitions, or this process has given them up; the restore of the next owner decides."""


class Lease:
    """How long after the last heartbeat that the coordinator answered this process may still act as a group member.

    A stopped process (SIGSTOP, a long collection, a suspended VM) wakes up believing that it owns its partitions,
    while others already answer for them; without the lease it publishes second insights (104 and 164 in two measured
    runs of four SIGSTOPs). Renewed from the consumer's thread: a float assignment, atomic in CPython.
    """

    def __init__(self, session_s: float, clock: Callable[[], float] = boot_clock) -> None:
        """Take the group's session timeout in seconds, and a clock in seconds."""
        self._duration_s = session_s * LEASE_SHARE_OF_SESSION
        self._clock = clock
        self._renewed_at = float("-inf")
        self._evicted = False
        self._commit_since: float | None = None

    def now(self) -> float:
        """The lease's own time in seconds, to be read before a heartbeat is sent."""
        return self._clock()

    def renew(self, sent_at: float) -> None:
        """Note a heartbeat, sent at `sent_at`, that the coordinator has answered."""
        self._renewed_at = max(self._renewed_at, sent_at)

    def commit_began(self, at: float) -> None:
        """Note a commit that was sent at `at`; until one is answered the first of them counts."""
        if self._commit_since is None:
            self._commit_since = at

    def commit_answered(self) -> None:
        """Note that the coordinator has written a commit down."""
        self._commit_since = None

    def evict(self) -> None:
        """The coordinator does not know this member, or its generation, any longer."""
        self._evicted = True

    def readmit(self) -> None:
        """Another assignment has come."""
        self._evicted = False
        self._commit_since = None

    @property
    def evicted(self) -> bool:
        """Whether the coordinator has said that others own our partitions."""
        return self._evicted

    @property
    def valid(self) -> bool:
        """Whether the coordinator cannot yet have given our partitions to somebody else.

        A broker that is cut off from its peers goes on answering heartbeats after another has taken its place, but it
        cannot write a commit down (3 duplicates in 2,695 events, after a cut of 10 s): a commit that waits for too long
        counts like a heartbeat that is not answered.
        """
        now = self._clock()
        unwritten_s = 0.0 if self._commit_since is None else now - self._commit_since
        return not self._evicted and max(now - self._renewed_at, unwritten_s) < self._duration_s


class Ownership:
    """Which partitions are ours in the current generation, and whether their state is restored.

    Closed from the moment a rebalance starts until state is restored and inputs are rewound. Calls keep running
    meanwhile; only publishing waits.
    """

    def __init__(self, lease: Lease) -> None:
        """Begin closed and without partitions."""
        self.lease = lease
        self._owned: frozenset[Partition] = frozenset()
        self._generation = -1
        self._open = asyncio.Event()
        self._restoring = False
        self._retired = False
        self._ended = False
        self._lease_back = asyncio.Event()
        self._looking = False

    @property
    def generation(self) -> int:
        """The group generation of the last assignment."""
        return self._generation

    @property
    def owned(self) -> frozenset[Partition]:
        """The partitions of the last assignment."""
        return self._owned

    @property
    def is_open(self) -> bool:
        """Whether events are taken and insights published."""
        return self._open.is_set()

    def close(self) -> None:
        """A rebalance has started: publish nothing until another assignment has come and its state is restored.

        A restore that was begun before may end only now, and must not open what is about to be given away.
        """
        self._restoring = False
        self._open.clear()

    def retire(self) -> None:
        """This process is leaving: publish nothing more, whatever comes. What is queued is still written."""
        self._retired = True
        self._open.clear()

    def end(self) -> None:
        """This process must leave: publish nothing more, and write nothing of what is queued."""
        self._ended = True
        self.retire()

    @property
    def writing(self) -> Writing:
        """Whether records that wait in the producer may be written at this very moment.

        Also while a rebalance goes on: it waits for them before it lets go of the partitions, or ends this ownership.
        """
        if self._ended or self.lease.evicted:
            # Not later: Faust waits for them before it tells us of the rebalance, and so before another assignment.
            return Writing.NEVER
        return Writing.NOW if self.lease.valid else Writing.LATER

    def assign(self, generation: int, partitions: Iterable[Partition]) -> None:
        """Take over an assignment; it stays closed until `reopen`."""
        self._open.clear()
        self.lease.readmit()
        self._restoring = True
        self._generation = generation
        self._owned = frozenset(partitions)
        self._wake_lease_waiters()

    def reopen(self, generation: int) -> None:
        """State is restored and inputs are rewound for `generation`; a late call for an older one changes nothing."""
        if generation == self._generation and self._restoring and not self._retired:
            self._open.set()

    def may_publish(self, partition: Partition) -> bool:
        """Whether a record may be sent for `partition` at this very moment."""
        return self._open.is_set() and partition in self._owned and self.lease.valid

    async def wait_to_publish(self, partition: Partition, poll_s: float = 0.02) -> bool:
        """Wait until `partition` may be published for; False when it has gone to somebody else.

        Must be followed by the send without an await between them.
        """
        while not self.may_publish(partition):
            await self._open.wait()
            if partition not in self._owned:
                return False
            if not self.lease.valid:
                await self._wait_for_lease(poll_s)
        return True

    async def wait_open(self) -> None:
        """Wait until events may be taken."""
        await self._open.wait()

    async def _wait_for_lease(self, poll_s: float) -> None:
        """Wait until the lease is renewed, with one timer for all: it comes from another thread, which tells nobody.

        With a timer for each, the 10,000 events of a full window held a whole core while the broker was down, and the
        loop for 93 ms at a time (measured).
        """
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(poll_s, self._look_at_lease, poll_s)
        await self._lease_back.wait()

    def _look_at_lease(self, poll_s: float) -> None:
        if self.lease.valid:
            self._looking = False
            self._wake_lease_waiters()
        else:
            asyncio.get_running_loop().call_later(poll_s, self._look_at_lease, poll_s)

    def _wake_lease_waiters(self) -> None:
        """Let everybody look again; whoever waits after this waits for the next time."""
        self._lease_back.set()
        self._lease_back = asyncio.Event()
