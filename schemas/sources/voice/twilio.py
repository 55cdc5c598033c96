"""Twilio's callbacks: transcriptions and recordings of calls, and messages. They are forms, all but one.

Source: Twilio's references of the verbs `<Record>` and `<Gather>` (whose `SpeechResult` is what a caller said), of
recording status callbacks, of incoming messages, and of Conversational Intelligence, whose web hook is JSON. Identity:
the header `I-Twilio-Idempotency-Token`, which stays the same when a callback is tried again; without it the SID of what
the callback tells of, and its status, or the words.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from schemas.avro.framing import STAGE, undecodable
from schemas.events import CrmEvent, Identifier, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import json_object, text_at
from schemas.sources.hooks.notifications import request_to_fetch, told
from schemas.sources.voice.links import without_credentials
from schemas.sources.voice.mapped import as_mapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_TOKEN: Final = "i-twilio-idempotency-token"  # noqa: S105 -- the name of a header, which is no secret
# A callback has some thirty fields; a form of a million would be a million texts.
_MOST_FIELDS: Final = 500
_CALL: Final = "Call"
_TRANSCRIPT_AVAILABLE: Final = "voice_intelligence_transcript_available"
_SPOKEN: Final = ("audio/", "video/")
_COMPLETED: Final = "completed"
_TOLD: Final = ("Direction", "CallStatus", "RecordingDuration", "NumMedia")
# "whatsapp:+1415...", "client:ann", "sip:ann@...": how somebody was reached, and who.
_CHANNEL_MARK: Final = ":"


class TwilioAdapter:
    """Takes transcripts and messages as events, asks for the words of recordings, skips what tells of a state."""

    name = "twilio"

    def __init__(self, rules: SourceRules) -> None:
        """Skip what `rules` say is our own, by the number or the application that it comes from."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the event, the request to fetch, or the reason to skip it. Raises DataFault."""
        if record.value is None:
            return (Skipped(SkipReason.TOMBSTONE),)
        return tuple(as_mapped((self._adapted(record.value, record),), self.name, self._rules))

    def _adapted(self, body: bytes, record: SourceRecord) -> CrmEvent | Skipped | Refetch:
        if body.lstrip().startswith(b"{"):
            return _intelligence(json_object(body), record)
        form = _form(body)
        if self._rules.own(form.get("From"), form.get("ApplicationSid"), form.get("MessagingServiceSid")):
            return Skipped(SkipReason.OWN_WRITE)
        return _read(form, record)


def is_twilio(value: bytes | None) -> bool:
    """Whether a body is a form with Twilio's account in it, or a transcript of Conversational Intelligence."""
    if value is None or b"AccountSid=AC" not in value:
        return value is not None and _TRANSCRIPT_AVAILABLE.encode() in value
    return any(part.startswith(b"AccountSid=AC") for part in value.split(b"&", _MOST_FIELDS))


def _intelligence(body: Mapping[str, Any], record: SourceRecord) -> Refetch | Skipped:
    """A transcript of Conversational Intelligence: it has to be fetched. Of which call it is, nothing says."""
    transcript, account = text_at(body, "transcript_sid"), text_at(body, "account_sid")
    if not transcript:
        raise no_identity("transcript_sid", stage=STAGE)
    if text_at(body, "event_type") != _TRANSCRIPT_AVAILABLE:
        return Skipped(SkipReason.CONTROL, "the state of a transcript")
    event = CrmEvent(
        event_id=derived_event_id("twilio", account, transcript),
        source=f"twilio/{account}",
        tenant=account,
        entity="Transcript",
        record_id=transcript,
        occurred_at=record.timestamp_ms,
        attributes=told(service_sid=text_at(body, "service_sid")),
    )
    return request_to_fetch(event, RefetchReason.IDS_ONLY)


def _form(value: bytes) -> dict[str, str]:
    """Return the fields that are not blank; of a name that stands twice the first."""
    try:
        pairs = parse_qsl(value.decode("utf-8"), max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise undecodable(f"the form is not UTF-8 at byte {error.start}") from None
    except ValueError:
        raise undecodable(f"the form has more than {_MOST_FIELDS} fields") from None
    return {name: text.strip() for name, text in reversed(pairs) if text.strip()}


def _read(form: Mapping[str, str], record: SourceRecord) -> CrmEvent | Skipped | Refetch:
    if "TranscriptionSid" in form and "TranscriptionStatus" in form:
        return _transcription(form, record)
    if "CallSid" in form and "SpeechResult" in form:
        return _words(form, record, _CALL, form["SpeechResult"])
    if "RecordingSid" in form and form.get("RecordingStatus", _COMPLETED) == _COMPLETED:
        return _recording(form, record)
    if "MessageSid" in form and "Body" in form:
        return _words(form, record, "Message", form["Body"])
    if "MessageSid" in form and "MediaUrl0" in form:
        return _voice_message(form, record)
    if not form.keys() & {"CallSid", "MessageSid", "RecordingSid", "TranscriptionSid"}:
        raise no_identity("CallSid, MessageSid, RecordingSid or TranscriptionSid", stage=STAGE)
    return Skipped(SkipReason.CONTROL, "the state of a call or message")


def _transcription(form: Mapping[str, str], record: SourceRecord) -> CrmEvent | Skipped | Refetch:
    if form["TranscriptionStatus"] != _COMPLETED:
        return _recording(form, record)
    if "TranscriptionText" not in form:
        return Skipped(SkipReason.NO_CONTENT, "the transcript is empty")
    return _words(form, record, _CALL, form["TranscriptionText"])


def _event(form: Mapping[str, str], record: SourceRecord, entity: str, **more: Any) -> CrmEvent:
    account = form.get("AccountSid", "")
    return CrmEvent(
        event_id=_event_id(form, record),
        source=f"twilio/{account}",
        tenant=account,
        entity=entity,
        record_id=_record_id(form),
        operation=Operation.CREATE,
        occurred_at=_occurred_at(form, record),
        **more,
    )


def _words(form: Mapping[str, str], record: SourceRecord, entity: str, text: str) -> CrmEvent:
    event = _event(
        form,
        record,
        entity,
        actor=form.get("From"),
        text=text,
        fields={name: form[name] for name in _TOLD if name in form},
        identifiers=tuple(_identifiers(form)),
    )
    return accepted(event, stage=STAGE)


def _recording(form: Mapping[str, str], record: SourceRecord) -> Refetch | Skipped:
    """Ask for the words of a recording that has none, or whose transcription has failed."""
    if not form.keys() & {"RecordingSid", "RecordingUrl"}:
        return Skipped(SkipReason.NO_CONTENT, "neither transcript nor recording")
    attributes = told(
        recording_sid=form.get("RecordingSid"),
        duration_s=form.get("RecordingDuration"),
        transcription_status=form.get("TranscriptionStatus"),
    )
    event = _event(form, record, _CALL, attributes=attributes)
    return request_to_fetch(event, RefetchReason.MEDIA, url=without_credentials(form.get("RecordingUrl")))


def _voice_message(form: Mapping[str, str], record: SourceRecord) -> Refetch | Skipped:
    """Ask for the words of a message that was spoken, as many are on WhatsApp; a picture has none."""
    media_type = form.get("MediaContentType0", "")
    if not media_type.startswith(_SPOKEN):
        return Skipped(SkipReason.NO_CONTENT, "a message of pictures or files")
    event = _event(form, record, "Message", attributes=told(media_type=media_type))
    return request_to_fetch(event, RefetchReason.MEDIA, url=without_credentials(form["MediaUrl0"]))


def _event_id(form: Mapping[str, str], record: SourceRecord) -> str:
    account = form.get("AccountSid", "")
    token = (record.header(_TOKEN) or "").strip()
    if token:
        return derived_event_id("twilio", account, token)
    for sid, status in (
        ("TranscriptionSid", "TranscriptionStatus"),
        ("RecordingSid", "RecordingStatus"),
        ("MessageSid", "SmsStatus"),
    ):
        if sid in form:
            return derived_event_id("twilio", account, form[sid], form.get(status, ""))
    if "SpeechResult" in form:
        return derived_event_id("twilio", account, form["CallSid"], form["SpeechResult"], form.get("Confidence", ""))
    raise no_identity("I-Twilio-Idempotency-Token and every SID", stage=STAGE)


def _record_id(form: Mapping[str, str]) -> str:
    """The message or call; a recording whose call is not told stands for it."""
    wanted = ("MessageSid", "CallSid", "RecordingSid", "TranscriptionSid")
    return next((form[name] for name in wanted if name in form), "")


def _occurred_at(form: Mapping[str, str], record: SourceRecord) -> int:
    """Status callbacks have a time in the form of mail; a transcription has none, and gets that of its record."""
    time = form.get("Timestamp") or form.get("RecordingStartTime")
    if time is None:
        return record.timestamp_ms
    try:
        moment = parsedate_to_datetime(time)
        # "-0000" is UTC of a clock that nobody vouches for, which Python takes for the time of this machine.
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, IndexError, TypeError):  # what the standard library raises for odd texts
        raise undecodable("Timestamp is no time") from None


def _identifiers(form: Mapping[str, str]) -> list[Identifier]:
    found = []
    for name in ("From", "To", "Caller", "Called", "ForwardedFrom"):
        who = form.get(name, "").rpartition(_CHANNEL_MARK)[2]
        if who:
            found.append(Identifier("PHONE" if who.lstrip("+").isdigit() else "USERNAME", who))
    found += [Identifier("PERSON", form[name]) for name in ("CallerName", "ProfileName") if name in form]
    return list(dict.fromkeys(found))
