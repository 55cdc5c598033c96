"""The simulator as a test double: what tests rely on when they let it misbehave or count."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import aiohttp
import jsonschema
import openai
import pytest

from streams.demo.llm_simulator import Exchange, Fault, LlmSimulator, SimulatorOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_TEXT = "Ticket from <PERSON_1>: I was charged twice. Please refund invoice 4711. Otherwise we are moving to Voltaria."
_STRINGS = {"type": "array", "items": {"type": "string"}}
SUMMARY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "executive_summary": {"type": "string"},
        "overall_sentiment": {"type": "string", "enum": ["Positive", "Negative", "Neutral"]},
        "churn_risk_score": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]},
        "action_items_for_rep": _STRINGS,
        "mentioned_competitors": _STRINGS,
        "upsell_opportunity_identified": {"type": "boolean"},
    },
}
SUMMARY_SCHEMA["required"] = list(SUMMARY_SCHEMA["properties"])


def a_request(text: str = _TEXT, **changed: Any) -> dict[str, Any]:
    declared = {"name": "interaction_summary", "strict": True, "schema": SUMMARY_SCHEMA}
    return {
        "model": "gpt-5-mini",
        "messages": [{"role": "developer", "content": "Summarise."}, {"role": "user", "content": text}],
        "response_format": {"type": "json_schema", "json_schema": declared},
        "max_completion_tokens": 2_000,
    } | changed


class Client:
    """A bare HTTP client: what a test asserts about the wire must not pass through an SDK."""

    def __init__(self, simulator: LlmSimulator, session: aiohttp.ClientSession) -> None:
        """Ask `simulator` through `session`."""
        self.simulator = simulator
        self._session = session

    async def ask(self, text: str = _TEXT, *, key: str = "k", **changed: Any) -> tuple[int, Any, Mapping[str, str]]:
        url, headers = f"{self.simulator.base_url}/chat/completions", {"authorization": f"Bearer {key}"}
        async with self._session.post(url, json=a_request(text, **changed), headers=headers) as response:
            body = await response.text()
            is_json = response.content_type == "application/json"
            return response.status, json.loads(body) if is_json else body, response.headers

    async def order(self, **order: Any) -> None:
        async with self._session.post(f"{self.simulator.url}/_faults", json=order) as response:
            assert response.status == 200

    async def stats(self) -> dict[str, Any]:
        async with self._session.get(f"{self.simulator.url}/_stats") as response:
            stats: dict[str, Any] = await response.json()
            return stats


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with LlmSimulator() as simulator, aiohttp.ClientSession() as session:
        yield Client(simulator, session)


def answer_in(body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(body["choices"][0]["message"]["content"])
    return answer


async def test_an_answer_is_valid_and_says_that_it_is_simulated(client: Client) -> None:
    status, body, _ = await client.ask()
    answer = answer_in(body)
    jsonschema.validate(answer, SUMMARY_SCHEMA)
    assert status == 200
    assert answer == {
        "executive_summary": "[simulated] Ticket from <PERSON_1>: I was charged twice: <PERSON_1> writes about "
        "a billing problem. The tone is negative, and the account may move to Voltaria.",
        "overall_sentiment": "Negative",
        "churn_risk_score": 0.71,
        "action_items_for_rep": ["Refund invoice 4711"],
        "mentioned_competitors": ["Voltaria"],
        "upsell_opportunity_identified": False,
    }


async def test_our_own_prompts_are_read_by_their_headings_and_counted_whatever_their_boundary(client: Client) -> None:
    for boundary in ("qswwcwcwzfqs", "dgbfshhhgtph"):
        prompt = (
            f"=== data {boundary}\nrecord type: Ticket\n=== title\nLate parcel\n"
            f"=== <PERSON_1> (rep)\nHello.\n=== <PERSON_2> (customer)\nWhere is it?\n=== end {boundary}"
        )
        _, body, _ = await client.ask(prompt)
    assert answer_in(body)["executive_summary"] == (
        "[simulated] Late parcel: <PERSON_2> writes about a late delivery. "
        "The tone is negative, and nothing points to a change of vendor."
    )
    assert list((await client.stats())["paid_by_prompt"].values()) == [2]


async def test_usage_adds_up_and_repeated_instructions_are_cached(client: Client) -> None:
    long_instructions = [{"role": "developer", "content": "x" * 8_000}, {"role": "user", "content": _TEXT}]
    first = (await client.ask(messages=long_instructions))[1]["usage"]
    second = (await client.ask(messages=long_instructions))[1]["usage"]
    assert first["total_tokens"] == first["prompt_tokens"] + first["completion_tokens"]
    assert first["prompt_tokens"] > 2_000
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert second["prompt_tokens_details"]["cached_tokens"] == 1_920


async def test_the_official_client_understands_it(client: Client) -> None:
    async with openai.AsyncOpenAI(api_key="k", base_url=client.simulator.base_url, max_retries=0) as official:
        completion = await official.chat.completions.create(**a_request())
        models = [model.id async for model in official.models.list()]
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion._request_id is not None
    assert models == ["gpt-5-mini"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 429, "rate_limit_exceeded"),
        ("429 insufficient_quota", 429, "insufficient_quota"),
        ("401", 401, "invalid_api_key"),
        ("403", 403, "unsupported_country_region_territory"),
        ("404", 404, "model_not_found"),
        ("context_length_exceeded", 400, "context_length_exceeded"),
        ("500", 500, None),
        ("503", 503, None),
    ],
)
async def test_a_refusal_has_the_providers_status_and_code(
    client: Client, fault: str, status: int, code: str | None
) -> None:
    await client.order(fault=fault, count=1)
    answered, body, headers = await client.ask()
    assert (answered, body["error"]["code"]) == (status, code)
    assert ("retry-after" in headers) == (status in {429, 503})
    assert (await client.ask())[0] == 200


@pytest.mark.parametrize(
    ("fault", "finish_reason"), [("refusal", "stop"), ("content_filter", "content_filter"), ("length", "length")]
)
async def test_an_answer_can_end_badly(client: Client, fault: str, finish_reason: str) -> None:
    await client.order(fault=fault, count=1)
    _, body, _ = await client.ask()
    choice = body["choices"][0]
    assert choice["finish_reason"] == finish_reason
    assert (choice["message"]["refusal"] is not None) == (fault == "refusal")
    assert (choice["message"]["content"] is None) == (fault != "length")


@pytest.mark.parametrize("fault", ["invalid_schema", "unknown_enum"])
async def test_an_answer_can_break_the_schema(client: Client, fault: str) -> None:
    await client.order(fault=fault, count=1)
    _, body, _ = await client.ask()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(answer_in(body), SUMMARY_SCHEMA)


async def test_a_proxy_may_answer_html_with_200(client: Client) -> None:
    await client.order(fault="html", count=1)
    status, body, headers = await client.ask()
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert body.startswith("<html>")


async def test_a_body_may_end_in_the_middle(client: Client) -> None:
    await client.order(fault="broken_json", count=1)
    with pytest.raises(json.JSONDecodeError):
        await client.ask()


async def test_a_reset_cuts_the_connection(client: Client) -> None:
    await client.order(fault="reset", count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.ask()
    assert (await client.stats())["paid"] == 0


@pytest.mark.parametrize("fault", ["hang", "drip"])
async def test_an_answer_may_never_come_to_an_end(client: Client, fault: str) -> None:
    await client.order(fault=fault, count=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.ask(), 0.5)


async def test_the_server_stops_at_once_although_a_call_hangs() -> None:
    async with asyncio.timeout(5), aiohttp.ClientSession() as session:
        async with LlmSimulator() as simulator:
            client = Client(simulator, session)
            await client.order(fault="hang")
            hanging = asyncio.create_task(client.ask())
            for _ in range(300):
                await asyncio.sleep(0.01)
                if simulator.stats.in_flight:
                    break
        with pytest.raises(aiohttp.ClientConnectionError):
            await hanging


async def test_a_fault_can_be_ordered_for_one_prompt_only(client: Client) -> None:
    await client.order(fault="refusal", match="order 7")
    assert (await client.ask("about order 8"))[1]["choices"][0]["message"]["refusal"] is None
    assert (await client.ask("about order 7"))[1]["choices"][0]["message"]["refusal"] is not None


async def test_a_fault_can_be_ordered_for_a_while_and_taken_back(client: Client) -> None:
    await client.order(fault="503", for_s=60)
    assert [(await client.ask())[0] for _ in range(3)] == [503, 503, 503]
    await client.order()
    assert (await client.ask())[0] == 200


async def test_calls_are_counted_per_prompt_and_only_answers_are_paid(client: Client) -> None:
    await client.order(fault="500", count=2)
    for text in ("first", "first", "first", "second"):
        await client.ask(text)
    stats = await client.stats()
    assert (stats["calls"], stats["paid"], stats["by_status"]) == (4, 2, {"500": 2, "200": 2})
    assert sorted(stats["calls_by_prompt"].values()) == [1, 3]
    assert sorted(stats["paid_by_prompt"].values()) == [1, 1]
    assert stats["by_fault"] == {"500": 2}


async def test_a_marker_counts_calls_by_event() -> None:
    options = SimulatorOptions(marker=re.compile(r"event (\d+)"))
    async with LlmSimulator(options) as simulator, aiohttp.ClientSession() as session:
        client = Client(simulator, session)
        for text in ("boundary a event 17", "boundary b event 17", "event 18"):
            await client.ask(text)
        assert (await client.stats())["paid_by_marker"] == {"17": 2, "18": 1}


async def test_over_the_limit_it_says_when_to_come_back() -> None:
    options = SimulatorOptions(requests_per_minute=60)
    async with LlmSimulator(options) as simulator, aiohttp.ClientSession() as session:
        client = Client(simulator, session)
        answers = [await client.ask() for _ in range(62)]
    refused = [headers for status, _, headers in answers if status == 429]
    assert refused
    assert refused[0]["retry-after"] == "1"
    assert refused[0]["x-ratelimit-remaining-requests"] == "0"
    assert refused[0]["x-ratelimit-limit-requests"] == "60"


async def test_a_wrong_key_is_refused() -> None:
    async with LlmSimulator(SimulatorOptions(api_key="right")) as simulator, aiohttp.ClientSession() as session:
        client = Client(simulator, session)
        assert [(await client.ask(key=key))[0] for key in ("wrong", "right")] == [401, 200]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"messages": []}, "messages"),
        ({"model": ""}, "model"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages"),
    ],
)
async def test_a_malformed_request_is_refused_as_the_provider_does(
    client: Client, changed: dict[str, Any], named: str
) -> None:
    status, body, _ = await client.ask(**changed)
    assert status == 400
    assert named in body["error"]["param"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False},
        {
            "type": "object",
            "properties": {"a": {"type": "string", "default": "x"}},
            "required": ["a"],
            "additionalProperties": False,
        },
    ],
)
async def test_a_schema_that_breaks_the_strict_rules_is_refused(client: Client, schema: dict[str, Any]) -> None:
    declared = {"name": "kind", "strict": True, "schema": schema}
    status, body, _ = await client.ask(response_format={"type": "json_schema", "json_schema": declared})
    assert (status, body["error"]["code"]) == (400, "invalid_json_schema")


async def test_a_cap_on_the_output_cuts_the_answer(client: Client) -> None:
    _, body, _ = await client.ask(max_completion_tokens=10)
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] <= 10


async def test_a_prompt_longer_than_the_window_is_refused() -> None:
    options = SimulatorOptions(context_window=100)
    async with LlmSimulator(options) as simulator, aiohttp.ClientSession() as session:
        status, body, _ = await Client(simulator, session).ask("word " * 200)
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")


async def test_chance_faults_come_with_their_share_and_repeat_with_the_seed() -> None:
    async def statuses() -> list[int]:
        options = SimulatorOptions(seed=7, rate_limited_share=0.2, server_error_share=0.1)
        async with LlmSimulator(options) as simulator, aiohttp.ClientSession() as session:
            return [(await Client(simulator, session).ask())[0] for _ in range(200)]

    first = await statuses()
    assert first == await statuses()
    assert 20 <= first.count(429) <= 60
    assert 8 <= first.count(500) <= 35


async def test_a_tap_sees_what_came_in_and_what_went_back() -> None:
    seen: list[Exchange] = []
    async with LlmSimulator(tap=seen.append) as simulator, aiohttp.ClientSession() as session:
        await Client(simulator, session).ask()
    assert [exchange.user_message for exchange in seen] == [_TEXT]
    assert "[simulated]" in seen[0].answer


def test_it_runs_by_itself_and_ends_well_when_told_to() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "streams.demo.llm_simulator", "--port", "0", "--realistic"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+/_stats", line)
        assert found is not None
        with urllib.request.urlopen(found.group(), timeout=10) as response:
            assert json.load(response)["calls"] == 0
        process.terminate()
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.communicate()


async def test_every_fault_can_be_ordered(client: Client) -> None:
    for fault in Fault:
        await client.order(fault=fault, count=0)
