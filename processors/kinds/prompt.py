"""The user message: an event's texts as delimited data, fitted into a budget, and what identifies its content."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.kinds.columns import insight_columns
from processors.kinds.injection import injection_suspected
from processors.kinds.telling import identifiers_of
from processors.kinds.texts import EventTexts, texts_of
from processors.tokens import fit
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from schemas.text import clean_text

if TYPE_CHECKING:
    from processors.tokens import Tokenizer
    from schemas.events import CrmEvent

__all__ = [
    "EventTexts",
    "FittedMessage",
    "fit_message",
    "identifiers_of",
    "injection_suspected",
    "insight_columns",
    "new_boundary",
    "normalised",
    "texts_of",
    "user_message",
]

# Letters only, no vowels: it never is a word, a number, or anything else that a detector of personal data or a reader
# of logs would take for content. 12 of them are 51 bits, of which nobody outside sees one before it is used up.
_BOUNDARY_LETTERS = "bcdfghjkmnpqrstvwxz"
_BOUNDARY_LENGTH = 12

_MAX_ENTITY_CODE_POINTS = 60

# A prompt is fitted again if its parts together are more tokens than one by one. Merges across two parts' border can
# add a token or two at most, so the second fit ends it; the bound is there because nothing proves it.
_MAX_FITS = 4


@dataclass(frozen=True, slots=True)
class FittedMessage:
    """A user message that is within its budget: `texts` are what it holds, `input_tokens` what it is."""

    message: str
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


def user_message(event: CrmEvent, texts: EventTexts, boundary: str) -> str:
    """The user message: the (masked, fitted) texts between two lines with `boundary`, each under its heading.

    Of the event itself only the entity stands in it: two events with equal texts make equal prompts, as their equal
    fingerprints promise. Should the boundary occur in a text all the same, in any case, it is replaced there.
    """
    entity = " ".join(clean_text(event.entity[:_MAX_ENTITY_CODE_POINTS]).replace("=", " ").split())
    body = f"record type: {entity}" + "".join(section.heading + section.text for section in texts.sections)
    if boundary.lower() in body.lower():
        body = re.sub(re.escape(boundary), "#", body, flags=re.IGNORECASE)
    return f"=== data {boundary}\n{body}\n=== end {boundary}"


def fit_message(
    event: CrmEvent, texts: EventTexts, boundary: str, limit_tokens: int, tokenizer: Tokenizer
) -> FittedMessage:
    """Make the user message at most `limit_tokens`, counted as it is sent: headings and delimiters included.

    The instructions and the schema are not in it (`Kind.fixed_tokens`). What goes first: see `processors.tokens.fit`.
    Usually everything fits, and the message is counted once. Raises DataFault(CONTEXT_TOO_LONG) if no text is left.
    """
    message = user_message(event, texts, boundary)
    whole = tokenizer.count(message)
    if whole <= limit_tokens:
        return FittedMessage(message, texts, whole, 0)
    parts = texts.parts()
    room = limit_tokens - tokenizer.count(user_message(event, EventTexts(()), boundary))
    for _ in range(_MAX_FITS):
        kept = texts.fitted(fit(parts, room, tokenizer).parts)
        if not kept:
            break
        message = user_message(event, kept, boundary)
        tokens = tokenizer.count(message)
        if tokens <= limit_tokens:
            return FittedMessage(message, kept, tokens, whole - tokens)
        room -= tokens - limit_tokens
    raise DataFault(
        DeadLetterReason.CONTEXT_TOO_LONG,
        f"a budget of {limit_tokens} tokens holds nothing of a prompt of {whole}",
        stage="budget",
    )


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
