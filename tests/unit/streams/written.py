"""Everything that a worker on a bench has written anywhere, as one text to search."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import TYPE_CHECKING, Any

from streams.worker.vitals import Vitals
from tests.unit.streams.kafka import DEAD_LETTERS

if TYPE_CHECKING:
    import io

    import pytest


def everything_written(bench: Any, log_output: io.StringIO, capfd: pytest.CaptureFixture[str]) -> str:
    """Logs from DEBUG on, both streams, metrics, headers of dead letters, what HTTP shows, files, fatal errors."""
    out, err = capfd.readouterr()
    headers = [sent.headers for sent in bench.producer.on(DEAD_LETTERS)]
    fatal = ["".join(traceback.format_exception_only(error)) for error in bench.fatal]
    parts = (log_output.getvalue(), out, err, bench.metrics.render().decode(), headers, shown(bench), fatal)
    return "\n".join(f"{part}" for part in (*parts, state_files(bench)))


def shown(bench: Any) -> str:
    """The bodies of /healthz and /readyz, with the provider's state where the bench has one."""
    vitals = Vitals(bench.metrics, bench.pauses, asyncio.Event())
    if (caller := getattr(bench, "caller", None)) is not None:
        vitals.watch_caller(caller)
    vitals.fatal = bench.fatal[0] if bench.fatal else None
    return json.dumps([vitals.health().body, vitals.readiness().body], default=str, ensure_ascii=False)


def state_files(bench: Any) -> str:
    """What stands in STATE__DIR."""
    directory = bench.poison._counts_path.parent
    files = [path for path in directory.rglob("*") if path.is_file()]
    return "\n".join(f"{path.name}: {path.read_bytes().decode('utf-8', 'replace')}" for path in files)
