"""What we ask a model about a record: the kinds, how events are routed to them, and how their answers are checked."""

from __future__ import annotations

from processors.kinds.answers import AnswerError, check_answer
from processors.kinds.columns import insight_columns
from processors.kinds.interaction_summary import InteractionSummary, interaction_summary
from processors.kinds.kind import Kind, strict_schema
from processors.kinds.routes import Route, Routes, SnapshotPolicy

__all__ = [
    "AnswerError",
    "InteractionSummary",
    "Kind",
    "Route",
    "Routes",
    "SnapshotPolicy",
    "check_answer",
    "insight_columns",
    "interaction_summary",
    "strict_schema",
]
