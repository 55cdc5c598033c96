"""The product's command, in a process that some text kills: what a fault of native code does to a worker.

`python poisoned.py worker ...`. Text with `DECODING` in it kills the process while it is decoded, text with `SCRUBBING`
while it is scrubbed. Text with `ENDLESS` in it is scrubbed for a minute and harms nobody.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

DECODING = "kills-the-decoder"
SCRUBBING = "kills-the-scrubber"
ENDLESS = "takes-a-minute"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _lay_mines() -> None:
    import fastavro  # noqa: PLC0415 - this module is imported by tests for its names

    from processors.enrichment import Enrichment  # noqa: PLC0415

    read, prepare = fastavro.schemaless_reader, Enrichment.prepare

    def read_or_die(stream: Any, *schemas: Any) -> Any:
        if DECODING.encode() in stream.getvalue():
            _die()
        return read(stream, *schemas)

    def prepare_or_die(self: Enrichment, event: Any) -> Any:
        if SCRUBBING in (event.text or ""):
            _die()
        if ENDLESS in (event.text or ""):
            time.sleep(60)
        return prepare(self, event)

    fastavro.schemaless_reader = read_or_die  # type: ignore[assignment]  # looser than the stub
    Enrichment.prepare = prepare_or_die  # type: ignore[method-assign]


if __name__ == "__main__":
    from streams.cli import main

    _lay_mines()
    sys.exit(main(sys.argv[1:]))
