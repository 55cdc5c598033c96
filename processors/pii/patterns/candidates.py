"""The multi-pattern passes: an automaton finds every candidate, and a recogniser decides about each.

google-re2 reads the folded bytes once, in linear time whatever the text (11 µs for 6 KB of prose, measured). What it
must never meet is a pattern that reads far past the end of a shorter match of another pattern: the automaton starts
anew after each match, so far reading times many matches is quadratic. Hence triggers are short or bounded, and runs
without bound (links, digits) are consumed whole by their recogniser.

There are three automata, for forms, for spoken words and for addresses: the states of one would multiply with those of
another (measured on 6 KB of dense personal data: 120 µs apart, 1,000 together and the memory of the engine used up).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import re2

from processors.pii.addresses import han, labelled, others, streets
from processors.pii.addresses import triggers as addresses
from processors.pii.patterns import accounts, misread, numbers, web
from processors.pii.patterns.engine import latin1_options
from processors.pii.spoken import triggers as spoken
from processors.pii.spoken.emails import judge_email_in_words
from processors.pii.spoken.numbers import judge_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from processors.pii.page import Page

    Pattern = Any  # re2 has no types


class Recogniser(NamedTuple):
    """What a candidate looks like, and who decides.

    `judge(page, start, end)` notes its finds on the page and gives the offset where the search goes on: behind what it
    decided about. `start` itself means that the candidate is for the recognisers of runs of digits.
    """

    pattern: bytes
    judge: Callable[[Page, int, int], int]


_RUN_OF_DIGITS = rb"[+(]{0,2}[0-9](?:[ ().\-/+]{0,3}[0-9]){6,}"

# Order matters where two begin at one place: the first wins.
RECOGNISERS: tuple[Recogniser, ...] = (
    Recogniser(rb"@[A-Za-z0-9][A-Za-z0-9\-]{0,62}\.", web.judge_email),
    Recogniser(
        rb"(?i:\b(?:https?|ftps?|wss?)://|\bwww\.|\b(?:[a-z]{2,3}\.)?(?:linkedin|xing|facebook|instagram|twitter|github|"
        rb"gitlab|tiktok|youtube|medium|calendly|venmo|x)\.com/|\b(?:t|wa|about|paypal)\.me/|\bbsky\.app/|\bkeybase\.io/)"
        rb"(?:[^\x00-\x20<>\"\x80-\xff]|<[A-Z_]{3,20}_[0-9]{1,9}>)+",
        web.judge_url,
    ),
    Recogniser(rb"\b[A-Za-z]{2}[0-9]{2}[ \-]?[A-Za-z0-9]{4}", accounts.judge_iban),
    Recogniser(rb"(?:\b[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}|::[0-9A-Fa-f]{1,4}):[0-9A-Fa-f:]{0,40}", web.judge_ipv6),
    Recogniser(rb"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", web.judge_ipv4),
    Recogniser(_RUN_OF_DIGITS, numbers.judge_run),
)


SPOKEN: tuple[Recogniser, ...] = (
    Recogniser(spoken.NUMBER_WORDS, judge_number),
    Recogniser(spoken.AT, judge_email_in_words),
    Recogniser(misread.MISREAD, misread.judge_misread),
)

ADDRESSES: tuple[Recogniser, ...] = (
    Recogniser(addresses.POSTCODE_LABEL, labelled.judge_postcode_label),
    Recogniser(addresses.LABEL, labelled.judge_label),
    Recogniser(addresses.PHRASE, labelled.judge_phrase),
    Recogniser(addresses.BOX, others.judge_box),
    Recogniser(addresses.MILITARY, others.judge_military),
    Recogniser(addresses.CORNER, others.judge_corner),
    Recogniser(addresses.UNIT, others.judge_unit),
    Recogniser(addresses.BEFORE, streets.judge_street),
    Recogniser(addresses.BEHIND, streets.judge_street),
    Recogniser(addresses.PLACED, streets.judge_placed),
    Recogniser(addresses.LOWER, streets.judge_lower),
    Recogniser(addresses.GLUED, streets.judge_glued),
    Recogniser(addresses.POSTCODE_BEHIND, others.judge_postcode_behind),
    Recogniser(addresses.HAN, han.judge_han),
)

# A bound, not a need: with the default of 8 MB the states of a thousand words do not fit, and 6 KB take 1 ms.
_MOST_MEMORY_BYTES = 64 << 20


class _Pass:
    """Some recognisers, and the automaton that finds the candidates of all of them.

    The automaton has no groups: to ask RE2 which of the alternatives matched makes it leave the automaton and read each
    match again, at 40 µs where there are a thousand words. A second one tells that from the candidate alone.
    """

    def __init__(self, recognisers: Sequence[Recogniser]) -> None:
        # Nobody decides about what is a candidate only where it stands: a pattern may ask what is beside it.
        self._judges = (*(recogniser.judge for recogniser in recognisers), _nobody)
        self.anywhere: Pattern = re2.compile(b"|".join(b"(?:" + one.pattern + b")" for one in recognisers), _options())
        self._which: Pattern = re2.Set.FullMatchSet(_options())
        for recogniser in recognisers:
            self._which.Add(recogniser.pattern)
        self._which.Compile()

    def judge(self, candidate: bytes) -> Callable[[Page, int, int], int]:
        """Give who decides about a candidate: the first of those whose pattern it is."""
        return self._judges[min(self._which.Match(candidate), default=-1)]


def _nobody(_: Page, __: int, end: int) -> int:
    return end


def _options() -> re2.Options:
    options = latin1_options()
    options.max_mem = _MOST_MEMORY_BYTES
    return options


_PASSES = tuple(_Pass(recognisers) for recognisers in (RECOGNISERS, SPOKEN, ADDRESSES))
_DIGITS_HERE = re2.compile(_RUN_OF_DIGITS, _options())


def scan(page: Page) -> None:
    """Note on `page` everything that the recognisers find in it."""
    for one in _PASSES:
        position: int | None = 0
        while position is not None:
            position = _scan_from(page, position, one)


def _scan_from(page: Page, position: int, one: _Pass) -> int | None:
    """Go through the candidates; give where to start anew once a recogniser decided about more or less than its own."""
    raw = page.folded.raw
    for candidate in one.anywhere.finditer(raw, position):
        start, end = candidate.span()
        behind = one.judge(raw[start:end])(page, start, end)
        if behind <= start:
            run = _DIGITS_HERE.match(raw, start)
            behind = end if run is None else numbers.judge_run(page, start, run.end())
        if behind != end:
            return int(behind)
    return None
