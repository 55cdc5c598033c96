"""An answer fills the columns of an insight that it has fields for, and is whole in `answer_json`."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from processors.kinds import InteractionSummary, Kind, insight_columns, interaction_summary
from processors.kinds.columns import ANSWER_COLUMNS
from schemas.insights import CrmInsight

ANSWER: dict[str, Any] = {
    "executive_summary": "The export fails. A fix is due.",
    "overall_sentiment": "Negative",
    "churn_risk_score": 0.4,
    "action_items_for_rep": ["Call back"],
    "mentioned_competitors": [],
    "upsell_opportunity_identified": False,
}


def test_each_field_lands_in_its_column_and_the_whole_answer_in_json() -> None:
    columns = insight_columns(interaction_summary(), InteractionSummary(**ANSWER))
    assert json.loads(columns.pop("answer_json")) == ANSWER
    assert columns == {
        "kind": "interaction_summary",
        "prompt_version": interaction_summary().prompt_version,
        "executive_summary": "The export fails. A fix is due.",
        "overall_sentiment": "Negative",
        "churn_risk_score": 0.4,
        "action_items": ("Call back",),
        "mentioned_competitors": (),
        "upsell_opportunity_identified": False,
    }


def test_all_columns_are_fields_of_the_insight() -> None:
    fields = {field.name for field in msgspec.structs.fields(CrmInsight)}
    assert fields >= ANSWER_COLUMNS
    assert fields >= insight_columns(interaction_summary(), ANSWER).keys()


def test_restored_fields_may_be_longer_than_the_model_allows_and_leave_clean() -> None:
    summary = "Ann \x00 Lee \ud83d " * 500
    columns = insight_columns(interaction_summary(), ANSWER | {"executive_summary": summary})
    assert columns["executive_summary"] == "Ann \ufffd Lee \ufffd " * 500
    assert "\\u0000" not in columns["answer_json"]
    columns["answer_json"].encode()


class _Topic(BaseModel):
    model_config = ConfigDict(extra="forbid")
    category: str
    tags: list[str]


def test_a_kind_of_ones_own_needs_no_new_column() -> None:
    kind = Kind("topic", "Name the topic.", _Topic, max_output_tokens=100)
    columns = insight_columns(kind, _Topic(category="billing", tags=["ü"]))
    assert columns == {
        "kind": "topic",
        "prompt_version": kind.prompt_version,
        "category": "billing",
        "answer_json": '{"category":"billing","tags":["ü"]}',
    }
