"""The dead-letter topic as `dlq` sees it: letters with their reasons, and with their content where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from streams.delivery import dead_letters as headers
from streams.topics.reader import TopicReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from confluent_kafka import Message

    from streams.settings.model import Settings

MAX_HELD: Final = 10_000
"""Letters held at most while the topic is read; beyond it the oldest are let go."""

_FRAMING_BYTES: Final = 5


@dataclass(frozen=True, slots=True)
class LetterEntry:
    """A dead letter without its content. `copies` counts the letters of the same event that were folded into it."""

    partition: int
    offset: int
    timestamp_ms: int
    event_id: str
    reason: str
    stage: str
    origin_topic: str
    origin_partition: str
    origin_offset: str
    exception: str
    message: str
    attempts: str
    value_bytes: int | None
    copies: int = 1

    @property
    def place(self) -> str:
        """Where it lies in the dead-letter topic, as `dlq show` takes it."""
        return f"{self.partition}:{self.offset}"

    @property
    def origin(self) -> str:
        """Where the event lies in the topic that it came from."""
        return f"{self.origin_topic}/{self.origin_partition}/{self.origin_offset}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole dead letter; `key`, `value` and the foreign headers are customer data."""

    entry: LetterEntry
    key: bytes | None
    value: bytes | None
    foreign_headers: tuple[tuple[str, bytes | None], ...]
    omitted: bool = False
    """Whether the record was too large for a letter, so that its value was left out."""

    @property
    def value_type(self) -> str:
        """What the value seems to be, without showing it."""
        if self.value is None:
            return "null"
        if self.value[:1] == b"\0" and len(self.value) > _FRAMING_BYTES:
            return f"Avro with schema id {int.from_bytes(self.value[1:_FRAMING_BYTES])}"
        if self.value.lstrip()[:1] in {b"{", b"["}:
            return "JSON"
        return "bytes"


class DeadLetterLog:
    """The dead-letter topic of an installation. It blocks; what it raises: see `TopicReader`."""

    def __init__(self, settings: Settings) -> None:
        """Prepare a reader; nothing is sent yet."""
        self._reader = TopicReader(settings.kafka, settings.topics.dead_letters)

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()

    def letters(self, since_ms: int | None = None) -> Iterator[Letter]:
        """Every letter from `since_ms` (by the broker's clock) to the present end, partition by partition mixed."""
        yield from map(_letter, self._reader.all(since_ms))

    def standing_letters(self, since_ms: int | None = None) -> Iterator[Letter]:
        """As `letters`, but none that was written after this call: what is sent back may come back at once."""
        ends = {number: self._reader.bounds(number)[1] for number in self._reader.partitions()}
        for letter in self.letters(since_ms):
            if letter.entry.offset < ends.get(letter.entry.partition, 0):
                yield letter

    def letter_at(self, partition: int, offset: int) -> Letter | None:
        """The letter at that place, or None if there is none."""
        if partition not in self._reader.partitions():
            return None
        low, high = self._reader.bounds(partition)
        if not low <= offset < high:
            return None
        message = next(self._reader.since({partition: offset}), None)
        # Retention may have removed it in between; then the next one would answer.
        return _letter(message) if message is not None and message.offset() == offset else None

    def letter_of(self, event_id: str) -> Letter | None:
        """The newest letter of an event, or None."""
        found = None
        for letter in self.letters():
            if letter.entry.event_id == event_id and (found is None or _age(letter.entry) >= _age(found.entry)):
                found = letter
        return found


def newest(letters: Iterable[LetterEntry], limit: int) -> list[LetterEntry]:
    """The newest `limit` entries, oldest first, with the letters of one event folded into the newest of them.

    A crash may write a dead letter twice; both have the same event id. A letter without an id stands alone.
    """
    by_event: dict[str, LetterEntry] = {}
    for entry in letters:
        key = entry.event_id or f"\0{entry.place}"
        held = by_event.get(key)
        if held is None:
            by_event[key] = entry
        else:
            latest = max(held, entry, key=_age)
            by_event[key] = replace(latest, copies=held.copies + entry.copies)
        if len(by_event) > 2 * max(limit, MAX_HELD):
            kept = sorted(by_event.items(), key=lambda item: _age(item[1]))[-max(limit, MAX_HELD) :]
            by_event = dict(kept)
    return sorted(by_event.values(), key=_age)[-limit:]


def _age(entry: LetterEntry) -> tuple[int, int, int]:
    return entry.timestamp_ms, entry.partition, entry.offset


def _letter(message: Message) -> Letter:
    ours: dict[str, str] = {}
    foreign: list[tuple[str, bytes | None]] = []
    pairs = cast("Iterable[tuple[str, bytes | None]]", message.headers() or ())
    for name, value in pairs:
        if name in headers.OURS or name == headers.OMITTED_VALUE_BYTES:
            ours[name] = (value or b"").decode("utf-8", "replace")
        else:
            foreign.append((name, value))
    key, value = message.key(), message.value()
    omitted = headers.OMITTED_VALUE_BYTES in ours
    return Letter(_entry(message, ours, value), key, value, tuple(foreign), omitted)


def _entry(message: Message, ours: Mapping[str, str], value: bytes | None) -> LetterEntry:
    return LetterEntry(
        partition=cast("int", message.partition()),
        offset=cast("int", message.offset()),
        timestamp_ms=message.timestamp()[1],
        event_id=ours.get(headers.EVENT_ID, ""),
        reason=ours.get(headers.REASON, ""),
        stage=ours.get(headers.STAGE, ""),
        origin_topic=ours.get(headers.TOPIC, ""),
        origin_partition=ours.get(headers.PARTITION, ""),
        origin_offset=ours.get(headers.OFFSET, ""),
        exception=ours.get(headers.EXCEPTION, ""),
        message=ours.get(headers.MESSAGE, ""),
        attempts=ours.get(headers.ATTEMPTS, ""),
        value_bytes=None if value is None else len(value),
    )
