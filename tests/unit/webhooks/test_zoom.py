"""Zoom tells where transcripts are; they are asked for, and its token goes nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.event_json import refetch_to_json
from schemas.events import Operation
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import Refetch, RefetchReason
from tests.unit.webhooks.bodies import adapted, event, identifiers, request, rules, sample, skip

SECRET = "eyJhbGciOi.secret"


def notification(
    name: str = "recording.transcript_completed", *files: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    body: dict[str, Any] = sample("zoom-transcript-completed")[0]
    if files:
        body["payload"]["object"]["recording_files"] = list(files)
    return body | {"event": name} | changes


async def test_a_transcript_is_asked_for_with_its_link() -> None:
    asked = await request("zoom", notification())
    assert (asked.reason, asked.tenant, asked.entity, asked.record_id) == (
        RefetchReason.IDS_ONLY, "acc1", "Meeting", "pQ/7x=="
    )  # fmt: skip
    assert (asked.occurred_at, asked.url) == (1764032400123, "https://zoom.example/rec/t1")
    assert asked.key == b"acc1/Meeting/pQ/7x=="
    assert (asked.attributes["meeting_id"], asked.attributes["file_id"]) == ("81234567890", "f1")


async def test_no_token_goes_on() -> None:
    link = f"https://ann:{SECRET}@zoom.example/rec/t1?type=cc&access_token={SECRET}&pwd={SECRET}#{SECRET}"
    file = {"file_type": "TRANSCRIPT", "download_url": link, "passcode": SECRET}
    body = notification("recording.transcript_completed", file, download_token=SECRET)
    body["payload"]["download_token"] = SECRET
    asked = await request("zoom", body)
    assert asked.url == "https://zoom.example/rec/t1?type=cc"
    assert SECRET not in json.dumps(refetch_to_json(asked))


async def test_a_recording_without_a_transcript_is_asked_for_as_sound() -> None:
    files = (
        {"file_type": "MP4", "download_url": "https://z.example/v"},
        {"file_type": "M4A", "download_url": "https://z.example/a"},
    )
    asked = await request("zoom", notification("recording.completed", *files))
    assert (asked.reason, asked.url) == (RefetchReason.MEDIA, "https://z.example/a")


async def test_a_recording_with_a_transcript_is_asked_for_by_that() -> None:
    files = (
        {"file_type": "M4A", "download_url": "https://z.example/a"},
        {"file_type": "TRANSCRIPT", "download_url": "https://z.example/t"},
    )
    asked = await request("zoom", notification("recording.completed", *files))
    assert (asked.reason, asked.url) == (RefetchReason.IDS_ONLY, "https://z.example/t")


@pytest.mark.parametrize("link", [None, "", "ftp://z.example/a", "https://[bad", "https:///a", 7])
async def test_what_is_no_link_is_left_out(link: Any) -> None:
    file = {"file_type": "TRANSCRIPT", "download_url": link}
    assert (await request("zoom", notification("recording.completed", file))).url is None


async def test_event_meeting_and_time_identify_a_request() -> None:
    first = (await request("zoom", notification())).request_id
    assert (await request("zoom", notification(download_token="another"))).request_id == first
    for other in (notification("recording.completed"), notification(event_ts=1764032400124)):
        assert (await request("zoom", other)).request_id != first


@pytest.mark.parametrize(
    ("name", "reason", "link"),
    [
        ("phone.recording_transcript_completed", RefetchReason.IDS_ONLY, "https://z.example/words"),
        ("phone.recording_completed", RefetchReason.MEDIA, "https://z.example/sound"),
    ],
)
async def test_each_recording_of_a_call_is_asked_for(name: str, reason: RefetchReason, link: str) -> None:
    recordings = [
        {"id": f"r{n}", "call_id": f"c{n}", "download_url": "https://z.example/sound?access_token=x",
         "transcript_download_url": "https://z.example/words", "caller_name": "Ann Lee"} for n in (1, 2)
    ]  # fmt: skip
    found = await adapted(
        "zoom", notification(name, payload={"account_id": "acc1", "object": {"recordings": recordings}})
    )
    requests = [item for item in found if isinstance(item, Refetch)]
    assert [(one.entity, one.record_id, one.reason, one.url) for one in requests] == [
        ("Call", "c1", reason, link), ("Call", "c2", reason, link)
    ]  # fmt: skip
    assert len({one.request_id for one in requests}) == 2
    assert "Ann" not in str([refetch_to_json(one) for one in requests])


async def test_what_the_assistant_wrote_of_a_meeting_is_read_as_a_person_corrected_it() -> None:
    summary: dict[str, Any] = {
        "meeting_uuid": "pQ/7x==", "meeting_topic": "Renewal call", "meeting_host_email": "kim@acme.example",
        "summary_overview": "They talked.",
        "summary_details": [{"label": "Price", "summary": "Too high."}],
        "next_steps": ["Kim sends an offer."],
    }  # fmt: skip
    body = notification("meeting.summary_completed", payload={"account_id": "acc1", "object": summary})
    found = await event("zoom", body)
    assert (found.entity, found.record_id, found.title) == ("Meeting", "pQ/7x==", "Renewal call")
    assert found.text == "They talked.\n\nPrice\nToo high.\n\n- Kim sends an offer."
    assert identifiers(found) == {("EMAIL", "kim@acme.example")}
    summary["edited_summary"] = {"summary_overview": "They agreed."}
    assert (await event("zoom", body)).text == "They agreed.\n\nPrice\nToo high.\n\n- Kim sends an offer."


async def test_a_deleted_recording_is_a_deletion_of_its_meeting() -> None:
    gone = await event("zoom", notification("recording.deleted"))
    assert (gone.operation, gone.entity, gone.record_id, gone.title) == (Operation.DELETE, "Meeting", "pQ/7x==", None)


async def test_a_recording_that_we_deleted_is_our_own_write() -> None:
    body = notification("recording.trashed")
    body["payload"]["operator_id"] = "us"
    assert await adapted("zoom", body, None, rules("us")) == (Skipped(SkipReason.OWN_WRITE),)


async def test_the_handshake_is_no_event() -> None:
    assert await skip("zoom", sample("zoom-url-validation")[0]) == Skipped(SkipReason.CONTROL, "handshake")


async def test_what_happens_in_a_meeting_is_skipped() -> None:
    assert (await skip("zoom", notification("meeting.started"))).reason is SkipReason.CONTROL


async def test_a_recording_of_no_meeting_is_a_fault_that_quotes_nothing() -> None:
    with pytest.raises(DataFault, match=r"no_identity: payload\.object\.uuid") as caught:
        await adapted("zoom", notification(payload={"object": {"uuid": ""}}, download_token=SECRET))
    assert SECRET not in str(caught.value)
