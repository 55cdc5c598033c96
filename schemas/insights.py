"""`CrmInsight`: the validated answer for one change event, flat, as sink connectors need it (Avro `crm.insights`)."""

from __future__ import annotations

import msgspec


class CrmInsight(msgspec.Struct, frozen=True, kw_only=True):
    """One insight; published once per change event, and the mark that the event is done.

    `occurred_at` and `enriched_at` are milliseconds since the epoch, `latency_ms` covers the calls, `cost` is in
    `currency`. Strings hold neither NUL nor lone surrogates: PostgreSQL and UTF-8 refuse them.
    """

    # the event
    event_id: str
    tenant: str
    department: str | None = None
    source: str
    entity: str
    record_id: str
    operation: str
    actor_hash: str | None = None
    occurred_at: int
    enriched_at: int
    content_fingerprint: str
    # the answer
    kind: str
    executive_summary: str | None = None
    overall_sentiment: str | None = None
    churn_risk_score: float | None = None
    action_items: tuple[str, ...] | None = None
    mentioned_competitors: tuple[str, ...] | None = None
    upsell_opportunity_identified: bool | None = None
    category: str | None = None
    priority: str | None = None
    draft_reply: str | None = None
    answer_json: str
    # the evidence
    truncated: bool = False
    dropped_tokens: int = 0
    redactions: int = 0
    injection_suspected: bool = False
    unrestored: int = 0
    model: str
    provider: str
    prompt_version: str
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    currency: str | None = None
    attempts: int = 1
    latency_ms: int = 0
    provider_request_id: str | None = None

    def __repr__(self) -> str:
        """What the insight is found by; its answer holds restored names and addresses."""
        return f"<CrmInsight on {self.event_id!r}>"
