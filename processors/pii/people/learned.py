"""Names that a text has told once, masked wherever they stand: whoever signs a letter is named in the answer too.

What is learnt is each word of a name that was found for sure. A word that is nothing but a name is masked in any case
of letters; one that is also a word or a place ("Grace", "Paris") only where a name would stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.pii.folding import WORD, is_edge
from processors.pii.known.lexicon import COMMON_WORDS, PARTICLES, ROLES
from processors.pii.known.name_places import stands_as_name
from processors.pii.known.stop_words import FOLDED_STOP_WORDS
from processors.pii.people.lexicon import entry_of
from processors.pii.spans import SHAPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from processors.pii.folding import Folded
    from processors.pii.page import Page
    from processors.pii.people.suspects import Suspect

SURE = 1.5
"""From this score on a name is trusted to be one elsewhere too."""

_TELLING = frozenset({"label", "greeting", "introduction", "sign_off", "honorific", "under", "role"})
_FEWEST_LETTERS = 3
_OF_LINKS = frozenset("/=&?%")
# A wrong word that is learnt is masked everywhere; what is learnt from a text is bounded by what a mailbox holds.
_MOST_WORDS = 2_000
# What a search for one word costs, beside what it reads, and what a look at each word of a text does: in the time that
# `str.find` takes for a character. So 6 KB are searched for up to 166 words, and short messages read word by word.
_BEGIN_CHARS, _READ_CHARS = 1_200, 200


class LearnedNames:
    """The words of the names that the texts of one event tell for sure."""

    def __init__(self) -> None:
        """Begin with none."""
        self._rare: set[str] = set()
        self._guarded: set[str] = set()

    def learn(self, folded: Folded, suspect: Suspect) -> None:
        """Learn the words of a find, if it is sure enough of being a name."""
        written = folded.lower[suspect.start : suspect.end]
        told = " " in written or suspect.around.left in _TELLING or suspect.around.right in {"colon", "speaker"}
        if suspect.score < SURE or not told or len(self._rare) + len(self._guarded) >= _MOST_WORDS:
            return
        for word in WORD.findall(written):
            if len(word) < _FEWEST_LETTERS or word in FOLDED_STOP_WORDS or word in PARTICLES or word in ROLES:
                continue
            entry = entry_of(word)
            is_rare = not (entry.common or entry.thing > 1 or word in COMMON_WORDS)
            (self._rare if is_rare else self._guarded).add(word)

    def find(self, page: Page) -> None:
        """Note on `page` where the learnt words stand; neighbours are one find."""
        words = self._rare | self._guarded
        if not words:
            return
        start, end = -1, -1
        for first, last, word in sorted(_places(page.folded.lower, words)):
            if not self._is_named(page.folded, first, last, word):
                continue
            if page.folded.lower[end:first] == " " and end > 0:
                end = last
                continue
            if end > 0:
                page.found(start, end, "PERSON", SHAPED)
            start, end = first, last
        if end > 0:
            page.found(start, end, "PERSON", SHAPED)

    def _is_named(self, folded: Folded, start: int, end: int, word: str) -> bool:
        if word in self._guarded:
            return stands_as_name(folded, start, end)
        if folded.text[start - 1 : start] in _OF_LINKS or folded.text[end : end + 1] in _OF_LINKS:
            return False
        # Accents can make it another word: "mình" (I) is not "Minh".
        return folded.text[start].isupper() or folded.source[slice(*folded.span(start, end))].isascii()


def _places(lower: str, words: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    words = frozenset(words)
    if len(words) * (_BEGIN_CHARS + len(lower)) > _READ_CHARS * len(lower):
        yield from ((*word.span(), word.group()) for word in WORD.finditer(lower) if word.group() in words)
        return
    for word in words:
        start = lower.find(word)
        while start >= 0:
            end = start + len(word)
            if is_edge(lower, start - 1) and is_edge(lower, end):
                yield start, end, word
            start = lower.find(word, end)


def mask_learnt(pages: Sequence[Page], suspects: Sequence[Sequence[Suspect]]) -> None:
    """Learn from what was found on all `pages` of an event, and note it on each."""
    learned = LearnedNames()
    for page, found in zip(pages, suspects, strict=True):
        for suspect in found:
            learned.learn(page.folded, suspect)
    for page in pages:
        learned.find(page)
