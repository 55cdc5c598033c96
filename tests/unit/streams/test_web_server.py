"""The worker's web server on a real port."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason
from streams.errors import CommandFailed
from streams.observability.metrics import Metrics
from streams.settings import WebSettings
from streams.web.server import Health, WebParts, WebServer
from tests.unit.streams.kafka import until

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator, Mapping

TOKENS = ("the-first-token", "the-second-token")


class ScriptedInbox:
    """Accepts or fails as the test says; with `acknowledged` cleared it waits, as for a broker."""

    def __init__(self) -> None:
        """Begin with a broker that answers at once."""
        self.accepted: list[tuple[bytes, Mapping[str, str]]] = []
        self.error: Exception | None = None
        self.acknowledged = asyncio.Event()
        self.acknowledged.set()

    async def accept(self, body: bytes, headers: Mapping[str, str]) -> int:
        if self.error is not None:
            raise self.error
        self.accepted.append((body, headers))
        await self.acknowledged.wait()
        return 2


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Served:
    """A server that listens, and what it shows."""

    settings: WebSettings
    inbox: ScriptedInbox | None
    tokens: tuple[str, ...] = TOKENS
    healthy: Health = field(default_factory=lambda: Health(well=True, body={}))
    ready: Health = field(default_factory=lambda: Health(well=True, body={}))
    session: aiohttp.ClientSession = field(init=False)

    def parts(self) -> WebParts:
        return WebParts(
            metrics=Metrics(CollectorRegistry()),
            healthy=lambda: self.healthy,
            ready=lambda: self.ready,
            inbox=lambda: self.inbox,
            tokens=self.tokens,
        )

    async def get(self, path: str) -> Answer:
        async with self.session.get(f"http://{self.settings.host}:{self.settings.port}{path}") as response:
            text = await response.text()
            body = json.loads(text) if response.content_type == "application/json" else text
            return Answer(response.status, response.headers, body)

    async def post(self, body: bytes = b"{}", *, authorization: str | None = f"Bearer {TOKENS[0]}") -> Answer:
        headers = {} if authorization is None else {"Authorization": authorization}
        url = f"http://{self.settings.host}:{self.settings.port}/v1/events"
        async with self.session.post(url, data=body, headers=headers) as response:
            return Answer(response.status, response.headers, await response.json())


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@asynccontextmanager
async def a_server(**arranged: Any) -> AsyncIterator[Served]:
    settings = WebSettings(port=free_port(), max_body_bytes=1_000)
    served = Served(settings, arranged.pop("inbox", None) or ScriptedInbox(), **arranged)
    server = WebServer(settings, served.parts())
    await server.start()
    served.session = aiohttp.ClientSession()
    try:
        yield served
    finally:
        await served.session.close()
        await server.stop()


async def test_an_event_is_accepted_with_202_and_the_number_of_events() -> None:
    async with a_server() as served:
        answer = await served.post(b'{"a": 1}')
        assert (answer.status, answer.body) == (202, {"accepted": 2})
        assert served.inbox is not None
        assert served.inbox.accepted[0][0] == b'{"a": 1}'


async def test_the_answer_comes_only_after_the_event_is_durable() -> None:
    async with a_server() as served:
        assert served.inbox is not None
        served.inbox.acknowledged.clear()
        posting = asyncio.create_task(served.post())
        inbox = served.inbox
        await until(lambda: inbox.accepted)
        await asyncio.sleep(0.02)
        assert not posting.done()
        served.inbox.acknowledged.set()
        assert (await posting).status == 202


async def test_without_a_token_in_the_settings_nobody_is_let_in_and_is_told_what_to_set() -> None:
    async with a_server(tokens=()) as served:
        answer = await served.post()
        assert answer.status == 403
        assert "CRM_INSIGHTS_WEBHOOKS__SECRETS" in answer.body["error"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKENS[0]}", TOKENS[0], "Bearer the-first-toke", "Bearer \xe9"],
)
async def test_a_wrong_token_is_refused(authorization: str | None) -> None:
    async with a_server() as served:
        answer = await served.post(authorization=authorization)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert served.inbox is not None
        assert served.inbox.accepted == []


@pytest.mark.parametrize("authorization", [f"Bearer {TOKENS[0]}", f"bearer {TOKENS[1]}", f"Bearer  {TOKENS[0]} "])
async def test_each_of_several_tokens_is_right(authorization: str) -> None:
    async with a_server() as served:
        assert (await served.post(authorization=authorization)).status == 202


async def test_a_refusal_tells_nothing_of_the_tokens() -> None:
    async with a_server() as served:
        answer = await served.post(authorization="Bearer wrong")
        assert not any(token in f"{answer}" for token in TOKENS)


async def test_a_body_above_the_bound_is_413() -> None:
    async with a_server() as served:
        answer = await served.post(b"x" * 1_001)
        assert answer.status == 413
        assert "1000 bytes" in answer.body["error"]
        assert (await served.post(b"x" * 1_000)).status == 202


async def test_the_senders_mistake_is_400_and_names_the_field_and_the_reason() -> None:
    async with a_server() as served:
        assert served.inbox is not None
        served.inbox.error = DataFault(DeadLetterReason.NO_IDENTITY, "event_id is missing or empty", stage="decode")
        answer = await served.post()
        assert answer.status == 400
        assert answer.body == {"error": "event_id is missing or empty", "reason": "no_identity"}


@pytest.mark.parametrize(("wish_s", "told"), [(None, "5"), (0.2, "1"), (7.4, "8")])
async def test_while_kafka_does_not_answer_it_is_503_with_the_time_to_come_again(
    wish_s: float | None, told: str
) -> None:
    async with a_server() as served:
        assert served.inbox is not None
        served.inbox.error = DependencyFault(Dependency.BROKER, "no acknowledgement within 10 s", retry_after_s=wish_s)
        answer = await served.post()
        assert answer.status == 503
        assert answer.headers["Retry-After"] == told
        assert answer.body["cause"] == "broker"


async def test_a_worker_without_intake_answers_503() -> None:
    async with a_server() as served:
        served.inbox = None
        answer = await served.post()
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"


async def test_a_fault_of_ours_is_500_and_quotes_nothing() -> None:
    async with a_server() as served:
        assert served.inbox is not None
        served.inbox.error = ValueError("Ann Example owes 42")
        url = f"http://127.0.0.1:{served.settings.port}/v1/events"
        async with served.session.post(url, headers={"Authorization": f"Bearer {TOKENS[0]}"}) as response:
            assert response.status == 500
            assert "Ann" not in await response.text()


async def test_healthz_and_readyz_show_their_bodies_with_200() -> None:
    async with a_server() as served:
        served.healthy = Health(well=True, body={"stuck": []})
        served.ready = Health(well=True, body={"intake": True, "paused": {"provider": "outage"}})
        assert await served.get("/healthz") == Answer(200, (await served.get("/healthz")).headers, {"stuck": []})
        answer = await served.get("/readyz")
        assert (answer.status, answer.body) == (200, {"intake": True, "paused": {"provider": "outage"}})


async def test_healthz_and_readyz_are_503_when_something_is_wrong() -> None:
    async with a_server() as served:
        served.healthy = served.ready = Health(well=False, body={"fatal": "UnknownDeliveryError"})
        for path in ("/healthz", "/readyz"):
            answer = await served.get(path)
            assert (answer.status, answer.body) == (503, {"fatal": "UnknownDeliveryError"})


async def test_metrics_are_in_prometheus_text_format() -> None:
    async with a_server() as served:
        answer = await served.get("/metrics")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "crm_insights_build_info" in answer.body


async def test_a_port_that_is_taken_is_one_sentence_that_names_the_setting() -> None:
    async with a_server() as served:
        second = WebServer(served.settings, served.parts())
        with pytest.raises(CommandFailed, match="CRM_INSIGHTS_WEB__PORT"):
            await second.start()


async def test_after_stopping_nobody_listens() -> None:
    async with a_server() as served:
        port = served.settings.port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_body_with_a_content_encoding_is_415_whatever_it_holds(log_output: io.StringIO) -> None:
    async with a_server() as served:
        url = f"http://{served.settings.host}:{served.settings.port}/v1/events"
        headers = {"Authorization": f"Bearer {TOKENS[0]}", "Content-Encoding": "gzip"}
        async with served.session.post(url, data=b"no gzip", headers=headers) as response:
            assert response.status == 415
    assert '"error"' not in log_output.getvalue()
