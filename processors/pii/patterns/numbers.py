"""What a run of digits is: a known phone, a card, a Social Security number, a date, a phone, or nobody's business.

A run is digits in groups with at most three separators between; it may hold several numbers beside one another
(`4111 1111 1111 1111 12/27`). Each group is tried as the start of each kind, over a bounded number of groups.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.patterns import checks, cues
from processors.pii.patterns.phones import cued_phone_key, extension_after, phone_key
from processors.pii.patterns.web import judge_ipv4
from processors.pii.spans import CHECKED, KNOWN, SHAPED

if TYPE_CHECKING:
    from processors.pii.page import Page

_DIGITS = re.compile(rb"[0-9]+")
_WORD = re.compile(r"[a-z]+\Z")
_AMERICAN = re.compile(r"[2-9][0-9]{2}([-.])[2-9][0-9]{2}\1[0-9]{4}(?![0-9])")
_WORD_VIEW = 20

# The most groups that one number is written in: French phones have five pairs and a country code.
_MOST_GROUPS = 8
_MOST_PHONE_DIGITS, _FEWEST_PHONE_DIGITS = 15, 7
_MOST_LONE_DIGITS = 2
_AREA_CODE = 3
_OCTETS = 4
_GLUING = (b"-", b"/", b".", b"_", b"#")
_PARTING = frozenset(" (/+")
"""Separators at which one number may end and the next begin."""
_FIRST_CARD_GROUP = 4
_CARD_DIGITS = range(12, 20)
_MOST_KNOWN_DIGITS = 20
_SSN_SHAPE = (3, 2, 4)


class _Group(NamedTuple):
    start: int
    end: int
    digits: str
    before: str
    """The separators between the group before and this one; of the first group, what opens the run."""

    def __repr__(self) -> str:
        """Without the digits."""
        return f"<_Group {self.start}-{self.end}>"


def judge_run(page: Page, start: int, end: int) -> int:
    """Note what stands in the run of digits `start` to `end`. Gives where the search goes on: behind the run."""
    groups = _groups(page, start, end)
    first, last = _own(page, groups, start, end)
    own = groups[:last]
    at = 0
    while at < len(groups):
        if first <= at < last:
            at = _known(page, own, at) or _card(page, groups, at) or _ssn(page, own, at) or _after(page, own, at)
        else:
            at = _card(page, groups, at) or at + 1
    return end


def _after(page: Page, groups: list[_Group], at: int) -> int:
    return _address(page, groups, at) or _date(groups, at) or _phone(page, groups, at) or at + 1


def _groups(page: Page, start: int, end: int) -> list[_Group]:
    text, raw = page.folded.text, page.folded.raw
    groups: list[_Group] = []
    position = start
    for match in _DIGITS.finditer(raw, start, end):
        groups.append(
            _Group(match.start(), match.end(), text[match.start() : match.end()], text[position : match.start()])
        )
        position = match.end()
    return groups


def _own(page: Page, groups: list[_Group], start: int, end: int) -> tuple[int, int]:
    """Give the range of groups that are no part of a code with letters on its left (ORD-2453) or right (42-7-K).

    Only a card is looked for in such a code too (`card_4111 1111 ...`): its checksum speaks for itself.
    """
    first, last = 0, len(groups)
    if _is_glued_left(page, start):
        first = 1
        while first < last and " " not in groups[first].before:
            first += 1
    if _is_glued_right(page.folded.raw, end) and not cues.is_phone_label(page.folded.lower, end):
        last -= 1
        while last > first and " " not in groups[last].before:
            last -= 1
    return first, last


def _is_glued_left(page: Page, start: int) -> bool:
    raw, lower = page.folded.raw, page.folded.lower
    if start == 0 or raw[start : start + 1] in b"+(":
        return False
    joint = start - 1 if raw[start - 1 : start] in _GLUING else start
    if joint == 0 or not _is_word_byte(raw[joint - 1]):
        return False
    if joint == start and page.folded.text[start - 1].islower() and _AMERICAN.match(page.folded.text, start):
        return False  # "desk630-596-1111": somebody forgot a space; a code begins in capitals
    word = _WORD.search(lower[max(0, joint - _WORD_VIEW) : joint])
    # "tel.0161 509 3046" is glued too, but to a word that says what it is.
    return word is None or not cues.phone_follows(word.group() + " ", len(word.group()) + 1)


def _is_glued_right(raw: bytes, end: int) -> bool:
    if end >= len(raw):
        return False
    if raw[end : end + 1] in (b"-", b"/", b"_") and end + 1 < len(raw):
        end += 1
    return _is_word_byte(raw[end]) and raw[end : end + 1] not in b"xX"


def _is_word_byte(byte: int) -> bool:
    return bytes((byte,)).isalnum() or byte == 0x5F  # noqa: PLR2004 - the underscore


def _known(page: Page, groups: list[_Group], at: int) -> int:
    if not page.known_phones or (at > 0 and _PARTING.isdisjoint(groups[at].before)):
        return 0
    plus = "+" in groups[at].before
    digits = ""
    for to in range(at, min(len(groups), at + _MOST_GROUPS)):
        digits += groups[to].digits
        if len(digits) > _MOST_KNOWN_DIGITS:
            break
        phone = page.known_phones.covering(digits, plus=plus)
        if phone is not None:
            return _note_phone(page, groups, at, to, KNOWN, phone.key_of(digits))
    return 0


def _card(page: Page, groups: list[_Group], at: int) -> int:
    digits = ""
    best = 0
    cued: bool | None = None
    if len(groups[at].digits) < _FIRST_CARD_GROUP:
        return 0
    for to in range(at, min(len(groups), at + 5)):
        if to > at and groups[to].before not in (" ", "-"):
            break
        digits += groups[to].digits
        if len(digits) >= _CARD_DIGITS.stop:
            break
        if len(digits) in _CARD_DIGITS:
            cued = _card_is_cued(page, groups[at].start) if cued is None else cued
            if checks.credit_card(digits, cued=cued):
                best = to + 1
    if not best or (best == at + 1 and _is_inside_word(page.folded.raw, groups[at])):
        return 0
    page.found(groups[at].start, groups[best - 1].end, "CREDIT_CARD", CHECKED)
    return best


def _is_inside_word(raw: bytes, group: _Group) -> bool:
    """Tell whether letters touch the digits, as in the tracking number JD142520678338885932."""
    return raw[max(0, group.start - 1) : group.start].isalpha() or raw[group.end : group.end + 1].isalpha()


def _card_is_cued(page: Page, start: int) -> bool:
    lower = page.folded.lower
    return cues.card_follows(lower, start) and not cues.reference_follows(lower, start)


def _ssn(page: Page, groups: list[_Group], at: int) -> int:
    lower = page.folded.lower
    three = groups[at : at + 3]
    lengths = tuple(len(group.digits) for group in three)
    if lengths == _SSN_SHAPE and checks.us_ssn("".join(group.digits for group in three)):
        separator = three[1].before
        joined = at + 3 < len(groups) and groups[at + 3].before == "-"
        if separator == three[2].before and not joined and (at == 0 or groups[at].before != "-"):
            cued = cues.ssn_follows(lower, three[0].start)
            if cued or (separator == "-" and not cues.reference_follows(lower, three[0].start)):
                page.found(three[0].start, three[2].end, "US_SSN", CHECKED)
                return at + 3
    if lengths[0] == sum(_SSN_SHAPE) and checks.us_ssn(groups[at].digits) and cues.ssn_follows(lower, groups[at].start):
        page.found(groups[at].start, groups[at].end, "US_SSN", CHECKED)
        return at + 1
    return 0


def _address(page: Page, groups: list[_Group], at: int) -> int:
    """Note an IP address that follows another number and is therefore no candidate of its own."""
    if at == 0 or at + _OCTETS > len(groups) or any(g.before != "." for g in groups[at + 1 : at + _OCTETS]):
        return 0
    start, end = groups[at].start, groups[at + _OCTETS - 1].end
    return at + _OCTETS if judge_ipv4(page, start, end) > start else 0


def _date(groups: list[_Group], at: int) -> int:
    if at + 2 >= len(groups):
        return 0
    first, second, third = groups[at : at + 3]
    separator = second.before
    if separator not in ("-", "/", ".") or third.before != separator:
        return 0
    joined = at + 3 < len(groups) and groups[at + 3].before == separator
    return at + 3 if not joined and checks.date(first.digits, second.digits, third.digits) else 0


def _phone(page: Page, groups: list[_Group], at: int) -> int:
    """Try the longest number first, by its own form; then, with a cue beside it, whatever a phone may look like."""
    windows = _phone_windows(groups, at) if at == 0 or not _PARTING.isdisjoint(groups[at].before) else []
    if not windows:
        return 0
    opening = _opening(groups[at])
    start = groups[at].start - len(opening)
    if not _is_refused(page, groups, at, windows[0]):
        for ask, strength in ((phone_key, CHECKED), (cued_phone_key, SHAPED)):
            if ask is phone_key and not (opening or _may_begin_phone(groups[at].digits)):
                continue
            if ask is cued_phone_key and not _is_cued(page, groups, at, windows[0]):
                continue
            for to in windows:
                text = page.folded.text[start : groups[to].end]
                # A bracket that does not close again is of the sentence, as in "(415-555-0123)".
                key = page.phone_key(ask, text if ")" in text else text.replace("(", ""))
                if key is not None:
                    return _note_phone(page, groups, at, to, strength, key)
    if len(groups) <= _MOST_GROUPS:  # a longer run is a table of numbers
        for to in windows:
            digits = "".join(group.digits for group in groups[at : to + 1]).lstrip("0")
            page.doubted(start, groups[to].end, "PHONE", SHAPED, digits)
    return 0


def _may_begin_phone(digits: str) -> bool:
    """Tell cheaply whether a phone can begin so: trunk zero, country 1, area code, or all digits in one group."""
    return digits[0] == "0" or digits in {"1", "8"} or len(digits) == _AREA_CODE or len(digits) >= _FEWEST_PHONE_DIGITS


def _is_refused(page: Page, groups: list[_Group], at: int, to: int) -> bool:
    """Tell whether the words around say that this is a reference or a quantity. A country code overrules them.

    Inside a run the neighbours are digits; only its ends have words beside them.
    """
    opening = _opening(groups[at])
    lower = page.folded.lower
    if "+" in opening:
        return False
    refused = at == 0 and cues.reference_follows(lower, groups[at].start - len(opening))
    return refused or (to + 1 == len(groups) and cues.is_quantity(lower, groups[to].end))


def _is_cued(page: Page, groups: list[_Group], at: int, to: int) -> bool:
    lower = page.folded.lower
    before = at == 0 and cues.phone_follows(lower, groups[at].start - len(_opening(groups[at])))
    return before or (to + 1 == len(groups) and cues.is_phone_label(lower, groups[to].end))


def _phone_windows(groups: list[_Group], at: int) -> list[int]:
    """Give the last groups that a phone starting at `at` can have, longest first."""
    ends: list[int] = []
    total = single = 0
    for to in range(at, min(len(groups), at + _MOST_GROUPS)):
        total += len(groups[to].digits)
        single += len(groups[to].digits) == 1
        # "1 2 3 4 5 6 7" is a list: a phone has one lone digit, the country or the trunk, two with "+1 (0)".
        if total > _MOST_PHONE_DIGITS or single > _MOST_LONE_DIGITS or (to > at and _is_new_number(groups[to].before)):
            break
        ends_here = to + 1 == len(groups) or not _PARTING.isdisjoint(groups[to + 1].before)
        if total >= _FEWEST_PHONE_DIGITS and ends_here:
            ends.append(to)
    return ends[::-1]


def _is_new_number(before: str) -> bool:
    return "+" in before or before == "   "


def _opening(group: _Group) -> str:
    """Give the part of what stands before a group that opens a number: `+`, `(`, `(+`, `+(`."""
    for opening in ("(+", "+(", "+", "("):
        if group.before.endswith(opening):
            return opening
    return ""


def _note_phone(page: Page, groups: list[_Group], at: int, to: int, strength: int, key: str) -> int:
    start, end = groups[at].start - len(_opening(groups[at])), groups[to].end
    text = page.folded.text
    if text[start] == "(" and ")" not in text[start:end]:
        start += 1  # a bracket of the sentence
    if (extension := extension_after(page.folded.lower, end)) is not None:
        end = extension.end()
        key = f"{key}x{extension[1]}"
    page.found(start, end, "PHONE", strength, key)
    return to + 1
