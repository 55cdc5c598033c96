"""Source topics that are made while the worker runs: found by the patterns of SOURCES, and read from then on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from streams.app import read_also
from streams.errors import BrokerUnreachable, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    import faust

    from schemas.sources import Adapter

log = structlog.get_logger()

# A connector makes the topic of a new table with its first row, which waits for so long at most.
LOOK_EVERY_S = 15.0


class NewSources:
    """Looks again and again which source topics there are, and adds those that are new."""

    def __init__(
        self,
        app: faust.App,
        adapters: MutableMapping[str, Adapter],
        *,
        ask: Callable[[], Mapping[str, str]],
        adapter_named: Callable[[str], Adapter],
    ) -> None:
        """Take intake's app and its adapters by topic, which are added to.

        `ask` returns every source topic with its adapter's name, and blocks; `adapter_named` makes an adapter.
        """
        self._app = app
        self._adapters = adapters
        self._ask = ask
        self._adapter_named = adapter_named

    async def run(self) -> None:
        """Look every 15 seconds, for ever; a broker that does not answer is passed over."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                found = await asyncio.to_thread(self._ask)
            except (BrokerUnreachable, CommandFailed) as error:
                log.debug("sources_not_looked_for", cause=type(error).__name__)
            else:
                self.add(found)

    def add(self, found: Mapping[str, str]) -> None:
        """Read the topics of `found` that are not read yet, from their beginning: all in them is new."""
        new = {topic: name for topic, name in found.items() if topic not in self._adapters}
        for topic, name in new.items():
            self._adapters[topic] = self._adapter_named(name)
            log.info("source_found", topic=topic, adapter=name)
        # Every time: Faust forgets what it is told during a rebalance.
        read_also(self._app, self._adapters)
