"""The registry's answers become schemas, data faults or dependency faults; never more requests than needed."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from schemas.avro import event_schema, insight_key_schema
from schemas.errors import DataFault, DependencyFault
from schemas.outcomes import DeadLetterReason
from schemas.registry import Contract, ContractProblem, Registry, SchemaMissing, SchemaRefused, contracts
from schemas.registry.contracts import state_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PASSWORD = "s3cret/%"
CONTRACT = Contract("crm.insights-key", insight_key_schema(), "FULL_TRANSITIVE")


def error(status: int, code: int | None = None) -> web.Response:
    return web.json_response({"error_code": code, "message": "as asked"} if code else {"status": status}, status=status)


def schema(raw: Any = None, **more: Any) -> web.Response:
    return web.json_response({"schema": json.dumps(raw or event_schema()), **more})


class Server:
    """Answers the n-th request to a path with the n-th of its answers, the last one again and again."""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self.url = ""
        self.asked: list[str] = []
        self.credentials: list[str | None] = []
        self.answers: dict[str, list[Callable[[], Any]]] = {}

    def answer(self, path: str, *answers: Callable[[], Any]) -> None:
        self.answers[path] = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.credentials.append(request.headers.get("Authorization"))
        answers = self.answers.get(request.path)
        if not answers:
            return error(404)
        made = (answers.pop(0) if len(answers) > 1 else answers[0])()
        response: web.StreamResponse = await made if asyncio.iscoroutine(made) else made
        return response


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    stub = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stub.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stub
    await runner.cleanup()


@pytest.fixture
async def registry(server: Server) -> AsyncIterator[Registry]:
    made = Registry(server.url, user="crm", password=PASSWORD, timeout_s=0.5)
    yield made
    await made.aclose()


async def the_fault(registry: Registry, schema_id: int) -> DataFault | DependencyFault:
    try:
        await registry.schema(schema_id)
    except (DataFault, DependencyFault) as fault:
        return fault
    pytest.fail("no fault")


async def test_a_schema_is_asked_for_once(server: Server, registry: Registry) -> None:
    server.answer("/schemas/ids/7", schema)
    assert [(await registry.schema(7))["name"] for _ in range(3)] == ["CrmEvent"] * 3
    assert server.asked == ["/schemas/ids/7"]


async def test_concurrent_look_ups_of_one_id_share_one_request(server: Server, registry: Registry) -> None:
    async def slowly() -> web.Response:
        await asyncio.sleep(0.05)
        return schema()

    server.answer("/schemas/ids/7", slowly)
    await asyncio.gather(*(registry.schema(7) for _ in range(20)))
    assert server.asked == ["/schemas/ids/7"]


async def test_a_caller_that_is_cancelled_does_not_fail_the_others(server: Server, registry: Registry) -> None:
    async def slowly() -> web.Response:
        await asyncio.sleep(0.1)
        return schema()

    server.answer("/schemas/ids/7", slowly)
    first, second = (asyncio.create_task(registry.schema(7)) for _ in range(2))
    await asyncio.sleep(0.03)
    first.cancel()
    assert (await second)["name"] == "CrmEvent"
    assert server.asked == ["/schemas/ids/7"]


async def test_a_transient_error_is_a_dependency_fault_and_asked_again_by_the_caller(
    server: Server, registry: Registry
) -> None:
    async def never() -> web.Response:
        await asyncio.sleep(1)
        return schema()

    server.answer("/schemas/ids/7", lambda: error(503), never, lambda: error(429), schema)
    details = [str(await the_fault(registry, 7)) for _ in range(3)]
    assert "answers 503" in details[0]
    assert "no answer within 0.5 s" in details[1]
    assert "answers 429" in details[2]
    assert (await registry.schema(7))["name"] == "CrmEvent"
    assert len(server.asked) == 4


async def test_an_unknown_id_is_a_data_fault_and_not_asked_for_again_soon(server: Server) -> None:
    now = [100.0]
    registry = Registry(server.url, clock=lambda: now[0])
    server.answer("/schemas/ids/8", lambda: error(404, 40403), schema)
    for _ in range(50):
        fault = await the_fault(registry, 8)
        assert isinstance(fault, DataFault)
        assert fault.reason is DeadLetterReason.UNKNOWN_SCHEMA
    assert server.asked == ["/schemas/ids/8"]
    now[0] += 11
    assert (await registry.schema(8))["name"] == "CrmEvent"
    await registry.aclose()


async def test_an_id_that_no_registry_gives_is_not_asked_for(server: Server, registry: Registry) -> None:
    fault = await the_fault(registry, 2**32 - 1)
    assert isinstance(fault, DataFault)
    assert server.asked == []


async def test_a_404_from_something_that_is_no_registry_dead_letters_nothing(registry: Registry) -> None:
    fault = await the_fault(registry, 7)
    assert isinstance(fault, DependencyFault)
    assert fault.alarm
    assert "Check the path in CRM_INSIGHTS_SCHEMA_REGISTRY__URL" in fault.detail


async def test_a_404_without_a_code_is_believed_of_a_registry(server: Server, registry: Registry) -> None:
    server.answer("/schemas/types", lambda: web.json_response(["AVRO"]))
    assert isinstance(await the_fault(registry, 7), DataFault)


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_raise_an_alarm(server: Server, registry: Registry, status: int) -> None:
    server.answer("/schemas/ids/7", lambda: error(status))
    fault = await the_fault(registry, 7)
    assert isinstance(fault, DependencyFault)
    assert fault.alarm
    assert "CRM_INSIGHTS_SCHEMA_REGISTRY__PASSWORD" in fault.detail


@pytest.mark.parametrize("body", ["<html>", "[]", "3", "null", ""])
async def test_an_answer_that_is_no_registry_s_is_a_dependency_fault(
    server: Server, registry: Registry, body: str
) -> None:
    server.answer("/schemas/ids/7", lambda: web.Response(text=body))
    assert isinstance(await the_fault(registry, 7), DependencyFault)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: schema(schemaType="PROTOBUF"),
        lambda: schema(references=[{"name": "a", "subject": "a", "version": 1}]),
        lambda: web.json_response({"schema": "{"}),
    ],
)
async def test_a_schema_that_we_cannot_read_is_undecodable(
    server: Server, registry: Registry, answer: Callable[[], web.Response]
) -> None:
    server.answer("/schemas/ids/7", answer)
    fault = await the_fault(registry, 7)
    assert isinstance(fault, DataFault)
    assert fault.reason is DeadLetterReason.UNDECODABLE


async def test_a_registry_that_is_away_is_a_dependency_fault() -> None:
    registry = Registry("http://127.0.0.1:9", timeout_s=0.5)
    assert isinstance(await the_fault(registry, 7), DependencyFault)
    with pytest.raises(DependencyFault):
        await registry.ping()
    await registry.aclose()


@pytest.mark.parametrize(
    ("url", "ca_file"),
    [("http://127.0.0.1:9", "/no/such/s3cret.pem"), ("ftp://crm:s3cret@127.0.0.1", None)],
)
async def test_settings_that_cannot_work_raise_an_alarm_without_a_secret(url: str, ca_file: str | None) -> None:
    fault = await the_fault(Registry(url, ca_file=ca_file), 7)
    assert isinstance(fault, DependencyFault)
    assert fault.alarm
    assert "s3cret" not in str(fault)


async def test_credentials_go_out_from_the_settings_or_from_the_url(server: Server) -> None:
    server.answer("/schemas/ids/7", schema)
    address = server.url.removeprefix("http://")
    for registry in (
        Registry(server.url, user="crm", password=PASSWORD),
        Registry(f"http://crm:s3cret%2F%25@{address}"),
        Registry(server.url),
    ):
        await registry.schema(7)
        await registry.aclose()
    expected = "Basic " + base64.b64encode(f"crm:{PASSWORD}".encode()).decode()
    assert server.credentials == [expected, expected, None]


async def test_a_contract_that_is_not_registered_names_the_remedy(server: Server, registry: Registry) -> None:
    server.answer("/subjects/crm.insights-key", lambda: error(404, 40401))
    with pytest.raises(SchemaMissing, match=r"'crm\.insights-key'.*crm-insights schemas register"):
        await registry.id_of(CONTRACT)


async def test_a_refused_contract_quotes_the_registry(server: Server, registry: Registry) -> None:
    server.answer("/config/crm.insights-key", lambda: web.json_response({"compatibility": "FULL_TRANSITIVE"}))
    server.answer("/subjects/crm.insights-key/versions", lambda: error(409, 409))
    with pytest.raises(SchemaRefused, match="as asked"):
        await registry.register(CONTRACT)
    assert server.asked == ["/config/crm.insights-key", "/subjects/crm.insights-key/versions"]


def test_the_contracts_stand_under_the_topics_of_the_settings() -> None:
    assert [(contract.subject, contract.compatibility) for contract in contracts("e", "i", "r")] == [
        ("e-value", "BACKWARD_TRANSITIVE"),
        ("i-key", "FULL_TRANSITIVE"),
        ("i-value", "FULL_TRANSITIVE"),
        ("r-value", "FULL_TRANSITIVE"),
    ]


@pytest.mark.parametrize(
    ("schema_id", "level", "compatible", "problem"),
    [
        (1, "FULL_TRANSITIVE", True, None),
        (1, "NONE", True, ContractProblem.LEVEL_WRONG),
        (1, "BACKWARD_TRANSITIVE", True, ContractProblem.LEVEL_WRONG),
        (None, "NONE", True, ContractProblem.NOT_REGISTERED),
        (None, "FULL_TRANSITIVE", False, ContractProblem.INCOMPATIBLE),
        (None, "NONE", None, ContractProblem.SUBJECT_MISSING),
    ],
)
def test_a_check_reports_the_worst_first(
    schema_id: int | None,
    level: str,
    compatible: bool | None,  # noqa: FBT001 -- a column of the table above
    problem: ContractProblem | None,
) -> None:
    state = state_of(CONTRACT, schema_id=schema_id, level=level, compatible=compatible)
    assert state.problem is problem
    assert state.fine == (problem is None)
    assert bool(state.remedy) == (problem is not None)


def test_a_stricter_level_than_the_contract_s_is_fine() -> None:
    events, *_ = contracts("e", "i", "r")
    assert state_of(events, schema_id=1, level="FULL_TRANSITIVE", compatible=True).fine
