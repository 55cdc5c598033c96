"""The user message: an event's texts as delimited data, fitted into a budget, and what identifies its content."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from processors.kinds.columns import insight_columns
from processors.kinds.injection import injection_suspected
from processors.kinds.scrubbable import scrubbable
from processors.kinds.telling import identifiers_of
from processors.kinds.texts import EventTexts, texts_of
from processors.tokens import fit
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from processors.tokens import Tokenizer

__all__ = [
    "EventTexts",
    "FittedMessage",
    "fit_message",
    "identifiers_of",
    "injection_suspected",
    "insight_columns",
    "new_boundary",
    "normalised",
    "scrubbable",
    "texts_of",
    "user_message",
]

# Letters only, no vowels: it never is a word, a number, or anything else that a detector of personal data or a reader
# of logs would take for content. 12 of them are 51 bits, of which nobody outside sees one before it is used up.
_BOUNDARY_LETTERS = "bcdfghjkmnpqrstvwxz"
_BOUNDARY_LENGTH = 12

# What both lines with a boundary can be, should each of its letters be a token: 7 for the rest of them, and the blanks
# before. They usually are 22.
_MOST_BORDER_TOKENS = 7 + 2 * (_BOUNDARY_LENGTH + 1)

# The part of the budget that the record's type may take; a longer one is left out, since it says less than any text.
_MAX_RECORD_TYPE_SHARE = 0.25

# A prompt is fitted again if its parts together are more tokens than one by one. That takes texts of thousands of
# letters without a break, whose tokens are counted by chunks; the second fit ends it, and nothing proves it.
_MAX_FITS = 4


@dataclass(frozen=True, slots=True)
class FittedMessage:
    """A user message that is within its budget: `texts` are what it holds, `input_tokens` what it is."""

    message: str = field(repr=False)
    texts: EventTexts
    input_tokens: int
    dropped_tokens: int

    @property
    def truncated(self) -> bool:
        """Whether it holds less than the event said."""
        return self.dropped_tokens > 0


def new_boundary() -> str:
    """A delimiter that no author can have known: random for each event."""
    return "".join(secrets.choice(_BOUNDARY_LETTERS) for _ in range(_BOUNDARY_LENGTH))


def user_message(texts: EventTexts, boundary: str) -> str:
    """The user message: the (masked, fitted) texts between two lines with `boundary`, each under its heading.

    Nothing else of the event stands in it: nothing that was not masked, and two events with equal texts make equal
    prompts, as their equal fingerprints promise. Should the boundary occur in a text all the same, in any case, it is
    replaced there.
    """
    body = _body(texts)
    if boundary.lower() in body.lower():
        body = re.sub(re.escape(boundary), "#", body, flags=re.IGNORECASE)
    return body.join(_border(boundary))


def fit_message(texts: EventTexts, boundary: str, limit_tokens: int, tokenizer: Tokenizer) -> FittedMessage:
    """Make the user message at most `limit_tokens`, counted as it is sent: headings and delimiters included.

    The instructions and the schema are not in it (`Kind.fixed_tokens`). What goes first: see `processors.tokens.fit`.
    What stays does not depend on the boundary, which is another one each time: an event that comes again must be cut
    where it was cut before, or its fingerprint would be new and it would be paid for again. Usually everything fits,
    and the message is counted once. Raises DataFault(CONTEXT_TOO_LONG) if no text is left.
    """
    border = sum(tokenizer.count(line) for line in _border(boundary))
    most = limit_tokens - _MOST_BORDER_TOKENS
    whole = tokenizer.count(_body(texts))
    if whole <= most:
        return FittedMessage(user_message(texts, boundary), texts, whole + border, 0)
    if tokenizer.count(texts.record_type) > limit_tokens * _MAX_RECORD_TYPE_SHARE:
        texts = replace(texts, record_type="")
    parts = texts.parts()
    room = most - tokenizer.count(_body(replace(texts, sections=())))
    for _ in range(_MAX_FITS):
        kept = texts.fitted(fit(parts, room, tokenizer).parts)
        tokens = tokenizer.count(_body(kept))
        if tokens <= most:
            return FittedMessage(user_message(kept, boundary), kept, tokens + border, whole - tokens)
        room -= tokens - most
    raise DataFault(
        DeadLetterReason.CONTEXT_TOO_LONG,
        f"a budget of {limit_tokens} tokens holds nothing of a prompt of {whole}",
        stage="budget",
    )


def _border(boundary: str) -> tuple[str, str]:
    """What stands before and after the texts. No token reaches over a line end into a line of `===`."""
    return f"=== data {boundary}\n", f"=== end {boundary}"


def _body(texts: EventTexts) -> str:
    return f"record type: {texts.record_type}\n" + "".join(part.whole for part in texts.parts())


def normalised(texts: EventTexts) -> str:
    """What would be sent, as one text for the fingerprint: without boundary, NFC, white space collapsed.

    Two events for which it is equal get the same reading; a line that was wrapped elsewhere is no change. Labels are
    in it, since who said something is content.
    """
    return "\x1e".join(
        f"{section.type.value}\x1f{_collapsed(section.label)}\x1f{_collapsed(section.text)}"
        for section in texts.sections
    )


def _collapsed(text: str) -> str:
    # `split` takes the separators \x1e and \x1f for white space too, so no text can hold one.
    return " ".join(unicodedata.normalize("NFC", text).split())
