"""POST /v1/events, below HTTP: what is stored, under which key and headers, and when it is said to be."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.exceptions import NotReady

from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.sources import SourceRecord, SourceRules, adapter
from streams.delivery.publisher import Publisher
from streams.delivery.stages import Stages
from streams.web import inbox
from streams.web.inbox import EventInbox
from tests.unit.streams.bench import a_poison_watch
from tests.unit.streams.kafka import WEBHOOKS, FakeApp, Sent, settle

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE = json.dumps(
    {
        "event_id": "e1",
        "source": "zendesk/acme",
        "entity": "Ticket",
        "record_id": "1",
        "occurred_at": "2026-11-24T00:00:00Z",
        "text": "Hi",
    }
).encode()
CLOUD_EVENT = json.dumps(
    {"specversion": "1.0", "id": "9", "source": "/crm", "type": "ticket", "data": {"id": 1, "text": "Hi"}}
).encode()


def an_inbox(
    app: FakeApp, rules: SourceRules | None = None, on_fatal: Callable[[Exception], None] = lambda _: None
) -> EventInbox:
    webhooks = adapter("webhook", None, rules or SourceRules())
    return EventInbox(Publisher(cast("Any", app)), WEBHOOKS, webhooks, Stages(a_poison_watch(app)), on_fatal)


async def test_the_body_is_stored_as_it_came() -> None:
    app = FakeApp()
    assert await an_inbox(app).accept(NATIVE, {"Content-Type": "application/json"}) == 1
    (sent,) = app.producer.on(WEBHOOKS)
    assert sent.value == NATIVE


async def test_what_is_stored_is_what_intake_reads() -> None:
    app = FakeApp()
    await an_inbox(app).accept(NATIVE, {})
    (sent,) = app.producer.sent
    stored = tuple((name, value or b"") for name, value in sent.headers.items())
    record = SourceRecord(WEBHOOKS, 0, 0, 0, sent.key, sent.value, stored)
    (event,) = await adapter("webhook", None, SourceRules()).adapt(record)
    assert getattr(event, "event_id", None) == "e1"


async def test_a_batch_counts_its_events() -> None:
    body = json.dumps([json.loads(CLOUD_EVENT), json.loads(CLOUD_EVENT) | {"id": "10"}]).encode()
    app = FakeApp()
    assert await an_inbox(app).accept(body, {"Content-Type": "application/cloudevents-batch+json"}) == 2
    assert len(app.producer.sent) == 1


async def test_an_own_write_is_accepted_and_left_to_intake() -> None:
    app = FakeApp()
    assert await an_inbox(app, SourceRules(own_ids=frozenset({"zendesk/acme"}))).accept(NATIVE, {}) == 1


async def test_of_the_senders_headers_only_those_that_mean_something_are_kept() -> None:
    app = FakeApp()
    headers = {
        "Authorization": "Bearer hush",
        "Cookie": "hush",
        "Content-Type": "application/json",
        "TraceParent": "00-1-2-01",
        "X-Forwarded-For": "10.0.0.1",
    }
    await an_inbox(app).accept(NATIVE, headers)
    assert app.producer.sent[0].headers == {
        "content-type": b"application/json",
        "traceparent": b"00-1-2-01",
        "crm_insights.source": b"native",
    }


async def test_a_sender_cannot_name_the_adapter_by_a_header() -> None:
    app = FakeApp()
    await an_inbox(app).accept(NATIVE, {"crm_insights.source": "webhook"})
    assert app.producer.sent[0].headers["crm_insights.source"] == b"native"


async def test_events_of_one_sender_share_a_key() -> None:
    app = FakeApp()
    await an_inbox(app).accept(b'{"id": 1, "text": "Hi"}', {"ce-id": "1", "ce-source": "/crm/acme", "ce-type": "ticket",
        "ce-specversion": "1.0"})  # fmt: skip
    assert app.producer.sent[0].key == b"cloudevents//crm/acme"


@pytest.mark.parametrize(
    ("change", "said"),
    [({"event_id": None}, "event_id"), ({"occurred_at": "yesterday"}, "occurred_at"), ({"text": ["x"]}, "text")],
)
async def test_a_mistake_names_the_field_and_stores_nothing(change: dict[str, Any], said: str) -> None:
    app = FakeApp()
    with pytest.raises(DataFault) as caught:
        await an_inbox(app).accept(json.dumps(json.loads(NATIVE) | change).encode(), {})
    assert said in caught.value.detail
    assert app.producer.sent == []


async def test_an_empty_batch_holds_no_event() -> None:
    with pytest.raises(DataFault, match="holds no event"):
        await an_inbox(FakeApp()).accept(b"[]", {"Content-Type": "application/cloudevents-batch+json"})


async def test_it_answers_only_after_the_acknowledgement() -> None:
    app = FakeApp()
    app.producer.acknowledges = lambda _: False
    task = asyncio.create_task(an_inbox(app).accept(NATIVE, {}))
    await settle()
    assert not task.done()
    app.producer.sent[0].acknowledge()
    assert await task == 1


async def broker_fault(app: FakeApp) -> DependencyFault:
    with pytest.raises(DependencyFault) as caught:
        await an_inbox(app).accept(NATIVE, {})
    assert caught.value.dependency is Dependency.BROKER
    return caught.value


async def test_a_broker_that_does_not_answer_in_time_is_a_dependency_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "ACKNOWLEDGE_WITHIN_S", 0.01)
    app = FakeApp()
    app.producer.acknowledges = lambda _: False
    await broker_fault(app)


async def test_a_broker_that_never_said_whether_it_has_the_record_is_a_dependency_fault() -> None:
    app = FakeApp()

    def loses_it(sent: Sent) -> bool:
        sent.future.set_exception(KafkaTimeoutError())
        return False

    app.producer.acknowledges = loses_it
    await broker_fault(app)


async def test_a_producer_that_has_not_started_is_a_dependency_fault() -> None:
    app = FakeApp()
    app.producer.faults = [NotReady("Producer service not yet started")]
    await broker_fault(app)


async def test_an_avro_body_without_a_registry_is_a_dependency_fault() -> None:
    with pytest.raises(DependencyFault) as caught:
        await an_inbox(FakeApp()).accept(b"\x00\x00\x00\x00\x07body", {})
    assert caught.value.dependency is Dependency.REGISTRY


async def test_a_post_of_which_nobody_knows_whether_it_is_there_ends_the_process() -> None:
    """The producer may have lost its place in the partition for good; only another process gets a new one."""
    app = FakeApp()
    fatal: list[Exception] = []

    def never_answered(sent: Sent) -> bool:
        sent.future.set_exception(KafkaTimeoutError())
        return False

    app.producer.acknowledges = never_answered
    with pytest.raises(DependencyFault):
        await an_inbox(app, on_fatal=fatal.append).accept(NATIVE, {})
    assert [type(error).__name__ for error in fatal] == ["UnknownDeliveryError"]
