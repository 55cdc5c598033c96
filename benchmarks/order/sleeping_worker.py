"""Starts the product's command with the processing of an event replaced by a sleep, so that only delivery is measured.

`python sleeping_worker.py SECONDS worker ...`. Taking, decoding, dedupe, order, publishing, marks and offsets
are the product's own. Not done: scrubbing, fitting, the request, and the checks of the answer. Insights have 1 KB.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from processors.enrichment import Enrichment, Prepared
from schemas.events import CrmEvent
from schemas.insights import CrmInsight
from streams.cli import main
from streams.parts import make_enrichment
from streams.worker import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.caller import Caller
    from processors.llm.prices import PriceBook
    from schemas.outcomes import Skipped
    from streams.settings import Settings

ANSWER_JSON = '{"executive_summary": "' + "x" * 500 + '"}'


class SleepingEnrichment(Enrichment):
    """Takes the same time for every event, and answers the same."""

    def __init__(self, whole: Enrichment, call_s: float) -> None:
        """`whole` prepares one event properly, which the others then resemble."""
        template = whole.prepare(_AN_EVENT)
        if not isinstance(template, Prepared):
            raise TypeError(f"the event of the template was not prepared: {template}")
        self._template = template
        self._call_s = call_s

    def prepare(self, event: CrmEvent) -> Prepared | Skipped:
        """The template with another fingerprint for each event, so that none is skipped as unchanged."""
        digest = hashlib.blake2b(event.event_id.encode(), digest_size=16).hexdigest()
        return replace(self._template, event=event, fingerprint=digest)

    async def read(self, prepared: Prepared, *, now_ms: Callable[[], int], **_: object) -> CrmInsight:
        """Sleep."""
        await asyncio.sleep(self._call_s)
        event = prepared.event
        return CrmInsight(
            event_id=event.event_id,
            tenant=event.tenant,
            source=event.source,
            entity=event.entity,
            record_id=event.record_id,
            operation=event.operation.value,
            occurred_at=event.occurred_at,
            enriched_at=now_ms(),
            content_fingerprint=prepared.fingerprint,
            kind=prepared.kind.name,
            answer_json=ANSWER_JSON,
            model=prepared.request.model,
            provider="sleep",
            prompt_version="sleep",
            input_tokens=prepared.input_tokens,
        )


_AN_EVENT = CrmEvent(
    event_id="template", source="bench", entity="Ticket", record_id="1", occurred_at=0, text="The export fails."
)


def _put_to_sleep(call_s: float) -> None:
    """Let the product make its enrichment as it does, and take the sleeping one in its place."""

    def make(settings: Settings, prices: PriceBook, caller: Caller | None = None) -> Enrichment:
        return SleepingEnrichment(make_enrichment(settings, prices, caller), call_s)

    services.make_enrichment = make  # type: ignore[attr-defined]  # imported there, and not offered to others


if __name__ == "__main__":
    _put_to_sleep(float(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
