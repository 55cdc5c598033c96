"""Logs: one format for all, bounded, and never a word of a customer."""

from __future__ import annotations

import io
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from streams.observability import logs
from streams.settings import LogSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "Ann Example owes 42"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def configured(format_: Literal["auto", "json", "console"] = "json") -> io.StringIO:
    stream = io.StringIO()
    logs.configure(LogSettings(format=format_), stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_logger_and_event_first() -> None:
    stream = configured()
    structlog.get_logger("streams.enrich.agent").info("event_ended", event_id="e1", reason="duplicate")
    (line,) = lines(stream)
    assert list(line) == ["at", "level", "logger", "event", "event_id", "reason"]
    assert (line["level"], line["logger"], line["event"]) == ("info", "streams.enrich.agent", "event_ended")


def test_auto_is_json_where_nobody_looks() -> None:
    stream = configured("auto")
    structlog.get_logger("streams.test").warning("x")
    assert lines(stream)[0]["event"] == "x"


def test_console_is_text() -> None:
    stream = configured("console")
    structlog.get_logger("streams.test").warning("started", port=6066)
    assert "started" in stream.getvalue()
    assert "port=6066" in stream.getvalue()


def test_a_time_is_utc() -> None:
    stream = configured()
    structlog.get_logger("streams.test").info("x")
    assert lines(stream)[0]["at"].endswith("Z")


@pytest.mark.parametrize("name", ["faust", "mode", "aiokafka.consumer", "openai", "httpx", "asyncio"])
def test_libraries_speak_from_warning_on_in_the_same_format(name: str) -> None:
    stream = configured()
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("partition %s is gone", 3)
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["level"]) == ("partition 3 is gone", name, "warning")


def test_what_every_first_start_goes_through_is_no_error() -> None:
    stream = configured()
    coordinator = logging.getLogger("aiokafka.consumer.group_coordinator")
    coordinator.error("Group Coordinator Request failed: %s", "[Error 15] GroupCoordinatorNotAvailableError")
    coordinator.error("Heartbeat session expired - marking coordinator dead")
    assert [line["level"] for line in lines(stream)] == ["warning", "error"]


def test_a_library_that_is_set_to_debug_is_still_not_heard() -> None:
    stream = configured()
    library = logging.getLogger("openai._base_client")
    library.setLevel(logging.DEBUG)
    library.debug("Request options: %s", SECRET)
    library.setLevel(logging.NOTSET)
    assert stream.getvalue() == ""


def test_debug_is_heard_of_ours_when_asked_for() -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(level="DEBUG"), stream)
    structlog.get_logger("streams.test").debug("detail")
    assert lines(stream)[0]["level"] == "debug"


def test_configuring_twice_writes_once() -> None:
    configured()
    stream = configured()
    structlog.get_logger("streams.test").info("x")
    assert len(lines(stream)) == 1


def a_validation_error() -> ValidationError:
    class Answer(BaseModel):
        score: float

    with pytest.raises(ValidationError) as caught:
        Answer.model_validate({"score": SECRET})
    return caught.value


@pytest.mark.parametrize("error", [ValueError(SECRET), KeyError(SECRET), a_validation_error()])
def test_a_strangers_exception_is_shown_by_type_and_frames_only(error: Exception) -> None:
    stream = configured()

    def fails(error: Exception) -> None:
        customer_text = SECRET  # a local variable of the failing frame
        assert customer_text
        raise error

    try:
        fails(error)
    except Exception:  # noqa: BLE001 - whatever it is
        structlog.get_logger("streams.test").exception("failed")
    (line,) = lines(stream)
    assert type(error).__name__ in line["exception"]
    assert "in fails" in line["exception"]
    assert "Ann" not in stream.getvalue()


def test_a_thread_that_an_exception_has_ended_is_told_of_without_the_exceptions_words() -> None:
    stream = configured()
    thread = threading.Thread(name="consumer")
    logs.thread_failed(threading.ExceptHookArgs((ValueError, ValueError(SECRET), None, thread)))
    (line,) = lines(stream)
    assert (line["event"], line["thread"], line["exception"]) == ("thread_failed", "consumer", "ValueError")


def test_our_own_errors_keep_their_words() -> None:
    stream = configured()
    error = DataFault(DeadLetterReason.UNDECODABLE, "4 bytes are no frame", stage="decode")
    structlog.get_logger("streams.test").error("failed", exc_info=error)
    assert "4 bytes are no frame" in lines(stream)[0]["exception"]


def test_the_systems_errors_keep_their_words() -> None:
    assert logs.summary(ConnectionRefusedError(111, "Connection refused")) == (
        "ConnectionRefusedError: [Errno 111] Connection refused"
    )


def test_a_cause_is_shown_before_what_it_caused() -> None:
    cause, effect = ValueError(SECRET), OSError(5, "Input/output error")
    effect.__cause__ = cause
    assert logs.describe(effect) == "ValueError\nthen\nOSError: [Errno 5] Input/output error"


def test_a_chain_of_causes_that_bites_its_tail_ends() -> None:
    one, other = ValueError(), TypeError()
    one.__context__, other.__context__ = other, one
    assert logs.describe(one).count("then") == 1


@pytest.mark.parametrize("template", ["Crashed reason=%r", "Crashed reason=%s"])
def test_an_exception_among_a_messages_arguments_is_reduced(template: str) -> None:
    stream = configured()
    logging.getLogger("mode").error(template, ValueError(SECRET))
    assert lines(stream)[0]["event"] == "Crashed reason=ValueError"


def test_asyncios_word_on_a_failed_task_is_reduced() -> None:
    stream = configured()
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=%r>", SECRET)
    assert lines(stream)[0]["event"] == "Task exception was never retrieved"


@pytest.mark.parametrize("key", ["text", "prompt", "messages", "value", "api_key", "authorization", "kwargs"])
def test_values_under_names_of_content_never_leave(key: str) -> None:
    stream = configured()
    structlog.get_logger("streams.test").info("x", **{key: SECRET})
    assert lines(stream)[0][key] == f"<str of {len(SECRET)}>"


def test_a_long_value_is_cut_and_the_line_stays_json() -> None:
    stream = configured()
    structlog.get_logger("streams.test").info("x", detail="y" * 1_000_000, event_id="e1")
    (line,) = lines(stream)
    assert line["truncated"] is True
    assert line["event_id"] == "e1"


@given(
    st.dictionaries(st.text(min_size=1, max_size=30).map(lambda key: f"k{key}"), st.text(max_size=3000), max_size=60)
)
def test_every_line_is_within_the_bound_and_json(values: dict[str, str]) -> None:
    stream = configured()
    structlog.get_logger("streams.test").info("x", **values)
    (line,) = stream.getvalue().splitlines()
    assert len(line) <= logs.MAX_LINE_CHARS
    assert json.loads(line)["event"] == "x"


def test_the_end_of_a_long_exception_is_kept() -> None:
    stream = configured()

    def deep(depth: int) -> None:
        if depth == 0:
            raise RuntimeError(SECRET)
        deep(depth - 1)

    try:
        deep(200)
    except RuntimeError:
        structlog.get_logger("streams.test").exception("failed")
    (line,) = lines(stream)
    assert line["exception"].endswith("in deep")
    assert len(line["exception"]) > 500
