"""The dry run: what would happen to source records, without a broker, a provider or a cost."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from processors.kinds.prompt import identifiers_of, texts_of
from processors.llm import Usage
from schemas.errors import DataFault
from schemas.event_json import event_to_json
from schemas.outcomes import DeadLetter, Skipped, SkipReason
from schemas.sources import SOURCE_HEADER, SourceRecord, adapter, source_of_post
from streams.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.enrichment import Enrichment, Prepared
    from processors.llm.prices import PriceBook
    from processors.pii import Scrubber
    from processors.tokens import Tokenizer
    from schemas.codec import WriterSchemas
    from schemas.events import CrmEvent
    from schemas.sources import Adapter, SourceRules
    from streams.settings import Settings

# What an answer of the six fields usually takes; the cap of a kind would overstate every estimate many times.
EXPECTED_OUTPUT_TOKENS = 200


@dataclass(slots=True)
class Memory:
    """What a worker would know from the records before: the same rules as `event_run`, in one straight line."""

    published: set[str] = field(default_factory=set)
    last: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def judge(self, prepared: Prepared) -> Skipped | None:
        """Why `prepared` would not be read; None (and remembered as published) if it would."""
        event = prepared.event
        place = (event.record, prepared.kind.name)
        known = self.last.get(place)
        if known is not None:
            if known[0] == prepared.fingerprint and not prepared.read_unchanged:
                return Skipped(SkipReason.UNCHANGED)
            if event.occurred_at < known[1]:
                return Skipped(SkipReason.STALE)
        self.published.add(event.event_id)
        self.last[place] = (prepared.fingerprint, event.occurred_at)
        return None


class Preview:
    """Runs source records through the adapters and processors that the worker would use."""

    def __init__(
        self,
        settings: Settings,
        rules: SourceRules,
        *,
        schemas: WriterSchemas | None,
        enrichment: Enrichment,
        scrubber: Scrubber,
        tokenizer: Tokenizer,
        prices: PriceBook,
        reveal: bool = False,
    ) -> None:
        """Take the parts; `reveal` shows originals where placeholders would stand."""
        self._settings = settings
        self._rules = rules
        self._schemas = schemas
        self._enrichment = enrichment
        self._scrubber = scrubber
        self._tokenizer = tokenizer
        self._prices = prices
        self._reveal = reveal
        self._memory = Memory()
        self._adapters: dict[str, Adapter] = {}

    async def line(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Say what one record of standard input would lead to. Raises CommandFailed for a line of the wrong form."""
        source = source_record(record, self._settings.topics.webhooks)
        try:
            adapted = await self._adapter_of(source).adapt(source)
        except DataFault as fault:
            return {"events": [], "outcomes": [_dead(None, DeadLetter.of(fault))], "error": fault.detail}
        events = [item for item in adapted if not isinstance(item, Skipped)]
        outcomes = [_skipped(None, item) if isinstance(item, Skipped) else self._outcome(item) for item in adapted]
        return {"events": [self._shown(event) for event in events], "outcomes": outcomes}

    def _adapter_of(self, record: SourceRecord) -> Adapter:
        name = self._adapter_name(record)
        if name not in self._adapters:
            self._adapters[name] = adapter(name, self._schemas, self._rules)
        return self._adapters[name]

    def _adapter_name(self, record: SourceRecord) -> str:
        if record.header(SOURCE_HEADER) is not None:
            return "webhook"
        if record.topic in self._settings.sources:
            return self._settings.sources[record.topic]
        headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
        return source_of_post(headers, record.value or b"")

    def _outcome(self, event: CrmEvent) -> dict[str, Any]:
        if event.event_id in self._memory.published:
            return _skipped(event, Skipped(SkipReason.DUPLICATE))
        try:
            prepared = self._enrichment.prepare(event)
        except DataFault as fault:
            return _dead(event, DeadLetter.of(fault))
        if isinstance(prepared, Skipped):
            return _skipped(event, prepared)
        skipped = self._memory.judge(prepared)
        return _skipped(event, skipped) if skipped is not None else self._insight(prepared)

    def _insight(self, prepared: Prepared) -> dict[str, Any]:
        request, kind = prepared.request, prepared.kind
        instruction_tokens = kind.fixed_tokens(self._tokenizer)
        usage = Usage(prepared.input_tokens + instruction_tokens, 0, EXPECTED_OUTPUT_TOKENS)
        cost = self._prices.cost(request.model, usage)
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

    def _shown(self, event: CrmEvent) -> dict[str, Any]:
        """The event as JSON, every text in it masked as in the prompt."""
        shown = event_to_json(event)
        if self._reveal:
            return shown
        leading = texts_of(event).flat()
        found: list[str] = []
        _walk(shown, found.append)
        # The prompt's own texts first, so that a value has the same placeholder here and there.
        masked = iter(self._scrubber.scrub([*leading, *found], identifiers_of(event)).texts[len(leading) :])
        result: dict[str, Any] = _walk(shown, lambda _: next(masked))
        for identifier in result["identifiers"]:
            if "<" not in identifier["value"]:
                # A type that the scrubber leaves alone, or a value too short to look for: still somebody's.
                identifier["value"] = f"<{identifier['type']}>"
        return result


# Names that say where an event belongs; everything else in it may hold what a person wrote.
_IDS = frozenset({"event_id", "source", "tenant", "department", "entity", "record_id", "operation", "occurred_at"})
_IDS_WITHIN = frozenset({"sent_at", "role", "type", "lane", "language"})


def _walk(value: Any, each: Any, name: str = "") -> Any:
    """Rebuild JSON with `each` applied to every text that a person may have written, in a fixed order."""
    if name in _IDS or name in _IDS_WITHIN:
        return value
    if isinstance(value, str):
        return each(value)
    if isinstance(value, dict):
        return {key: _walk(item, each, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, each) for item in value]
    return value


def source_record(line: Mapping[str, Any], webhooks_topic: str) -> SourceRecord:
    """Read one input line. Raises CommandFailed naming the field that is wrong."""
    if "webhook" in line:
        return _webhook(line, webhooks_topic)
    if "topic" not in line:
        raise CommandFailed("a record needs `topic` (with `key` and `value`), or `webhook` (with `headers` and `body`)")
    return SourceRecord(
        topic=str(line["topic"]),
        partition=_int(line, "partition"),
        offset=_int(line, "offset"),
        timestamp_ms=_int(line, "timestamp"),
        key=_bytes(line, "key"),
        value=_bytes(line, "value"),
        headers=_headers(line.get("headers") or {}),
    )


def _webhook(line: Mapping[str, Any], topic: str) -> SourceRecord:
    headers = {**(line.get("headers") or {}), SOURCE_HEADER: str(line["webhook"])}
    if "body_base64" in line:
        try:
            body: bytes | None = base64.b64decode(str(line["body_base64"]), validate=True)
        except (binascii.Error, ValueError) as error:
            raise CommandFailed("body_base64 is not base64") from error
    else:
        body = _bytes(line, "body")
    return SourceRecord(topic, 0, 0, _int(line, "timestamp"), None, body, _headers(headers))


def _headers(headers: Any) -> tuple[tuple[str, bytes], ...]:
    if not isinstance(headers, dict):
        raise CommandFailed("headers must be an object of texts")
    return tuple(
        (str(name), value.encode() if isinstance(value, str) else json.dumps(value).encode())
        for name, value in headers.items()
    )


def _int(line: Mapping[str, Any], name: str) -> int:
    value = line.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CommandFailed(f"{name} must be a whole number")
    return value


def _bytes(line: Mapping[str, Any], name: str) -> bytes | None:
    """The bytes of a key or value: as hex, as text, or as the JSON that it is."""
    if (digits := line.get(f"{name}_hex")) is not None:
        try:
            return bytes.fromhex(digits)
        except (TypeError, ValueError) as error:
            raise CommandFailed(f"{name}_hex is not hexadecimal") from error
    value = line.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return json.dumps(value).encode()


def _skipped(event: CrmEvent | None, skipped: Skipped) -> dict[str, Any]:
    return {"event_id": event.event_id if event else None, "outcome": "skipped", "reason": skipped.reason.value}


def _dead(event: CrmEvent | None, letter: DeadLetter) -> dict[str, Any]:
    return {
        "event_id": event.event_id if event else None,
        "outcome": "dead_letter",
        "reason": letter.reason.value,
        "detail": letter.detail,
    }
