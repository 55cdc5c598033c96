"""From the text that a model answered with to a validated answer, or to an error that is safe to show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import BaseModel, ValidationError

from processors.llm.answer_checks import AnswerRejected
from schemas.errors import CrmInsightsError
from schemas.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processors.kinds.kind import Kind

# Far above what any kind's output cap allows (4 bytes a token at most times some thousand tokens): a server that
# ignores the cap must not make us parse megabytes.
MAX_ANSWER_CODE_POINTS = 262_144

_MAX_NAMED_FAULTS = 8


class AnswerError(AnswerRejected, CrmInsightsError):
    """The model's answer is not what the kind asks for.

    As an `AnswerRejected` its message is what the one re-ask tells the model. `faults` are pairs of a place
    (`action_items_for_rep.3`) and a fault (`string_too_long`). Neither they nor the message hold anything that the
    model wrote: they also go into logs and the dead letter's header.
    """

    def __init__(self, faults: Iterable[tuple[str, str]]) -> None:
        """Keep the first eight faults; an answer with more is no better understood by naming them."""
        self.faults = tuple(faults)[:_MAX_NAMED_FAULTS]
        super().__init__("; ".join(f"{place}: {fault}" if place else fault for place, fault in self.faults))


def check_answer(kind: Kind, text: str) -> BaseModel:
    """Read `text` as the answer of `kind`. Raises `AnswerError`.

    NUL and lone surrogates, which models do write as escapes, are cleaned before the model validates. A Markdown fence
    around the whole is taken off: servers without strict schemas add one, and it is no part of the answer. Everything
    else is strict: no name twice, none unknown, no NaN, no value outside its list.
    """
    value = _parsed(_without_fence(text))
    if not isinstance(value, dict):
        raise AnswerError([("", "not a JSON object")])
    try:
        return kind.answer_model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise AnswerError((_place(fault["loc"], fault["type"]), fault["type"]) for fault in faults) from None


def _parsed(text: str) -> Any:
    if len(text) > MAX_ANSWER_CODE_POINTS:
        raise AnswerError([("", f"longer than {MAX_ANSWER_CODE_POINTS} characters")])
    try:
        return _cleaned(json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant))
    except AnswerError:
        raise
    except (ValueError, RecursionError):
        # The decoder's own message quotes nothing, but its exception holds the whole document.
        raise AnswerError([("", "not valid JSON")]) from None


def _without_fence(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.removeprefix("```").removeprefix("json").removesuffix("```")
    return text


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; one that names a field twice says two things, and which is meant cannot be known."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise AnswerError([("", "a field stands twice")])
    return found


def _no_constant(_name: str) -> NoReturn:
    raise AnswerError([("", "NaN or Infinity, which JSON does not have")])


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(name): _cleaned(item) for name, item in value.items()}
    return value


def _place(loc: tuple[int | str, ...], fault: str) -> str:
    """Where a fault is. The name of a field that the kind does not have was written by the model: it is not shown."""
    names = [str(name) for name in loc]
    if fault == "extra_forbidden":
        names[-1] = "(unknown field)"
    return ".".join(names)
