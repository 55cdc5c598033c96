"""Twilio's callbacks: transcripts and messages become events, recordings without words are asked for."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from schemas.errors import DataFault
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import Refetch, RefetchReason
from schemas.sources import TableMapping, recognised
from tests.unit.webhooks.bodies import NOW_MS, a_delivery, adapted, event, identifiers, request, rules, sample, skip

TOKEN = "I-Twilio-Idempotency-Token"


def form(**fields: str) -> str:
    return urlencode({"AccountSid": "AC1", "CallSid": "CA1", "From": "+14155550132", "To": "+14155550199"} | fields)


def transcription(**fields: str) -> str:
    told = {
        "TranscriptionSid": "TR1",
        "TranscriptionStatus": "completed",
        "TranscriptionText": "hi",
        "RecordingSid": "RE1",
    }
    return form(**told | fields)


async def test_a_transcription_is_the_text_of_its_call() -> None:
    call = await event("twilio", *sample("twilio-transcription"))
    assert (call.tenant, call.entity, call.record_id) == (
        "AC00000000000000000000000000000001", "Call", "CA00000000000000000000000000000002"
    )  # fmt: skip
    assert call.text == "hi it's Noor, my card ends in six four six seven"
    assert (call.actor, call.fields, call.occurred_at) == ("+14155550132", {"Direction": "inbound"}, NOW_MS)


async def test_numbers_and_names_of_those_who_spoke_are_identifiers() -> None:
    body = transcription(CallerName="Ann Lee", To="client:kim.day", Caller="+14155550132")
    assert identifiers(await event("twilio", body)) == {
        ("PHONE", "+14155550132"), ("PERSON", "Ann Lee"), ("USERNAME", "kim.day")
    }  # fmt: skip


async def test_a_callback_that_is_tried_again_has_the_same_id() -> None:
    ids = [
        (await event("twilio", transcription(ApiVersion=version), {name: "token-1"})).event_id
        for version, name in (("2010-04-01", TOKEN), ("2010-04-02", TOKEN.lower()))
    ]
    other = await event("twilio", transcription(), {TOKEN: "token-2"})
    assert ids[0] == ids[1] != other.event_id


async def test_without_a_token_transcription_and_status_identify_it() -> None:
    ids = [(await event("twilio", transcription(TranscriptionSid=sid))).event_id for sid in ("TR1", "TR1", "TR2")]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    "body",
    [
        form(RecordingSid="RE1", RecordingUrl="https://api.twilio.example/RE1", RecordingStatus="completed"),
        form(RecordingSid="RE1", RecordingUrl="https://api.twilio.example/RE1"),
        transcription(TranscriptionStatus="failed", RecordingUrl="https://u:p@api.twilio.example/RE1?token=s"),
    ],
    ids=["status callback", "end of the verb", "failed transcription"],
)
async def test_a_recording_without_words_is_asked_for(body: str) -> None:
    asked = await request("twilio", body)
    assert (asked.reason, asked.entity, asked.record_id) == (RefetchReason.MEDIA, "Call", "CA1")
    assert asked.url == "https://api.twilio.example/RE1"
    assert asked.attributes["recording_sid"] == "RE1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (form(CallStatus="completed"), SkipReason.CONTROL),
        (form(RecordingSid="RE1", RecordingStatus="absent"), SkipReason.CONTROL),
        (form(MessageSid="SM1", MessageStatus="delivered"), SkipReason.CONTROL),
        (transcription(TranscriptionText=" "), SkipReason.NO_CONTENT),
        (
            urlencode({"AccountSid": "AC1", "TranscriptionSid": "TR1", "TranscriptionStatus": "failed"}),
            SkipReason.NO_CONTENT,
        ),
    ],
)
async def test_what_has_no_words_is_skipped(body: str, reason: SkipReason) -> None:
    assert (await skip("twilio", body)).reason is reason


async def test_a_message_is_read() -> None:
    message = await event("twilio", form(MessageSid="SM1", Body="Cancel it", From="whatsapp:+14155550132"))
    assert (message.entity, message.record_id, message.text) == ("Message", "SM1", "Cancel it")
    assert ("PHONE", "+14155550132") in identifiers(message)


async def test_what_a_caller_said_to_a_menu_is_read() -> None:
    said = [form(SpeechResult=words, Confidence="0.9") for words in ("I want to cancel", "I want to cancel", "Yes")]
    calls = [await event("twilio", body) for body in said]
    assert (calls[0].entity, calls[0].record_id, calls[0].text) == ("Call", "CA1", "I want to cancel")
    assert calls[0].event_id == calls[1].event_id != calls[2].event_id


def spoken(**changes: str) -> str:
    said = {"MessageSid": "MM1", "Body": "", "NumMedia": "1", "MediaContentType0": "audio/ogg"}
    return form(**said, MediaUrl0="https://api.twilio.example/MM1/Media/ME1", **changes)


async def test_a_voice_message_is_asked_for() -> None:
    asked = await request("twilio", spoken())
    assert (asked.reason, asked.entity, asked.record_id) == (RefetchReason.MEDIA, "Message", "MM1")
    assert asked.url == "https://api.twilio.example/MM1/Media/ME1"
    assert asked.attributes == {"media_type": "audio/ogg"}


async def test_a_picture_without_words_has_no_content_and_one_with_words_is_read() -> None:
    picture = spoken().replace("audio%2Fogg", "image%2Fpng")
    assert (await skip("twilio", picture)).reason is SkipReason.NO_CONTENT
    assert (await event("twilio", picture.replace("Body=&", "Body=Look&"))).text == "Look"


async def test_a_transcript_of_conversational_intelligence_is_asked_for_by_its_id() -> None:
    body = {"account_sid": "AC1", "service_sid": "GA1", "transcript_sid": "GT1",
            "customer_key": "ann@lee.example", "event_type": "voice_intelligence_transcript_available"}  # fmt: skip
    asked = await request("twilio", body)
    assert (asked.reason, asked.tenant, asked.entity, asked.record_id) == (
        RefetchReason.IDS_ONLY, "AC1", "Transcript", "GT1"
    )  # fmt: skip
    assert asked.attributes == {"service_sid": "GA1"}
    assert (await skip("twilio", body | {"event_type": "another"})).reason is SkipReason.CONTROL
    assert await recognised(a_delivery(body), None) == "twilio"


async def test_a_mapping_names_the_entity_of_calls_or_skips_messages() -> None:
    said = rules(twilio__call=TableMapping(entity="PhoneCall"), message=TableMapping(skip=True))
    assert (await event("twilio", transcription(), None, said)).entity == "PhoneCall"
    (asked,) = await adapted("twilio", form(RecordingSid="RE1"), None, said)
    assert isinstance(asked, Refetch)
    assert asked.entity == "PhoneCall"
    assert (await skip("twilio", form(MessageSid="SM1", Body="Hi"), said)).reason is SkipReason.CONTROL


async def test_the_time_of_a_status_callback_is_that_of_mail() -> None:
    body = form(MessageSid="SM1", Body="Hi", Timestamp="Tue, 25 Nov 2025 01:00:00 +0000")
    assert (await event("twilio", body)).occurred_at == 1764032400000
    with pytest.raises(DataFault, match="Timestamp"):
        await event("twilio", form(MessageSid="SM1", Body="Hi", Timestamp="noon"))


async def test_what_our_own_number_or_application_sends_is_our_own() -> None:
    body = form(MessageSid="SM1", Body="Your summary", ApplicationSid="AP1")
    for own in ("+14155550132", "AP1"):
        assert await adapted("twilio", body, None, rules(own)) == (Skipped(SkipReason.OWN_WRITE),)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"Body=\xff", "undecodable"),
        ("&".join(f"a{n}=1" for n in range(600)), "undecodable"),
        ('{"no": "transcript"}', "no_identity"),
        ('["no form"]', "no_identity"),
        ("AccountSid=AC1&Body=x", "no_identity"),
        ("", "no_identity"),
    ],
)
async def test_what_is_no_callback_is_a_fault(body: str | bytes, reason: str) -> None:
    with pytest.raises(DataFault, match=reason):
        await adapted("twilio", body)
