"""Zoom's web hooks: where the words of a meeting or call lie, what its assistant wrote of it, that a recording is gone.

Source: Zoom's webhook reference (`recording.*`, `phone.recording_*`, `meeting.summary_completed`, and the handshake
`endpoint.url_validation`). Identity: event, the meeting's `uuid` (of a call the recording's id) and `event_ts`. A body
may carry a `download_token`, which opens the recording to anybody for a day: nothing is taken over from it, nor from
the parameters of a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Identifier, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import at, text_at, time_at
from schemas.sources.hooks.notifications import each_notification, object_at, objects_at, request_to_fetch, told
from schemas.sources.voice.links import without_credentials
from schemas.sources.voice.mapped import as_mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_HANDSHAKE: Final = "endpoint.url_validation"
_MEETING_TRANSCRIBED: Final = "recording.transcript_completed"
_CALL_TRANSCRIBED: Final = "phone.recording_transcript_completed"
# By type, best first: words, and for whoever transcribes the smallest file that holds the voices.
_TRANSCRIPTS: Final = ("TRANSCRIPT", "CC")
_RECORDINGS: Final = ("M4A", "MP4")


class ZoomAdapter:
    """Asks for transcripts, reads summaries, and deletes what is gone; what Zoom sends beside is skipped."""

    name = "zoom"

    def __init__(self, rules: SourceRules) -> None:
        """Skip what `rules` say is our own: what one of our users did."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the requests to fetch, the event, or the reason to skip it. Raises DataFault."""
        return each_notification(record, lambda body: as_mapped(self._adapted(body, record), self.name, self._rules))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped | Refetch]:
        name, payload = text_at(body, "event"), object_at(body, "payload")
        reading = _READINGS.get(name)
        if reading is None:
            yield Skipped(SkipReason.CONTROL, "handshake" if name == _HANDSHAKE else "tells of no words")
        elif self._rules.own(text_at(payload, "operator_id"), text_at(payload, "operator")):
            yield Skipped(SkipReason.OWN_WRITE)
        else:
            yield from reading(body, record)


def is_zoom(value: Any) -> bool:
    """Whether a value is one of Zoom's notifications."""
    return bool(text_at(value, "event") and text_at(value, "event_ts")) and isinstance(at(value, "payload"), dict)


def _meeting_recorded(body: Mapping[str, Any], record: SourceRecord) -> Iterator[Refetch]:
    meeting = object_at(body, "payload", "object")
    files = {text_at(file, "file_type"): file for file in objects_at(meeting, "recording_files")}
    transcript = next((files[kind] for kind in _TRANSCRIPTS if kind in files), None)
    file = transcript or next((files[kind] for kind in _RECORDINGS if kind in files), None)
    has_words = transcript is not None or text_at(body, "event") == _MEETING_TRANSCRIBED
    attributes = told(
        event=text_at(body, "event"),
        meeting_id=text_at(meeting, "id"),
        host_id=text_at(meeting, "host_id"),
        file_id=text_at(file, "id"),
        file_type=text_at(file, "file_type"),
    )
    yield request_to_fetch(
        _event(body, record, "Meeting", text_at(meeting, "uuid"), attributes=attributes),
        RefetchReason.IDS_ONLY if has_words else RefetchReason.MEDIA,
        url=without_credentials(text_at(file, "download_url")),
    )


def _call_recorded(body: Mapping[str, Any], record: SourceRecord) -> Iterator[Refetch]:
    has_words = text_at(body, "event") == _CALL_TRANSCRIBED
    link, reason = (
        ("transcript_download_url", RefetchReason.IDS_ONLY) if has_words else ("download_url", RefetchReason.MEDIA)
    )
    for recording in objects_at(body, "payload", "object", "recordings"):
        recording_id = text_at(recording, "id")
        event = _event(
            body,
            record,
            "Call",
            text_at(recording, "call_id") or recording_id,
            recording_id,
            attributes=told(event=text_at(body, "event"), recording_id=recording_id),
        )
        yield request_to_fetch(event, reason, url=without_credentials(text_at(recording, link)))


def _meeting_summarised(body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent]:
    """What Zoom's assistant wrote, as a person has corrected it where one has."""
    summary = object_at(body, "payload", "object")
    edited = object_at(summary, "edited_summary")
    parts = [text_at(edited, "summary_overview") or text_at(summary, "summary_overview")]
    parts += [
        "\n".join(filter(None, (text_at(section, "label"), text_at(section, "summary"))))
        for section in objects_at(edited, "summary_details") or objects_at(summary, "summary_details")
    ]
    steps = at(edited, "next_steps") or at(summary, "next_steps")
    parts += [f"- {step}" for step in steps if isinstance(step, str)] if isinstance(steps, list) else []
    host = text_at(summary, "meeting_host_email")
    event = _event(
        body,
        record,
        "Meeting",
        text_at(summary, "meeting_uuid"),
        title=text_at(summary, "meeting_topic") or text_at(summary, "summary_title") or None,
        text="\n\n".join(filter(None, parts)) or text_at(summary, "summary_content") or None,
        identifiers=(Identifier("EMAIL", host),) if host else (),
    )
    yield accepted(event, stage=STAGE)


def _recording_gone(body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent]:
    uuid = text_at(body, "payload", "object", "uuid")
    yield accepted(_event(body, record, "Meeting", uuid, operation=Operation.DELETE), stage=STAGE)


def _event(
    body: Mapping[str, Any], record: SourceRecord, entity: str, record_id: str, identity: str = "", **more: Any
) -> CrmEvent:
    """What all endings know. Raises DataFault(NO_IDENTITY) where neither meeting nor call is named."""
    identity = identity or record_id
    if not identity:
        raise no_identity("payload.object.uuid", stage=STAGE)
    account = text_at(body, "payload", "account_id")
    return CrmEvent(
        event_id=derived_event_id("zoom", text_at(body, "event"), identity, text_at(body, "event_ts")),
        source=f"zoom/{account}",
        tenant=account,
        entity=entity,
        record_id=record_id,
        occurred_at=time_at(body, "event_ts", record=record),
        actor=text_at(body, "payload", "operator_id") or None,
        **more,
    )


_READINGS: Final[Mapping[str, Callable[[Mapping[str, Any], SourceRecord], Iterator[CrmEvent | Refetch]]]] = {
    "recording.completed": _meeting_recorded,
    _MEETING_TRANSCRIBED: _meeting_recorded,
    "recording.deleted": _recording_gone,
    "recording.trashed": _recording_gone,
    "phone.recording_completed": _call_recorded,
    _CALL_TRANSCRIBED: _call_recorded,
    "meeting.summary_completed": _meeting_summarised,
}
