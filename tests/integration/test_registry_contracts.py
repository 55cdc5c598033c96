"""Our contracts against a real registry: registered, checked, enforced, and read by id."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from schemas.codec import EventReader, EventWriter, InsightWriter, event_id_of_key
from schemas.errors import DataFault, DependencyFault
from schemas.events import CrmEvent, Message
from schemas.insights import CrmInsight
from schemas.outcomes import DeadLetterReason
from schemas.registry import (
    Contract,
    ContractProblem,
    Registry,
    SchemaMissing,
    SchemaRefused,
    contracts,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.kafka

EVENT = CrmEvent(
    event_id="evt-1",
    source="zendesk/acme",
    entity="Ticket",
    record_id="5012",
    occurred_at=1764032400123,
    messages=(Message(author="Ann", sent_at=1764032400000, text="The export is stuck."),),
)
INSIGHT = CrmInsight(
    event_id="evt-1",
    tenant="default",
    source="zendesk/acme",
    entity="Ticket",
    record_id="5012",
    operation="UPDATE",
    occurred_at=1764032400123,
    enriched_at=1764032410000,
    content_fingerprint="f" * 64,
    kind="interaction_summary",
    action_items=("Call Ann",),
    answer_json="{}",
    model="gpt-5-mini",
    provider="openai",
    prompt_version="1",
)


@pytest.fixture
async def client(registry_url: str) -> AsyncIterator[Registry]:
    made = Registry(registry_url)
    yield made
    await made.aclose()


@pytest.fixture
def ours() -> tuple[Contract, ...]:
    """Contracts of topics that no other test uses: the registry lives as long as the session."""
    name = uuid.uuid4().hex[:8]
    return contracts(f"events-{name}", f"insights-{name}", f"refetch-{name}")


def changed(contract: Contract, *fields: dict[str, Any]) -> Contract:
    schema = {**contract.schema, "fields": [*contract.schema["fields"], *fields]}
    return Contract(contract.subject, schema, contract.compatibility)


async def test_a_contract_is_missing_until_it_is_registered_and_fine_from_then_on(
    client: Registry, ours: tuple[Contract, ...]
) -> None:
    for contract in ours:
        assert (await client.check(contract)).problem is ContractProblem.SUBJECT_MISSING
        with pytest.raises(SchemaMissing):
            await client.id_of(contract)
        schema_id = await client.register(contract)
        state = await client.check(contract)
        assert (state.problem, state.schema_id, state.compatibility) == (None, schema_id, contract.compatibility)
        assert await client.id_of(contract) == schema_id


async def test_registering_again_changes_nothing(client: Registry, ours: tuple[Contract, ...]) -> None:
    first = [await client.register(contract) for contract in ours]
    assert [await client.register(contract) for contract in ours] == first


async def test_an_event_is_decoded_by_the_id_that_it_was_written_with(
    client: Registry, ours: tuple[Contract, ...]
) -> None:
    schema_id = await client.register(ours[0])
    assert await EventReader(client).read(EventWriter(schema_id).write(EVENT)) == EVENT


async def test_an_event_of_a_producer_that_knows_fewer_fields_is_decoded(
    client: Registry, registry_url: str, ours: tuple[Contract, ...]
) -> None:
    await client.register(ours[0])
    required = [field for field in ours[0].schema["fields"] if "default" not in field]
    older = Contract(f"older-{ours[0].subject}", {**ours[0].schema, "fields": required}, "NONE")
    written = await asyncio.to_thread(
        serialized, registry_url, older, {name: getattr(EVENT, name) for name in [f["name"] for f in required]}
    )
    event = await EventReader(client).read(written)
    assert (event.event_id, event.record_id, event.occurred_at) == ("evt-1", "5012", 1764032400123)


async def test_insights_are_read_by_confluent_s_own_deserializer(
    client: Registry, registry_url: str, ours: tuple[Contract, ...]
) -> None:
    _, key, value, _ = [await client.register(contract) for contract in ours]
    writer = InsightWriter(key, value)
    read_key, read_value = await asyncio.to_thread(
        deserialized, registry_url, writer.key("evt-1"), writer.value(INSIGHT)
    )
    assert read_key == {"event_id": "evt-1"}
    assert event_id_of_key(writer.key("evt-1")) == "evt-1"
    assert read_value["occurred_at"].isoformat() == "2025-11-25T01:00:00.123000+00:00"
    assert (read_value["action_items"], read_value["mentioned_competitors"]) == (["Call Ann"], None)


async def test_a_later_version_with_a_nullable_field_passes_and_ours_stays_registered(
    client: Registry, ours: tuple[Contract, ...]
) -> None:
    for contract in ours:
        schema_id = await client.register(contract)
        added = {"name": "later", "type": ["null", "string"], "default": None, "doc": "Later."}
        assert await client.register(changed(contract, added)) != schema_id
        assert (await client.check(contract)).schema_id == schema_id


async def test_an_incompatible_version_is_refused_because_registering_set_the_level(
    client: Registry, ours: tuple[Contract, ...]
) -> None:
    for contract in ours:
        await client.register(contract)
        breaking = changed(contract, {"name": "required", "type": "string", "doc": "No default."})
        assert (await client.check(breaking)).problem is ContractProblem.INCOMPATIBLE
        with pytest.raises(SchemaRefused, match=contract.subject):
            await client.register(breaking)


async def test_a_level_that_was_lowered_is_found(client: Registry, ours: tuple[Contract, ...]) -> None:
    value = ours[2]
    await client.register(value)
    await client.register(Contract(value.subject, value.schema, "BACKWARD"))
    state = await client.check(value)
    assert (state.problem, state.compatibility) == (ContractProblem.LEVEL_WRONG, "BACKWARD")
    await client.register(value)
    assert (await client.check(value)).fine


async def test_an_unknown_id_is_a_data_fault(client: Registry) -> None:
    with pytest.raises(DataFault) as caught:
        await client.schema(2_000_000_000)
    assert caught.value.reason is DeadLetterReason.UNKNOWN_SCHEMA


async def test_a_wrong_path_on_the_registry_s_host_is_a_dependency_fault(registry_url: str) -> None:
    lost = Registry(registry_url.split("/apis/", maxsplit=1)[0] + "/nowhere")
    with pytest.raises(DependencyFault) as caught:
        await lost.schema(1)
    assert caught.value.alarm
    await lost.aclose()


async def test_the_registry_answers_a_ping(client: Registry) -> None:
    await client.ping()


def serialized(url: str, contract: Contract, record: dict[str, Any]) -> bytes:
    """Write with confluent-kafka's serializer, registering on the way, as a producer that is not ours does."""
    from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415 -- heavy
    from confluent_kafka.schema_registry.avro import AvroSerializer  # noqa: PLC0415 -- heavy
    from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: PLC0415 -- heavy

    with SchemaRegistryClient({"url": url, "timeout": 10}) as confluent:
        serializer = AvroSerializer(confluent, json.dumps(contract.schema))
        topic = contract.subject.removesuffix("-value")
        written: bytes = serializer(record, SerializationContext(topic, MessageField.VALUE))
    return written


def deserialized(url: str, key: bytes, value: bytes) -> tuple[Any, Any]:
    """Read with confluent-kafka's deserializer, which knows nothing but the registry."""
    from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415 -- heavy
    from confluent_kafka.schema_registry.avro import AvroDeserializer  # noqa: PLC0415 -- heavy
    from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: PLC0415 -- heavy

    with SchemaRegistryClient({"url": url, "timeout": 10}) as confluent:
        deserializer = AvroDeserializer(confluent)
        return (
            deserializer(key, SerializationContext("insights", MessageField.KEY)),
            deserializer(value, SerializationContext("insights", MessageField.VALUE)),
        )
