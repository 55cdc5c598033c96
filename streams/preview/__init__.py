"""The dry run: what would happen to source records, without a broker, a provider or a cost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from processors.llm import Usage
from schemas.errors import DataFault, DependencyFault
from schemas.event_json import event_to_json, refetch_to_json
from schemas.events import CrmEvent
from schemas.outcomes import DeadLetter, Skipped, SkipReason
from schemas.refetch import Refetch
from schemas.sources import SOURCE_HEADER, SourceRecord, adapter, recognised
from streams.errors import CommandFailed
from streams.preview.lines import json_line, source_record
from streams.preview.masking import masked_event
from streams.topics.sources import SourceTopics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.enrichment import Enrichment, Prepared
    from processors.llm.prices import PriceBook
    from processors.tokens import Tokenizer
    from schemas.codec import WriterSchemas
    from schemas.sources import Adapter, SourceRules
    from streams.settings import Settings

__all__ = ["Preview", "PreviewParts", "json_line", "source_record"]

# What an answer of the six fields usually takes; the cap of a kind would overstate every estimate many times.
EXPECTED_OUTPUT_TOKENS = 200


@dataclass(slots=True)
class Memory:
    """What a worker would know from the records before: the same rules as `enrich.run`, in one straight line."""

    ended: set[str] = field(default_factory=set)
    last: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def judge(self, prepared: Prepared) -> Skipped | None:
        """Why `prepared` would not be read; None (and remembered as published) if it would."""
        event = prepared.event
        place = (event.record, prepared.kind.name)
        known = self.last.get(place)
        if known is not None:
            if known[0] == prepared.fingerprint and not prepared.read_unchanged:
                self.ended.add(event.event_id)
                return Skipped(SkipReason.UNCHANGED)
            if event.occurred_at < known[1]:
                return Skipped(SkipReason.STALE)
        self.ended.add(event.event_id)
        self.last[place] = (prepared.fingerprint, event.occurred_at)
        return None


@dataclass(frozen=True, slots=True)
class PreviewParts:
    """What a preview is made of; `schemas` is None where there is no registry and no file of schemas."""

    rules: SourceRules
    schemas: WriterSchemas | None
    enrichment: Enrichment
    tokenizer: Tokenizer
    prices: PriceBook


class Preview:
    """Runs source records through the adapters and processors that the worker would use."""

    def __init__(self, settings: Settings, parts: PreviewParts, *, reveal: bool = False) -> None:
        """Take the parts; `reveal` shows originals where placeholders would stand."""
        self._settings = settings
        self._parts = parts
        self._reveal = reveal
        self._memory = Memory()
        self._adapters: dict[str, Adapter] = {}
        self._joined_adapters: dict[str, Adapter] = {}
        self._sources = SourceTopics(settings)
        self._recognised: dict[str, str] = {}

    async def line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Say what the record of one line of standard input would lead to.

        Raises CommandFailed for a line of the wrong form, or one that needs what is not there (a registry).
        """
        return await self.record(source_record(line, self._settings.topics.webhooks))

    async def record(self, source: SourceRecord) -> dict[str, Any]:
        """Say what one source record would lead to. Raises CommandFailed where it needs what is not there."""
        try:
            name = await self._adapter_name(source)
            if source.topic in self._parts.rules.mappings.joined_topics:
                joined = await self._joined(source, name)
                if self._sources.adapter_of(source.topic) is None:
                    return joined
            return await self._answer(source, name) | self._note(source, name)
        except DependencyFault as fault:
            raise CommandFailed(f"{fault.detail} (`--schemas FILE` gives the schemas without a registry)") from fault

    async def _joined(self, source: SourceRecord, name: str) -> dict[str, Any]:
        """Take over who the record is, for the records that point to it."""
        if name not in self._joined_adapters:
            self._joined_adapters[name] = adapter(name, self._parts.schemas, self._parts.rules.of_joined())
        try:
            adapted = await self._joined_adapters[name].adapt(source)
        except DataFault as fault:
            return {"events": [], "outcomes": [], "error": fault.detail}
        for item in adapted:
            if isinstance(item, CrmEvent):
                self._parts.rules.directory.take(source.topic, item)
        return {"events": [], "outcomes": [], "note": f"{source.topic} is read for the joins of other records only"}

    async def _answer(self, source: SourceRecord, name: str) -> dict[str, Any]:
        try:
            adapted = await self._adapter_of(name, source.topic).adapt(source)
        except DataFault as fault:
            return {"events": [], "outcomes": [_dead(None, DeadLetter.of(fault))], "error": fault.detail}
        events = [self._shown(item) for item in adapted if isinstance(item, CrmEvent)]
        outcomes = [self._ending(item) for item in adapted if not isinstance(item, Refetch)]
        refetch = [refetch_to_json(item) for item in adapted if isinstance(item, Refetch)]
        return {"events": events, "outcomes": outcomes} | ({"refetch": refetch} if refetch else {})

    def _note(self, record: SourceRecord, adapter_name: str) -> dict[str, str]:
        topics = self._settings.topics
        if record.topic in {topics.events, topics.webhooks} or self._sources.adapter_of(record.topic) is not None:
            return {}
        entry = json.dumps({record.topic: adapter_name})
        return {"note": f"no worker reads {record.topic}: add it to CRM_INSIGHTS_SOURCES (here it was read as {entry})"}

    def _shown(self, event: CrmEvent) -> dict[str, Any]:
        return (
            event_to_json(event)
            if self._reveal
            else masked_event(event, self._parts.enrichment.privacy_of(event).scrubber)
        )

    def _adapter_of(self, name: str, topic: str) -> Adapter:
        if name not in self._adapters:
            try:
                self._adapters[name] = adapter(name, self._parts.schemas, self._parts.rules)
            except ValueError as error:
                raise CommandFailed(f"CRM_INSIGHTS_SOURCES[{topic}]: {error}") from error
        return self._adapters[name]

    async def _adapter_name(self, record: SourceRecord) -> str:
        if any(name == SOURCE_HEADER for name, _ in record.headers):
            return "webhook"
        named = self._sources.adapter_of(record.topic)
        if named is not None:
            return named
        if record.value is None and record.topic in self._recognised:
            # A tombstone looks like nothing; it is its topic's.
            return self._recognised[record.topic]
        self._recognised[record.topic] = await recognised(record, self._parts.schemas)
        return self._recognised[record.topic]

    def _ending(self, item: CrmEvent | Skipped) -> dict[str, Any]:
        return _skipped(None, item) if isinstance(item, Skipped) else self._outcome(item)

    def _outcome(self, event: CrmEvent) -> dict[str, Any]:
        if event.event_id in self._memory.ended:
            return _skipped(event, Skipped(SkipReason.DUPLICATE))
        try:
            prepared = self._parts.enrichment.prepare(event)
        except DataFault as fault:
            return _dead(event, DeadLetter.of(fault))
        if isinstance(prepared, Skipped):
            return _skipped(event, prepared)
        skipped = self._memory.judge(prepared)
        return _skipped(event, skipped) if skipped is not None else self._insight(prepared)

    def _insight(self, prepared: Prepared) -> dict[str, Any]:
        request, kind = prepared.request, prepared.kind
        instruction_tokens = kind.fixed_tokens(self._parts.tokenizer)
        usage = Usage(prepared.input_tokens + instruction_tokens, 0, EXPECTED_OUTPUT_TOKENS)
        cost = self._parts.prices.cost(request.model, usage)
        placeholders = prepared.vault.placeholders
        return {
            "event_id": prepared.event.event_id,
            "outcome": "insight",
            "reason": None,
            "kind": kind.name,
            "messages": [
                {"role": "developer", "content": request.instructions},
                {"role": "user", "content": request.user_message},
            ],
            "input_tokens": prepared.input_tokens,
            "instruction_tokens": instruction_tokens,
            "truncated": prepared.truncated,
            "dropped_tokens": prepared.dropped_tokens,
            "injection_suspected": prepared.injection_suspected,
            "placeholders": {name: value if self._reveal else None for name, value in placeholders.items()},
            "estimated_cost": None if cost is None else cost.amount,
            "currency": None if cost is None else cost.currency,
        }


def _skipped(event: CrmEvent | None, skipped: Skipped) -> dict[str, Any]:
    said = {"event_id": event.event_id if event else None, "outcome": "skipped", "reason": skipped.reason.value}
    return said | ({"detail": skipped.detail} if skipped.detail else {})


def _dead(event: CrmEvent | None, letter: DeadLetter) -> dict[str, Any]:
    return {
        "event_id": event.event_id if event else None,
        "outcome": "dead_letter",
        "reason": letter.reason.value,
        "detail": letter.detail,
    }
