"""What the simulator knows of our own prompts: where the customer's words stand in a user message."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

# processors.kinds.prompt delimits the data with a word that is random for each try; "===" also begins its headings.
_DATA = re.compile(r"=== data (?P<boundary>\w+)\n(?P<data>.*?)\n?=== end (?P=boundary)", re.DOTALL)
_CUSTOMER = re.compile(r"^=== (?P<author>.+) \(customer\)$", re.MULTILINE)
_TITLE = re.compile(r"^=== title\n(?P<title>[^\n]+)", re.MULTILINE)
_HEADING = "==="
_RECORD_TYPE = "record type: "


@dataclass(frozen=True, slots=True)
class Record:
    """What a user message tells of a record: its words without delimiters and headings, and what the headings say."""

    text: str
    title: str = ""
    customer: str = ""


def record_in(user_message: str) -> Record:
    """Take a user message apart; one of another form is all text."""
    found = _DATA.search(user_message)
    if found is None:
        return Record(user_message)
    data = found["data"]
    lines = [line for line in data.split("\n") if not line.startswith((_HEADING, _RECORD_TYPE))]
    title, customer = _TITLE.search(data), _CUSTOMER.search(data)
    return Record("\n".join(lines), title["title"] if title else "", customer["author"] if customer else "")


def prompt_hash(user_message: str) -> str:
    """A short hash under which a prompt is counted, equal for every try of an event; the prompt is never kept."""
    found = _DATA.search(user_message)
    text = user_message if found is None else user_message.replace(found["boundary"], "")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
