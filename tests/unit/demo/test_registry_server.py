"""The demo's registry, judged by the client that everyone uses."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from streams.demo.registry_server import RegistryServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SUBJECT = "crm.events-value"


def a_schema(**added: Any) -> Schema:
    fields: list[dict[str, Any]] = [{"name": "id", "type": "string"}]
    fields += [{"name": name, **field} for name, field in added.items()]
    return Schema(json.dumps({"type": "record", "name": "Event", "fields": fields}), "AVRO")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with RegistryServer() as server:
        yield server.url


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncSchemaRegistryClient]:
    async with AsyncSchemaRegistryClient({"url": url, "timeout": 10}) as client:
        yield client


async def test_a_registered_schema_comes_back_by_its_id(client: AsyncSchemaRegistryClient) -> None:
    schema_id = await client.register_schema(_SUBJECT, a_schema())
    # A second client has no cache.
    async with AsyncSchemaRegistryClient({"url": client._rest_client.base_urls[0]}) as other:
        assert (await other.get_schema(schema_id)).schema_str == a_schema().schema_str


async def test_registering_twice_adds_no_version(client: AsyncSchemaRegistryClient) -> None:
    first = await client.register_schema(_SUBJECT, a_schema())
    await client.clear_caches()  # type: ignore[no-untyped-call]
    assert await client.register_schema(_SUBJECT, a_schema()) == first
    assert await client.get_versions(_SUBJECT) == [1]


async def test_a_schema_has_one_id_under_all_its_subjects(client: AsyncSchemaRegistryClient) -> None:
    first = await client.register_schema(_SUBJECT, a_schema())
    assert await client.register_schema("crm.native-value", a_schema()) == first
    assert await client.get_subjects() == [_SUBJECT, "crm.native-value"]


async def test_lookup_and_latest_version_name_the_same_schema(client: AsyncSchemaRegistryClient) -> None:
    await client.register_schema(_SUBJECT, a_schema())
    newest = await client.register_schema(_SUBJECT, a_schema(note={"type": ["null", "string"], "default": None}))
    looked_up = await client.lookup_schema(_SUBJECT, a_schema(note={"type": ["null", "string"], "default": None}))
    latest = await client.get_latest_version(_SUBJECT)
    assert (looked_up.schema_id, looked_up.version) == (latest.schema_id, latest.version) == (newest, 2)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda client: client.get_schema(99), 40403),
        (lambda client: client.get_latest_version("nobody-value"), 40401),
        (lambda client: client.lookup_schema("nobody-value", a_schema()), 40401),
        (lambda client: client.get_version(_SUBJECT, 7), 40402),
        (lambda client: client.lookup_schema(_SUBJECT, a_schema(x={"type": "int", "default": 0})), 40403),
        (lambda client: client.register_schema(_SUBJECT, Schema('{"type": "nonsense"}', "AVRO")), 42201),
        (lambda client: client.get_compatibility("nobody-value"), 40408),
        (lambda client: client.set_compatibility(_SUBJECT, "SIDEWAYS"), 42203),
    ],
)
async def test_what_is_not_there_is_refused_with_the_registrys_own_code(
    client: AsyncSchemaRegistryClient, ask: Any, code: int
) -> None:
    await client.register_schema(_SUBJECT, a_schema())
    with pytest.raises(SchemaRegistryError) as refused:
        await ask(client)
    assert refused.value.error_code == code
    assert refused.value.http_status_code == code // 100


async def test_compatibility_levels_are_kept_per_subject(client: AsyncSchemaRegistryClient) -> None:
    await client.set_compatibility(_SUBJECT, "FULL_TRANSITIVE")
    assert await client.get_compatibility(_SUBJECT) == "FULL_TRANSITIVE"
    assert await client.get_compatibility() == "BACKWARD"


async def test_a_field_without_a_default_breaks_a_backward_subject(client: AsyncSchemaRegistryClient) -> None:
    await client.register_schema(_SUBJECT, a_schema())
    assert not await client.test_compatibility(_SUBJECT, a_schema(note={"type": "string"}))
    assert await client.test_compatibility(_SUBJECT, a_schema(note={"type": "string", "default": ""}))
    with pytest.raises(SchemaRegistryError) as refused:
        await client.register_schema(_SUBJECT, a_schema(note={"type": "string"}))
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 40901)


async def test_confluents_serializer_and_deserializer_work_on_it(url: str) -> None:
    def round_trip() -> Any:
        with SchemaRegistryClient({"url": url, "timeout": 10}) as client:
            context = SerializationContext("crm.events", MessageField.VALUE)
            data = AvroSerializer(client, a_schema())({"id": "T-1"}, context)
            return AvroDeserializer(client)(data, context)

    assert await asyncio.to_thread(round_trip) == {"id": "T-1"}
