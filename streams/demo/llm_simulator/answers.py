"""What the simulated model says to a request, and the ways in which an answer can be bad."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from streams.demo.llm_simulator.faults import Fault
from streams.demo.llm_simulator.instances import smallest_instance
from streams.demo.llm_simulator.prompts import record_in
from streams.demo.llm_simulator.reading import interaction_summary
from streams.demo.llm_simulator.wire import Answer

if TYPE_CHECKING:
    from streams.demo.llm_simulator.wire import ChatRequest

_SUMMARY_FIELDS = frozenset(
    {
        "executive_summary",
        "overall_sentiment",
        "churn_risk_score",
        "action_items_for_rep",
        "mentioned_competitors",
        "upsell_opportunity_identified",
    }
)
_CHARS_PER_TOKEN = 4


def answer_for(request: ChatRequest) -> Answer:
    """Read the user message and answer in the requested schema, cut off where the request's cap ends."""
    text = _content(request)
    cap = request.max_output_tokens
    if cap is not None and len(text.encode()) > cap * _CHARS_PER_TOKEN:
        cut = text.encode()[: cap * _CHARS_PER_TOKEN].decode(errors="ignore")
        return Answer(cut, finish_reason="length")
    return Answer(text)


def spoiled(answer: Answer, fault: Fault) -> Answer:
    """Turn a good answer into the bad one that `fault` names; faults of another sort leave it as it is."""
    match fault:
        case Fault.REFUSAL:
            return Answer(None, refusal="I'm sorry, but I cannot assist with that request.")
        case Fault.CONTENT_FILTER:
            return Answer(None, finish_reason="content_filter")
        case Fault.LENGTH:
            return Answer((answer.text or "")[: len(answer.text or "") // 2], finish_reason="length")
        case Fault.INVALID_SCHEMA:
            return _changed(answer, lambda fields: dict(list(fields.items())[1:]))
        case Fault.UNKNOWN_ENUM:
            return _changed(answer, lambda fields: {**fields, "overall_sentiment": "Mixed"})
        case _:
            return answer


def _content(request: ChatRequest) -> str:
    record = record_in(request.user_message)
    schema = request.json_schema
    if schema is None:
        return str(interaction_summary(record.text, title=record.title, customer=record.customer)["executive_summary"])
    properties = schema.get("properties", {})
    if set(properties) == _SUMMARY_FIELDS:
        read = interaction_summary(record.text, title=record.title, customer=record.customer)
        # In the schema's own order, as a model that is held to a schema writes them.
        return json.dumps({name: read[name] for name in properties}, ensure_ascii=False)
    return json.dumps(smallest_instance(schema), ensure_ascii=False)


def _changed(answer: Answer, change: Any) -> Answer:
    try:
        fields = json.loads(answer.text or "")
    except ValueError:
        return answer
    return Answer(json.dumps(change(fields), ensure_ascii=False)) if isinstance(fields, dict) else answer
