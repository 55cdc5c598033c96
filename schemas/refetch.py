"""`Refetch`: a record that must be asked for again, because what its source sent does not say what it holds."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.events import CrmEvent


class RefetchReason(StrEnum):
    """Why the content is not there."""

    GAP = "gap"
    """The source could not make the change event and says so (Salesforce's GAP_ events)."""
    OVERFLOW = "overflow"
    """So many changes that the source names no records: all of the entity's."""
    OVERSIZED = "oversized"
    """The source left out what is too large for its message."""
    IDS_ONLY = "ids_only"
    """The source names records and no content, as many webhooks do."""
    MEDIA = "media"
    """There is a recording, and no transcript."""


class Refetch(msgspec.Struct, frozen=True, kw_only=True):
    """Ask whoever can fetch for a record (Avro `crm.events.CrmRefetch`). `record_id` is empty for a whole entity.

    `request_id` is derived from the source's event as an event id is, so that a repeated request shows as one.
    `occurred_at` is in milliseconds since the epoch. `url` is where the source says that the content is.
    """

    request_id: str
    source: str
    tenant: str = "default"
    entity: str
    record_id: str = ""
    reason: RefetchReason
    occurred_at: int
    url: str | None = None
    attributes: dict[str, str] = {}

    def __repr__(self) -> str:
        """What the request is found by; nothing else of it."""
        return f"<Refetch {self.request_id!r}>"

    @property
    def key(self) -> bytes:
        """The Kafka key: that of the record's events, so that the newest request of each remains."""
        return CrmEvent(
            event_id="", source="", tenant=self.tenant, entity=self.entity, record_id=self.record_id, occurred_at=0
        ).key
