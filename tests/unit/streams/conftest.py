"""What every test here runs with: logs that are kept, and retries that do not take seconds."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from streams.delivery import retry_pace
from streams.observability import logs
from streams.settings import LogSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def log_output() -> Iterator[io.StringIO]:
    """Everything that is logged, from DEBUG on, as it would reach standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    logs.configure(LogSettings(level="DEBUG", format="json"), out)
    yield out
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def tiny_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tries and a backoff as in production, a thousand times faster."""
    monkeypatch.setattr(retry_pace, "INTERNAL_RETRIES_S", (0.001, 0.002, 0.003))
    monkeypatch.setattr(retry_pace, "DEPENDENCY_BACKOFF_S", (0.001, 0.005))
