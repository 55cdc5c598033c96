"""Counting and cutting text in tokens, in bounded time for any text at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from processors.tokens.graphemes import grapheme_floor
from processors.tokens.vocabulary import encoding, vocabulary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# tiktoken is never given more at once. Its pattern backtracks over white space and panics (a BaseException) at a
# million of it, and its merge loop was quadratic for one long run of letters (tiktoken#195); 8,192 code points take
# at most 4 ms (emoji, measured).
MAX_CHUNK_CODE_POINTS = 8_192

# Text beyond this is not encoded but counted as one token a byte, which no vocabulary exceeds. It is more than any
# context window holds, so the answer ("far too long") is the same; encoding all of it would hold up the event loop:
# a million code points take 0.1 (letters) to 0.5 s (emoji).
MAX_ENCODED_CODE_POINTS = 1_000_000

# What a forced cut inside a run adds. A text can need more tokens than its two halves together: merges are greedy, and
# a blank that leads a word changes how the word is split. Of 300,000 random cuts 4 % hid one token and 12 hid four,
# the most seen; twice that keeps the sum an upper bound.
_FORCED_CUT_TOKENS = 8

# The longest token of both vocabularies: 128 blanks.
_MAX_TOKEN_BYTES = 128

# Runs, not single ones: a substitution for each of a million would take half a second.
_LONE_SURROGATES = re.compile("[\ud800-\udfff]+")

# A place where the vocabularies' patterns always begin a new piece, whatever stands before and after: a space after
# anything visible; a line end or a mark of punctuation after a letter. A sum over chunks that end there is exact.
# The last seven are the marks of Chinese and Japanese, which write no spaces: full stops, commas and the like.
_SAFE_CUT = re.compile("(?<=\\S) |(?<=[^\\W\\d_])[\n.,;:!?()\u3002\u3001\uff0c\uff01\uff1f\uff1b\uff1a]")


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Counts with the vocabulary `name`; `exact` is false where that is only our best guess for the model.

    Special-token strings such as `<|endoftext|>` are ordinary text: a ticket may quote them. Lone surrogates count as
    the U+FFFD that replaces them when the text leaves.
    """

    name: str
    exact: bool

    def count(self, text: str) -> int:
        """How many tokens `text` is: exact for up to 8,192 code points and for longer ordinary text.

        For runs of thousands of letters, marks or blanks without a break it is an upper bound, some 8 tokens above
        for each 8,192 code points; from a million code points on, an upper bound that is far above.
        """
        if len(text) <= MAX_CHUNK_CODE_POINTS and text.isascii():
            return len(self._encode(text))  # most texts; events have up to 200,000 of them
        text = _encodable(text)
        tokens = 0
        for start, end, forced in _chunks(text[:MAX_ENCODED_CODE_POINTS]):
            tokens += len(self._encode(text[start:end])) + forced
        return tokens + len(text[MAX_ENCODED_CODE_POINTS:].encode())

    def fits(self, text: str, limit_tokens: int) -> bool:
        """Whether `text` is at most `limit_tokens`; without counting where its bytes already are (a token is >= 1)."""
        if len(text) > limit_tokens * _MAX_TOKEN_BYTES:
            return False
        return len(text.encode("utf-8", "surrogatepass")) <= limit_tokens or self.count(text) <= limit_tokens

    def prefix(self, text: str, limit_tokens: int) -> str:
        """The longest beginning of `text` that is at most `limit_tokens` when it is encoded again.

        It ends between two grapheme clusters: no half character, flag, or family of emoji. It may stop a few tokens
        short of the limit for that. Empty if not even the first cluster fits.
        """
        whole = _encodable(text)
        used = 0
        for start, end, forced in _chunks(whole[:MAX_ENCODED_CODE_POINTS]):
            tokens = self._encode(whole[start:end])
            if used + len(tokens) + forced > limit_tokens:
                return text[: self._longest(whole, start, tokens, limit_tokens - used)]
            used += len(tokens) + forced
        if len(whole) <= MAX_ENCODED_CODE_POINTS:
            return text
        return text[: grapheme_floor(whole, MAX_ENCODED_CODE_POINTS)]

    def _longest(self, text: str, start: int, tokens: list[int], room: int) -> int:
        """Where to cut within the chunk at `start`, which is `tokens`, so that it takes at most `room` of them."""
        keep, step = min(room, len(tokens)), 1
        while keep > 0:
            # The tokens are the chunk's bytes in order, so dropping what is incomplete at the end leaves a prefix.
            length = len(encoding(self.name).decode_bytes(tokens[:keep]).decode("utf-8", "ignore"))
            cut = grapheme_floor(text, start + length)
            # The shorter text may merge in other ways than the longer one did, so only counting it again proves it.
            if len(self._encode(text[start:cut])) <= room:
                return cut
            keep, step = keep - step, step * 2
        return grapheme_floor(text, start)

    def _encode(self, chunk: str) -> list[int]:
        return encoding(self.name).encode_ordinary(chunk)


@lru_cache(maxsize=64)
def tokenizer_for(model: str) -> Tokenizer:
    """The tokenizer of `model`, from a vocabulary that is shipped and checked by hash; there is never a download.

    Raises `VocabularyError` if the installation is damaged. Takes 0.3 s the first time, so call it at start.
    """
    name, exact = vocabulary_of(model)
    encoding(name)
    return Tokenizer(name=name, exact=exact)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATES.sub(lambda run: "\ufffd" * len(run[0]), text)
    return text


def _chunks(text: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and surcharge in tokens of each chunk: 0 at the end and at a safe cut, 8 at a forced one.

    A cut depends only on what stands before it and the character after, so a prefix of the text has the same chunks.
    """
    start = 0
    while len(text) - start > MAX_CHUNK_CODE_POINTS:
        last = start + MAX_CHUNK_CODE_POINTS
        # Look in the last quarter first: chunks stay long, and ordinary text has a blank in the last 100 characters.
        safe = 0
        for cut in _SAFE_CUT.finditer(text, last - MAX_CHUNK_CODE_POINTS // 4, last + 1):
            safe = cut.start()
        yield start, safe or last, 0 if safe else _FORCED_CUT_TOKENS
        start = safe or last
    if start < len(text):
        yield start, len(text), 0
