"""Which topics intake reads, and with which adapter: the settings' names and patterns against what the cluster has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.settings.model import Settings

JOINED_ADAPTER: Final = "debezium"
"""What reads a topic that mappings join and SOURCES does not name: rows under a key, as every database's connector
writes them."""

PATTERN_BEGINS: Final = "^"
"""What makes a name in SOURCES a pattern; no topic's name can begin with it. It must match the whole name."""

# Kafka's own. Debezium's heartbeats begin like them, and may be read.
_INTERNAL: Final = re.compile(r"__(consumer_offsets|transaction_state|share_group_state|cluster_metadata)|_schemas")


class SourceTopics:
    """The source topics as the settings name them."""

    def __init__(self, settings: Settings) -> None:
        """Take SOURCES; a name wins over a pattern, an earlier pattern over a later one."""
        self._named = {name: adapter for name, adapter in settings.sources.items() if not is_pattern(name)}
        self._patterns = [(re.compile(name), adapter) for name, adapter in settings.sources.items() if is_pattern(name)]
        # A pattern such as ^crm\..* takes in what we write ourselves: events would become events for ever.
        self._ours = frozenset(name for _, name in settings.topics)

    @property
    def named(self) -> Mapping[str, str]:
        """The topics that are named, with their adapters, whether they exist or not."""
        return self._named

    @property
    def has_patterns(self) -> bool:
        """Whether topics that are made later may have to be read."""
        return bool(self._patterns)

    def adapter_of(self, topic: str) -> str | None:
        """Return the name of the adapter that reads `topic`; None where nothing says that it is read."""
        if topic in self._named:
            return self._named[topic]
        if topic in self._ours or _INTERNAL.match(topic):
            return None
        return next((adapter for pattern, adapter in self._patterns if pattern.fullmatch(topic)), None)

    def resolved(self, existing: Iterable[str]) -> dict[str, str]:
        """Return every source topic with its adapter: all that are named, and those of `existing` that match."""
        matching = {topic: adapter for topic in sorted(existing) if (adapter := self.adapter_of(topic)) is not None}
        return {**self._named, **matching}


def is_pattern(name: str) -> bool:
    """Whether a name in SOURCES stands for all topics that match it."""
    return name.startswith(PATTERN_BEGINS)
