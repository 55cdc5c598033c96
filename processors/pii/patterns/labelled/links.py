"""What may stand between a label and its value: `Passport no. (UK): `, `is`, a tag, or a question and its answer.

The rules of `cues` hold here too. Nothing here passes an angle bracket that is no tag of a page, so a placeholder ends
the view; and what repeats is possessive and bounded, so no text has two readings.
"""

# ruff: noqa: RUF001 - signs of other scripts are the point

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    "number|numero|nummer|numer|numara|numaram|numarasi|cislo|szam|num|nr|no|n|id|code|card|value|field|is|are|was|ist|"
    "war|lautet|sind|es|son|era|e|sono|est|sont|etait|jest|to|brzmi|er|on file|on record|reads|su|mi|the|of|as|номер|"
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
_FEW_WORDS = re.compile(r"[^\n<>0-9]{0,32}+")
_MORE_WORDS = re.compile(r"[^\n<>0-9]{0,40}+")


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


def places(lower: str, end: int) -> Iterator[int]:
    """Give the places at which a value of digits may begin, the likeliest first."""
    yield linked(lower, end)
    at = answered(lower, end)
    if at is not None:
        yield at
        yield _behind(_FEW_WORDS, lower, at)


def near(lower: str, end: int) -> int:
    """Give where the first digit stands within a few words behind a label; for values that prove themselves."""
    return _behind(_MORE_WORDS, lower, end)


def _behind(words: re.Pattern[str], lower: str, at: int) -> int:
    found = words.match(lower, at)
    return at if found is None else found.end()
