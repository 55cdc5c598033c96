"""Whatever fails, nothing of what a customer wrote or is stands in anything that the process writes.

Sixty kinds of identifiers stand in every place of an event, and each stage fails in turn, loudly: its exception quotes
them all, as those of libraries do. What may hold them is the original record itself, in the dead letter.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiokafka.errors import KafkaTimeoutError

from processors.llm import Usage
from processors.llm.call_reports import AskFault
from processors.pii import PlaceholderVault, Scrubber
from schemas.outcomes import DeadLetterReason
from streams.cli import main
from streams.worker.vitals import Vitals
from tests.unit.streams.asking import an_answer
from tests.unit.streams.bench import EnrichBench, a_bench
from tests.unit.streams.intake_bench import an_intake
from tests.unit.streams.kafka import DEAD_LETTERS, INSIGHTS, until
from tests.unit.streams.planted import IDENTIFIERS, a_telling_event, everything_planted, leaked_into, telling
from tests.unit.streams.previews import a_line
from tests.unit.streams.written import everything_written, state_files

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from schemas.events import CrmEvent

    Arrange = Callable[[EnrichBench, pytest.MonkeyPatch], None]


def test_the_search_would_find_each_of_them() -> None:
    assert len(IDENTIFIERS) >= 60
    for form in (everything_planted(), json.dumps(everything_planted()), repr(telling(ValueError)).upper()):
        assert set(IDENTIFIERS.values()) <= set(leaked_into(form))


@asynccontextmanager
async def failing(bench: EnrichBench, event: CrmEvent) -> AsyncIterator[bytes]:
    """Deliver `event`, and give its bytes: what a dead letter may hold."""
    original = bench.bytes_of(event)
    await bench.deliver(event)
    yield original
    assert bench.published == []
    assert all(letter.value == original for letter in bench.producer.on(DEAD_LETTERS))


def raising(target: Any, name: str) -> Arrange:
    """Let a method of a part of the bench raise; what the state directory says meanwhile is part of the exception."""

    def arrange(bench: EnrichBench, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: Any, **__: Any) -> Any:
            error = telling(ValueError)
            assert leaked_into(state_files(bench)) == []
            raise error

        monkeypatch.setattr(target(bench), name, fails)

    return arrange


def the_scrubber(bench: EnrichBench) -> Any:
    event = a_telling_event()
    return bench.context.enrichment.privacy_of(event).scrubber


STAGES: dict[str, Arrange] = {
    "decode": raising(lambda bench: bench.context.reader, "read"),
    "scrub": raising(the_scrubber, "scrub"),
    "count": raising(lambda bench: type(bench.context.enrichment._tokenizer), "count"),
    "call": raising(lambda bench: bench.caller, "ask"),
    "restore": raising(lambda _: PlaceholderVault, "restore_json"),
    "read": raising(lambda bench: bench.context.enrichment, "read"),
    "encode": raising(lambda bench: bench.context.writer, "value"),
}


@pytest.mark.parametrize("stage", STAGES)
async def test_a_stage_that_breaks_tells_nothing_of_the_event(
    stage: str, log_output: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_bench() as bench:
        STAGES[stage](bench, monkeypatch)
        async with failing(bench, a_telling_event()):
            await until(lambda: bench.endings)
            assert bench.endings[0][1] == "internal_error"
            assert "internal_error" in log_output.getvalue()
            assert leaked_into(everything_written(bench, log_output, capfd)) == []


def refusing(reason: DeadLetterReason) -> Arrange:
    def arrange(bench: EnrichBench, _: pytest.MonkeyPatch) -> None:
        bench.caller.by_itself = lambda _: AskFault(reason, "the model has said no", attempts=1, usage=Usage(9, 0, 1))

    return arrange


def answering(answer: Callable[[], str]) -> Arrange:
    def arrange(bench: EnrichBench, _: pytest.MonkeyPatch) -> None:
        bench.caller.by_itself = lambda _: answer()

    return arrange


def poisoned(bench: EnrichBench, _: pytest.MonkeyPatch) -> None:
    for _strike in range(2):
        bench.poison.count(bench.poison.key("prepare", "e1"))


def too_large(bench: EnrichBench, _: pytest.MonkeyPatch) -> None:
    bench.producer.max_bytes[INSIGHTS] = 10


def too_small_a_budget(bench: EnrichBench, _: pytest.MonkeyPatch) -> None:
    object.__setattr__(bench.context.enrichment._rules, "max_input_tokens", 1)


FAULTS: dict[str, tuple[Arrange, str]] = {
    "poison": (poisoned, "poison"),
    "budget": (too_small_a_budget, "context_too_long"),
    **{
        f"the model: {reason}": (refusing(reason), str(reason))
        for reason in (
            DeadLetterReason.MODEL_REFUSED,
            DeadLetterReason.CONTENT_FILTER,
            DeadLetterReason.OUTPUT_TRUNCATED,
            DeadLetterReason.PROVIDER_ERROR,
            DeadLetterReason.CONTEXT_TOO_LONG,
        )
    },
    "an answer that is prose": (answering(everything_planted), "invalid_answer"),
    "an answer of other fields": (answering(lambda: json.dumps({everything_planted(): 1})), "invalid_answer"),
    "an answer of other types": (
        answering(lambda: an_answer(overall_sentiment=everything_planted(), churn_risk_score=everything_planted())),
        "invalid_answer",
    ),
    "an insight that is too large": (too_large, "oversized"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_dead_letter_tells_nothing_of_the_event_beside_its_original(
    fault: str, log_output: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrange, reason = FAULTS[fault]
    async with a_bench() as bench:
        arrange(bench, monkeypatch)
        async with failing(bench, a_telling_event()):
            assert [letter["crm_insights.reason"] for letter in bench.dead_letters] == [reason]
            assert leaked_into(everything_written(bench, log_output, capfd)) == []


async def test_a_send_that_fails_tells_nothing_of_the_event(
    log_output: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_bench() as bench:
        raising(lambda bench: bench.producer, "send")(bench, monkeypatch)
        await bench.deliver(a_telling_event())
        await until(lambda: log_output.getvalue().count("internal_error") > 4)
        assert leaked_into(everything_written(bench, log_output, capfd)) == []


async def test_an_insight_that_was_never_acknowledged_is_told_of_without_its_content(
    log_output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(a_telling_event())
        bench.producer.sent[0].future.set_exception(telling(KafkaTimeoutError))
        await until(lambda: bench.fatal)
        assert leaked_into(everything_written(bench, log_output, capfd)) == []


@pytest.mark.parametrize("framing", [b"", b"\x00\x00\x00\x00\x07", b"\x00\x00\x00\x00\x63"])
async def test_bytes_that_are_no_event_are_told_of_without_being_quoted(
    framing: bytes, log_output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_bench() as bench:
        raw = framing + everything_planted().encode()
        await bench.deliver_raw(raw, key=IDENTIFIERS["name"].encode())
        assert [letter.value for letter in bench.producer.on(DEAD_LETTERS)] == [raw]
        assert leaked_into(everything_written(bench, log_output, capfd)) == []


@pytest.mark.parametrize("failure", ["a fault of the data", "an exception", "a send"])
async def test_intake_tells_nothing_of_a_source_record_that_fails(
    failure: str, log_output: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with an_intake() as bench:
        raw = b"\xff" + everything_planted().encode() if failure == "a fault of the data" else everything_planted()
        if failure == "an exception":
            bench.adapter.broken = 100
        if failure == "a send":
            raw = "e1"
            monkeypatch.setattr(bench.producer, "send", lambda *_, **__: _raise(telling(ValueError)))
        await bench.deliver(raw)
        await until(lambda: "internal_error" in log_output.getvalue())
        assert leaked_into(everything_written(bench, log_output, capfd)) == []


def _raise(error: Exception) -> Any:
    raise error


async def test_what_was_cut_is_told_in_numbers(log_output: io.StringIO) -> None:
    event = a_telling_event()
    async with a_bench() as bench:
        await bench.deliver(msgspec.structs.replace(event, text=f"{event.text}\n" * 20))
        await until(lambda: bench.endings)
        assert '"event": "truncated"' in log_output.getvalue()
        assert bench.count("truncated_total") == 1
        assert leaked_into(log_output.getvalue() + bench.metrics.render().decode()) == []


async def test_a_worker_that_must_leave_shows_the_kind_of_the_error_only() -> None:
    async with a_bench() as bench:
        vitals = Vitals(bench.metrics, bench.pauses, asyncio.Event())
        vitals.fatal = telling(RuntimeError)
        assert vitals.health().body["fatal"] == "RuntimeError"
        assert leaked_into(json.dumps(vitals.health().body)) == []


@pytest.mark.parametrize("command", [("scrub",), ("scrub", "--jsonl"), ("preview",), ("preview", "--jsonl")])
def test_a_command_that_breaks_quotes_nothing(
    command: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scrubber, "scrub", lambda *_: _raise(telling(ValueError)))
    line = json.dumps(a_line("e1", everything_planted()) | {"id": "1", "text": everything_planted()})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert main(command) == 1
    out, err = capfd.readouterr()
    assert "unexpected error" in err
    assert leaked_into(out + err) == []


async def test_the_prompt_holds_nothing_of_what_the_record_names() -> None:
    async with a_bench() as bench:
        await bench.deliver(a_telling_event())
        (call,) = bench.caller.calls
        prompt = f"{call.request.instructions}{call.request.user_message}{call.request.safety_identifier}"
        assert [kind for kind, value in IDENTIFIERS.items() if value.casefold() in prompt.casefold()] == []
