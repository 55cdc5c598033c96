"""The schema registry: writer schemas by id for reading, our contracts by subject for writing."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE, undecodable
from schemas.avro.reader import unknown_schema
from schemas.bounded import BoundedCache
from schemas.errors import DataFault
from schemas.registry.client import NotFound, Refused, RegistryClient
from schemas.registry.contracts import (
    Contract,
    ContractProblem,
    ContractState,
    SchemaMissing,
    SchemaRefused,
    contracts,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka.schema_registry import Schema

__all__ = [
    "Contract",
    "ContractProblem",
    "ContractState",
    "Registry",
    "SchemaMissing",
    "SchemaRefused",
    "contracts",
]

_SCHEMAS_KEPT: Final = 1024
# A producer with a broken serialiser writes the same unknown id, or a new one in each record; 10 s without asking
# again keeps its flood away from the registry, and a schema that was registered late is still found soon.
_UNKNOWN_KEPT_S: Final = 10.0
_UNKNOWN_KEPT: Final = 1024
# Ids are Java ints. Beyond them a registry answers "no such page" rather than "no such schema".
_MAX_SCHEMA_ID: Final = 2**31 - 1


class Registry:
    """A schema registry that speaks Confluent's HTTP API (Confluent, Apicurio's ccompat, Karapace, Redpanda).

    Implements `WriterSchemas`. Bound to the event loop in which it is first used. No message of it holds a secret.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        ca_file: str | None = None,
        timeout_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Remember where the registry is; nothing is opened before the first request.

        `timeout_s` bounds each request as a whole; `clock` counts seconds.
        """
        self._client = RegistryClient(url, user, password, ca_file, timeout_s)
        self._clock = clock
        self._known: BoundedCache[int, dict[str, Any]] = BoundedCache(_SCHEMAS_KEPT)
        self._faulty: BoundedCache[int, tuple[float, DataFault]] = BoundedCache(_UNKNOWN_KEPT)
        self._asking: dict[int, asyncio.Task[dict[str, Any]]] = {}

    @property
    def last_heard(self) -> str:
        """How the last request went: "answers", what was wrong, or "not asked yet"; known schemas ask nobody."""
        return self._client.last_heard

    async def schema(self, schema_id: int) -> dict[str, Any]:
        """Return the raw Avro schema of that id; asked for once, also by concurrent callers.

        Raises DataFault(UNKNOWN_SCHEMA), DataFault(UNDECODABLE) if it is no Avro schema, DependencyFault(REGISTRY).
        """
        known = self._known.get(schema_id)
        if known is not None:
            return known
        faulty = self._faulty.get(schema_id)
        if faulty is not None and self._clock() < faulty[0]:
            raise DataFault(faulty[1].reason, faulty[1].detail, stage=STAGE)
        if schema_id not in self._asking:
            task = asyncio.create_task(self._ask_for(schema_id))
            self._asking[schema_id] = task
            task.add_done_callback(lambda done: self._asked(schema_id, done))
        # Shielded: a caller that is cancelled (a partition goes away) must not fail the others who wait for the answer.
        return await asyncio.shield(self._asking[schema_id])

    async def id_of(self, contract: Contract) -> int:
        """Return the id under which the registry knows the contract. Raises SchemaMissing, DependencyFault(REGISTRY).

        Never registers: a worker that did would set the contract by its version, at each start anew.
        """
        schema_id = await self._registered(contract)
        if schema_id is None:
            raise SchemaMissing(contract.subject)
        return schema_id

    async def check(self, contract: Contract) -> ContractState:
        """Compare the subject with the contract; changes nothing. Raises DependencyFault(REGISTRY)."""
        schema_id = await self._registered(contract)
        return state_of(
            contract,
            schema_id=schema_id,
            level=await self._level(contract.subject),
            compatible=True if schema_id is not None else await self._compatible(contract),
        )

    async def register(self, contract: Contract) -> int:
        """Set the subject's compatibility level, then register the schema; return its id.

        Done again, it changes nothing. The level comes first, because a registry may check nothing without it
        (Apicurio's default is NONE). Raises SchemaRefused where the schema is incompatible with what the subject holds,
        DependencyFault(REGISTRY).
        """
        from confluent_kafka.schema_registry import ConfigCompatibilityLevel, ServerConfig  # noqa: PLC0415 -- heavy

        config = ServerConfig(compatibility=ConfigCompatibilityLevel(contract.compatibility))
        schema = _schema(contract)
        try:
            await self._client.ask(lambda client: client.set_config(contract.subject, config))
            schema_id: int = await self._client.ask(
                lambda client: client.register_schema(contract.subject, schema, normalize_schemas=True)
            )
        except Refused as refused:
            raise SchemaRefused(contract.subject, str(refused)) from None
        except NotFound:
            raise SchemaRefused(contract.subject, "it answers 'not found'.") from None
        return schema_id

    async def ping(self) -> None:
        """Return if the registry answers. Raises DependencyFault(REGISTRY)."""
        await self._client.ping()

    async def aclose(self) -> None:
        """Stop asking and close the connections."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await self._client.aclose()

    async def _ask_for(self, schema_id: int) -> dict[str, Any]:
        if schema_id > _MAX_SCHEMA_ID:
            raise unknown_schema(schema_id)
        try:
            found = await self._client.ask(lambda client: client.get_schema(schema_id))
        except (NotFound, Refused):
            raise unknown_schema(schema_id) from None
        return _raw(found, schema_id)

    def _asked(self, schema_id: int, task: asyncio.Task[dict[str, Any]]) -> None:
        del self._asking[schema_id]
        if task.cancelled():
            return
        fault = task.exception()
        if fault is None:
            self._known.put(schema_id, task.result())
            self._faulty.discard(schema_id)
        elif isinstance(fault, DataFault):
            self._faulty.put(schema_id, (self._clock() + _UNKNOWN_KEPT_S, fault))

    async def _registered(self, contract: Contract) -> int | None:
        schema = _schema(contract)
        try:
            found = await self._client.ask(
                lambda client: client.lookup_schema(contract.subject, schema, normalize_schemas=True)
            )
        except (NotFound, Refused):
            return None
        return found.schema_id

    async def _compatible(self, contract: Contract) -> bool | None:
        schema = _schema(contract)
        try:
            return bool(
                await self._client.ask(
                    lambda client: client.test_compatibility_all_versions(contract.subject, schema, normalize=True)
                )
            )
        except NotFound:
            return None
        except Refused:
            return False

    async def _level(self, subject: str) -> str:
        """Return the level in force: the subject's own, else the registry's."""
        try:
            config = await self._client.ask(lambda client: client.get_config(subject))
        except NotFound:
            # No level of its own: the registry's applies.
            try:
                config = await self._client.ask(lambda client: client.get_config())
            except NotFound:
                return "NONE"
        return str(config.compatibility_level or config.compatibility or "NONE")


def _schema(contract: Contract) -> Schema:
    from confluent_kafka.schema_registry import Schema  # noqa: PLC0415 -- heavy

    return Schema(json.dumps(contract.schema))


def _raw(found: Schema, schema_id: int) -> dict[str, Any]:
    if found.schema_type not in (None, "AVRO"):
        raise undecodable(f"schema {schema_id} is no Avro schema")
    if found.references:
        raise undecodable(f"schema {schema_id} refers to other subjects, which is not supported")
    try:
        raw = json.loads(found.schema_str or "")
    except ValueError:
        raise undecodable(f"schema {schema_id} is no JSON") from None
    return raw if isinstance(raw, dict) else {"type": raw}
