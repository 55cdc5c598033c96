"""Builders of what is known of insights."""

from __future__ import annotations

from streams.delivery.dedupe.insight_headers import LastInsight

TOPIC_ID = "topic-1"


def a_last(
    record: str = "acme/Ticket/1",
    *,
    kind: str = "interaction_summary",
    fingerprint: str = "f1",
    occurred_at: int = 1_000,
    source_offset: int = 10,
    events_topic_id: str = TOPIC_ID,
) -> LastInsight:
    """The last insight of a record, with what a test does not care about filled in."""
    return LastInsight(record, kind, fingerprint, occurred_at, source_offset, events_topic_id)
