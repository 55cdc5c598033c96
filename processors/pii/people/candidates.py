"""Where a name may stand that is worth scoring: runs of words, less what the words around say is no person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from processors.pii.known.lexicon import PARTICLES
from processors.pii.people import cues
from processors.pii.people.lexicon import USUAL
from processors.pii.people.places import LIKE_PEOPLE, TIMES
from processors.pii.people.runs import is_english, lower_lines, lower_words, nobody, runs_of
from processors.pii.people.surroundings import Neighbourhood, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from processors.pii.people.runs import Token
    from processors.pii.people.surroundings import Surroundings

_DIVIDERS = frozenset(word for word in (*cues.LEFT, *cues.RIGHT) if " " not in word)
_MOST_WORDS = 8
_MOST_SHOUTED = 4_000
# "Will this take long?" is asked more often than somebody called Will takes something.
_BEGIN_QUESTIONS = frozenset({"will", "may", "can"})
_BEGINNINGS, _GOING_ON = frozenset({"line", "sentence"}), frozenset({"acts", "word", "object", "and"})
_OF_FIRMS = range(2, 4)
_CODE_FOLLOWS = re.compile(r":[ ]{0,2}(?:[a-z]{1,8}[\-_/#])?\d")
_TELLING = ("hi ", "hey ", "hello ", "dear ", "this is ", "i am ", "i'm ", "name is ", "thanks ", "mr ", "mrs ", "ms ")
_LONGEST_TELLING = max(map(len, _TELLING))


class Candidate(NamedTuple):
    """A run of words that may be a name, and what stands around it."""

    words: Sequence[Token]
    around: Surroundings
    shouted: bool


def candidates(text: str, lower: str) -> Iterator[Candidate]:
    """Give what is worth scoring in a folded text, in the order of the text but for lines without capitals."""
    shouting, nearby = _Shouting(text), Neighbourhood(text, lower)
    for run in runs_of(text, lower):
        for words in _divided(run):
            if _is_promising(words) and not nearby.is_masked(words[0].start, words[-1].end):
                around = _around(words, lower, nearby)
                if not (_is_german_noun(words, around, nearby) or _is_thing(words, around, lower)):
                    shouted = any(word.shape == "U" for word in words) and shouting.at(words[0].start)
                    yield Candidate(words, around, shouted)
    for start, end in lower_lines(text, lower):
        tokens = lower_words(text, lower, start, end)
        for words in _lower_runs(text, tokens, english=is_english(lower[start:end])):
            around = _around(words, lower, nearby)
            if not (nearby.is_masked(words[0].start, words[-1].end) or _is_thing(words, around, lower)):
                yield Candidate(words, around, shouted=False)


def _around(words: Sequence[Token], lower: str, nearby: Neighbourhood) -> Surroundings:
    start, end = words[0].start, words[-1].end
    around = surroundings(lower, start, end)
    if around.right == "colon" and around.opens_line and (words[0].entry.first or words[-1].entry.last):
        return around._replace(right="speaker") if nearby.is_speaker(lower[start:end]) else around
    return around


def _is_german_noun(words: Sequence[Token], around: Surroundings, nearby: Neighbourhood) -> bool:
    """Tell whether words have their capital because German gives one to every noun. Many of them are last names."""
    if around.left in cues.STRONG_LEFT or any(word.entry.first >= USUAL for word in words):
        return False
    return nearby.is_german(words[0].start, words[-1].end)


def _is_thing(words: Sequence[Token], around: Surroundings, lower: str) -> bool:
    """Tell whether words stand where things do: a field's value, its label, behind "in".

    "Onboarding" and "SalesOrder" stand so more often than somebody whose name nobody has heard of; "rut: 77.777.777"
    and "Key: PROJ-1234" more often than somebody who says a number.
    """
    word = words[0]
    first, last = word.entry.first, word.entry.last
    if around.left in cues.STRONG_LEFT:
        return False
    if len(words) == 1 and _is_thing_alone(word, around):
        return True
    is_label = around.right == "colon" and _CODE_FOLLOWS.match(lower, words[-1].end) is not None
    if len(words) > 1:
        return is_label and word.shape == "l"
    if around.right == "colon":
        opens = around.opens_line or around.left == "closed"
        return first <= USUAL if opens and is_label else not opens and (word.shape == "l" or first < USUAL)
    if around.left == "place":
        return first < USUAL
    alone = around.left == "line" and around.right == "end"
    return not (first or last) and (alone or word.shape == "C")


def _is_thing_alone(word: Token, around: Surroundings) -> bool:
    if word.word in _BEGIN_QUESTIONS and around.left in _BEGINNINGS and around.right in _GOING_ON:
        return True
    is_date = word.word in TIMES and "digit" in {around.left, around.right}
    return is_date or (word.shape == "U" and word.entry.kind == "P")


def _divided(run: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Cut a run at words that are cues and no names: "Dear Ann", "CALLED CUSTOMER ANN LEE REGARDING"."""
    if len(run) == 1:
        if run[0].shape == "I" or not _is_divider(run[0]):
            yield run
        return
    begin = 0
    for at, token in enumerate(run):
        if _is_divider(token) and token.shape != "I":
            if at > begin:
                yield run[begin:at]
            begin = at + 1
    if begin < len(run):
        yield run[begin:]


def _is_divider(token: Token) -> bool:
    if token.word not in _DIVIDERS or token.entry.first >= USUAL:
        return False
    return token.entry.last < USUAL + (cues.RIGHT.get(token.word) in {"firm", "street", "noun"})


def _is_promising(words: Sequence[Token]) -> bool:
    """Tell whether a run is worth a look: not a word that begins a sentence and is in no list of names."""
    if len(words) > _MOST_WORDS:
        return any(word.entry.first >= USUAL for word in words)
    if len(words) == 1:
        word = words[0]
        if word.shape == "I" or word.word in nobody():
            return False
        return bool(word.entry.first or word.entry.last or not word.entry.common)
    if len(words) in _OF_FIRMS and " ".join(word.word for word in words) in LIKE_PEOPLE:
        return False
    for word in words:
        first, last, common, thing, _ = word.entry
        if first or last or not (common or thing):
            return True
    return words[0].word in PARTICLES  # "Bin Laden"


def _lower_runs(text: str, words: Iterator[Token], *, english: bool) -> Iterator[list[Token]]:
    """Give the runs of words without a capital that may be names.

    Rare names are words of other languages: where the line is not English, a usual first name must begin the run.
    """
    run: list[Token] = []
    was_told = False
    for token in words:
        entry = token.entry
        told = entry.first >= USUAL and _is_told(text, token)
        named = told or (was_told and entry.last >= USUAL) or (_is_lower_name(token) and bool(english or run))
        named = named or (entry.first >= USUAL and not (entry.common or entry.thing > 1))
        was_told = told
        named = named and token.word not in nobody()
        if run and (not named or text[run[-1].end : token.start] != " "):
            yield run
            run = []
        if named:
            run.append(token)
    if run:
        yield run


def _is_lower_name(token: Token) -> bool:
    entry = token.entry
    if entry.first or entry.last:
        return entry.common <= USUAL and not _is_divider(token)
    return not (entry.common or entry.thing)


def _is_told(text: str, token: Token) -> bool:
    """Tell whether a word as common as "miles" stands where a chat names somebody: `miles: ok`, `this is miles`."""
    before = text[max(0, token.start - _LONGEST_TELLING) : token.start]
    return text[token.end : token.end + 1] == ":" or before.endswith(_TELLING)


class _Shouting:
    """Which lines are written in capitals throughout, placeholders not counted; each line is read once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = -1
        self._shouted = False

    def at(self, place: int) -> bool:
        """Tell it of the line at `place`; places are asked in rising order."""
        if place >= self._end:
            start = self._text.rfind("\n", max(0, self._end), place) + 1 or max(0, self._end)
            end = self._text.find("\n", place)
            self._end = len(self._text) if end < 0 else end
            line = self._text[start : min(self._end, start + _MOST_SHOUTED)]
            self._shouted = line.isupper() and line.count(" ") > USUAL
        return self._shouted
