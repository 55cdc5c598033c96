"""Whatever fails, no word of a customer reaches a log, a header of a dead letter, or a metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from schemas.events import CrmEvent, Identifier, Message
from schemas.outcomes import DeadLetterReason
from tests.unit.streams.asking import a_refusal
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import DEAD_LETTERS, INSIGHTS, until

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

NAME, MAIL, PHONE, WORDS = "Quirin Xanthopoulos", "quirin.x@corp.example", "+1 201 555 0187", "zebra moonlight"
PLANTED = (NAME, "Quirin", "Xanthopoulos", MAIL, PHONE, "5550187", WORDS, "zebra", "moonlight")


def a_telling_event() -> CrmEvent:
    """An event with something of a customer's in every place where there can be some."""
    return an_event(
        "e1",
        f"{NAME} ({MAIL}, {PHONE}) is angry about the {WORDS}.",
        title=f"Call {NAME}",
        messages=(Message(author=NAME, role="customer", text=f"My {WORDS} is gone. {MAIL}"),),
        fields={"note": f"{WORDS} {PHONE}"},
        identifiers=(Identifier("PERSON", NAME), Identifier("EMAIL", MAIL)),
        attributes={"subject": WORDS},
        actor=MAIL,
    )


def telling(error: type[Exception]) -> Exception:
    """An exception as libraries raise them: it quotes what it choked on."""
    return error(f"cannot handle {NAME} {MAIL} {PHONE} {WORDS}")


def fails(stage: str, bench: EnrichBench) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise telling(ValueError)

    target, name = {
        "decode": (bench.context.reader, "read"),
        "prepare": (bench.context.enrichment, "prepare"),
        "llm": (bench.context.enrichment, "read"),
        "publish": (bench.context.writer, "value"),
        "send": (bench.producer, "send"),
    }[stage]
    setattr(target, name, failing)


def everything_that_leaves(bench: EnrichBench, log_output: io.StringIO) -> str:
    headers = [sent.headers for sent in bench.producer.on(DEAD_LETTERS)]
    causes = dict(bench.pauses.causes)
    return f"{log_output.getvalue()}\n{headers}\n{bench.metrics.render().decode()}\n{causes}"


def assert_nothing_of_it(text: str) -> None:
    assert [planted for planted in PLANTED if planted.lower() in text.lower()] == []


@pytest.mark.parametrize("stage", ["decode", "prepare", "llm", "publish"])
async def test_a_stage_that_fails_tells_nothing_of_the_event(stage: str, log_output: io.StringIO) -> None:
    async with a_bench() as bench:
        fails(stage, bench)
        await bench.deliver(a_telling_event())
        await until(lambda: bench.endings)
        assert bench.endings[0][1] == "internal_error"
        assert "internal_error" in log_output.getvalue()
        assert_nothing_of_it(everything_that_leaves(bench, log_output))


async def test_a_send_that_fails_tells_nothing_of_the_event(log_output: io.StringIO) -> None:
    async with a_bench() as bench:
        fails("send", bench)
        await bench.deliver(a_telling_event())
        await until(lambda: log_output.getvalue().count("internal_error") > 4)
        assert_nothing_of_it(everything_that_leaves(bench, log_output))


def refused(bench: EnrichBench) -> None:
    bench.caller.by_itself = lambda _: a_refusal(DeadLetterReason.MODEL_REFUSED)


def answered_with_what_it_read(bench: EnrichBench) -> None:
    bench.caller.by_itself = lambda request: json.dumps({"executive_summary": request.user_message, WORDS: NAME})


def too_large(bench: EnrichBench) -> None:
    bench.producer.max_bytes[INSIGHTS] = 10


def too_small_a_budget(bench: EnrichBench) -> None:
    rules = bench.context.enrichment._rules
    object.__setattr__(rules, "max_input_tokens", 1)


@pytest.mark.parametrize("arrange", [refused, answered_with_what_it_read, too_large, too_small_a_budget])
async def test_a_dead_letter_tells_nothing_of_the_event(
    arrange: Callable[[EnrichBench], None], log_output: io.StringIO
) -> None:
    async with a_bench() as bench:
        arrange(bench)
        await bench.deliver(a_telling_event())
        assert len(bench.dead_letters) == 1
        assert_nothing_of_it(everything_that_leaves(bench, log_output))


async def test_bytes_that_are_no_event_are_told_of_without_being_quoted(log_output: io.StringIO) -> None:
    async with a_bench() as bench:
        for framing in (b"", b"\x00\x00\x00\x00\x07", b"\x00\x00\x00\x00\x63"):
            await bench.deliver_raw(framing + f"{NAME} {MAIL} {WORDS}".encode(), key=NAME.encode())
        assert len(bench.dead_letters) == 3
        assert_nothing_of_it(everything_that_leaves(bench, log_output))


async def test_an_insight_that_was_never_acknowledged_is_told_of_without_its_content(log_output: io.StringIO) -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(a_telling_event())
        bench.producer.sent[0].future.set_exception(KafkaTimeoutError(f"{NAME} {WORDS}"))
        await until(lambda: bench.fatal)
        assert_nothing_of_it(everything_that_leaves(bench, log_output) + str(bench.fatal))


async def test_what_was_cut_is_told_in_numbers(log_output: io.StringIO) -> None:
    async with a_bench() as bench:
        await bench.deliver(
            an_event("e1", f"{NAME}: " + f"{WORDS} " * 3_000, identifiers=(Identifier("PERSON", NAME),))
        )
        assert '"event": "truncated"' in log_output.getvalue()
        assert bench.count("truncated_total") == 1
        assert_nothing_of_it(everything_that_leaves(bench, log_output))


async def test_the_prompt_holds_none_of_the_identifiers() -> None:
    async with a_bench() as bench:
        await bench.deliver(a_telling_event())
        (call,) = bench.caller.calls
        prompt = f"{call.request.instructions}{call.request.user_message}{call.request.safety_identifier}"
        assert [planted for planted in PLANTED[:6] if planted in prompt] == []
