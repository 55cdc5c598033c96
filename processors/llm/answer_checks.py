"""Is a completion an answer? The checks in their one order, and what may still be tried.

    refusal          -> final, `model_refused`: the model's no is an answer
    content filter   -> final, `content_filter`
    cut at the cap   -> once more with twice the cap, then `output_truncated`; never repaired, never published
    JSON, schema, business rules -> one re-ask that names what was wrong, then `invalid_answer`

The last line is one call of the kind's own check: it parses, validates and applies the rules of the kind. Pure; what
is said in a detail (logs, headers) is made of names of the schema and of pydantic's error types, never of values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.llm.provider import Completion, CompletionRequest

# A wrong answer can be wrong in hundreds of places (a list of the wrong type); the first few are enough to mend it.
_MAX_PROBLEMS: Final = 8
_MAX_MESSAGE: Final = 200


class AnswerRejected(ValueError):  # noqa: N818 -- a verdict on an answer, not an error of ours
    """For a check to raise when a business rule is broken. The message is shown to the model, in logs and in headers.

    So it names the rule and never quotes the answer.
    """


class AnswerFlaw(StrEnum):
    """What is wrong with a completion; an outcome label of `crm_insights_llm_calls_total`."""

    REFUSED = "refused"
    FILTERED = "content_filter"
    TRUNCATED = "output_truncated"
    INVALID = "invalid_answer"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A validated answer of the kind's model."""

    answer: BaseModel


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Not yet an answer; ask `request` instead, which differs from the one before."""

    request: CompletionRequest
    flaw: AnswerFlaw


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not an answer, for good."""

    reason: DeadLetterReason
    detail: str
    flaw: AnswerFlaw


Judgement = Accepted | AskAgain | Rejected


@dataclass(slots=True)
class Examiner:
    """Judges the completions of one event; remembers which second chances have been given, each at most once."""

    check: Callable[[str], BaseModel]
    cap_was_doubled: bool = False
    was_corrected: bool = False

    def judge(self, completion: Completion, request: CompletionRequest) -> Judgement:
        """Judge the answer to `request`. An exception of `check` other than a ValueError is a bug and passes."""
        # Compatible servers fill the field with "" beside a good answer; only a word of refusal is one.
        if completion.refusal and not completion.refusal.isspace():
            return Rejected(DeadLetterReason.MODEL_REFUSED, "the model refused to answer", AnswerFlaw.REFUSED)
        if completion.finish_reason == "content_filter":
            detail = "the provider's content filter stopped the answer"
            return Rejected(DeadLetterReason.CONTENT_FILTER, detail, AnswerFlaw.FILTERED)
        if completion.finish_reason == "length":
            return self._truncated(request)
        try:
            return Accepted(self.check(completion.text or ""))
        except ValidationError as error:
            problems = _Problems.of(error, request.json_schema)
        except AnswerRejected as error:
            problems = _Problems(str(error), str(error))
        except ValueError as error:
            # JSON that does not parse, or a rule that speaks of values: its message may quote the answer.
            problems = _Problems(f"not a valid answer ({type(error).__name__})", "it was not valid JSON")
        return self._invalid(request, problems)

    def _truncated(self, request: CompletionRequest) -> Judgement:
        if self.cap_was_doubled:
            detail = f"the answer was cut off at {request.max_output_tokens} output tokens"
            return Rejected(DeadLetterReason.OUTPUT_TRUNCATED, detail, AnswerFlaw.TRUNCATED)
        self.cap_was_doubled = True
        return AskAgain(replace(request, max_output_tokens=2 * request.max_output_tokens), AnswerFlaw.TRUNCATED)

    def _invalid(self, request: CompletionRequest, problems: _Problems) -> Judgement:
        if self.was_corrected:
            return Rejected(DeadLetterReason.INVALID_ANSWER, problems.for_people, AnswerFlaw.INVALID)
        self.was_corrected = True
        correction = (
            f"Your previous answer was rejected: {problems.for_model}. "
            "Answer again, with one JSON object that follows the schema and the rules exactly."
        )
        return AskAgain(replace(request, correction=correction), AnswerFlaw.INVALID)


@dataclass(frozen=True, slots=True)
class _Problems:
    """What was wrong: for logs and headers without any value, for the model with pydantic's whole message."""

    for_people: str
    for_model: str

    @classmethod
    def of(cls, error: ValidationError, json_schema: Mapping[str, Any]) -> _Problems:
        known = _property_names(json_schema)
        found = error.errors(include_url=False, include_context=False, include_input=False)[:_MAX_PROBLEMS]
        places = [".".join(_place(part, known) for part in one["loc"]) or "the answer" for one in found]
        return cls(
            "; ".join(f"{place}: {one['type']}" for place, one in zip(places, found, strict=True)),
            "; ".join(f"{place}: {one['msg'][:_MAX_MESSAGE]}" for place, one in zip(places, found, strict=True)),
        )


def _place(part: int | str, known: frozenset[str]) -> str:
    """Show list indices and names of the schema; a surplus field's name was written by the model."""
    return str(part) if isinstance(part, int) or part in known else "(an unknown field)"


def _property_names(schema: Any) -> frozenset[str]:
    """Collect every property name that a JSON schema declares, at any depth."""
    names: set[str] = set()
    rest: list[Any] = [schema]
    while rest:
        node = rest.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            names.update(properties if isinstance(properties, dict) else ())
            rest.extend(node.values())
        elif isinstance(node, list):
            rest.extend(node)
    return frozenset(names)
