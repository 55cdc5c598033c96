"""Whose turn it is: fair between tenants, and between events that somebody waits for and those of a backfill.

Within a lane tenants take turns with equal parts of the tokens (deficit round robin). Between the lanes REALTIME gets
four parts and BATCH one while both want some. What one does not use, the others share: a tenant with ten thousand
events in the queue gets all of the limit while nobody else asks, and half of it as soon as one other does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from schemas.events import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

LANE_WEIGHTS: Final = {Lane.REALTIME: 4, Lane.BATCH: 1}
# What a tenant gets in one round. Less than most requests cost, so that nobody has several turns in a row.
_QUANTUM: Final = 500.0


class Flow(NamedTuple):
    """On whose behalf somebody asks."""

    lane: Lane = Lane.REALTIME
    tenant: str = ""


ANYBODY: Final = Flow()


@dataclass(slots=True)
class _Tenant(Generic[T]):
    """Those of one tenant who wait, first come first served, and what it may still spend in this round."""

    waiting: deque[tuple[float, T]] = field(default_factory=deque)
    deficit: float = 0.0
    topped_up: bool = False


class RoundRobin(Generic[T]):
    """Items of many tenants in a fair order. One without items is forgotten: memory is bounded by the items."""

    def __init__(self) -> None:
        """Begin empty."""
        self._tenants: dict[str, _Tenant[T]] = {}
        self._round: deque[str] = deque()

    def __iter__(self) -> Iterator[T]:
        """All items, in no particular order."""
        return (item for tenant in self._tenants.values() for _, item in tenant.waiting)

    def push(self, tenant: str, cost: float, item: T) -> None:
        """Put an item at the end of its tenant's line; it costs a quantum at least."""
        line = self._tenants.get(tenant)
        if line is None:
            line = self._tenants[tenant] = _Tenant()
            self._round.append(tenant)
        line.waiting.append((max(_QUANTUM, cost), item))

    def peek(self) -> tuple[float, T] | None:
        """Tell whose turn it is and what it costs; the same until it is popped."""
        if not self._round:
            return None
        # Ends: each round gives every tenant a quantum, and the dearest item costs a number of them.
        while True:
            tenant = self._tenants[self._round[0]]
            if not tenant.topped_up:
                tenant.deficit += _QUANTUM
                tenant.topped_up = True
            if tenant.waiting[0][0] <= tenant.deficit:
                return tenant.waiting[0]
            tenant.topped_up = False
            self._round.rotate(-1)

    def pop(self) -> tuple[float, T] | None:
        """Take out the item whose turn it is."""
        if self.peek() is None:
            return None
        tenant = self._tenants[self._round[0]]
        cost, item = tenant.waiting.popleft()
        tenant.deficit -= cost
        if not tenant.waiting:
            # What it has not spent goes with it: nobody saves up turns by staying away.
            del self._tenants[self._round.popleft()]
        return cost, item


class FairQueue(Generic[T]):
    """Items of many tenants in two lanes, in a fair order."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lanes: dict[Lane, RoundRobin[T]] = {lane: RoundRobin() for lane in Lane}
        self._sizes = dict.fromkeys(Lane, 0)
        # What each lane has been served, by its weight; the one that has had least is next.
        self._served = dict.fromkeys(Lane, 0.0)

    def __len__(self) -> int:
        """Count the items."""
        return sum(self._sizes.values())

    def __iter__(self) -> Iterator[T]:
        """All items, in no particular order."""
        return (item for lane in self._lanes.values() for item in lane)

    def push(self, flow: Flow, cost: float, item: T) -> None:
        """Put an item into the line of its tenant."""
        if not self._sizes[flow.lane]:
            # A lane that nobody has used for an hour does not get an hour's worth of turns in one go.
            busy = [self._served[lane] for lane, size in self._sizes.items() if size]
            self._served[flow.lane] = max(self._served[flow.lane], min(busy, default=0.0))
        self._sizes[flow.lane] += 1
        self._lanes[flow.lane].push(flow.tenant, cost, item)

    def peek(self) -> T | None:
        """Tell whose turn it is."""
        lane = self._next_lane()
        head = None if lane is None else self._lanes[lane].peek()
        return None if head is None else head[1]

    def pop(self) -> T | None:
        """Take out the item whose turn it is, the one that `peek` has told unless others came since."""
        lane = self._next_lane()
        head = None if lane is None else self._lanes[lane].pop()
        if lane is None or head is None:
            return None
        cost, item = head
        self._sizes[lane] -= 1
        self._served[lane] += cost / LANE_WEIGHTS[lane]
        return item

    def _next_lane(self) -> Lane | None:
        waiting = [lane for lane, size in self._sizes.items() if size]
        return min(waiting, key=self._served.__getitem__, default=None)
