"""`CrmEvent`: one change of one CRM record, whatever system it came from (Avro `crm.events.CrmEvent`)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

# Each `__repr__` names ids and sizes only: one log line with a value in it, or one traceback with its locals, would
# otherwise carry a customer's words out.


class Operation(StrEnum):
    """What happened to the record. REKEY is a change of its primary key."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    SNAPSHOT = "SNAPSHOT"
    REKEY = "REKEY"


class Lane(StrEnum):
    """How soon the reading is wanted: seconds, or whenever it is cheapest."""

    REALTIME = "REALTIME"
    BATCH = "BATCH"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a thread or one utterance of a transcript. `sent_at` is in milliseconds since the epoch."""

    author: str | None = None
    role: str | None = None
    sent_at: int | None = None
    text: str = ""

    def __repr__(self) -> str:
        """Sizes only: who said it and what was said are not shown."""
        return f"<Message of {len(self.text)} characters>"


class Identifier(msgspec.Struct, frozen=True):
    """A direct identifier that the record is known to hold, such as its contact's name.

    `type` is one of the scrubber's types (PERSON, EMAIL, PHONE, ...), in capitals.
    """

    type: str
    value: str

    def __repr__(self) -> str:
        """Nothing of it: a type that a source invented can hold anything too."""
        return "<Identifier>"


class CrmEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one CRM record; the unit of identity, deduplication and reading.

    `occurred_at` is the CRM's own time in milliseconds since the epoch. `messages` stand oldest first.
    """

    event_id: str
    source: str
    tenant: str = "default"
    department: str | None = None
    entity: str
    record_id: str
    operation: Operation = Operation.UPDATE
    occurred_at: int
    actor: str | None = None
    language: str | None = None
    title: str | None = None
    text: str | None = None
    messages: tuple[Message, ...] = ()
    fields: dict[str, str] = {}
    changed_fields: tuple[str, ...] = ()
    cleared_fields: tuple[str, ...] = ()
    unchanged_fields: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    lane: Lane = Lane.REALTIME
    attributes: dict[str, str] = {}

    def __repr__(self) -> str:
        """What the event is found by; nothing else of it."""
        return f"<CrmEvent {self.event_id!r}>"

    @property
    def record(self) -> str:
        """`tenant/entity/record_id`: the unit of ordering and the key on `crm.events`, as text.

        `%` and `/` are percent-encoded in tenant and entity, so that two records never share a key.
        """
        return f"{_escaped(self.tenant)}/{_escaped(self.entity)}/{self.record_id}"

    @property
    def key(self) -> bytes:
        """The Kafka key: `record` in UTF-8, without framing, so that any producer can make it."""
        return self.record.encode("utf-8", "surrogatepass")


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")
