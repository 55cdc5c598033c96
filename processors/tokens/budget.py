"""Fitting one event's texts into a number of tokens: the oldest history goes first, then the longest text is cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processors.tokens.tokenizer import Tokenizer

STAGE = "budget"


@dataclass(frozen=True, slots=True)
class Part:
    """One text of an event. History parts (the messages of a thread) stand oldest first among the others."""

    text: str
    history: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is left: `parts` in the given order and number, None where a part was dropped, a prefix where it was cut.

    `input_tokens` is what the parts are now, `dropped_tokens` what went, both as `Tokenizer.count` counts.
    """

    parts: tuple[Part | None, ...]
    input_tokens: int
    dropped_tokens: int

    @property
    def truncated(self) -> bool:
        """Whether the model sees less than the event said."""
        return self.dropped_tokens > 0


def fit(parts: Sequence[Part], limit_tokens: int, tokenizer: Tokenizer) -> Fitted:
    """Make the sum of the parts' tokens at most `limit_tokens`, losing what matters least.

    1. History is dropped whole, oldest first, until the rest fits. The newest history part is never dropped: it is
       what happened. Other parts, the record's own texts, are never dropped either.
    2. If that is not enough, the longest remaining text is cut, then the next longest once it is no longer the
       longest, until all fit. A cut keeps the beginning: there a customer states the matter, while ends hold
       signatures, disclaimers and quoted mails; and a text that grows keeps the same prompt. A cut leaves no mark in
       the text (a mark costs tokens, and a model may quote it); the insight says `truncated`.

    Each part is counted once, and each cut one a second time as far as it is kept. Raises DataFault(CONTEXT_TOO_LONG)
    if there was text and none of it would be left.
    """
    counts = [tokenizer.count(part.text) for part in parts]
    total = sum(counts)
    kept = _after_dropping(parts, counts, total, limit_tokens)
    room = _room(counts, kept, limit_tokens)
    fitted: list[Part | None] = [None] * len(parts)
    used = 0
    for index in kept:
        part = parts[index]
        if counts[index] > room[index]:
            part = Part(tokenizer.prefix(part.text, room[index]), part.history)
            used += tokenizer.count(part.text)
        else:
            used += counts[index]
        fitted[index] = part
    if total and not any(part and part.text for part in fitted):
        raise DataFault(
            DeadLetterReason.CONTEXT_TOO_LONG,
            f"a budget of {limit_tokens} tokens holds nothing of a text of {total}",
            stage=STAGE,
        )
    return Fitted(tuple(fitted), used, total - used)


def _after_dropping(parts: Sequence[Part], counts: Sequence[int], total: int, limit_tokens: int) -> list[int]:
    """The indices of the parts that stay, in order."""
    history = [index for index, part in enumerate(parts) if part.history]
    dropped: set[int] = set()
    for index in history[:-1]:
        if total <= limit_tokens:
            break
        total -= counts[index]
        dropped.add(index)
    return [index for index in range(len(parts)) if index not in dropped]


def _room(counts: Sequence[int], kept: Sequence[int], limit_tokens: int) -> dict[int, int]:
    """How many tokens each kept part may be: what it is, or one common height for the longest, so that all fit.

    Taking from the longest until it is as long as the next, then from both, ends at one height for all that are cut.
    """
    room = {index: counts[index] for index in kept}
    left = max(0, limit_tokens)
    if sum(room.values()) <= left:
        return room
    by_length = sorted(kept, key=counts.__getitem__)
    for place, index in enumerate(by_length):
        # From the shortest on, each may take an equal share of what is left; what it does not need raises the rest.
        room[index] = min(counts[index], left // (len(by_length) - place))
        left -= room[index]
    return room
