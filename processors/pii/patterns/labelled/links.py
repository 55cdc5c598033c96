"""What may stand between a label and its value: `Passport no. (UK): `, `is`, a tag, or a question and its answer.

The rules of `cues` hold here too. Nothing here passes an angle bracket that is no tag of a page, so a placeholder ends
the view; and what repeats is possessive and bounded, so no text has two readings.
"""

# ruff: noqa: RUF001 - signs of other scripts are the point

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    "number|numero|nummer|numer|numara|numaram|numarasi|cislo|szam|num|nr|no|n|id|code|card|value|field|is|are|was|ist|"
    "war|lautet|sind|es|son|era|e|sono|est|sont|etait|jest|to|brzmi|er|on file|on record|on the back|on the card|"
    "au dos|reads|details|su|mi|the|of|as|ar|je|byl|номер|"
    "это"
)
_UNSPACED_WORDS = "号码|号|码|是|为|番号|は|번호|는|은|رقم"
_TAG = r"</?(?:td|th|tr|b|strong|i|em|u|p|br|div|span|li|dt|dd|label|font|code|pre|h[1-6])\b[^<>\n]{0,60}+>"
_REMARK = r"\([^()<>\n0-9]{1,24}+\)"
_LINK = re.compile(
    rf"(?:[\s:：=#№°.,;|'\"*`\[\](){{}}_/\\\-]|{_TAG}|{_REMARK}|(?:{_WORDS})(?![^\W_])|{_UNSPACED_WORDS}){{0,24}}+"
)
# `Date of birth and the last four?\nCorinne: sure, 11/1/73`: the rest of the question, the speaker, a few words.
_ANSWER = re.compile(
    r"[^\n<>0-9(){}=;]{0,64}+\n[ \t]{0,4}+(?:>\s?)?(?:\[[0-9:. ]{1,12}\]\s?)?[^\W_][^\n<>:：0-9(){}=;/]{0,32}+"
    r"(?:\([^()\n<>]{1,24}\)\s?)?(?::[ \t]{1,4}|：[ \t]{0,4})"
)
_ASKS = re.compile(
    r"[?？吗请您]|(?<![^\W\d_])(?:what|whats|which|your|confirm|verify|provide|send|give|tell|share|need|can|may|could|"
    r"read|spell|ihre?|welche|wie|nennen|bestatigen|sagen|geben|votre|quel|quelle|confirmer|donner|su|cual|confirme|dar|"
    r"suo|sua|qual|quale|uw|wat|pani|pana|pan|jaki|prosze|podac|podaj|vas|jake|din|ditt)(?![^\W\d_])"
)
_MOST_QUESTION = 96
# Words without a digit: the value begins with the first that has one, or with two letters before it (`YA 1234567`).
_FEW_WORDS = re.compile(r"(?:[^\s<>0-9]{1,16}[ \t]{1,2}){0,6}+")
_LETTERS_BEFORE = re.compile(r"(?<![^\W_])[a-z]{1,3}[ \t]\Z")
_WORD = re.compile(r"[^\s<>]{3,128}")
_MOST_WORDS = 5

_SAYS = (
    r"(?:is|was|are|be|ist|war|lautet|es|era|est|etait|e|jest|to|brzmi|becomes|ar|er|je|это)(?![^\W\d_])"
    r"(?:[ \t:]{1,4}|(?=[\"'`*]))"
    r"|(?:是|为|は|는|은)[:：]?[ \t]?"
)
_NOUNS = r"(?:[ ](?:(?:number|nummer|nr|no|code|value|field|for this|today|name|id|handle|for)(?![^\W_])\.?)){0,2}"
_MARKS = r"['\"*`_\])]{0,3}"
_CELL = r"</t[dh]>\s{0,4}<td[^<>\n]{0,40}>"
_ANNOUNCED = re.compile(
    rf"{_MARKS}(?:\s?\([^()<>\n0-9]{{1,24}}\))?{_NOUNS}{_MARKS}"
    rf"(?:(?:[ \t]{{0,4}}(?P<sign>:=|=>|->|[:=：|]|{_CELL})|[ \t]{{1,2}}(?P<dash>-)(?=[ \t]))"
    rf"(?:\*\*|__|\||</(?:b|strong|dt)>(?:<dd>)?)?\s{{0,4}}"
    rf"|[ \t]{{0,4}}(?P<verb>{_SAYS})|[ \t]{{0,4}}\n[ \t]{{0,4}}|[ \t]{{1,4}}\(?|(?=[\"'`@]))"
)


class Announced(NamedTuple):
    """Where a value that may be any word begins, and what announces it."""

    at: int
    by_sign: bool
    """A colon, an equals sign, an arrow, a cell: what follows is the value, whatever it looks like."""
    by_verb: bool
    """`is` in some language. Neither: nothing but a space, a bracket or a line's end."""


def announced(lower: str, end: int) -> Announced | None:
    """Tell what announces a value behind a label at `end`, where the value itself could be a word of the sentence."""
    found = _ANNOUNCED.match(lower, end)
    if found is None:
        return None
    return Announced(found.end(), bool(found["sign"] or found["dash"]), found["verb"] is not None)


def linked(lower: str, end: int) -> int:
    """Give where the value of a label that ends at `end` begins, if it follows at once."""
    return _behind(_LINK, lower, end)


def answered(lower: str, end: int) -> int | None:
    """Give where the answer begins, if the label at `end` stands in a question that the next speaker answers."""
    answer = _ANSWER.match(lower, end)
    if answer is None:
        return None
    view = max(0, end - _MOST_QUESTION)
    line = lower.rfind("\n", view, end)
    asks = _ASKS.search(lower, view if line < 0 else line, lower.index("\n", end))
    return None if asks is None else answer.end()


def words_of_answer(lower: str, end: int) -> Iterator[int]:
    """Give where the first words of the answer begin, if the label at `end` stands in a question."""
    at = answered(lower, end)
    if at is None:
        return iter(())
    line_end = lower.find("\n", at)
    found = _WORD.finditer(lower, at, line_end if line_end >= 0 else len(lower))
    return (word.start() for word in islice(found, _MOST_WORDS))


def places(lower: str, end: int) -> Iterator[int]:
    """Give the places at which a value with digits may begin, the likeliest first."""
    yield linked(lower, end)
    at = answered(lower, end)
    if at is not None:
        yield at
        yield from near(lower, at)


def near(lower: str, end: int) -> Iterator[int]:
    """Give where a value with digits may begin within a few words behind a label."""
    at = _behind(_FEW_WORDS, lower, end)
    letters = _LETTERS_BEFORE.search(lower, end, at)
    if letters is not None:
        yield letters.start()
    yield at


def _behind(words: re.Pattern[str], lower: str, at: int) -> int:
    found = words.match(lower, at)
    return at if found is None else found.end()
