"""What is paid at the start, so that no event waits for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import stamina
from pydantic import SecretStr

from processors.llm import CompletionFailure, FailureKind
from streams.parts import keep_retries_quiet, make_prices, warm_up
from streams.settings import LlmSettings, PrivacySettings, Settings

if TYPE_CHECKING:
    import io

    from processors.llm import Completion, CompletionRequest


class ScriptedProvider:
    """A provider whose connections fail if the test says so."""

    name = "scripted"

    def __init__(self, failure: CompletionFailure | None = None) -> None:
        """Take what `warm_up` raises."""
        self.failure = failure
        self.warmed = 0

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        raise AssertionError(f"warming up must not be paid for: {request.model}, {deadline_s}")

    async def warm_up(self) -> None:
        self.warmed += 1
        if self.failure is not None:
            raise self.failure

    async def aclose(self) -> None: ...


def settings_with(model: str) -> Settings:
    return Settings(
        llm=LlmSettings(model=model), privacy=PrivacySettings(salt=SecretStr("a-salt-of-sixteen-characters"))
    )


async def warmed(provider: ScriptedProvider, model: str = "gpt-5-mini") -> None:
    settings = settings_with(model)
    await warm_up(settings, make_prices(settings), provider)


async def test_connections_are_made_and_no_completion_is_asked_for() -> None:
    provider = ScriptedProvider()
    await warmed(provider)
    assert provider.warmed == 1


async def test_a_provider_that_is_down_does_not_keep_a_worker_from_starting(log_output: io.StringIO) -> None:
    await warmed(ScriptedProvider(CompletionFailure(FailureKind.UNAUTHORISED, status=401)))
    (line,) = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert (line["event"], line["failure"], line["status"]) == ("provider_not_warm", "unauthorised", 401)


async def test_a_model_whose_vocabulary_is_a_guess_is_told_once(log_output: io.StringIO) -> None:
    await warmed(ScriptedProvider(), "house-model")
    (line,) = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert (line["event"], line["model"], line["vocabulary"]) == ("tokens_estimated", "house-model", "o200k_base")


async def test_a_model_whose_vocabulary_is_known_is_not_spoken_of(log_output: io.StringIO) -> None:
    await warmed(ScriptedProvider(), "gpt-5-mini")
    assert log_output.getvalue() == ""


def test_retries_are_neither_logged_nor_counted_by_their_library() -> None:
    before = stamina.instrumentation.get_on_retry_hooks()
    try:
        keep_retries_quiet()
        assert stamina.instrumentation.get_on_retry_hooks() == ()
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)
