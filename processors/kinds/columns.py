"""Which columns of `CrmInsight` an answer fills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schemas.text import clean_text

if TYPE_CHECKING:
    from pydantic import BaseModel

    from processors.kinds.kind import Kind

# The columns that an answer may fill, whatever its kind. A field of a kind with one of these names, or with a name on
# the left of `_RENAMED`, lands there; every other one is found in `answer_json`, so a new kind needs no new column.
ANSWER_COLUMNS = frozenset(
    {
        "executive_summary",
        "overall_sentiment",
        "churn_risk_score",
        "action_items",
        "mentioned_competitors",
        "upsell_opportunity_identified",
        "category",
        "priority",
        "draft_reply",
    }
)
_RENAMED = {"action_items_for_rep": "action_items"}


def insight_columns(kind: Kind, answer: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments for `CrmInsight`: `kind`, `prompt_version`, `answer_json` and the columns that the answer has.

    `answer` may be the model or its fields with the placeholders restored: restored text can be longer than the
    model's caps allow. Lists become tuples; strings leave without NUL and lone surrogates, since originals may have
    either.
    """
    fields = answer if isinstance(answer, Mapping) else answer.model_dump(mode="json")
    fields = {name: _clean(value) for name, value in fields.items()}
    columns: dict[str, Any] = {
        "kind": kind.name,
        "prompt_version": kind.prompt_version,
        "answer_json": json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
    }
    for name, value in fields.items():
        column = _RENAMED.get(name, name)
        if column in ANSWER_COLUMNS:
            columns[column] = tuple(value) if isinstance(value, list) else value
    return columns


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, Mapping):
        return {clean_text(str(name)): _clean(item) for name, item in value.items()}
    return value
