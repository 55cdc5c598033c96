"""L: who heard from the coordinator, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.consumer.group_coordinator import GroupCoordinator

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
