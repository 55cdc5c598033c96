"""Calls to an LLM: a provider behind an interface, a retry policy as data, and answers that are checked.

`openai_provider` and `prices` are imported by their own names where they are used: their packages take a fraction of a
second to load, which a command that calls nobody should not spend.
"""

from __future__ import annotations

from processors.llm.answer_checks import AnswerFlaw, AnswerRejected
from processors.llm.breaker import BreakerPolicy, BreakerState
from processors.llm.call_reports import Answered, AskFault, CallerState, CallReport
from processors.llm.caller import Caller
from processors.llm.identity import hashed_identifier
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Provider, Usage
from processors.llm.rate_limit_headers import RateLimitHeaders
from processors.llm.retry_policy import PauseCause, RetryPolicy

__all__ = [
    "AnswerFlaw",
    "AnswerRejected",
    "Answered",
    "AskFault",
    "BreakerPolicy",
    "BreakerState",
    "CallReport",
    "Caller",
    "CallerState",
    "Completion",
    "CompletionFailure",
    "CompletionRequest",
    "FailureKind",
    "PauseCause",
    "Provider",
    "RateLimitHeaders",
    "RetryPolicy",
    "Usage",
    "hashed_identifier",
]
