"""Streets with their houses: "12 High Street", "rue des Lilas 5", "Lindenallee 6", "ul. Długa 75 m. 15"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processors.pii.addresses import parts, vocabulary
from processors.pii.addresses.backwards import Named, lower_name_before, name_before, number_before
from processors.pii.addresses.growing import Grown, grow, house_name_before
from processors.pii.patterns import cues
from processors.pii.spans import CHECKED, SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

_VIEW = 64
_NO = r"(?:(?i:no|nr|num|numero|nummer|n|km)[.:o]{0,2}[ ]?)?"
_NUMBER_HERE = re.compile(parts.NUMBER)
_NUMBER_BEHIND = re.compile(rf"[.]?(?:,?{parts.GAP}|,)(?:,[ ]?)?{_NO}(?P<number>{parts.NUMBER})")
_ENDS_IN_YEAR = re.compile(r"[^0-9](?:19|20)[0-9]{2}\Z")  # "Campo Brasil 1993"
_SIDE_BEHIND = re.compile(rf"\.?[ ]{parts.SIDE}")
_STREET_AND_NAME = re.compile(
    rf"{parts.any_of(vocabulary.BEFORE)}(?:(?<=[./]){parts.GAP}?|{parts.GAP})(?P<name>{parts.NAME})"
)
_LEADING = re.compile(
    rf"(?<!\w)(?:(?:{parts.any_of(vocabulary.PREPOSITIONS)}){parts.GAP}|(?:{parts.CAPITAL}-){{0,3}})\Z"
)
_WORD_START = re.compile(r"(?:[^\W\d_]|[.'\-])*+\Z")
_WORD_END = re.compile(r"[^\W\d]*\.?")
_STREET_WORD = re.compile(rf"{parts.any_of(vocabulary.BEFORE + vocabulary.BEHIND + vocabulary.BEHIND_DOUBTFUL)}\.?")
_BEHIND_DOUBTFUL = frozenset(vocabulary.BEHIND_DOUBTFUL)
_BEHIND = frozenset(vocabulary.BEHIND) | _BEHIND_DOUBTFUL
_BEFORE_DOUBTFUL = frozenset(vocabulary.BEFORE_DOUBTFUL)
_BEFORE_SHORT = frozenset(vocabulary.BEFORE_SHORT)
_GLUED = frozenset(vocabulary.GLUED)
_NOT_STREETS = frozenset(vocabulary.MONTHS_AND_DAYS)
_PLACE_BEFORE = re.compile(
    r"(?<![^\W\d_])(?:address\w*|adres\w*|direccion|indirizzo|endereco|morada|anschrift|live[sd]?|living|located|location|ship\w*|"
    r"deliver\w*|send|sent|mov(?:ed|ing)|reside[sd]?|visit|offices? (?:is|are)|billing|at|wohn\w+|demeurant|habite|"
    r"vive en|domicil\w+)[^\n<>0-9]{0,24}\n?[ ]{0,4}\Z"
)


def judge_street(page: Page, start: int, end: int) -> int:
    """Note the street whose word for it begins the candidate, before its name or behind it.

    "12 High Street", "Kurze Straße 7", "26 boulevard Voltaire", "Calle Mayor 5"; what is both (avenue, plaza) is taken
    for what has its number in the right place.
    """
    text = page.folded.text
    street = _STREET_WORD.match(text, start)
    if street is None:
        return end
    last = street.end()
    if text[max(0, start - 1) : start] == "-":  # Jens-Peter-Sager-Allee 8
        return judge_glued(page, start, last)
    return _street(page, street.group().rstrip(".").lower(), start, last) or judge_glued(page, start, last)


def _street(page: Page, word: str, start: int, last: int) -> int | None:
    """Note the street of which `word` is the word for it, from `start` to `last`."""
    text, name = page.folded.text, None
    if text[start].isupper() and word in _BEHIND:
        name = name_before(text, start)
        if name is not None and name.house is not None:
            return _behind(page, name, last, sure=word not in _BEHIND_DOUBTFUL)
    if (found := _before(page, start)) is not None:
        return found
    if name is not None:
        return _behind(page, name, last, sure=word not in _BEHIND_DOUBTFUL)
    house = number_before(text, start)  # 123 Broadway
    return None if house is None else _if_placed(page, house, last)


def _behind(page: Page, name: Named, end: int, *, sure: bool) -> int:
    """Note a street whose word for it ends at `end`, behind its name."""
    side = _SIDE_BEHIND.match(page.folded.text, end)
    last = end if side is None else side.end()
    if name.house is not None and name.words[-1].lower() not in _NOT_STREETS:
        return _decide(page, name.house, last, sure=sure) or end
    number = _number_behind(page.folded.text, last)
    if number is not None and sure and name.words[0].lower() not in _NOT_STREETS:
        return _decide(page, name.start, number.end(), sure=sure) or end
    return _if_placed(page, house_name_before(page.folded.text, name.start), last) or end


def _before(page: Page, start: int) -> int | None:
    """Note a street whose word for it begins at `start`, before its name."""
    text = page.folded.text
    street = _STREET_AND_NAME.match(text, start)
    if street is None:
        return None
    word = text[start : street.start("name")].strip(" \n").lower()
    sure = word not in _BEFORE_SHORT and (text[start].isupper() or word not in _BEFORE_DOUBTFUL)
    house, number, end = number_before(text, start), _number_behind(text, street.end()), street.end()
    if house is not None:
        return _decide(page, house, end if number is None else number.end(), sure=sure)
    if number is not None:
        return _decide(page, start, number.end(), sure=sure)
    return _if_placed(page, start, end)


def judge_lower(page: Page, start: int, end: int) -> int:
    """Note a street in lower case, which needs more beside it: "live at 12 maple street"."""
    name = lower_name_before(page.folded.text, page.folded.text.rindex(" ", start, end))
    if name is None or name.house is None or not vocabulary.NO_NAMES.isdisjoint(name.words):
        return end
    return _decide(page, name.house, end, sure=False) or end


def judge_glued(page: Page, start: int, end: int) -> int:
    """Note a street whose word for it ends the name: "Lindenallee 6". The candidate ends in the first digit."""
    text = page.folded.text
    start += text[start] == "-"
    before = _WORD_START.search(text, max(0, start - _VIEW), start)
    begin = start if before is None else before.start()
    word = _WORD_END.match(text, start)
    number = None if word is None else _number_behind(text, word.end())
    if word is None or number is None:
        return end
    if begin == start:  # a word of its own: Karl Johans gate 22
        name = name_before(text, start)
        begin = start if name is None else name.start
    elif (leading := _LEADING.search(text[max(0, begin - _VIEW) : begin])) is not None and leading.group()[
        :1
    ].isupper():
        begin -= len(leading.group())
    if begin == start or not text[begin].isupper() or text[begin : word.end()].lower() in _NOT_STREETS:
        return end
    return (
        _decide(page, begin, number.end(), sure=word.group().rstrip(".").lower() in _GLUED or text[start].isupper())
        or end
    )


def judge_placed(page: Page, start: int, end: int) -> int:
    """Note a house before a postcode and town, whatever its street is called: "Am Mühlbach 57, 04109 Leipzig"."""
    text = page.folded.text
    name = name_before(text, start)
    number = _NUMBER_HERE.match(text, start)
    if name is None or number is None or name.words[0].lower() in _NOT_STREETS:
        return end
    return _if_placed(page, name.start, number.end()) or end


def _number_behind(text: str, at: int) -> re.Match[str] | None:
    """Match the house behind a street's name, unless it is the postcode of the town that follows."""
    number = _NUMBER_BEHIND.match(text, at)
    if number is not None and parts.POSTCODE_TOWN.match(text, number.start("number")) is not None:
        return None
    return number


def _if_placed(page: Page, start: int, end: int) -> int | None:
    """Note a street if it has a postcode or country beside it; give its end."""
    grown = grow(page.folded.text, start, end)
    return _note(page, grown) if grown.placed else None


def _decide(page: Page, start: int, end: int, *, sure: bool) -> int | None:
    """Note a street with its house if it is one for sure or has other parts beside it; give its end."""
    text, lower = page.folded.text, page.folded.lower
    if text[start].isdigit() and cues.reference_follows(lower, start):
        return None
    grown = grow(text, start, end)
    before = lower[max(0, grown.start - _VIEW) : grown.start]
    sure = sure and _ENDS_IN_YEAR.search(text, start, end) is None
    if sure or grown.parts or _stands_alone(text, start, end) or _PLACE_BEFORE.search(before) is not None:
        return _note(page, grown)
    return None


def _stands_alone(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : start] in {"", "\n"} and text[end : end + 1] in {"", "\n", "\r"}


def _note(page: Page, grown: Grown) -> int:
    page.found(grown.start, grown.end, "ADDRESS", CHECKED if grown.placed else SHAPED)
    return grown.end
