"""JSON lines as commands write them for programs. Light: `scrub` starts without pydantic and structlog."""

from __future__ import annotations

import json
from typing import Any


def json_line(document: Any) -> bytes:
    """One JSON document as a line of UTF-8, for programs."""
    try:
        return json.dumps(document, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate of the input: escaped, it can be written
        return json.dumps(document).encode() + b"\n"
