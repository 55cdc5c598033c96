"""L and C: when the coordinator has answered, and whether it could write down what it was told."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import IllegalGenerationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from streams.delivery.ownership import Lease

_do_heartbeat = GroupCoordinator._do_heartbeat  # noqa: SLF001
_do_rejoin_group = GroupCoordinator._do_rejoin_group  # noqa: SLF001
_leases: dict[str, Lease] = {}


def watch_lease(group_id: str, lease: Lease) -> None:
    """Let the heartbeats of this process in `group_id` renew `lease`."""
    _leases[group_id] = lease


async def heartbeat_that_renews_the_lease(self: GroupCoordinator) -> bool:
    """L. Without it nobody knows when the coordinator last answered, and a stalled worker publishes twice."""
    return await _renewing(self, _do_heartbeat)


async def rejoin_that_renews_the_lease(self: GroupCoordinator, subscription: Any) -> bool:
    """L, for the join before the first heartbeat."""
    return await _renewing(self, lambda coordinator: _do_rejoin_group(coordinator, subscription))


async def _renewing(coordinator: GroupCoordinator, call: Callable[[GroupCoordinator], Awaitable[bool]]) -> bool:
    lease = _leases.get(coordinator.group_id)
    sent_at = lease.now() if lease is not None else 0.0
    answered = await call(coordinator)
    if lease is not None:
        if answered:
            lease.renew(sent_at)
        elif coordinator.generation < 0:
            # aiokafka has forgotten its generation, because the coordinator does not know it, or us.
            lease.evict()
    return answered


_commit_offsets = GroupCoordinator.commit_offsets
_do_commit_offsets = GroupCoordinator._do_commit_offsets  # noqa: SLF001
_began_in: ContextVar[int] = ContextVar("generation in which a commit began")


async def commit_in_one_generation(self: GroupCoordinator, assignment: Any, offsets: Any) -> None:
    """C, first part, and L. Without it a commit that is tried again is sent under whatever generation there is by then.

    The partition may be another's, who has committed more: the committed offset would go back. aiokafka/consumer/
    group_coordinator.py, `commit_offsets`.
    """
    token = _began_in.set(self.generation)
    try:
        await _commit_offsets(self, assignment, offsets)
    finally:
        _began_in.reset(token)
        if (lease := _leases.get(self.group_id)) is not None:
            # Refused or given up is answered: nothing is tried again, and the lease must not wait for it for ever.
            lease.commit_answered()


async def commit_that_tells_the_lease(self: GroupCoordinator, assignment: Any, offsets: Any) -> None:
    """C, second part, and L: what a coordinator cannot write down it may not be entitled to (see `Lease.valid`)."""
    if _began_in.get(self.generation) != self.generation:
        raise IllegalGenerationError(self.group_id)
    lease = _leases.get(self.group_id)
    if lease is not None and offsets:
        lease.commit_began(lease.now())
    await _do_commit_offsets(self, assignment, offsets)
