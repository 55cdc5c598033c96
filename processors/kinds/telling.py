"""Which fields of a record tell a reader something, and who is known to be named in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii import type_of
from schemas.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.events import CrmEvent

# Names of columns that keep the books: keys, versions, and who or what touched the row when. Snake and camel case
# (`owner_id`, `OwnerId`, `LastModifiedDate`, `hs_lastmodifieddate`, `SystemModstamp`); `paid`, `valid` are none.
_BOOKKEEPING_NAME = re.compile(
    r"(?:^|_)(?:ids?|uuid|guid|etag|checksum|hash|version|revision|lsn|url|href)$"
    r"|[a-z0-9](?:Ids?|Uuid|Guid|Url)$"
    r"|(?i:(?:created|updated|modified|synced|indexed|imported)_?(?:at|on|by|date|time|timestamp|datetime)?$)"
    r"|(?i:modstamp$)"
)

# Values made by machines for machines: UUIDs, long hexadecimal, and numbers of ten digits on (keys, epoch times).
_MACHINE_VALUE = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:0x)?[0-9a-f]{16,}|\d{10,}|null|none|undefined|nan", re.IGNORECASE
)

# Words that stand where a name could, and are none: masking them as a name would mask them in every text.
# fmt: off
_ROLE_WORDS = frozenset({
    "admin", "administrator", "agent", "anonymous", "assistant", "automated", "bot", "callee", "caller", "client",
    "contact", "customer", "external", "guest", "host", "internal", "lead", "me", "none", "null", "operator", "owner",
    "rep", "representative", "sales", "seller", "service", "speaker", "support", "system", "team", "unknown", "user",
    "visitor", "you",
})
# fmt: on
_WORD = re.compile("[^\\W_]+(?:['\u2019.-][^\\W_]+)*")  # with O'Neil, Anne-Marie, J.R.

# Each known name costs 20 µs. A thread of 50,000 authors, of whom the prompt shows a hundred, must not cost a second.
_MOST_OTHER_AUTHORS = 2_000

_MIN_ASCII_NAME = 3
_MIN_OTHER_NAME = 2  # most Chinese names are two characters


def worth_telling(name: str, value: str) -> bool:
    """Whether a field's value can mean something to a reader: not blank, no key, no time of the row's own history.

    Numbers, dates and single words stay: an amount, a renewal date or a stage is what a deal has to say.
    """
    value = value.strip()
    return bool(value) and not _BOOKKEEPING_NAME.search(name) and not _MACHINE_VALUE.fullmatch(value)


def identifiers_of(event: CrmEvent, kept_messages: int | None = None) -> dict[str, tuple[str, ...]]:
    """What the record itself says about who is named in it, for the scrubber: type -> values.

    The event's `identifiers`, and the authors of its messages, whose names stand in the prompt as speakers. Words for a
    role (`Customer`, `Support agent`, `Speaker 2`) are no names, and a name of one or two letters would be found in
    ordinary words: neither is given. Where only the newest `kept_messages` are sent, the authors of older ones, who may
    still be spoken of, are given as far as that stays cheap.
    """
    known: dict[str, dict[str, None]] = {}  # a dict for its order: placeholders are numbered in it
    for identifier in event.identifiers:
        value = clean_text(identifier.value).strip()
        if value:
            known.setdefault(type_of(identifier.type), {})[value] = None
    for author in _authors(event, kept_messages):
        name = _name(clean_text(author))
        if name:
            known.setdefault("PERSON", {})[name] = None
    return {kind: tuple(values) for kind, values in known.items()}


def _authors(event: CrmEvent, kept_messages: int | None) -> Iterable[str]:
    """Each author once, in the order of the messages."""
    if kept_messages is None:
        return dict.fromkeys(message.author for message in event.messages if message.author)
    newest: dict[str, None] = {}
    kept = 0
    for message in reversed(event.messages):
        if kept >= kept_messages and len(newest) >= _MOST_OTHER_AUTHORS:
            break
        kept += not message.text.isspace() and message.text != ""
        if message.author:
            newest[message.author] = None
    return reversed(newest)


def _name(author: str) -> str:
    """The person's name in an author, or nothing."""
    if "@" in author:
        # The scrubber finds an address by its form. What may stand before it ("Ann Lee <ann@...>") it may not find.
        author = author.partition("<")[0] if "<" in author else ""
    found = _WORD.findall(author)
    words = [word for word in found if word.casefold() not in _ROLE_WORDS and not word.isdigit()]
    name = " ".join(author.split()) if len(words) == len(found) else " ".join(words)
    return name if words and len(name) >= (_MIN_ASCII_NAME if name.isascii() else _MIN_OTHER_NAME) else ""
