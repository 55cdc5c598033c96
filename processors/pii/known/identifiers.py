"""What the record knows about its own people: the best dictionary there is for the text of that record."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from processors.pii.folding import fold, is_edge, is_unspaced
from processors.pii.known.lexicon import COMMON_WORDS, ROLES
from processors.pii.known.people import KnownPeople
from processors.pii.patterns.phones import KnownPhone, known_phone
from processors.pii.spans import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processors.pii.folding import Folded
    from processors.pii.page import Page

_FOLDED_AWAY = " \t\r\n-./,;:()_#'\"|"
"""What may stand or lack between the characters of a value: IBANs are grouped, addresses broken over lines."""
_DELETE = str.maketrans("", "", _FOLDED_AWAY)
_MOST_BETWEEN = 4
_FEWEST_CHARACTERS, _FEWEST_DIGITS = 4, 5
_FEWEST_LOCAL = 4
_LOCAL_THAT_IS_RARE = 6


class KnownIdentifiers:
    """The identifiers of one record, by type in capitals, ready to be looked for in its texts."""

    def __init__(self, known: Mapping[str, Sequence[str]], regions: tuple[str, ...]) -> None:
        """Prepare the values. Values too short to be told from ordinary text are not looked for."""
        self.people = KnownPeople(known.get("PERSON", ()))
        self.phones: tuple[KnownPhone, ...] = ()
        self._literals: set[tuple[str, str]] = set()
        for kind, values in known.items():
            for value in values:
                if kind == "PHONE" and (phone := known_phone(value, regions)) is not None:
                    self.phones += (phone,)
                elif kind == "EMAIL":
                    self._add_email(value)
                elif kind != "PERSON":
                    self._add_literal(kind, value)

    def _add_email(self, value: str) -> None:
        self._add_literal("EMAIL", value)
        local = value.partition("@")[0].partition("+")[0]
        folded = fold(local).lower
        is_word = folded in COMMON_WORDS or folded in ROLES
        marked = any(char.isdigit() or char in "._-" for char in folded)
        if len(folded) >= _FEWEST_LOCAL and not is_word and (marked or len(folded) >= _LOCAL_THAT_IS_RARE):
            self._add_literal("USERNAME", local)

    def _add_literal(self, kind: str, value: str) -> None:
        key = fold(value).lower.translate(_DELETE)
        if len(key) >= (_FEWEST_DIGITS if key.isdigit() else _FEWEST_CHARACTERS):
            self._literals.add((kind, key))

    def find(self, page: Page) -> None:
        """Note every form of the identifiers on `page`; phones are left to the recogniser of digits."""
        self.people.find(page)
        if not self._literals:
            return
        squeezed = _squeezed(page.folded)
        present = [literal for literal in self._literals if literal[1] in squeezed]
        if present:
            # Only a text that holds a literal pays for the way back from squeezed to folded offsets.
            places = [at for at, char in enumerate(page.folded.lower) if char not in _FOLDED_AWAY]
            for kind, key in sorted(present):
                _find_literal(page, kind, key, squeezed, places)


def _squeezed(folded: Folded) -> str:
    if folded.text.isascii():
        return folded.lower.translate(_DELETE)
    # str.translate costs 0.4 ms for 6 KB that are not ASCII; seventeen times replace, a tenth of it.
    squeezed = folded.lower
    for char in _FOLDED_AWAY:
        squeezed = squeezed.replace(char, "")
    return squeezed


def _find_literal(page: Page, kind: str, key: str, squeezed: str, places: list[int]) -> None:
    lower = page.folded.lower
    at = squeezed.find(key)
    while at >= 0:
        own = places[at : at + len(key)]
        start, end = own[0], own[-1] + 1
        whole = (is_edge(lower, start - 1) or is_unspaced(key)) and (is_edge(lower, end) or is_unspaced(key[-1]))
        # The usual form has no more between its characters than it has characters; look closer only where it has.
        close = end - start == len(key) or all(b - a <= _MOST_BETWEEN for a, b in pairwise(own))
        if whole and close:
            if kind == "USERNAME" and lower[max(0, start - 1) : start] == "@":
                start -= 1
            page.found(start, end, kind, KNOWN)
            at = squeezed.find(key, at + len(key))
        else:
            at = squeezed.find(key, at + 1)
