"""Fitting one event's texts into a number of tokens: what is lost first, and that the room is used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from processors.tokens.tokenizer import Tokenizer

STAGE = "budget"

# What a cut may leave of a placeholder. `<PERSON_1` of `<PERSON_12>` would be read, and restored, as somebody else.
_BROKEN_PLACEHOLDER = re.compile(r"<[A-Z0-9_]*\Z")

# A cut text is measured once more with its line end, which may merge with its last letters into other tokens: it is
# cut again by what it is too long. Once has always been enough; the bound is there because nothing proves it.
_MAX_CUTS = 3

# Dropped fields that are tried for the last few tokens of room. Too little for the headings of so many is too little.
_MAX_REFILLS = 16


class Rank(Enum):
    """What a part is, and with it when it goes: HISTORY first, then FIELD, OWN last."""

    OWN = "own"
    FIELD = "field"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Part:
    """One text of an event, under a heading that is sent with it as it is or not at all.

    History parts (the messages of a thread) stand oldest first among the others. `ending` follows the text.
    """

    text: str = field(repr=False)
    rank: Rank
    heading: str = field(default="", repr=False)
    ending: str = ""

    @property
    def whole(self) -> str:
        """What is sent of it."""
        return f"{self.heading}{self.text}{self.ending}"


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

    1. History is dropped whole, oldest first, until the rest fits; all but the newest part of it, which is what
       happened.
    2. Then fields are dropped whole, the longest first: many short ones say more than a long one, and a form of 800
       columns must not push out what the customer wrote. Of equally long ones the last goes first.
    3. Then the longest of what is left (title, text, newest message) is cut, then the next longest once it is no
       longer the longest, until all fit. Where not even headings fit, the newest message goes, then the text.
    4. What was dropped last comes back, cut to the room that is left: a field if any was dropped, then the newest
       message that was. So a budget that is exceeded is used up, but for less than the next heading needs.

    A cut keeps the beginning: there a customer states the matter, while ends hold signatures, disclaimers and quoted
    mails; and a text that grows keeps the same prompt. It leaves no mark in the text (a mark costs tokens, and a model
    may quote it; the insight says `truncated`), no part of a placeholder, and never only a heading.

    Each part is counted once, and each cut one again as far as it is kept. Raises DataFault(CONTEXT_TOO_LONG) if there
    was text and none of it would be left.
    """
    counts = [tokenizer.count(part.whole) for part in parts]
    total = sum(counts)
    if total <= max(0, limit_tokens):
        return Fitted(tuple(parts), total, 0)
    fitting = _Fitting(parts, counts, limit_tokens, tokenizer)
    gone = fitting.drop(total)
    if fitting.left < 0:
        fitting.shorten()
    fitting.refill(gone)
    if not any(part and part.text for part in fitting.kept):
        raise DataFault(
            DeadLetterReason.CONTEXT_TOO_LONG,
            f"a budget of {limit_tokens} tokens holds nothing of a text of {total}",
            stage=STAGE,
        )
    used = limit_tokens - fitting.left
    return Fitted(tuple(fitting.kept), used, total - used)


class _Fitting:
    """One event on its way into a budget that it exceeds: `kept` so far, and the tokens that are `left`."""

    def __init__(self, parts: Sequence[Part], counts: Sequence[int], limit: int, tokenizer: Tokenizer) -> None:
        self._parts = parts
        self._counts = counts
        self._limit = limit
        self._tokenizer = tokenizer
        self.kept: list[Part | None] = list(parts)
        self.left = 0

    def drop(self, total: int) -> list[int]:
        """Drop whole parts until the rest fits or only the essential ones are left; return them as they went."""
        self.left = self._limit - total
        gone: list[int] = []
        for index in self._order():
            if self.left >= 0:
                break
            self.kept[index] = None
            self.left += self._counts[index]
            gone.append(index)
        return gone

    def shorten(self) -> None:
        """Cut the essential parts to the limit, all of them if that can be."""
        essential = [index for index, part in enumerate(self.kept) if part is not None]
        for index in essential:
            self.kept[index] = None
        self.left = self._limit
        for chosen in _fewer_and_fewer(essential):
            cut = self._levelled(chosen)
            if all(part.text or not self._parts[index].text for index, (part, _) in zip(chosen, cut, strict=True)):
                for index, (part, tokens) in zip(chosen, cut, strict=True):
                    self.kept[index] = part
                    self.left -= tokens
                return

    def refill(self, gone: Sequence[int]) -> None:
        """Let come back what has room, the last that went first."""
        fields = [index for index in reversed(gone) if self._parts[index].rank is Rank.FIELD][:_MAX_REFILLS]
        # Only the newest of the dropped messages: an older one would stand in the thread with a gap after it.
        history = [index for index in reversed(gone) if self._parts[index].rank is Rank.HISTORY][:1]
        for index in (*fields, *history):
            if self.left <= 0:
                return
            part, tokens = self._cut(index, self.left)
            if part.text:
                self.kept[index] = part
                self.left -= tokens

    def _order(self) -> list[int]:
        history = [index for index, part in enumerate(self._parts) if part.rank is Rank.HISTORY]
        fields = [index for index, part in enumerate(self._parts) if part.rank is Rank.FIELD]
        return history[:-1] + sorted(fields, key=lambda index: (self._counts[index], index), reverse=True)

    def _levelled(self, chosen: Sequence[int]) -> list[tuple[Part, int]]:
        """The parts cut so that all fit: taking from the longest text until it is as long as the next, then from both.

        That ends at one common height for all that are cut.
        """
        frames = {index: self._tokenizer.count(replace(self._parts[index], text="").whole) for index in chosen}
        left = self._limit - sum(frames.values())
        room: dict[int, int] = {}
        by_length = sorted(chosen, key=lambda index: self._counts[index] - frames[index])
        for place, index in enumerate(by_length):
            # From the shortest on, each may take an equal share of what is left; what it does not need raises the rest.
            room[index] = min(self._counts[index] - frames[index], left // (len(by_length) - place))
            left -= room[index]
        return [self._cut(index, frames[index] + room[index]) for index in chosen]

    def _cut(self, index: int, room: int) -> tuple[Part, int]:
        """The part with as much of its text as fits into `room` tokens, and its tokens; without text if none does."""
        part = self._parts[index]
        if self._counts[index] <= room:
            return part, self._counts[index]
        allowed = room
        for _ in range(_MAX_CUTS):
            begun = self._tokenizer.prefix(part.heading + part.text, allowed)
            cut = replace(part, text=_BROKEN_PLACEHOLDER.sub("", begun[len(part.heading) :]))
            if not cut.text.strip():
                break
            tokens = self._tokenizer.count(cut.whole)
            if tokens <= room:
                return cut, tokens
            allowed -= tokens - room
        return replace(part, text=""), 0


def _fewer_and_fewer(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    """All of them, then without the last, and so on; in the end each by itself, in case the first fits in no room."""
    for number in range(len(indices), 0, -1):
        yield indices[:number]
    for index in indices[1:]:
        yield (index,)
