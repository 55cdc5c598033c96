"""Envelopes, flattened rows, outbox events and what tells of no row: each read for what it is."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault, DependencyFault
from schemas.events import Operation
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.sources import TableMapping
from tests.unit.debezium.records import a_record, adapted, an_envelope, rules, the_event, the_skip

KEY = {"id": 5012}
PLACEHOLDER = "__debezium_unavailable_value"


# ---- control records ---------------------------------------------------------------------------------------------

CONTROL: dict[str, tuple[str, Any, Any]] = {
    "heartbeat": ("__debezium-heartbeat.crm", {"serverName": "crm"}, {"ts_ms": 1764032700000}),
    "transaction": (
        "crm.transaction",
        {"id": "7741:990112"},
        {"status": "END", "id": "7741:990112", "ts_ms": 1, "event_count": 3, "data_collections": []},
    ),
    "schema_change": (
        "crmmy",
        {"databaseName": "crm"},
        {"source": {"connector": "mysql"}, "databaseName": "crm", "ddl": "ALTER TABLE tickets", "tableChanges": []},
    ),
    "truncate": ("crm.public.notes", None, an_envelope("t")),
    "message": ("crm.message", {"prefix": "audit"}, {**an_envelope("m"), "message": {"content": "aGk="}}),
    "signal": ("crm.signals", b"crm", {"id": "ad-hoc-1", "type": "execute-snapshot", "data": {}}),
    "notification": (
        "crm.notifications",
        {"id": "1"},
        {"id": "1", "type": "COMPLETED", "aggregate_type": "Initial Snapshot", "additional_data": {}},
    ),
}


@pytest.mark.parametrize("kind", CONTROL)
async def test_a_control_record_is_skipped_with_its_kind(kind: str) -> None:
    topic, key, value = CONTROL[kind]
    assert await the_skip(a_record(value, key, topic=topic)) == Skipped(SkipReason.CONTROL, kind)


async def test_a_null_value_is_a_tombstone_and_empty_bytes_are_none() -> None:
    assert await the_skip(a_record(None, KEY)) == Skipped(SkipReason.TOMBSTONE)
    with pytest.raises(DataFault) as caught:
        await adapted(a_record(b"", KEY))
    assert caught.value.reason is DeadLetterReason.UNDECODABLE


# ---- envelopes ---------------------------------------------------------------------------------------------------


async def test_an_envelope_becomes_an_event() -> None:
    after = {"id": 5012, "subject": "Refund", "body": "Not received", "tenant_id": "acme", "email": "ann@example.com"}
    event = await the_event(a_record(an_envelope("c", after=after), KEY))
    assert (event.source, event.tenant, event.entity, event.record_id) == (
        "/debezium/postgresql/crm", "acme", "Ticket", "5012",
    )  # fmt: skip
    assert (event.operation, event.occurred_at) == (Operation.CREATE, 1764032400123)
    assert (event.title, event.text, event.fields) == ("Refund", "Not received", {})
    assert event.attributes == {"db": "crmdb", "schema": "public", "table": "tickets"}


async def test_what_the_row_before_shows_is_told_as_changed_and_cleared() -> None:
    before = {"id": 5012, "status": "open", "owner": "kim", "body": "Hi"}
    event = await the_event(a_record(an_envelope(before=before, after=before | {"status": "won", "owner": None}), KEY))
    assert (event.changed_fields, event.cleared_fields) == (("status", "owner"), ("owner",))


async def test_a_row_before_of_nothing_but_made_up_values_shows_nothing() -> None:
    before = {"id": 0, "status": "", "opened_at": "1970-01-01T00:00:00.000000Z", "body": None}
    event = await the_event(a_record(an_envelope(before=before, after=KEY | {"status": "open"}), KEY))
    assert (event.changed_fields, event.cleared_fields) == ((), ())


@pytest.mark.parametrize(
    "value",
    [
        PLACEHOLDER,
        "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
        PLACEHOLDER.encode().hex(),
        [PLACEHOLDER],
        list(PLACEHOLDER.encode()),
        {PLACEHOLDER: PLACEHOLDER},
        [[PLACEHOLDER]],
    ],
)
async def test_the_stand_in_for_a_large_value_is_unchanged_in_every_form(value: Any) -> None:
    event = await the_event(a_record(an_envelope(after=KEY | {"subject": "Stuck", "body": value}), KEY))
    assert (event.title, event.text, event.fields, event.unchanged_fields) == ("Stuck", None, {}, ("body",))


async def test_a_large_value_that_was_not_sent_is_taken_from_the_row_before() -> None:
    before = {"id": 5012, "body": "The whole transcript", "status": "open"}
    event = await the_event(
        a_record(an_envelope(before=before, after=before | {"body": PLACEHOLDER, "status": "done"}), KEY)
    )
    assert (event.text, event.unchanged_fields, event.changed_fields) == ("The whole transcript", (), ("status",))


@pytest.mark.parametrize(
    ("place", "tenant"), [("source.schema", "acme"), ("source.db", "crmdb"), ("source.name", "crm")]
)
async def test_where_a_row_lies_can_be_its_tenant_also_when_it_is_deleted(place: str, tenant: str) -> None:
    said = rules(tickets=TableMapping(tenant=(place,)))
    for value in (an_envelope("c", after=KEY, schema="acme"), an_envelope("d", before=KEY, schema="acme")):
        assert (await the_event(a_record(value, KEY), said)).tenant == tenant


async def test_a_deleted_row_keeps_its_tenant_where_that_is_not_made_up() -> None:
    for tenant, expected in (("acme", "acme"), ("", "default"), (0, "default")):
        event = await the_event(a_record(an_envelope("d", before=KEY | {"tenant_id": tenant, "body": "x"}), KEY))
        assert (event.operation, event.tenant, event.text) == (Operation.DELETE, expected, None)


async def test_a_changed_key_is_one_event_and_its_delete_is_skipped() -> None:
    gone = a_record(an_envelope("d", before={"id": 9}), {"id": 9}, {"__debezium.newkey": {"id": 1009}})
    assert await the_skip(gone) == Skipped(SkipReason.CONTROL, "rekey")
    created = an_envelope("c", after={"id": 1009, "name": "Ines Calloway"}, table="contacts")
    event = await the_event(a_record(created, {"id": 1009}, {"__debezium.oldkey": {"id": 9}}))
    assert (event.operation, event.record_id, event.attributes["old_record_id"]) == (Operation.REKEY, "1009", "9")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (an_envelope("x", after=KEY), "op is none of"),
        (an_envelope("u", after=None), "no row in after"),
        ([1, 2], "no object"),
        (b"\xff", "not UTF-8"),
        (b"refund", "no JSON"),
    ],
)
async def test_what_is_no_change_is_undecodable_and_says_why(value: Any, said: str) -> None:
    with pytest.raises(DataFault, match=said) as caught:
        await adapted(a_record(value, KEY))
    assert caught.value.reason is DeadLetterReason.UNDECODABLE


async def test_avro_without_a_registry_waits_for_one() -> None:
    with pytest.raises(DependencyFault, match="SCHEMA_REGISTRY__URL"):
        await adapted(a_record(b"\x00\x00\x00\x00\x07abc", KEY))


# ---- types of JSON -----------------------------------------------------------------------------------------------


async def test_json_with_its_schema_tells_decimals_and_times() -> None:
    row_schema = {
        "type": "struct",
        "fields": [
            {"field": "id", "type": "int32"},
            {"field": "amount", "type": "bytes", "name": "org.apache.kafka.connect.data.Decimal",
             "parameters": {"scale": "2"}},
            {"field": "updated_at", "type": "int64", "name": "io.debezium.time.MicroTimestamp"},
            {"field": "photo", "type": "bytes", "optional": True},
        ],
    }  # fmt: skip
    schema = {"type": "struct", "fields": [row_schema | {"field": "after"}, {"field": "op", "type": "string"}]}
    after = {"id": 4, "amount": "AL68Ug==", "updated_at": 1764032400123456, "photo": "3q2+7w=="}
    event = await the_event(a_record({"schema": schema, "payload": an_envelope(after=after)}, {"id": 4}))
    assert event.fields == {"amount": "125000.50", "updated_at": "2025-11-25T01:00:00.123456Z"}


async def test_where_json_has_no_schema_the_settings_tell_the_types() -> None:
    types = {
        "amount": "org.apache.kafka.connect.data.Decimal:2",
        "close_date": "io.debezium.time.Date",
        "updated_at": "io.debezium.time.MicroTimestamp",
    }
    after = {"id": 4, "amount": "AL68Ug==", "discount": {"scale": 3, "value": "+x4="}, "close_date": 20453,
             "updated_at": 1764032400123456}  # fmt: skip
    event = await the_event(
        a_record(an_envelope(after=after, table="deals"), {"id": 4}), rules(deals=TableMapping(types=types))
    )
    assert event.fields == {
        "amount": "125000.50",
        "discount": "-1.250",
        "close_date": "2025-12-31",
        "updated_at": "2025-11-25T01:00:00.123456Z",
    }


# ---- flattened rows ----------------------------------------------------------------------------------------------


async def test_a_flattened_row_is_read_with_what_the_transformation_added() -> None:
    row = {"id": 5012, "subject": "Stuck", "__op": "c", "__table": "tickets", "__lsn": 990112,
           "__source_ts_ms": 1764032400123, "__source_txId": 7741, "__deleted": "false"}  # fmt: skip
    event = await the_event(a_record(row, KEY, topic="flat"))
    assert (event.operation, event.entity, event.occurred_at) == (Operation.CREATE, "Ticket", 1764032400123)
    assert (event.title, event.fields) == ("Stuck", {})
    moved = await the_event(a_record(row, KEY, topic="flat", offset=99))
    assert moved.event_id == event.event_id


@pytest.mark.parametrize("gone", [{"__deleted": "true"}, {"__deleted": True}, {"__op": "d"}])
async def test_a_flattened_delete_is_one(gone: dict[str, Any]) -> None:
    event = await the_event(a_record({"id": 5012, "subject": "Stuck", "__lsn": 1} | gone, KEY))
    assert (event.operation, event.title) == (Operation.DELETE, None)


async def test_what_was_added_may_stand_in_headers() -> None:
    headers = {"__op": "d", "__lsn": "990480", "__source_ts_ms": "1764032400123"}
    event = await the_event(a_record({"id": 5012, "subject": "Stuck"}, KEY, headers))
    assert (event.operation, event.occurred_at) == (Operation.DELETE, 1764032400123)


# ---- the outbox --------------------------------------------------------------------------------------------------

OUTBOX = {"id": "0f4c1f6e-2f0b-4f0e-9a6e-5d5a6a1f3310", "eventType": "CaseEscalated"}


@pytest.mark.parametrize("value", [{"caseId": 310, "reason": "SLA breach"}, '{"caseId": 310, "reason": "SLA breach"}'])
async def test_an_outbox_event_is_identified_by_its_header(value: Any) -> None:
    event = await the_event(a_record(value, b"310", OUTBOX, topic="outbox.event.case", timestamp_ms=1764032400000))
    assert (event.entity, event.record_id, event.operation) == ("Case", "310", Operation.UPDATE)
    assert (event.occurred_at, event.fields) == (1764032400000, {"reason": "SLA breach"})
    again = await the_event(a_record(value, b"310", OUTBOX, topic="outbox.event.case", offset=7))
    other = await the_event(a_record(value, b"310", OUTBOX | {"id": "other"}, topic="outbox.event.case"))
    assert again.event_id == event.event_id != other.event_id


async def test_an_outbox_event_whose_payload_names_us_as_the_writer_is_our_own() -> None:
    said = rules(frozenset({"insight-sync"}), case=TableMapping(writer=("via",)))
    value = {"text": "x", "via": "insight-sync"}
    ours = await adapted(a_record(value, b"310", OUTBOX, topic="outbox.event.case"), said)
    assert ours == (Skipped(SkipReason.OWN_WRITE),)


async def test_an_outbox_event_may_be_plain_text() -> None:
    event = await the_event(a_record(b"The customer called.", b"310", OUTBOX, topic="outbox.event.case"))
    assert event.text == "The customer called."
