"""The headers of an insight record: what a restart must know, so that it needs neither values nor a registry.

ASCII, each name once, never null: a null or repeated header stops Debezium's JDBC sink (measured).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECORD = "crm_insights.record"
KIND = "crm_insights.kind"
FINGERPRINT = "crm_insights.fingerprint"
OCCURRED_AT = "crm_insights.occurred_at"
SOURCE_OFFSET = "crm_insights.source_offset"
EVENTS_TOPIC_ID = "crm_insights.events_topic_id"

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class LastInsight:
    """What is known of the last insight of a record and kind.

    `record` is its name in header form (`header_record`), `occurred_at` the event's time in milliseconds, and
    `source_offset` its offset on the events topic whose id is `events_topic_id` (empty where the broker does not tell).
    """

    record: str
    kind: str
    fingerprint: str
    occurred_at: int
    source_offset: int
    events_topic_id: str = ""

    def headers(self, forwarded: Iterable[tuple[str, bytes]] = ()) -> Headers:
        """The record's headers: what is forwarded from the source, then our own, each name once."""
        merged: dict[str, bytes] = {name: value for name, value in forwarded if value is not None}
        merged |= {
            RECORD: self.record.encode("ascii"),
            KIND: _ascii(self.kind),
            FINGERPRINT: _ascii(self.fingerprint),
            OCCURRED_AT: str(self.occurred_at).encode(),
            SOURCE_OFFSET: str(self.source_offset).encode(),
            EVENTS_TOPIC_ID: _ascii(self.events_topic_id),
        }
        return list(merged.items())

    @classmethod
    def of_headers(cls, headers: Mapping[str, bytes | None]) -> LastInsight | None:
        """Read it back; None for a record of somebody else, which is a mark all the same."""
        try:
            return cls(
                record=_text(headers[RECORD]),
                kind=_unquoted(headers[KIND]),
                fingerprint=_unquoted(headers[FINGERPRINT]),
                occurred_at=int(_text(headers[OCCURRED_AT])),
                source_offset=int(_text(headers[SOURCE_OFFSET])),
                events_topic_id=_unquoted(headers.get(EVENTS_TOPIC_ID) or b""),
            )
        except (KeyError, ValueError):
            return None


def header_record(record: str) -> str:
    """The form in which a record's name stands in the header: percent-encoded where it is not ASCII.

    `%` is encoded too. Otherwise the records `Café` and `Caf%C3%A9` would be one, and an event of the one would
    be taken for ended because the other has an insight.
    """
    return quote(record, safe="/:@!$&'()*+,;=~ ", errors="surrogatepass", encoding="utf-8")


def _ascii(text: str) -> bytes:
    return header_record(text).encode("ascii")


def _text(value: bytes | None) -> str:
    if value is None:
        raise ValueError
    return value.decode("ascii")


def _unquoted(value: bytes | None) -> str:
    return unquote(_text(value), errors="surrogatepass", encoding="utf-8")
