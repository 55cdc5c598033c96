"""Zoom's web hooks on cloud recordings: where a meeting's transcript lies, and that a recording is gone.

Source: Zoom's webhook reference, events `recording.*` and `endpoint.url_validation`. Identity: event, the meeting's
`uuid` and `event_ts`. The body carries a `download_token`, which opens the recording to anybody for a day: nothing is
taken over from it, nor from the parameters of a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.json_body import at, text_at, time_at
from schemas.sources.notifications import each_notification, objects_at, request_to_fetch, told
from schemas.sources.voice.links import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_HANDSHAKE: Final = "endpoint.url_validation"
_TRANSCRIBED: Final = "recording.transcript_completed"
_RECORDED: Final = "recording.completed"
_GONE: Final = frozenset({"recording.deleted", "recording.trashed"})
# By type, best first: words, and for whoever transcribes the smallest file that holds the voices.
_TRANSCRIPTS: Final = ("TRANSCRIPT", "CC")
_RECORDINGS: Final = ("M4A", "MP4")


class ZoomAdapter:
    """Asks for the transcripts of recordings, and deletes what is gone; what Zoom sends beside is skipped."""

    name = "zoom"

    def __init__(self, rules: SourceRules) -> None:
        """Skip what `rules` say is our own: a recording that one of our users deleted."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the request to fetch, the deletion, or the reason to skip it. Raises DataFault."""
        return each_notification(record, lambda body: self._adapted(body, record))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped | Refetch]:
        name = text_at(body, "event")
        if name in _GONE:
            deletion = _event(body, record, operation=Operation.DELETE)
            own = self._rules.own(deletion.actor, text_at(body, "payload", "operator"))
            yield Skipped(SkipReason.OWN_WRITE) if own else accepted(deletion, stage=STAGE)
        elif name in (_RECORDED, _TRANSCRIBED):
            yield _request(body, name, record)
        else:
            yield Skipped(SkipReason.CONTROL, "handshake" if name == _HANDSHAKE else "tells of no recording")


def is_zoom(value: Any) -> bool:
    """Whether a value is one of Zoom's notifications."""
    return bool(text_at(value, "event") and text_at(value, "event_ts")) and isinstance(at(value, "payload"), dict)


def _request(body: Mapping[str, Any], name: str, record: SourceRecord) -> Refetch:
    files = {text_at(file, "file_type"): file for file in objects_at(body, "payload", "object", "recording_files")}
    transcript = next((files[kind] for kind in _TRANSCRIPTS if kind in files), None)
    recording = next((files[kind] for kind in _RECORDINGS if kind in files), None)
    file = transcript or recording
    has_words = transcript is not None or name == _TRANSCRIBED
    attributes = told(
        event=name,
        meeting_id=text_at(body, "payload", "object", "id"),
        host_id=text_at(body, "payload", "object", "host_id"),
        file_id=text_at(file, "id"),
        file_type=text_at(file, "file_type"),
    )
    return request_to_fetch(
        _event(body, record, attributes=attributes),
        RefetchReason.IDS_ONLY if has_words else RefetchReason.MEDIA,
        url=without_credentials(text_at(file, "download_url")),
    )


def _event(body: Mapping[str, Any], record: SourceRecord, **more: Any) -> CrmEvent:
    """What both endings know of the meeting. Raises DataFault(NO_IDENTITY) where its `uuid` is missing."""
    uuid = text_at(body, "payload", "object", "uuid")
    if not uuid:
        raise no_identity("payload.object.uuid", stage=STAGE)
    account = text_at(body, "payload", "account_id")
    return CrmEvent(
        event_id=derived_event_id("zoom", text_at(body, "event"), uuid, text_at(body, "event_ts")),
        source=f"zoom/{account}",
        tenant=account,
        entity="Meeting",
        record_id=uuid,
        occurred_at=time_at(body, "event_ts", record=record),
        actor=text_at(body, "payload", "operator_id") or None,
        **more,
    )
