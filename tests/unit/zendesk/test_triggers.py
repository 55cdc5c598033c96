"""What Zendesk's triggers send: whatever their authors typed, identified by what the settings name."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import Identifier
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.sources import TableMapping
from tests.unit.zendesk.bodies import an_event, rules, the_event, told

FLAT = {
    "ticket_id": "71500",
    "ticket_title": "Printer offline",
    "latest_comment": "Still offline &amp; <b>nobody</b> calls",
    "requester_name": "Rhea Vance",
    "requester_email": "rhea@vance.example",
    "updated_at": "2025-11-25T01:00:00Z",
}
NESTED = {
    "ticket": {"id": "71500", "title": "Printer offline", "description": "Down", "updated_at": "2025-11-25T01:00:00Z"},
    "current_user": {"id": "881", "name": "Kim Lee"},
}
VERSIONED = rules(zendesk=TableMapping(version=("updated_at",)))


@pytest.mark.parametrize("body", [FLAT, NESTED])
async def test_a_body_without_an_id_is_refused_unless_the_mapping_names_what_differs(body: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match=r"mappings\.zendesk\.version") as caught:
        await told(body)
    assert caught.value.reason is DeadLetterReason.NO_IDENTITY


async def test_a_flat_body_is_read_by_its_names_without_markup() -> None:
    event = await the_event(FLAT, rules=VERSIONED)
    assert (event.entity, event.record_id, event.title) == ("Ticket", "71500", "Printer offline")
    assert event.text == "Still offline & nobody calls"
    assert event.identifiers == (Identifier("PERSON", "Rhea Vance"), Identifier("EMAIL", "rhea@vance.example"))
    assert event.occurred_at == 1764032400000


async def test_an_id_beside_the_ticket_s_is_not_taken_for_it() -> None:
    assert (await the_event({"id": "30064117810589", **FLAT}, rules=VERSIONED)).record_id == "71500"


async def test_a_nested_body_is_read_as_if_it_were_flat() -> None:
    event = await the_event(NESTED, rules=VERSIONED)
    assert (event.record_id, event.title, event.text, event.actor) == ("71500", "Printer offline", "Down", "881")
    assert Identifier("PERSON", "Kim Lee") in event.identifiers


async def test_the_same_version_is_the_same_change_whatever_the_invocation() -> None:
    first = await the_event(FLAT, rules=VERSIONED, headers={"x-zendesk-webhook-invocation-id": "1"})
    again = await the_event(FLAT, rules=VERSIONED, headers={"x-zendesk-webhook-invocation-id": "2"})
    later = await the_event(FLAT | {"updated_at": "2025-11-25T01:00:01Z"}, rules=VERSIONED)
    other = await the_event(FLAT | {"ticket_id": "71501"}, rules=VERSIONED)
    assert first.event_id == again.event_id
    assert len({first.event_id, later.event_id, other.event_id}) == 3


async def test_a_version_that_the_body_lacks_is_no_identity() -> None:
    with pytest.raises(DataFault, match="version"):
        await told(FLAT | {"updated_at": None}, rules=VERSIONED)


async def test_a_mapping_names_the_ticket_s_id_and_the_tenant() -> None:
    said = rules(**{"zendesk.trigger": TableMapping(record_id=("nr",), version=("nr", "at"), tenant=("brand",))})
    event = await the_event({"nr": 7, "at": 1, "brand": "acme", "comment": "x"}, rules=said)
    assert (event.record_id, event.tenant, event.text) == ("7", "acme", "x")


async def test_a_body_without_a_ticket_s_id_is_no_identity() -> None:
    with pytest.raises(DataFault, match=r"mappings\.zendesk\.record_id"):
        await told({"comment": "x", "updated_at": "1"}, rules=VERSIONED)


async def test_the_account_is_told_by_subdomain_or_header() -> None:
    assert (await the_event(FLAT | {"subdomain": "acme"}, rules=VERSIONED)).tenant == "acme"
    assert (await the_event(FLAT, rules=VERSIONED, headers={"x-zendesk-account-id": "31"})).tenant == "31"
    assert (await the_event(FLAT, rules=VERSIONED)).tenant == "default"


async def test_a_ticket_is_the_same_tenant_s_in_what_a_trigger_and_an_event_tell() -> None:
    event = await the_event(an_event())
    sent = {"x-zendesk-account-id": "224466"}
    triggered = await the_event(FLAT | {"subdomain": "acme"}, rules=VERSIONED, headers=sent)
    assert triggered.key == event.key


async def test_a_time_in_words_is_replaced_by_that_of_the_record() -> None:
    for unclear in ("November 25, 2025", "1764032400"):
        event = await the_event(FLAT | {"updated_at": unclear}, rules=VERSIONED)
        assert event.occurred_at == 1764000000000


async def test_a_trigger_that_our_own_user_set_off_is_our_own_write() -> None:
    said = rules({"881"}, zendesk=TableMapping(version=("updated_at",)))
    assert await told(NESTED, rules=said) == (Skipped(SkipReason.OWN_WRITE),)


async def test_the_company_that_an_author_sends_is_not_the_tenant_unless_it_is_called_so() -> None:
    sent = {"x-zendesk-account-id": "224466"}
    assert (await the_event(FLAT | {"org_id": "9"}, rules=VERSIONED, headers=sent)).tenant == "224466"
    assert (await the_event(FLAT | {"tenant": "acme"}, rules=VERSIONED, headers=sent)).tenant == "acme"
