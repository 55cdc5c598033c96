"""A preview, and the records that it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processors.llm.prices import PriceBook
from processors.tokens import tokenizer_for
from schemas.sources import SourceRules
from streams.preview import Preview, PreviewParts
from streams.settings import Settings
from tests.unit.streams.bench import DEFAULT_PRIVACY, an_enrichment

if TYPE_CHECKING:
    from processors.pii import Privacy


def a_preview(
    *,
    reveal: bool = False,
    privacy: Privacy = DEFAULT_PRIVACY,
    schemas: Any = None,
    own_ids: frozenset[str] = frozenset(),
    rules: SourceRules | None = None,
    **settings: Any,
) -> Preview:
    parts = PreviewParts(
        rules=rules or SourceRules(own_ids=own_ids),
        schemas=schemas,
        enrichment=an_enrichment(None, privacy),
        tokenizer=tokenizer_for("gpt-5-mini"),
        prices=PriceBook(),
    )
    return Preview(Settings.model_validate(settings), parts, reveal=reveal)


def a_value(event_id: str = "e1", text: str | None = "The export is stuck.", **changes: Any) -> dict[str, Any]:
    """A native event in JSON."""
    return {
        "event_id": event_id,
        "source": "zendesk/acme",
        "tenant": "acme",
        "entity": "Ticket",
        "record_id": "5012",
        "occurred_at": "2026-11-24T00:00:00Z",
        "text": text,
    } | changes


def a_line(*arguments: Any, **changes: Any) -> dict[str, Any]:
    return {"topic": "crm.native", "key": "k", "value": a_value(*arguments, **changes)}
