"""The people that the record knows, in the forms in which a text names them.

Each word of each name is looked for by itself, and words of one name that stand next to each other become one find:
"Ann Lee", "LEE, ANN", "Ann M. Lee", "ann.lee", "A. Lee". What is left alone is a first or a last name; it counts unless
it is also a common word, which counts only where a name would stand.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from processors.pii.folding import WORD, WORD_START, fold, is_edge, is_unspaced, visible
from processors.pii.known.dictionary import FEW, Dictionary
from processors.pii.known.forms import also_called, spellings
from processors.pii.known.inflections import inflected, stems_of
from processors.pii.known.lexicon import COMMON_WORDS, HONORIFICS, PARTICLES, ROLES, SUFFIXES
from processors.pii.known.name_places import stands_as_name
from processors.pii.known.stop_words import FOLDED_STOP_WORDS, FOLDED_WORDS_OF_NOBODY, STOP_WORDS, stands_for_nobody
from processors.pii.spans import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from processors.pii.folding import Folded
    from processors.pii.page import Page

_NAME_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_TITLES = HONORIFICS | SUFFIXES
_DIGIT = re.compile("[0-9]")
_MOST_DIGITS_OF_NOBODY = 4
_MOST_GAP = 10

_INITIALS = r"(?:[a-z](?:\.[ \-]?|[ ])){0,2}"
_JOINT = re.compile(rf"(?:[ \t]{{1,3}}|[ \t\r]{{0,3}}\n[ \t]{{0,3}}|,[ \t]{{0,3}}|[ ]?[.\-_+][ ]?){_INITIALS}")
_INITIALS_BEFORE = re.compile(r"(?<![^\W_])((?:[^\W\d_]\.[ \-]?|[^\W\d_][ ]){1,3})\Z")
_INITIAL_AFTER = re.compile(r",?[ ]{0,2}(?:([^\W\d_])\.|([^\W\d_])(?=[\s,;:!?)]|\Z))(?![^\W_])")

# Of a word that more of the record's people share, nobody asks any more whose it is: it goes with every other.
_MOST_NAMESAKES = 64
_EVERYBODY = None
_People: TypeAlias = "frozenset[int] | None"


class _Hit(NamedTuple):
    start: int
    end: int
    word: str

    def __repr__(self) -> str:
        """Offsets only: the word is part of somebody's name."""
        return f"<_Hit {self.start}-{self.end}>"


@dataclass(frozen=True, slots=True, repr=False)
class _Word:
    people: _People
    base: str
    """The word as the record has it, of which this one is a spelling."""
    particle: bool
    """Joins the other words of a name; is none by itself."""


class KnownPeople:
    """The names of one record, ready to be looked for. Building one costs some microseconds a name."""

    def __init__(self, names: Iterable[str]) -> None:
        """Read the names: "First Last", "Last, First", honorifics and suffixes are dropped."""
        self._words: dict[str, _Word] = {}
        self._initials: list[frozenset[str]] = []
        self._led: set[tuple[str, str]] = set()
        self._shown: set[str] = set()
        self._stems: list[tuple[str, str]] = []
        """What the case forms of a word begin with, and that word."""
        self.odd: list[str] = []
        """Names that are somebody's, and that their words, each by itself, are not enough to find."""
        for name in names:
            self._add(name)
        self._simple = frozenset(form for form in self._words if form.isalpha() and WORD.fullmatch(form))
        self._others = self._words.keys() - self._simple
        """Words of scripts without spaces and those with an apostrophe are no word of a text by itself."""
        self._dictionary = Dictionary(self._others) if len(self._others) > FEW else None

    def _add(self, name: str) -> None:
        folded = fold(name)
        if is_nobody(folded):
            return
        words = {word.group(): name[slice(*folded.span(*word.span()))] for word in _NAME_WORD.finditer(folded.lower)}
        if _is_odd(folded, words):
            self.odd.append(name)
        written = {word: as_written for word, as_written in words.items() if word not in _TITLES}
        person = len(self._initials)
        self._initials.append(frozenset(word[0] for word in written))
        if len(written) > 1 and all(map(is_unspaced, written)):
            written["".join(written)] = name  # 李 明: a text has no space there
        particles = PARTICLES.intersection(written) if len(written) > 1 else frozenset()
        self._led |= {pair for pair in pairwise(written) if pair[0] in particles}
        for word in also_called(name, written, particles):
            self._note(word, word, person, particle=False)
        for word, as_written in written.items():
            self._shown.add(visible(as_written))
            for form in spellings(word, as_written):
                self._note(form, word, person, particle=word in particles)
            if word not in particles and _is_rare(word):
                self._stems += ((stem, word) for stem in stems_of(word))

    def _note(self, form: str, base: str, person: int, *, particle: bool) -> None:
        before = self._words.get(form)
        people = _joined(before.people if before else frozenset(), person)
        self._words[form] = _Word(people, base, particle and (before is None or before.particle))

    def find(self, page: Page) -> None:
        """Note every form of the known names on `page`."""
        if self._words:
            for start, end in self._spans(page.folded):
                page.found(start, end, "PERSON", KNOWN)

    def _spans(self, folded: Folded) -> Iterator[tuple[int, int]]:
        hits = self._hits(folded)
        at = 0
        while at < len(hits):
            chain, people = [hits[at]], self._words[hits[at].word].people
            bases = {self._words[hits[at].word].base}
            while (nearest := at + len(chain)) < len(hits):
                hit = hits[nearest]
                word = self._words[hit.word]
                gap = folded.lower[chain[-1].end : hit.start] if hit.start - chain[-1].end <= _MOST_GAP else ""
                common = _common(people, word.people)
                if common == frozenset() or word.base in bases or not _JOINT.fullmatch(gap):
                    break
                if gap[:1] == "." and gap[1:] and not self._is_telling(folded, chain[-1], hit):
                    break  # "I can. Demir agrees" is two sentences
                chain.append(hit)
                bases.add(word.base)
                people = common
            at += len(chain)
            if (span := self._span(folded, chain, people)) is not None:
                yield span

    def _hits(self, folded: Folded) -> list[_Hit]:
        """Find the words of the names, of those that overlap the first and longest. Linear in the text alone."""
        lower = folded.lower
        simple, others = self._simple, self._others
        if len(simple) > FEW:
            simple &= frozenset(WORD.findall(lower))
        if len(simple) <= FEW:
            hits = _found(lower, simple)
        else:
            hits = [_Hit(*word.span(), word.group()) for word in WORD.finditer(lower) if word.group() in simple]
        if self._dictionary is None:
            hits += _found(lower, others) if others else ()
        else:
            hits += _looked_up(lower, self._dictionary)
        for stem, word in self._stems if len(self._stems) <= FEW else ():
            hits += (_Hit(start, end, word) for start, end in inflected(folded, stem))
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        kept: list[_Hit] = []
        for hit in hits:
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
        return kept

    def _span(self, folded: Folded, chain: list[_Hit], people: _People) -> tuple[int, int] | None:
        while chain and self._words[chain[-1].word].particle:
            chain.pop()
        while (
            len(chain) > 1 and self._words[chain[0].word].particle and (chain[0].word, chain[1].word) not in self._led
        ):
            chain.pop(0)
        chain = self._without_stopped(folded, chain)
        if not chain:
            return None
        start, end = chain[0].start, chain[-1].end
        whole_start, whole_end = self._with_initials(folded, start, end, people)
        plain = any(self._is_telling(folded, hit) for hit in chain)
        if len(chain) > 1 or (whole_start, whole_end) != (start, end):
            # "will long" may be two words of any sentence; "Will Long" and "will lee" are not.
            sure = plain or all(folded.text[hit.start].isupper() for hit in chain)
            return (whole_start, whole_end) if sure else None
        if self._is_other_word(folded, start, end):
            return None
        return (start, end) if plain or stands_as_name(folded, start, end) else None

    def _without_stopped(self, folded: Folded, chain: list[_Hit]) -> list[_Hit]:
        """Take away words that can be none of a name: all, or "the" and "not" at an edge, but in "The Smiths"."""
        stopped = [self._is_stopped(folded, hit) for hit in chain]
        if all(stopped):
            return []
        first, last = 0, len(chain)
        while stopped[first] and not folded.text[chain[first].start].isupper():
            first += 1
        while stopped[last - 1] and not folded.text[chain[last - 1].start].isupper():
            last -= 1
        return chain[first:last]

    def _is_telling(self, folded: Folded, *hits: _Hit) -> bool:
        """Tell whether each of `hits` is a word that is hardly anything but a name."""
        return all(_is_rare(hit.word) and not self._is_stopped(folded, hit) for hit in hits)

    def _is_stopped(self, folded: Folded, hit: _Hit) -> bool:
        """Tell whether a word of a name can never be one by itself: a role, or a word as frequent as "not"."""
        if hit.word not in FOLDED_STOP_WORDS or self._words[hit.word].particle:
            return hit.word in ROLES
        # "Thế" folds to "the" and is a name.
        return visible(folded.source[slice(*folded.whole_span(hit.start, hit.end))]) in STOP_WORDS

    def _is_other_word(self, folded: Folded, start: int, end: int) -> bool:
        """Tell whether accents make it another word: "mình" (I) is not "Minh". José and Jose, capitalised, are one."""
        written = folded.source[slice(*folded.span(start, end))]
        if written.isascii() or is_unspaced(written) or folded.text[start].isupper():
            return False
        return visible(written) not in self._shown

    def _with_initials(self, folded: Folded, start: int, end: int, people: _People) -> tuple[int, int]:
        """Take in initials of the same person around a name: "A. Lee", "J. R. Lee", "Lee, A."."""
        before = _INITIALS_BEFORE.search(folded.text, max(0, start - 9), start)
        if before is not None:
            letters = [char for char in before[1] if char.isalpha()]
            if all(char.isupper() for char in letters) and any(self._is_initial(char, people) for char in letters):
                start = before.start()
        after = _INITIAL_AFTER.match(folded.text, end)
        if after is not None:
            letter = after[1] or after[2]
            if letter.isupper() and self._is_initial(letter, people):
                end = after.end()
        return start, end

    def _is_initial(self, letter: str, people: _People) -> bool:
        return people is _EVERYBODY or any(letter.lower() in self._initials[person] for person in people)


def _joined(people: _People, person: int) -> _People:
    return _EVERYBODY if people is _EVERYBODY or len(people) >= _MOST_NAMESAKES else people | {person}


def _common(some: _People, others: _People) -> _People:
    if some is _EVERYBODY or others is _EVERYBODY:
        return others if some is _EVERYBODY else some
    return some & others


def _found(lower: str, words: Iterable[str]) -> list[_Hit]:
    hits: list[_Hit] = []
    for word in words:
        start = lower.find(word)
        while start >= 0:
            if _is_whole(lower, start, start + len(word), word):
                hits.append(_Hit(start, start + len(word), word))
            start = lower.find(word, start + 1)
    return hits


def _looked_up(lower: str, words: Dictionary) -> Iterator[_Hit]:
    for place in WORD_START.finditer(lower):
        start = place.start()
        for word in words.at(lower, start):
            if _is_whole(lower, start, start + len(word), word):
                yield _Hit(start, start + len(word), word)


def _is_whole(lower: str, start: int, end: int, word: str) -> bool:
    return is_unspaced(word) or (is_edge(lower, start - 1) and is_edge(lower, end))


def is_nobody(name: Folded) -> bool:
    """Tell whether a record's name stands for nobody, as "[not provided]" does. A long number is somebody's."""
    folded = _NAME_WORD.findall(name.lower)
    if not folded or (len(folded[-1]) > 1 and folded[-1] not in FOLDED_WORDS_OF_NOBODY):
        return False
    words = (visible(name.source[slice(*name.whole_span(*word.span()))]) for word in _NAME_WORD.finditer(name.lower))
    return stands_for_nobody(words) and sum(map(str.isdigit, name.text)) <= _MOST_DIGITS_OF_NOBODY


def _is_odd(name: Folded, words: Iterable[str]) -> bool:
    """Tell whether a name has more to it than words (digits, or the marks of Hindi), or less: initials alone."""
    if all(len(word) == 1 for word in words):
        return any(map(str.isalnum, name.lower))
    if name.lower.isascii():
        return _DIGIT.search(name.lower) is not None
    return any(char.isnumeric() or unicodedata.category(char)[0] == "M" for char in name.lower)


def _is_rare(word: str) -> bool:
    return (len(word) > 2 and word not in COMMON_WORDS) or is_unspaced(word)  # noqa: PLR2004
