"""Numbers in words: "four one five, double five five, oh one two three", "zéro six douze trente-quatre ..."."""

from __future__ import annotations

import re
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.patterns import checks, cues
from processors.pii.patterns.phones import cued_phone_key
from processors.pii.spans import CHECKED, KNOWN, SHAPED
from processors.pii.spoken.vocabulary import FILLERS, NUMBERS, PLUS, REPEATS, ZEROS, NumberWords, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from processors.pii.page import Page

_TOKEN = re.compile(r"[\s,.;:()/\-]{0,4}([^\W\d_]{1,24}|[0-9]{1,16})")
_MOST_TOKENS = 60
_MOST_FILLERS = 2
_FEWEST_PHONE_DIGITS, _FEWEST_UNCUED_DIGITS, _MOST_PHONE_DIGITS = 7, 9, 15
_CARD_LENGTHS = range(13, 20)
_SSN_LENGTH = 9
_TEN, _TWENTY, _HUNDRED = 10, 20, 100
_TENS_BEFORE_TEENS = frozenset({60, 80})  # French: soixante-douze, quatre-vingt-treize
_PLUS_BEFORE = re.compile(rf"(?:\b(?:{'|'.join(sorted(PLUS))})|\+)[\s,]{{1,2}}\Z")
_PLUS_VIEW = 8
_DIGITS = re.compile(r"[0-9]+")
_DIGITS_BEFORE = re.compile(r"(?<![^\s,(])(?:[0-9]{1,4}[ ,.\-]{1,2}+){1,8}+\Z")
_DIGITS_VIEW = 32
_MOST_SKIPPED = 3
_FEWEST_WORDS = 4


class _Word(NamedTuple):
    start: int
    end: int
    text: str

    def __repr__(self) -> str:
        """Without the word."""
        return f"<_Word {self.start}-{self.end}>"


class _Number(NamedTuple):
    """What words are as digits, in the language that reads most of them."""

    words: int
    """How many of the words it takes up."""
    digits: str

    def __repr__(self) -> str:
        """Without the digits."""
        return f"<_Number of {self.words} words>"


def _values_of(language: NumberWords) -> dict[str, int]:
    units = [spelled(spellings) for spellings in language.units.split()]
    tens = [spelled(spellings) for spellings in language.tens.split()]
    values = {word: value for value, spellings in enumerate(units) for word in spellings}
    values |= {word: _TWENTY + _TEN * place for place, spellings in enumerate(tens) for word in spellings}
    hundreds = [spelled(spellings) for spellings in language.hundreds.split()]
    values |= {word: _HUNDRED * place for place, spellings in enumerate(hundreds, 1) for word in spellings}
    if language.compound:
        below_ten = {word: value for word, value in values.items() if 0 < value < _TEN}
        whole_tens = {word: value for word, value in values.items() if _TWENTY <= value < _HUNDRED}
        for ten, many in whole_tens.items():
            for unit, few in below_ten.items():
                values.setdefault(_compound(language.compound, ten, unit), many + few)
    return values


def _compound(form: str, ten: str, unit: str) -> str:
    if form != "t+u":
        return unit + form.removeprefix("u+").removesuffix("+t") + ten
    if ten == "veinte":
        return f"veinti{unit}"
    elided = unit in {"uno", "otto"} and ten[-1] in "ai"  # ventuno, trentotto
    return (ten[:-1] if elided else ten) + unit


VALUES: Mapping[str, Mapping[str, int]] = {code: _values_of(language) for code, language in NUMBERS.items()}
"""Language -> word -> value."""
_LINKING = {code: frozenset(language.linking.split()) for code, language in NUMBERS.items()}

TRIGGER_WORDS = frozenset(REPEATS) | {part for values in VALUES.values() for word in values for part in word.split("-")}
"""Every word that a spoken number can begin with."""


_SPOKEN = TRIGGER_WORDS | FILLERS | frozenset(ZEROS) | frozenset().union(*_LINKING.values())


def judge_number(page: Page, start: int, end: int) -> int:
    """Note what the number words that begin at `start` are. Gives where the search goes on: behind all of them."""
    lower = page.folded.lower
    words = [*_digits_before(lower, start), *_words(lower, start)]
    if sum(1 for _ in takewhile(_is_spoken, words)) < _FEWEST_WORDS:
        return end
    # What looks like a number in one language may be the word before it in another: "reach me on four one five".
    first, number = max(
        (
            (skipped, _read(code, words[skipped:]))
            for skipped in range(min(_MOST_SKIPPED, len(words)))
            for code in VALUES
        ),
        key=lambda read: (read[1].words, len(read[1].digits)),
    )
    taken = words[first : first + number.words]
    # Numerals with a word of another language beside them are a date: "on 27.03.2024" (Turkish counts with "on").
    spoken = sum(1 for word in taken if not word.text.isdigit())
    if spoken < max(_FEWEST_WORDS, len(taken) - spoken):
        return end
    begin, last = taken[0].start, taken[-1].end
    plus = _PLUS_BEFORE.search(lower[max(0, begin - _PLUS_VIEW) : begin])
    if plus is not None:
        begin -= len(plus.group())
    _note(page, begin, last, number.digits, plus=plus is not None)
    return max(end, last)


def _is_spoken(word: _Word) -> bool:
    return word.text in _SPOKEN or word.text.isdigit()


def _digits_before(lower: str, start: int) -> Iterator[_Word]:
    """Give the digits that open a number of which words are the rest: "4 1 5 five five five ..."."""
    view = max(0, start - _DIGITS_VIEW)
    if (before := _DIGITS_BEFORE.search(lower[view:start])) is not None:
        for digits in _DIGITS.finditer(before.group()):
            at = view + before.start() + digits.start()
            yield _Word(at, at + len(digits.group()), digits.group())


def _words(lower: str, start: int) -> Iterator[_Word]:
    for _ in range(_MOST_TOKENS):
        token = _TOKEN.match(lower, start)
        if token is None:
            return
        yield _Word(token.start(1), token.end(1), token[1])
        start = token.end()


def _read(code: str, words: Sequence[_Word]) -> _Number:
    """Read as many words as are a number in the language `code`."""
    values, linking = VALUES[code], _LINKING[code]
    digits: list[str] = []
    last = fillers = taken = at = 0  # the last number is open to what may be added to it: twenty, two hundred
    repeat = 1
    while at < len(words):
        text = words[at].text
        pair = f"{text}-{words[at + 1].text}" if at + 1 < len(words) else ""
        value = values.get(pair, values.get(text))
        at += 2 if pair in values else 1
        if text.isdigit() or (text in ZEROS and digits):
            digits.append(ZEROS.get(text, text))
            last = 0
        elif value is not None:
            if adds := _adds(last, value):
                digits.pop()
            last = last + value if adds else value * (repeat == 1)
            digits.append(str(last if adds else value) * repeat)
        elif text in REPEATS:
            repeat, last = REPEATS[text], 0
            continue
        elif (text in FILLERS or (last and text in linking)) and fillers < _MOST_FILLERS:
            fillers += 1
            continue
        else:
            break
        repeat, fillers, taken = 1, 0, at
    return _Number(taken, "".join(digits))


def _adds(last: int, value: int) -> bool:
    """Tell whether two numbers in a row are one: twenty five, soixante douze, quinientos veinte."""
    if not value or last < _TWENTY:
        return False
    if last % _HUNDRED == 0:
        return value < _HUNDRED
    return last % _TEN == 0 and value < (_TWENTY if last in _TENS_BEFORE_TEENS else _TEN)


def _note(page: Page, start: int, end: int, digits: str, *, plus: bool) -> None:
    lower = page.folded.lower
    known = page.known_phones.covering(digits, plus=plus) if page.known_phones else None
    if known is not None:
        page.found(start, end, "PHONE", KNOWN, known.key_of(digits))
    elif _is_card(lower, start, digits):
        page.found(start, end, "CREDIT_CARD", CHECKED, digits)
    elif len(digits) == _SSN_LENGTH and cues.ssn_follows(lower, start) and checks.us_ssn(digits):
        page.found(start, end, "US_SSN", CHECKED, digits)
    elif _may_be_phone(lower, start, digits, plus=plus) and (key := page.phone_key(cued_phone_key, digits)):
        page.found(start, end, "PHONE", SHAPED, key)


def _is_card(lower: str, start: int, digits: str) -> bool:
    # Speech recognition drops and doubles digits: no checksum where the words say what it is.
    return checks.credit_card(digits) or (len(digits) in _CARD_LENGTHS and cues.card_follows(lower, start))


def _may_be_phone(lower: str, start: int, digits: str, *, plus: bool) -> bool:
    if not _FEWEST_PHONE_DIGITS <= len(digits) <= _MOST_PHONE_DIGITS or _is_counting(digits):
        return False
    if plus:
        return True
    if cues.reference_follows(lower, start):  # "the order number is": asked first, for "number is" speaks of phones
        return False
    return len(digits) >= _FEWEST_UNCUED_DIGITS or cues.phone_follows(lower, start)


def _is_counting(digits: str) -> bool:
    """Tell whether somebody counts: "one two three four five six seven", "ten twenty thirty"."""
    steps = {(int(after) - int(before)) % _TEN for before, after in pairwise(digits)}
    return len(steps) == 1 or digits.startswith(("12345678910", "102030"))
