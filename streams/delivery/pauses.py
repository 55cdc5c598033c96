"""Pauses: while a dependency is down no event is taken, and everybody can see which one it is and why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.errors import Dependency, DependencyFault

log = structlog.get_logger()


class Pauses:
    """The dependencies that are down now. Partitions are kept, calls under way go on, the taking of events stops.

    A pause has holders (the events that hit the fault, or a breaker) and lasts until each of them has got past it:
    an event that needs nothing of a dead registry must not end the pause of one that does.
    """

    def __init__(self, on_change: Callable[[Dependency, bool], None]) -> None:
        """Take a callback that hears (dependency, paused) at every change; it feeds `crm_insights_paused`."""
        self._on_change = on_change
        self._holders: dict[Dependency, set[object]] = {}
        self._causes: dict[Dependency, str] = {}
        self._open = asyncio.Event()
        self._open.set()

    @property
    def causes(self) -> Mapping[Dependency, str]:
        """What is down, and what it said last."""
        return dict(self._causes)

    def begin(self, fault: DependencyFault, holder: object) -> None:
        """`holder` cannot go on because of `fault`; idempotent."""
        holders = self._holders.setdefault(fault.dependency, set())
        if not holders:
            level = log.error if fault.alarm else log.warning
            level("paused", dependency=fault.dependency.value, cause=fault.detail, needs_a_person=fault.alarm)
            self._on_change(fault.dependency, True)  # noqa: FBT003 - a two-valued event
        holders.add(holder)
        self._causes[fault.dependency] = fault.detail
        self._open.clear()

    def end(self, dependency: Dependency, holder: object) -> None:
        """`holder` has got past the fault, or gives up; nothing happens if it held no pause."""
        holders = self._holders.get(dependency)
        if not holders or holder not in holders:
            return
        holders.discard(holder)
        if not holders:
            del self._holders[dependency], self._causes[dependency]
            log.info("resumed", dependency=dependency.value)
            self._on_change(dependency, False)  # noqa: FBT003 - a two-valued event
        if not self._holders:
            self._open.set()

    def end_all(self, holder: object) -> None:
        """End every pause that `holder` holds."""
        for dependency in list(self._holders):
            self.end(dependency, holder)

    def let_one_in(self, dependency: Dependency) -> None:
        """Let one event be taken although `dependency` is down, unless something else is too.

        An event that the provider never answers opens its breaker all by itself. With no other event in hand nobody
        could show that the provider works, and the pause would last for ever.
        """
        if set(self._holders) == {dependency}:
            self._open.set()

    async def wait_until_clear(self) -> None:
        """Wait until an event may be taken: nothing is down, or one was let in."""
        await self._open.wait()
        if self._holders:
            self._open.clear()
