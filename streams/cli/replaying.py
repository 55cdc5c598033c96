"""Send dead letters back to where they came from: the record as it was, to the partition that it was taken from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException, Producer

from streams.errors import CommandFailed
from streams.kafka_clients import BrokerComplaints, client_config
from streams.topics.sources import SourceTopics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from confluent_kafka import KafkaError, Message

    from streams.cli.dead_letter_log import Letter
    from streams.settings.model import Settings

FLUSH_BOUND_S: Final = 60.0
"""How long the broker may take to acknowledge what was sent last."""


@dataclass(slots=True)
class Replayed:
    """What became of the letters that were chosen: records by topic, letters by why they cannot go back."""

    sent: Counter[str] = field(default_factory=Counter)
    left: dict[str, str] = field(default_factory=dict)
    """Place of a letter in the dead-letter topic -> why it stays where it is."""


def once_each(letters: Iterable[Letter]) -> Iterator[Letter]:
    """The first letter of each event; a letter without an event id stands alone.

    The first, not the newest: letters of a record stand in the order of its events, and a copy that a crash has written
    later would come behind its successors.
    """
    seen: set[str] = set()
    for letter in letters:
        event_id = letter.entry.event_id
        if not event_id or event_id not in seen:
            seen.add(event_id)
            yield letter


class Replayer:
    """Produces records to the topics that they came from. It blocks; `finish` says whether all have arrived."""

    def __init__(self, settings: Settings, *, dry_run: bool = False) -> None:
        """Prepare a producer; nothing is sent yet, and with `dry_run` nothing will be."""
        self._settings = settings
        self._sources = SourceTopics(settings)
        self._dry_run = dry_run
        self._refused: KafkaError | None = None
        self._result = Replayed()
        self._producer = Producer(
            client_config(settings.kafka)
            # Retries must not change the order of a record's events.
            | {"acks": "all", "enable.idempotence": True, "error_cb": BrokerComplaints()}
        )

    def send(self, letter: Letter) -> None:
        """Send the record of a letter on its way, or note why it stays. Raises CommandFailed."""
        topic = letter.entry.origin_topic
        reason = self._stays(letter)
        if reason is not None:
            self._result.left[letter.entry.place] = reason
            return
        if not self._dry_run:
            self._produce(letter, topic)
        self._result.sent[topic] += 1

    def finish(self) -> Replayed:
        """Wait until all that was sent is durable. Raises CommandFailed where it is not."""
        waiting = self._producer.flush(FLUSH_BOUND_S)
        if waiting or self._refused is not None:
            said = f": {self._refused.str()}" if self._refused is not None else ""
            raise CommandFailed(
                f"not every record has arrived{said}. Run the command again: events that have an insight by then are "
                "skipped as duplicates."
            )
        return self._result

    def _stays(self, letter: Letter) -> str | None:
        topic = letter.entry.origin_topic
        names = self._settings.topics
        if letter.omitted:
            return f"its value was too large for a letter; it stands at {letter.entry.origin}"
        if topic not in (names.events, names.webhooks) and self._sources.adapter_of(topic) is None:
            return f"no worker of these settings reads {topic or 'the topic that it came from'}"
        if not letter.entry.origin_partition.isdecimal():
            return "it does not say from which partition it came"
        return None

    def _produce(self, letter: Letter, topic: str) -> None:
        while True:
            try:
                self._producer.produce(
                    topic,
                    key=letter.key,
                    value=letter.value,
                    headers=list(letter.foreign_headers),
                    partition=int(letter.entry.origin_partition),
                    on_delivery=self._delivered,
                )
            except BufferError:
                # The producer's queue is full: let it send.
                self._producer.poll(1.0)
            except KafkaException as error:
                raise CommandFailed(f"{topic} takes no record: {error.args[0].str()}.") from error
            else:
                self._producer.poll(0)
                return

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        self._refused = self._refused or error
