"""Gong: calls that an automation rule posts, and the transcripts that its API answers with.

Source: help.gong.io, "Payload sent to webhooks", whose call data is that of the API's `/v2/calls/extensive`;
transcripts as `/v2/calls/transcript` gives them, posted by whoever fetched them. Identity: the call's `metaData.id`,
since a rule does not say which one it is; of a transcript the call's id and what was said, so that a corrected one is
read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Identifier, Message, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import at, text_at, time_at
from schemas.sources.hooks.notifications import each_notification, objects_at, request_to_fetch, told
from schemas.sources.mapping import map_row
from schemas.sources.voice.links import without_credentials
from schemas.sources.voice.mapped import as_mapped
from schemas.text.json_values import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_ENTITY: Final = "Call"
# Gong names languages by three letters, BCP 47 by two where there are two.
# fmt: off
_LANGUAGES: Final = {
    "eng": "en", "deu": "de", "fra": "fr", "spa": "es", "por": "pt", "ita": "it", "nld": "nl", "pol": "pl", "swe": "sv",
    "dan": "da", "nor": "no", "fin": "fi", "ces": "cs", "tur": "tr", "jpn": "ja", "kor": "ko", "zho": "zh", "heb": "he",
}
# fmt: on


class GongAdapter:
    """Reads what Gong tells of a call, or asks for its transcript; reads transcripts as threads of their speakers."""

    name = "gong"

    def __init__(self, rules: SourceRules) -> None:
        """Map the fields of the CRM's objects beside a call as `rules` say for "gong.call"."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the events and requests to fetch of the calls, or the reason to skip them. Raises DataFault."""
        return each_notification(record, lambda body: as_mapped(self._adapted(body, record), self.name, self._rules))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped | Refetch]:
        if text_at(body, "isTest").lower() == "true":
            yield Skipped(SkipReason.TEST_EVENT)
            return
        if "callTranscripts" in body:
            for transcript in objects_at(body, "callTranscripts"):
                yield _transcript(transcript, _people(body, transcript), record)
            return
        for call in objects_at(body, "calls") if "calls" in body else [body.get("callData")]:
            yield self._call(call, record)

    def _call(self, call: Any, record: SourceRecord) -> CrmEvent | Skipped | Refetch:
        meta = at(call, "metaData")
        if self._rules.own(text_at(meta, "primaryUserId"), text_at(meta, "clientUniqueId")):
            return Skipped(SkipReason.OWN_WRITE)
        event = _event(meta, record)
        text = "\n".join(_lines(call))
        if not text:
            return request_to_fetch(event, RefetchReason.IDS_ONLY, url=without_credentials(text_at(meta, "url")))
        mapped = map_row(
            {"title": text_at(meta, "title"), "text": text, **_crm_fields(call)},
            entity=_ENTITY,
            record_id=event.record_id,
            rules=self._rules.mappings.of("gong.call", _ENTITY),
        )
        mapped.identifiers.extend(_identifiers(objects_at(call, "parties")))
        content = mapped.content() | {"language": event.language}
        return accepted(msgspec.structs.replace(event, **content), stage=STAGE)


def is_gong(value: Any) -> bool:
    """Whether a value is a call of an automation rule, or the API's answer with transcripts."""
    return isinstance(at(value, "callData", "metaData"), dict) or bool(objects_at(value, "callTranscripts"))


def _event(meta: Any, record: SourceRecord) -> CrmEvent:
    call_id = text_at(meta, "id")
    if not call_id:
        raise no_identity("callData.metaData.id", stage=STAGE)
    return CrmEvent(
        event_id=derived_event_id("gong", call_id),
        source="gong",
        entity=_ENTITY,
        record_id=call_id,
        operation=Operation.CREATE,
        occurred_at=time_at(meta, "started", record=record),
        actor=text_at(meta, "primaryUserId") or None,
        language=_LANGUAGES.get(text_at(meta, "language")),
        attributes=told(**{name: text_at(meta, name) for name in ("direction", "scope", "media", "system")}),
    )


def _transcript(transcript: Mapping[str, Any], people: list[Mapping[str, Any]], record: SourceRecord) -> CrmEvent:
    call_id = text_at(transcript, "callId")
    if not call_id:
        raise no_identity("callTranscripts[].callId", stage=STAGE)
    said = objects_at(transcript, "transcript")
    event = CrmEvent(
        event_id=derived_event_id("gong", call_id, json_text(said)),
        source="gong",
        entity=_ENTITY,
        record_id=call_id,
        occurred_at=record.timestamp_ms,
        messages=tuple(_messages(said, people)),
        identifiers=tuple(_identifiers(people)),
    )
    return accepted(event, stage=STAGE)


def _people(body: Mapping[str, Any], transcript: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The API names speakers by number; whoever joined the call's parties to them gave them names."""
    return objects_at(transcript, "parties") or objects_at(body, "parties") or objects_at(body, "callData", "parties")


def _messages(said: list[Mapping[str, Any]], people: list[Mapping[str, Any]]) -> Iterator[Message]:
    """One message for each turn, in the order in which they began, whatever order they are listed in."""
    known = {text_at(person, key): person for person in people for key in ("id", "speakerId")}
    for turn in sorted(said, key=_began):
        speaker = text_at(turn, "speakerId")
        person = known.get(speaker)
        yield Message(
            author=text_at(person, "name") or text_at(person, "emailAddress") or speaker or None,
            role=text_at(person, "affiliation").lower() or None,
            text=" ".join(filter(None, (text_at(sentence, "text") for sentence in objects_at(turn, "sentences")))),
        )


def _began(turn: Mapping[str, Any]) -> float:
    """Milliseconds into the call; a turn that does not tell stays in front."""
    starts = [start for sentence in objects_at(turn, "sentences") if isinstance(start := sentence.get("start"), int)]
    return min(starts, default=0)


def _lines(call: Any) -> Iterator[str]:
    """What Gong itself wrote about the call, and what colleagues remarked on it; nothing where it sends no content."""
    content = at(call, "content")
    yield from filter(None, [text_at(content, "brief")])
    yield from filter(None, (text_at(point, "text") for point in objects_at(content, "keyPoints")))
    for section in objects_at(content, "highlights") + objects_at(content, "outline"):
        yield from filter(None, (text_at(item, "text") for item in objects_at(section, "items")))
    remarks = objects_at(call, "collaboration", "publicComments")
    yield from filter(None, (text_at(remark, "comment") for remark in remarks))


def _crm_fields(call: Any) -> dict[str, Any]:
    """The fields of the CRM's objects that the call belongs to, as "Opportunity.Amount"."""
    return {
        f"{text_at(thing, 'objectType')}.{text_at(field, 'name')}": field.get("value")
        for system in objects_at(call, "context")
        for thing in objects_at(system, "objects")
        for field in objects_at(thing, "fields")
    }


def _identifiers(people: list[Mapping[str, Any]]) -> list[Identifier]:
    kinds = (("PERSON", "name"), ("EMAIL", "emailAddress"), ("PHONE", "phoneNumber"))
    found = [Identifier(kind, text) for person in people for kind, name in kinds if (text := text_at(person, name))]
    return list(dict.fromkeys(found))
