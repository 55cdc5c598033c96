"""Are the topics still those with which this worker has started? Asked again and again while it runs.

A topic that has grown spreads the keys anew: ids hash to partitions where their marks are not, and Faust never commits
the events of the new partitions, without a word. A topic that was deleted and made anew begins at offset 0 again. The
worker leaves, and its next start judges what there is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import structlog

from schemas.errors import CrmInsightsError
from streams.errors import BrokerUnreachable, CommandFailed
from streams.topics.admin import TopicAdmin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.settings import Settings
    from streams.topics.admin import TopicIdentity

log = structlog.get_logger()

# Kafka's clients look at the metadata again every 5 minutes and begin to use new partitions then.
LOOK_EVERY_S = 15.0


class TopicsChangedError(CrmInsightsError):
    """A topic has another number of partitions, or is another topic, than at the start."""

    @classmethod
    def resized(cls, topic: str, *, before: int, now: int) -> Self:
        """Say that the number of partitions has changed."""
        return cls(
            f"{topic} had {before} partitions when this worker started and has {now} now. Growing it in place is "
            "unsupported: keys move to other partitions, and the marks of finished events stay behind. 'Topics' in "
            "docs/operator.md has the way."
        )

    @classmethod
    def made_anew(cls, topic: str) -> Self:
        """Say that the name stands for another topic now."""
        return cls(
            f"{topic} was deleted and made anew while this worker ran. Start it again: it begins with what the new "
            "topic holds."
        )


class TopicWatch:
    """Compares the events and insights topics with what they were."""

    def __init__(self, settings: Settings) -> None:
        """Take where to look; nothing is sent yet."""
        self._admin = TopicAdmin(settings)
        self._names = [settings.topics.events, settings.topics.insights]
        self._before: Mapping[str, TopicIdentity] = {}

    async def run(self) -> None:
        """Look every 15 seconds, for ever. Raises TopicsChangedError; a broker that does not answer is passed over."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except (BrokerUnreachable, CommandFailed) as error:
                log.debug("topics_not_looked_at", cause=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Compare with the looks before. Blocks; raises TopicsChangedError, BrokerUnreachable, CommandFailed."""
        now = self._admin.identities(self._names)
        for name, topic in now.items():
            before = self._before.get(name, topic)
            if topic.partitions != before.partitions:
                raise TopicsChangedError.resized(name, before=before.partitions, now=topic.partitions)
            if topic.topic_id != before.topic_id:
                raise TopicsChangedError.made_anew(name)
        # A topic that is not told of now may be away for good, or its leader may be starting.
        self._before = {**self._before, **now}
