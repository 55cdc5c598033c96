"""Zendesk's events: what each tells of its ticket, who did it, and what must not be kept."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import CrmEvent, Identifier, Message, Operation
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.refetch import Refetch, RefetchReason
from schemas.sources import Directory, Join, TableMapping
from tests.unit.schemas.builders import an_event as a_native_event
from tests.unit.zendesk.bodies import SAMPLES, a_comment, an_event, rules, the_event, told

MOMENT = 1764032400304


async def test_a_new_ticket_is_told_with_its_texts_its_time_and_its_account() -> None:
    event = await the_event(an_event("created"))
    assert (event.operation, event.entity, event.record_id) == (Operation.CREATE, "Ticket", "71500")
    assert (event.title, event.text) == ("Printer offline", "The printer is offline.")
    assert (event.tenant, event.source, event.actor) == ("224466", "zendesk/224466", "881")
    assert event.occurred_at == MOMENT
    assert event.fields["status"] == "OPEN"
    assert event.fields["via.channel"] == "email"
    assert not {"custom_status", "is_public", "actor_id"} & event.fields.keys()


@pytest.mark.parametrize(
    ("comment", "role"),
    [
        (a_comment(), "customer"),
        (a_comment(author={"id": "7", "is_staff": True, "name": "Rhea Vance"}), "agent"),
        (a_comment(is_public=False), "internal note"),
        (a_comment(is_public=False, author={"id": "7", "is_staff": True, "name": "Rhea Vance"}), "internal note"),
    ],
)
async def test_a_comment_is_a_message_and_an_internal_note_is_never_taken_for_what_was_said(
    comment: dict[str, Any], role: str
) -> None:
    event = await the_event(an_event("comment_added", comment=comment))
    assert event.messages == (Message(author="Rhea Vance", role=role, sent_at=MOMENT, text="Still offline."),)
    assert event.identifiers == (Identifier("PERSON", "Rhea Vance"),)
    assert event.attributes["comment_is_public"] == str(comment["is_public"]).lower()
    assert event.operation is Operation.UPDATE


async def test_a_comment_of_html_alone_is_read_as_plain_text() -> None:
    comment = a_comment(body="", html_body="<p>Still offline,<br>call &amp; see</p>")
    event = await the_event(an_event("comment_added", comment=comment))
    assert event.messages[0].text == "Still offline,\ncall & see"


@pytest.mark.parametrize(
    ("verb", "detail", "happened", "changed"),
    [
        ("subject_changed", {"subject": "Down"}, {"current": "Down", "previous": "Printer offline"}, "subject"),
        ("status_changed", {"status": "SOLVED"}, {"current": "SOLVED", "previous": "OPEN"}, "status"),
        ("priority_changed", {"priority": "LOW"}, {"current": "LOW", "previous": "HIGH"}, "priority"),
        ("tags_changed", {"tags": ["vip"]}, {"tags_added": ["vip"], "tags_removed": []}, "tags"),
        ("agent_assignment_changed", {"assignee_id": "8"}, {"current": "8", "previous": None}, "assignee_id"),
        ("requester_changed", {"requester_id": "9"}, {"current": "9", "previous": "5550"}, "requester_id"),
        (
            "custom_field_changed",
            {},
            {"current": "gold", "previous": None, "field": {"id": "360", "raw_title": "Plan", "type": "tagger"}},
            "Plan",
        ),
    ],
)
async def test_a_changed_field_is_named_and_told_as_it_is_now(
    verb: str, detail: dict[str, Any], happened: dict[str, Any], changed: str
) -> None:
    event = await the_event(an_event(verb, detail=detail, **happened))
    assert event.changed_fields == (changed,)
    assert event.cleared_fields == ()
    shown = {**event.fields, "subject": event.title}[changed]
    assert shown == str(happened.get("current", "vip"))


async def test_what_a_field_was_before_is_not_told() -> None:
    event = await the_event(an_event("status_changed", detail={"status": "SOLVED"}, current="SOLVED", previous="OPEN"))
    assert "OPEN" not in event.fields.values()


async def test_a_field_that_was_emptied_is_cleared() -> None:
    event = await the_event(an_event("priority_changed", detail={"priority": None}, current=None, previous="HIGH"))
    assert (event.changed_fields, event.cleared_fields) == (("priority",), ("priority",))


async def test_what_a_customer_says_of_the_service_is_told() -> None:
    event = await the_event(an_event("csat_received", rating={"score": "bad", "comment": "Never again"}))
    assert event.fields["rating.comment"] == "Never again"


@pytest.mark.parametrize(
    ("verb", "operation", "erasure"),
    [
        ("comment_redacted", Operation.UPDATE, "comment"),
        ("attachment_redacted_from_comment", Operation.UPDATE, "attachment"),
        ("message_redacted", Operation.UPDATE, "message"),
        ("permanently_deleted", Operation.DELETE, "record"),
        ("soft_deleted", Operation.DELETE, None),
    ],
)
async def test_what_was_redacted_or_deleted_leaves_no_content_and_says_what_to_forget(
    verb: str, operation: Operation, erasure: str | None
) -> None:
    event = await the_event(an_event(verb, comment=a_comment(body="my card is 4111")))
    assert (event.operation, event.attributes.get("erasure")) == (operation, erasure)
    assert (event.title, event.text, event.messages, event.fields, event.identifiers) == (None, None, (), {}, ())
    assert event.attributes["comment_id"] == "9911"


async def test_a_list_of_which_only_the_difference_is_told_was_not_emptied() -> None:
    event = await the_event(an_event("followers_changed", added_followers=["881"], removed_followers=[]))
    assert (event.changed_fields, event.cleared_fields) == (("followers",), ())
    assert event.fields["added_followers"] == "881"


async def test_the_text_of_a_record_is_read_without_its_markup() -> None:
    event = await the_event(an_event(detail={"description": "<p>Hi &amp; bye</p>"}))
    assert event.text == "Hi & bye"


async def test_a_message_beside_a_bare_ticket_is_read_and_the_ticket_asked_for() -> None:
    event, request = await told(SAMPLES["message_added"]["body"])
    assert isinstance(event, CrmEvent)
    assert (event.entity, event.record_id) == ("Ticket", "71520")
    assert [(one.author, one.role, one.text) for one in event.messages] == [("Rhea", "customer", "thanks, that helps")]
    assert isinstance(request, Refetch)
    assert (request.entity, request.record_id, request.reason) == ("Ticket", "71520", RefetchReason.IDS_ONLY)
    assert request.request_id == event.event_id
    assert request.attributes["message_id"] == "m-1"


async def test_a_message_without_words_is_a_request_only() -> None:
    body = SAMPLES["message_added"]["body"]
    (request,) = await told(body | {"event": {"actor": {"id": "u", "type": "agent"}, "message": {"id": "m-2"}}})
    assert isinstance(request, Refetch)


@pytest.mark.parametrize(("kind", "role", "people"), [("agent", "agent", 1), ("system", "system", 0)])
async def test_a_machine_that_wrote_a_message_is_no_person(kind: str, role: str, people: int) -> None:
    happened = {
        "actor": {"id": "zd:answerBot", "name": "Answer Bot", "type": kind},
        "message": {"body": "Hi", "id": "1"},
    }
    event, _ = await told(SAMPLES["message_added"]["body"] | {"event": happened})
    assert isinstance(event, CrmEvent)
    assert (event.messages[0].role, len(event.identifiers)) == (role, people)


async def test_an_event_of_another_record_is_told_by_its_own_names() -> None:
    body = an_event("zen:event-type:organization.name_changed", current="Acme", previous="ACME") | {
        "subject": "zen:organization:31",
        "detail": {"id": 31, "name": "Acme", "notes": "Asks for invoices by post."},
    }
    event = await the_event(body)
    assert (event.entity, event.record_id, event.text) == ("Organization", "31", "Asks for invoices by post.")
    assert event.changed_fields == ("name",)


@pytest.mark.parametrize(
    ("body", "own"),
    [
        (an_event("status_changed", current="OPEN"), "881"),
        (an_event("comment_added", comment=a_comment()), "5550"),
        (SAMPLES["message_added"]["body"], "user-abc"),
    ],
    ids=["actor", "author of a comment", "actor of a message"],
)
async def test_what_one_of_our_ids_did_is_our_own_write(body: dict[str, Any], own: str) -> None:
    assert await told(body, rules=rules({own})) == (Skipped(SkipReason.OWN_WRITE),)


async def test_what_must_be_forgotten_is_told_also_where_we_ordered_it() -> None:
    event = await the_event(an_event("comment_redacted", comment=a_comment()), rules=rules({"881"}))
    assert event.attributes["erasure"] == "comment"


async def test_a_field_that_insights_are_written_to_is_our_own_write_whoever_wrote_it() -> None:
    body = an_event("custom_field_changed", current="x", field={"id": "360", "raw_title": "AI summary"})
    said = rules(ticket=TableMapping(insight_fields=("ai_summary",)))
    assert await told(body, rules=said) == (Skipped(SkipReason.OWN_WRITE),)


async def test_a_mapping_names_tenant_department_and_what_is_ignored() -> None:
    said = rules(
        **{"zendesk.ticket": TableMapping(tenant=("organization_id",), department=("group_id",), ignore=("priority",))}
    )
    event = await the_event(an_event(detail={"organization_id": "77"}), rules=said)
    assert (event.tenant, event.department) == ("77", "12")
    assert not {"is_public", "priority"} & event.fields.keys()


async def test_the_requester_is_known_by_the_topic_of_users_where_a_join_says_so() -> None:
    people = Directory()
    people.take("zendesk.users", a_native_event(record_id="5550", identifiers=(Identifier("PERSON", "Rhea Vance"),)))
    join = Join(columns=("requester_id",), topic="zendesk.users", directory=people)
    event = await the_event(an_event(), rules=rules(ticket=TableMapping(joins=(join,))))
    assert event.identifiers == (Identifier("PERSON", "Rhea Vance"),)


async def test_a_record_that_its_mapping_skips_is_skipped() -> None:
    items = await told(an_event(), rules=rules(ticket=TableMapping(skip=True)))
    assert items == (Skipped(SkipReason.CONTROL, "skipped by its mapping"),)


async def test_the_body_s_id_is_the_identity_and_an_invocation_is_not() -> None:
    first = await the_event(an_event(), headers={"x-zendesk-webhook-invocation-id": "1"})
    again = await the_event(an_event(), headers={"x-zendesk-webhook-invocation-id": "2"})
    other = await the_event(an_event() | {"id": "another"})
    foreign = await the_event(an_event() | {"account_id": 5})
    assert first == again
    assert len({first.event_id, other.event_id, foreign.event_id}) == 3


async def test_the_account_is_the_header_s_where_the_body_names_none() -> None:
    event = await the_event(an_event() | {"account_id": None}, headers={"X-Zendesk-Account-Id": "31"})
    assert event.tenant == "31"


@pytest.mark.parametrize(
    ("body", "reason", "word"),
    [
        (b"", DeadLetterReason.UNDECODABLE, "JSON"),
        (b"[]", DeadLetterReason.UNDECODABLE, "object"),
        (an_event() | {"id": None}, DeadLetterReason.NO_IDENTITY, "id is missing"),
        (an_event() | {"subject": "Ann", "detail": {}}, DeadLetterReason.NO_IDENTITY, "detail.id"),
        (an_event() | {"time": "Ann"}, DeadLetterReason.UNDECODABLE, "time"),
        (an_event("zen:event-type:ticket"), DeadLetterReason.UNDECODABLE, "type"),
    ],
)
async def test_what_cannot_be_told_is_a_data_fault_that_names_the_field(
    body: Any, reason: DeadLetterReason, word: str
) -> None:
    with pytest.raises(DataFault, match=word) as caught:
        await told(body)
    assert caught.value.reason is reason
    assert "Ann" not in caught.value.detail


async def test_a_null_is_a_tombstone() -> None:
    assert await told(None) == (Skipped(SkipReason.TOMBSTONE),)
