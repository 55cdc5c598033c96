"""What the record knows about its own people: the best dictionary there is for the text of that record."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.folding import WORD_START, fold, is_edge, is_unspaced, shown
from processors.pii.known.dictionary import FEW, Dictionary
from processors.pii.known.lexicon import COMMON_WORDS, ROLES
from processors.pii.known.people import KnownPeople, is_nobody
from processors.pii.patterns.phones import KnownPhone, KnownPhones, known_phone
from processors.pii.spans import KNOWN
from processors.pii.values import EXACT, value_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from processors.pii.folding import Folded
    from processors.pii.page import Page

_FOLDED_AWAY = " \t\r\n-./,;:()_#'\"|"
"""What may stand or lack between the characters of a value: IBANs are grouped, addresses broken over lines."""
_DELETE = str.maketrans("", "", _FOLDED_AWAY)
_MARK = re.compile(r"[\d._\-]")
_WORD = re.compile(r"[^\W_]+")
_SEPARATORS = re.compile(f"[{re.escape(_FOLDED_AWAY)}]+")
_MOST_BETWEEN = 4
_DIGIT, _LETTER = re.compile(r"[0-9]"), re.compile(r"[^\W\d_]")
_FEWEST_CHARACTERS, _FEWEST_DIGITS, _FEWEST_OF_NAME = 4, 5, 3
_FEWEST_OF_LINE = 7  # "Apt 12" is many people's
# To ask the phone library costs up to 0.6 ms a number; the phones behind these are known by their digits alone.
_MOST_PHONES_ASKED = 256
_FEWEST_LOCAL = 4
_LOCAL_THAT_IS_RARE = 6
# Types whose values are one whole: what else its characters could be, set apart otherwise, is another value.
_WHOLE = EXACT | {"EMAIL"}


class _Value(NamedTuple):
    """One value of the record, of those whose characters without separators are the same."""

    written: str
    exact: bool
    """Counts only as it is written: "will.long" is a user name, "will long" any two words."""

    def __repr__(self) -> str:
        """Nothing of it: it is personal data."""
        return "<_Value>"


class KnownIdentifiers:
    """The identifiers of one record, by type in capitals, ready to be looked for in its texts."""

    def __init__(self, known: Mapping[str, Sequence[str]], regions: tuple[str, ...]) -> None:
        """Prepare the values. Values too short to be told from ordinary text are not looked for."""
        self.people = KnownPeople(known.get("PERSON", ()))
        phones: list[KnownPhone] = []
        self._literals: dict[str, dict[str, list[_Value]]] = {}
        """Characters without separators -> type -> values."""
        for kind, values in known.items():
            for value in dict.fromkeys(values):
                asked = regions if len(phones) < _MOST_PHONES_ASKED else ()
                if kind == "PHONE" and (phone := known_phone(value, asked)) is not None:
                    phones.append(phone)
                elif kind == "EMAIL":
                    self._add_email(value)
                elif kind != "PERSON":
                    folded = fold(value)
                    if kind == "SECRET" or not is_nobody(folded):
                        self._add_literal(kind, folded)
                    for part in _lines_of(value) if kind == "ADDRESS" else ():
                        self._add_literal(kind, fold(part), fewest=_FEWEST_OF_LINE)
        for name in self.people.odd:
            self._add_literal("PERSON", fold(name), fewest=_FEWEST_OF_NAME)
        self.phones = KnownPhones(phones)
        self._dictionary = Dictionary(self._literals) if len(self._literals) > FEW else None

    def _add_email(self, value: str) -> None:
        self._add_literal("EMAIL", fold(value))
        local = fold(value.partition("@")[0].partition("+")[0])
        folded = local.lower
        is_word = _is_ordinary(folded)
        marked = _MARK.search(folded) is not None
        if len(folded) >= _FEWEST_LOCAL and not is_word and (marked or len(folded) >= _LOCAL_THAT_IS_RARE):
            ordinary = all(map(_is_ordinary, _WORD.findall(folded))) or is_nobody(local)
            self._add_literal("USERNAME", local, exact=ordinary)

    def _add_literal(self, kind: str, value: Folded, fewest: int = _FEWEST_CHARACTERS, *, exact: bool = False) -> None:
        key = _squeezed(value)
        if len(key) >= (_FEWEST_DIGITS if key.isdigit() else fewest):
            self._literals.setdefault(key, {}).setdefault(kind, []).append(_Value(shown(value.source).lower(), exact))

    def find(self, page: Page) -> None:
        """Note every form of the identifiers on `page`; phones are left to the recogniser of digits."""
        self.people.find(page)
        if not self._literals:
            return
        squeezed = _squeezed(page.folded)
        if self._dictionary is not None:
            for key, start, end in _looked_up(page.folded.lower, squeezed, self._dictionary):
                self._note(page, key, start, end)
        elif present := [key for key in self._literals if key in squeezed]:
            # Only a text that holds a literal pays for the way back from squeezed to folded offsets.
            places = _places(page.folded.lower)
            for key in present:
                for start, end in _occurrences(page.folded.lower, squeezed, places, key):
                    self._note(page, key, start, end)

    def _note(self, page: Page, key: str, start: int, end: int) -> None:
        lower = page.folded.lower
        written = shown(page.folded.source[slice(*page.folded.whole_span(start, end))]).lower()
        for kind, values in self._literals[key].items():
            told = [value for value in values if not value.exact or value.written == written]
            if told:
                at = kind == "USERNAME" and lower[max(0, start - 1) : start] == "@"
                page.found(start - at, end, kind, KNOWN, _identity(kind, written, told))


def _lines_of(address: str) -> list[str]:
    """Give the parts of an address that a text may have alone: its street, and its postcode with the town."""
    lines = [line.strip() for line in re.split(r"[,;\n|]+", address)]
    return [line for line in lines if _DIGIT.search(line) and _LETTER.search(line)] if len(lines) > 1 else []


def _is_ordinary(word: str) -> bool:
    return word in COMMON_WORDS or word in ROLES


def _identity(kind: str, written: str, values: Sequence[_Value]) -> str | None:
    """Give the key of the one value that `written` is a form of, or None where it is a value of its own.

    Its groups may be joined or parted further ("12-34-56" is "123456"), not cut elsewhere: 11/2/1990 is not 1/12/1990,
    though both have the characters 1121990.
    """
    if kind in _WHOLE or written == values[0].written or any(written == value.written for value in values):
        return None
    if kind == "USERNAME":  # ann.lee and ann_lee are two; a space is a mail program's or a person's
        pattern = [re.sub(r"[\W_]", " ", written)] if " " in written else []
        forms = [value for value in values if re.sub(r"[\W_]", " ", value.written.removeprefix("@")) in pattern]
    else:
        own = _groups(written)
        forms = [value for value in values if _is_regrouped(kind, own, _groups(value.written))]
    keys = {value_key(kind, value.written) for value in forms}
    return keys.pop() if len(keys) == 1 else None


def _groups(written: str) -> list[str]:
    return [group for group in _SEPARATORS.split(written) if group]


def _is_regrouped(kind: str, some: Sequence[str], others: Sequence[str]) -> bool:
    joined = "".join(some)
    ends, other_ends = (set(accumulate(map(len, groups))) for groups in (some, others))
    if joined != "".join(others) or not (ends <= other_ends or other_ends <= ends):
        return False
    # 1/2 High St is not 12 High St.
    return kind != "ADDRESS" or not any(joined[end - 1 : end + 1].isdigit() for end in (ends ^ other_ends))


def _squeezed(folded: Folded) -> str:
    if folded.text.isascii():
        return folded.lower.translate(_DELETE)
    # str.translate costs 0.4 ms for 6 KB that are not ASCII; seventeen times replace, a tenth of it.
    squeezed = folded.lower
    for char in _FOLDED_AWAY:
        squeezed = squeezed.replace(char, "")
    return squeezed


def _places(lower: str) -> list[int]:
    return [at for at, char in enumerate(lower) if char not in _FOLDED_AWAY]


def _looked_up(lower: str, squeezed: str, words: Dictionary) -> Iterator[tuple[str, int, int]]:
    """Give the literals that begin where a word does; of those that begin at one place, the longest."""
    places = _places(lower)
    starts = {start.start() for start in WORD_START.finditer(lower)}
    behind: dict[str, int] = {}
    for at, place in enumerate(places):
        if place not in starts:
            continue
        for key in words.at(squeezed, at):
            if at >= behind.get(key, 0) and (span := _whole(lower, places, at, key)) is not None:
                behind[key] = at + len(key)
                yield (key, *span)
                break


def _occurrences(lower: str, squeezed: str, places: Sequence[int], key: str) -> Iterator[tuple[int, int]]:
    at = squeezed.find(key)
    while at >= 0:
        span = _whole(lower, places, at, key)
        if span is not None:
            yield span
        at = squeezed.find(key, at + (1 if span is None else len(key)))


def _whole(lower: str, places: Sequence[int], at: int, key: str) -> tuple[int, int] | None:
    """Give the folded span of a literal at `at` of the squeezed text, if it is a word and not scattered over many."""
    own = places[at : at + len(key)]
    start, end = own[0], own[-1] + 1
    whole = (is_edge(lower, start - 1) or is_unspaced(key)) and (is_edge(lower, end) or is_unspaced(key[-1]))
    # The usual form has no more between its characters than it has characters; look closer only where it has.
    close = end - start == len(key) or all(b - a <= _MOST_BETWEEN for a, b in pairwise(own))
    return (start, end) if whole and close else None
