"""Everything that a demo needs around the worker: broker, registry, model, and the settings that lead to them."""

from __future__ import annotations

import json
import secrets
import shlex
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from schemas.outcomes import Skipped
from schemas.registry import Registry, contracts
from streams.demo.embedded_broker import EmbeddedBroker
from streams.demo.llm_simulator import Exchange, LlmSimulator, SimulatorOptions
from streams.demo.registry_server import RegistryServer
from streams.demo.sample_events import JOURNEY_MARK, SOURCES
from streams.demo.view.journey import JourneyTap
from streams.demo.worker_process import HOST, WorkerProcess, free_port
from streams.parts import make_enrichment, make_prices
from streams.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.events import CrmEvent
    from schemas.insights import CrmInsight

TOPICS = Settings().topics

# A model as one knows it: about a second an answer, and now and then a bad moment that the worker has to ride out.
_MODEL_BEHAVIOUR = SimulatorOptions(
    # Two 429s and two 500s among the first fifty calls.
    seed=16,
    latency_median_s=0.9,
    requests_per_minute=500,
    tokens_per_minute=1_000_000,
    rate_limited_share=0.04,
    server_error_share=0.03,
)
# The long thread among the samples is four times as long.
_MAX_INPUT_TOKENS = 6_000
_MAX_IN_FLIGHT = 16


class ModelProvider(StrEnum):
    """Who answers in a demo."""

    SIMULATOR = "simulator"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the user chose. `api_key` is needed with OpenAI; `model` None takes the worker's default."""

    provider: ModelProvider = ModelProvider.SIMULATOR
    api_key: str | None = None
    model: str | None = None
    keep: bool = False
    as_json: bool = False
    timeout_s: float = 120.0


class Stage:
    """`async with Stage(options, directory) as stage:` has all services up and the worker starting."""

    def __init__(self, options: DemoOptions, directory: Path) -> None:
        """`directory` is the demo's own; the worker's log and state go there."""
        self._options = options
        self._directory = directory
        self._stack = AsyncExitStack()
        self._port = free_port()
        self._token = secrets.token_urlsafe(16)
        self.broker = EmbeddedBroker()
        self.tap = JourneyTap(JOURNEY_MARK)
        self.simulator: LlmSimulator | None = None
        if options.provider is ModelProvider.SIMULATOR:
            self.simulator = LlmSimulator(_MODEL_BEHAVIOUR, tap=self.tap)
        self._registry_server = RegistryServer()
        self.registry: Registry
        self.event_schema_id: int
        self.worker: WorkerProcess

    async def __aenter__(self) -> Self:
        """Bring everything up in the order of need; the worker comes last and is not waited for."""
        stack = self._stack
        try:
            stack.enter_context(self.broker)
            self.broker.create([*SOURCES, *TOPICS.model_dump().values()])
            await stack.enter_async_context(self._registry_server)
            if self.simulator is not None:
                await stack.enter_async_context(self.simulator)
            self.registry = Registry(self._registry_server.url)
            stack.push_async_callback(self.registry.aclose)
            ours = contracts(TOPICS.events, TOPICS.insights, TOPICS.refetch)
            ids = [await self.registry.register(contract) for contract in ours]
            self.event_schema_id = ids[0]
            self.worker = WorkerProcess(self._settings(), self._directory)
            await stack.enter_async_context(self.worker)
        except BaseException:
            await stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Take everything down, the worker first."""
        await self._stack.aclose()

    @property
    def urls(self) -> dict[str, str]:
        """What one may look at while it runs."""
        worker = f"http://{HOST}:{self._port}"
        urls = {
            "metrics": f"{worker}/metrics",
            "healthz": f"{worker}/healthz",
            "readyz": f"{worker}/readyz",
            "kafka": self.broker.bootstrap_servers,
            "schema_registry": self._registry_server.url,
        }
        if self.simulator is not None:
            urls |= {
                "simulator_stats": f"{self.simulator.url}/_stats",
                "simulator_faults": f"{self.simulator.url}/_faults",
            }
        return urls

    def posting(self) -> str:
        """A command that sends the worker an event, ready to be pasted."""
        event = {
            "event_id": "mine-1",
            "source": "by-hand",
            "entity": "Ticket",
            "record_id": "1",
            "occurred_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "text": "Ann Lee (ann@x.example) waits for her refund and looks at Globex now.",
        }
        url = self.urls["metrics"].removesuffix("/metrics") + "/v1/events"
        return f"  curl -H 'Authorization: Bearer {self._token}' {url} -d {shlex.quote(json.dumps(event))}"

    def exchange(self, event: CrmEvent, insight: CrmInsight) -> Exchange | None:
        """What left the house for an event, and what came back.

        The simulator's tap has seen both. With a real provider nothing of ours stands in between: the prompt is made
        once more by the worker's own code, and the answer is the published one.
        """
        if self.simulator is not None:
            return self.tap.exchange
        llm = {"model": self._options.model} if self._options.model is not None else {}
        settings = Settings.model_validate({"llm": {**llm, "max_input_tokens": _MAX_INPUT_TOKENS}})
        prepared = make_enrichment(settings, make_prices(settings)).prepare(event)
        if isinstance(prepared, Skipped):
            return None
        return Exchange(prepared.request.user_message, insight.answer_json)

    def _settings(self) -> dict[str, str]:
        """The worker's settings, without their common prefix."""
        settings = {
            "KAFKA__BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "KAFKA__REPLICATION_FACTOR": "1",
            "SCHEMA_REGISTRY__URL": self._registry_server.url,
            "SOURCES": json.dumps(SOURCES),
            "LLM__PROVIDER": "openai",
            "LLM__API_KEY": self._options.api_key or "simulated",
            "LLM__MAX_IN_FLIGHT": str(_MAX_IN_FLIGHT),
            "LLM__MAX_INPUT_TOKENS": str(_MAX_INPUT_TOKENS),
            "PRIVACY__SALT": secrets.token_hex(16),
            "WEBHOOKS__SECRETS": json.dumps({"events": [self._token]}),
            "STATE__DIR": str(self._directory / "state"),
            "WEB__HOST": HOST,
            "WEB__PORT": str(self._port),
        }
        if self.simulator is not None:
            settings["LLM__BASE_URL"] = self.simulator.base_url
        if self._options.model is not None:
            settings["LLM__MODEL"] = self._options.model
        return settings
