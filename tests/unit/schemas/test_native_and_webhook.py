"""Change events as they are, and what came in by HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.avro import event_schema
from schemas.codec import EventWriter, StaticSchemas
from schemas.errors import DataFault, DependencyFault
from schemas.event_json import event_to_json
from schemas.events import CrmEvent
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.sources import SourceRecord, SourceRules, adapter, forwarded_headers, source_of_post
from tests.unit.schemas.builders import EVENT_ID, a_record, an_event

SCHEMAS = StaticSchemas({EVENT_ID: event_schema()})
RULES = SourceRules(own_ids=frozenset({"bot-7"}))
NATIVE = adapter("native", SCHEMAS, RULES)
WEBHOOK = adapter("webhook", SCHEMAS, RULES)
CLOUD_EVENT = {"specversion": "1.0", "id": "1", "source": "/crm", "type": "case.updated", "subject": "310"}


async def the_fault(record: SourceRecord, adapter_: Any = NATIVE) -> DataFault:
    with pytest.raises(DataFault) as caught:
        await adapter_.adapt(record)
    return caught.value


async def test_avro_and_json_give_the_same_event() -> None:
    event = an_event(tenant="acme", fields={"status": "open"})
    assert await NATIVE.adapt(a_record(EventWriter(EVENT_ID).write(event))) == (event,)
    assert await NATIVE.adapt(a_record(event_to_json(event))) == (event,)


async def test_a_null_is_a_tombstone() -> None:
    assert await NATIVE.adapt(a_record(None)) == (Skipped(SkipReason.TOMBSTONE),)


@pytest.mark.parametrize("changes", [{"actor": "bot-7"}, {"source": "bot-7"}])
async def test_our_own_writes_are_skipped(changes: dict[str, str]) -> None:
    record = a_record(event_to_json(an_event(**changes)))
    assert await NATIVE.adapt(record) == (Skipped(SkipReason.OWN_WRITE),)


@pytest.mark.parametrize("value", [b"", b"[]", b"null", b"{", b"\x01\x02", b"plain text"])
async def test_what_is_neither_is_undecodable(value: bytes) -> None:
    assert (await the_fault(a_record(value))).reason is DeadLetterReason.UNDECODABLE


async def test_avro_without_a_registry_waits_for_one_instead_of_being_lost() -> None:
    with pytest.raises(DependencyFault) as caught:
        await adapter("native", None, RULES).adapt(a_record(EventWriter(EVENT_ID).write(an_event())))
    assert caught.value.alarm
    assert "CRM_INSIGHTS_SCHEMA_REGISTRY__URL" in caught.value.detail


def test_an_unknown_adapter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'zendsk' is no adapter\. Known: cloudevents, debezium, .*native, .*webhook"):
        adapter("zendsk", None, RULES)


async def test_a_webhook_record_goes_to_the_adapter_that_its_header_names() -> None:
    record = a_record(event_to_json(an_event()), headers={"crm_insights.source": "native"})
    assert await WEBHOOK.adapt(record) == (an_event(),)


async def test_http_s_binary_cloudevents_are_read_as_kafka_s() -> None:
    headers = {
        "crm_insights.source": "cloudevents",
        "Content-Type": "application/json",
        "Ce-Id": "1",
        "Ce-Source": "/crm/%C3%A9",
        "Ce-Type": "case.updated",
        "Ce-Subject": "310",
    }
    (event,) = await WEBHOOK.adapt(a_record({"note": "x"}, key="cloudevents/acme", headers=headers))
    assert isinstance(event, CrmEvent)
    assert (event.source, event.record_id, event.text) == ("/crm/é", "310", "x")


async def test_the_key_of_a_webhook_record_is_not_taken_for_the_record_s_id() -> None:
    envelope = CLOUD_EVENT | {"subject": None, "data": {"note": "x"}}
    record = a_record(envelope, key="cloudevents/acme", headers={"crm_insights.source": "cloudevents"})
    assert (await the_fault(record, WEBHOOK)).reason is DeadLetterReason.NO_IDENTITY


@pytest.mark.parametrize("headers", [{}, {"crm_insights.source": "zendsk"}, {"crm_insights.source": "webhook"}])
async def test_a_webhook_record_that_names_no_adapter_is_undecodable(headers: dict[str, str]) -> None:
    assert (await the_fault(a_record({}, headers=headers), WEBHOOK)).reason is DeadLetterReason.UNDECODABLE


@pytest.mark.parametrize(
    ("headers", "body", "source"),
    [
        ({"Content-Type": "application/cloudevents+json; charset=utf-8"}, b"{}", "cloudevents"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", "cloudevents"),
        ({"content-type": "application/json", "Ce-Id": "1"}, b"{}", "cloudevents"),
        ({"content-type": "application/json"}, json.dumps(CLOUD_EVENT).encode(), "cloudevents"),
        ({"content-type": "application/json"}, b'{"event_id":"1"}', "native"),
        ({}, b"\xff[", "native"),
        ({}, b"[" * 100_000, "native"),
    ],
)
def test_a_posted_body_is_known_by_its_type_its_headers_or_itself(
    headers: dict[str, str], body: bytes, source: str
) -> None:
    assert source_of_post(headers, body) == source


def test_tracing_and_cloudevents_headers_go_on_each_once_and_never_null() -> None:
    found = [
        ("traceparent", b"00-a-b-01"),
        ("Traceparent", b"00-c-d-01"),
        ("tracestate", None),
        ("correlation_id", b"7"),
        ("ce_id", b"1"),
        ("Ce-Type", b"case.updated"),
        ("authorization", b"Bearer secret"),
        ("crm_insights.source", b"native"),
        ("ce_big", b"x" * 3000),
    ]
    assert forwarded_headers(found) == (
        ("traceparent", b"00-a-b-01"),
        ("correlation_id", b"7"),
        ("ce_id", b"1"),
        ("ce_type", b"case.updated"),
    )


def test_the_headers_that_go_on_are_bounded() -> None:
    assert len(forwarded_headers((f"ce_x{number}", b"") for number in range(1000))) == 32
