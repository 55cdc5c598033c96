"""What a dead letter is: the original record, untouched, and headers that say why and where from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from schemas.errors import DataFault, Dependency, DependencyFault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.outcomes import DeadLetter
    from streams.delivery.delivered import Delivered
    from streams.delivery.publisher import Publisher

log = structlog.get_logger()

# Names of KIP-1034 (Kafka Streams dead letter queue), so that tools that know them find them.
TOPIC = "__streams.errors.topic"
PARTITION = "__streams.errors.partition"
OFFSET = "__streams.errors.offset"
EXCEPTION = "__streams.errors.exception"
MESSAGE = "__streams.errors.message"
STAGE = "__streams.errors.stage"
EVENT_ID = "crm_insights.event_id"
REASON = "crm_insights.reason"
ATTEMPTS = "crm_insights.attempts"
# Only where the dead-letter topic refused the record for its size: how long the value is that was left out.
OMITTED_VALUE_BYTES = "crm_insights.omitted_value_bytes"

OURS = (TOPIC, PARTITION, OFFSET, EXCEPTION, MESSAGE, STAGE, EVENT_ID, REASON, ATTEMPTS, OMITTED_VALUE_BYTES)

# Long enough for every detail that we write; bounds what a library's exception name could bring along.
MAX_HEADER_CHARS = 500


def dead_letter_headers(
    letter: DeadLetter,
    *,
    topic: str,
    partition: int,
    offset: int,
    event_id: str,
    original: Iterable[tuple[str, bytes | None]],
) -> list[tuple[str, bytes | None]]:
    """The original headers, nulls included, and ours. None of ours holds customer text.

    A record that is dead-lettered again (after a replay) carries the newest reason only: ours replace, never repeat.
    """
    ours = {
        TOPIC: topic,
        PARTITION: str(partition),
        OFFSET: str(offset),
        EXCEPTION: letter.exception[:MAX_HEADER_CHARS],
        MESSAGE: letter.detail[:MAX_HEADER_CHARS],
        STAGE: letter.stage[:MAX_HEADER_CHARS],
        # Whole: schemas bounds it, and letters whose ids were cut to the same would be folded into one by `dlq`.
        EVENT_ID: event_id,
        REASON: letter.reason.value,
        ATTEMPTS: str(letter.attempts),
    }
    kept = [(name, value) for name, value in original if name not in OURS]
    return kept + [(name, text.encode("utf-8", "replace")) for name, text in ours.items()]


async def send_dead_letter(
    publisher: Publisher, topic: str, letter: DeadLetter, delivered: Delivered, *, event_id: str
) -> None:
    """Write a dead letter and wait until it is durable.

    A record at the size limit can be refused with our headers on top. Then it goes without its value, and where its
    key or headers are the large ones without them too; the whole record stays where our headers point to: nothing may
    hold the partition for ever. Raises UnknownDeliveryError, DependencyFault.
    """
    value_bytes = len(delivered.value or b"")
    omitted = (OMITTED_VALUE_BYTES, str(value_bytes).encode())
    whole, bare = (
        dead_letter_headers(
            letter,
            topic=delivered.partition.topic,
            partition=delivered.partition.partition,
            offset=delivered.offset,
            event_id=event_id,
            original=original,
        )
        for original in (delivered.headers, ())
    )
    # Empty where it would be null beside a null key: aiokafka sends no record that has neither.
    original_value = b"" if delivered.key is None and delivered.value is None else delivered.value
    for key, value, headers in (
        (delivered.key, original_value, whole),
        (delivered.key, b"", [*whole, omitted]),
        (None, b"", [*bare, omitted]),
    ):
        try:
            await (await publisher.send(topic, key=key, value=value, headers=headers)).wait()
        except DataFault:
            log.warning("dead_letter_too_large", topic=topic, value_bytes=value_bytes, sent_bytes=len(value or b""))
        else:
            return
    raise DependencyFault(Dependency.BROKER, f"{topic} refuses a record of nothing but our headers as too large")
