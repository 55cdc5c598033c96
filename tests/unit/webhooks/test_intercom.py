"""Intercom's notifications become threads with their authors, and contacts with what identifies them."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import Message, Operation
from schemas.outcomes import SkipReason
from tests.unit.webhooks.bodies import NOW_MS, adapted, event, identifiers, rules, sample, skip

ANN = {"type": "user", "id": "u1", "name": "Ann Lee", "email": "ann@lee.example"}
KIM = {"type": "admin", "id": "a7", "name": "Kim"}


def notification(item: dict[str, Any] | None = None, topic: str = "conversation.user.replied", **changes: Any) -> Any:
    body: dict[str, Any] = sample("intercom-conversation-replied")[0]
    if item is not None:
        body["data"] = {"item": item}
    return body | {"topic": topic} | changes


def conversation(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "conversation", "id": "4410", "conversation_parts": {"conversation_parts": list(parts)}} | more


def part(body: str | None, author: dict[str, Any], created_at: Any = 1764032300) -> dict[str, Any]:
    return {"type": "conversation_part", "body": body, "author": author, "created_at": created_at}


async def test_a_reply_is_a_message_of_the_conversation_without_its_markup() -> None:
    found = await event("intercom", notification())
    assert (found.tenant, found.entity, found.record_id) == ("ab12cd34", "Conversation", "4410")
    assert found.messages == (Message(author="bo@harbour.example", role="customer", text="Any news on invoice 77?"),)
    assert (found.occurred_at, found.actor) == (1764032400000, "u1")
    assert identifiers(found) == {("EMAIL", "bo@harbour.example")}


async def test_the_message_that_began_the_conversation_stands_first_and_the_agent_answers() -> None:
    source = {"subject": "<p>Invoice</p>", "body": "<p>Where is it?</p>", "author": ANN}
    found = await event("intercom", notification(conversation(part("<b>Here</b>", KIM), source=source)))
    assert found.title == "Invoice"
    assert found.messages == (
        Message(author="Ann Lee", role="customer", text="Where is it?"),
        Message(author="Kim", role="agent", sent_at=1764032300000, text="Here"),
    )
    assert identifiers(found) == {("PERSON", "Ann Lee"), ("EMAIL", "ann@lee.example"), ("PERSON", "Kim")}


async def test_a_note_among_colleagues_is_told_from_what_the_customer_reads() -> None:
    found = await event("intercom", notification(conversation(part("<p>Angry</p>", KIM) | {"part_type": "note"})))
    assert found.messages[0].role == "internal note"


async def test_an_assignment_says_nothing_and_a_time_that_is_none_is_left_out() -> None:
    found = await event("intercom", notification(conversation(part(None, KIM), part("Hi", ANN, "noon"))))
    assert found.messages == (Message(author="Ann Lee", role="customer", text="Hi"),)


async def test_a_redelivery_has_the_same_id_and_another_notification_another() -> None:
    again = notification(delivery_attempts=2, delivered_at=1764032500, first_sent_at=1764032401)
    ids = [(await event("intercom", one)).event_id for one in (notification(), again, notification(id="notif_2"))]
    assert ids[0] == ids[1] != ids[2]


async def test_a_contact_s_name_mail_and_phone_are_identifiers() -> None:
    item = {
        "type": "contact", "id": "c1", "name": "Ann Lee", "email": "ann@lee.example", "phone": "+14155550132",
        "custom_attributes": {"plan": "Pro"}, "tags": {"type": "list", "data": [], "total_count": 0},
    }  # fmt: skip
    found = await event("intercom", notification(item, "contact.user.created"))
    assert (found.entity, found.operation, found.fields) == ("Contact", Operation.CREATE, {"plan": "Pro"})
    assert identifiers(found) == {
        ("PERSON", "Ann Lee"), ("EMAIL", "ann@lee.example"), ("PHONE", "+14155550132")
    }  # fmt: skip


async def test_a_redacted_part_says_that_what_is_kept_of_it_must_go() -> None:
    redacted = await event("intercom", notification(topic="conversation_part.redacted"))
    assert redacted.attributes["erasure"] == "comment"
    assert "erasure" not in (await event("intercom", notification())).attributes


async def test_nothing_is_read_of_a_conversation_in_which_a_part_was_redacted_and_it_is_told_whoever_wrote_it() -> None:
    body = notification(conversation(part("4111 1111 1111 1111", KIM), title="4111"), "conversation_part.redacted")
    redacted = await event("intercom", body, None, rules("a7"))
    assert (redacted.messages, redacted.title, redacted.fields, redacted.identifiers) == ((), None, {}, ())


async def test_who_takes_part_can_be_joined_by_the_id_and_is_an_identifier_where_it_is_named() -> None:
    item = conversation(contacts={"contacts": [{"type": "contact", "id": "c1", "name": "Ann Lee"}]})
    found = await event("intercom", notification(item))
    assert (found.fields, identifiers(found)) == ({"contact_id": "c1"}, {("PERSON", "Ann Lee")})
    old = await event("intercom", notification(conversation(user={"id": "u9", "email": "al@lee.example"})))
    assert (old.fields, identifiers(old)) == ({"contact_id": "u9"}, {("EMAIL", "al@lee.example")})


async def test_a_ticket_has_its_attributes_and_its_thread() -> None:
    item = {
        "type": "ticket",
        "id": "9",
        "ticket_attributes": {"_default_title_": "Login", "_default_description_": "<p>Fails</p>", "plan": "Pro"},
        "ticket_parts": {"ticket_parts": [part("<p>Since when?</p>", KIM)]},
    }
    found = await event("intercom", notification(item, "ticket.admin.replied"))
    assert (found.title, found.text, found.fields) == ("Login", "Fails", {"plan": "Pro"})
    assert [message.text for message in found.messages] == ["Since when?"]


@pytest.mark.parametrize(
    ("topic", "operation"),
    [
        ("conversation.user.created", Operation.CREATE),
        ("conversation.deleted", Operation.DELETE),
        ("contact.deleted", Operation.DELETE),
        ("conversation.admin.closed", Operation.UPDATE),
        ("contact.user.tag.created", Operation.UPDATE),
        ("contact.user.tag.deleted", Operation.UPDATE),
    ],
)
async def test_topics_are_operations(topic: str, operation: Operation) -> None:
    assert (await event("intercom", notification(topic=topic))).operation is operation


async def test_a_deleted_conversation_has_no_content() -> None:
    gone = await event("intercom", notification(topic="conversation.deleted"))
    assert (gone.messages, gone.identifiers, gone.fields) == ((), (), {})


@pytest.mark.parametrize("topic", ["admin.logged_in", "content_stat.email.click"])
async def test_what_happens_to_the_workspace_is_no_record(topic: str) -> None:
    assert (await skip("intercom", notification(topic=topic, data={}))).reason is SkipReason.CONTROL


async def test_a_ping_is_a_test() -> None:
    body = notification({"type": "ping", "message": "something something interzen"}, "ping")
    assert (await skip("intercom", body)).reason is SkipReason.TEST_EVENT


async def test_a_part_that_we_wrote_is_our_own_and_the_customer_s_next_is_not() -> None:
    ours = notification(conversation(part("Hi", ANN), part("Summary: ...", KIM)))
    assert (await skip("intercom", ours, rules("a7"))).reason is SkipReason.OWN_WRITE
    await event(
        "intercom", notification(conversation(part("Summary: ...", KIM), part("Thanks", ANN))), None, rules("a7")
    )


@pytest.mark.parametrize("lacking", [{"id": None}, {"data": {"item": {"type": "conversation"}}}])
async def test_what_lacks_its_identity_is_a_fault(lacking: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match="no_identity"):
        await adapted("intercom", notification(**lacking))


async def test_a_missing_time_is_that_of_the_record() -> None:
    assert (await event("intercom", notification(created_at=None))).occurred_at == NOW_MS
